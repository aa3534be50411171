import { isSmall, type SmallCellPolicy } from './policy.js'

/** How many are in one of two results and not in the other. */
export interface Difference {
  onlyFirst: number
  onlySecond: number
}

export function differenceOf(first: ReadonlySet<string>, second: ReadonlySet<string>): Difference {
  let shared = 0
  for (const key of first) if (second.has(key)) shared++
  return { onlyFirst: first.size - shared, onlySecond: second.size - shared }
}

/**
 * Whether two figures that are each large enough tell one of a small group when subtracted ("all over 20" less "all over 20 but one").
 * Where both sides differ the sum of the two is what subtraction tells, so each of them has to be none or large.
 */
export const tellsBySubtraction = ({ onlyFirst, onlySecond }: Difference, policy: SmallCellPolicy): boolean =>
  isSmall(onlyFirst, policy) || isSmall(onlySecond, policy)
