import type { SmallCellPolicy } from './policy.js'

/**
 * How a figure of rows is spread over people. A figure of many people can be one of few in disguise: where some have a thousand rows and all
 * others one, their number stands in front of the digits of the sum, and the median is theirs.
 */
export interface Spread {
  total: number
  /** What the person has who has the most after the few who have most. */
  usual: number
  /** What those few have together beyond it. */
  beyond: number
}

/** `parts`: what each person has of it. */
export function spreadOf(parts: readonly number[], { threshold }: SmallCellPolicy): Spread {
  const sorted = parts.toSorted((a, b) => b - a)
  const usual = sorted[threshold - 1] ?? 0
  const beyond = sorted.slice(0, threshold - 1).reduce((sum, part) => sum + part - usual, 0)
  return { total: parts.reduce((sum, part) => sum + part, 0), usual, beyond }
}

/** Whether a figure is of all of them: fewer than the threshold weigh no more beyond others than one person of so many does. */
export const isSpread = ({ total, beyond }: Spread, { threshold }: SmallCellPolicy): boolean => beyond * threshold <= total
