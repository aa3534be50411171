import { setImmediate } from 'node:timers/promises'

const turnMs = 25

/** For a long row of small steps: called between two of them, it lets others go first once its own turn was long enough. */
export function openTurns(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < turnMs) return
    await setImmediate()
    since = performance.now()
  }
}
