import type { Handler, Run } from './run.js'

export const removed: Handler = (_, run) => {
  run.counts.identifying++
  return undefined
}

export function misshapen(run: Run): undefined {
  run.counts.wrongShapes++
  return undefined
}
