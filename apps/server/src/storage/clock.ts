// Milliseconds since 1970. Systems take a clock as an argument, so that a test can stand still, jump or run back.
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** How long ago that was (ms). A moment that lies ahead, since the clock was set back, is long past: nothing waits for the clock to be there again. */
export const sinceMs = (clock: Clock, at: number): number => {
  const ms = clock.now() - at
  return ms < 0 ? Number.POSITIVE_INFINITY : ms
}
