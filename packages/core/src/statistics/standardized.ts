import { describe, sum } from './describe.js'
import { solve } from './linear.js'

/**
 * Standardized differences, without a sign (Austin, Stat Med 2009; Yang and Dalton, SAS Global Forum 2012, 335). null: one of the two
 * groups has too few values, or nothing varies in either and they differ.
 */

export function differenceOfMeans(first: readonly number[], second: readonly number[]): number | null {
  const [a, b] = [describe(first), describe(second)]
  if (a.mean === null || b.mean === null || a.sd === null || b.sd === null) return null
  const spread = Math.sqrt((a.sd ** 2 + b.sd ** 2) / 2)
  const apart = Math.abs(a.mean - b.mean)
  if (spread === 0) return apart === 0 ? 0 : null
  return apart / spread
}

/** Of two lists of counts over the same levels: a distance of Mahalanobis between the shares, for two levels the usual one of shares. */
export function differenceOfShares(first: readonly number[], second: readonly number[]): number | null {
  const [all1, all2] = [sum(first), sum(second)]
  if (all1 === 0 || all2 === 0) return null
  const here = first.map((n, at) => [n / all1, (second[at] ?? 0) / all2] as const).filter(([p, q]) => p > 0 || q > 0)
  // The last share follows from the others.
  const free = here.slice(1)
  const apart = free.map(([p, q]) => p - q)
  if (apart.every((each) => each === 0)) return 0
  const spread = free.map(([p, q], row) =>
    free.map(([r, s], column) => (row === column ? (p * (1 - p) + q * (1 - q)) / 2 : -(p * r + q * s) / 2)),
  )
  const solved = solve(spread, apart)
  if (solved === null) return null
  return Math.sqrt(sum(solved.map((each, at) => each * apart[at]!)))
}
