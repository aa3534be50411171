// Milliseconds since 1970. Systems take a clock as an argument, so that a test can stand still, jump or run back.
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
