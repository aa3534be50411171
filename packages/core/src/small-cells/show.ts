import { isSmall, type Shown, type SmallCellPolicy } from './policy.js'
import { rounded, type Rounding } from './rounding.js'
import { suppressList } from './table.js'

/** One count that stands alone. Counts that add up to another one that is told belong into a table or a list. */
export function showCount(count: number, policy: SmallCellPolicy, by: { cell: string; rounding: Rounding } | null = null): Shown {
  if (isSmall(count, policy)) return policy.show
  return rounded(count, policy, by?.cell ?? '', by?.rounding ?? null)
}

/**
 * A share of a whole, from 0 to 1; null where it would tell a small count: of the part, of the whole, or of the rest. 0 and 1 are told,
 * as zero is. Under a policy that rounds, the share of the rounded numbers.
 */
export function showShare(
  part: number,
  whole: number,
  policy: SmallCellPolicy,
  by: { cell: string; rounding: Rounding } | null = null,
): number | null {
  if (whole <= 0 || [part, whole, whole - part].some((count) => isSmall(count, policy))) return null
  const of = (count: number, cell: string): number => rounded(count, policy, cell, by?.rounding ?? null)
  const cell = by?.cell ?? ''
  return Math.min(1, of(part, `${cell}|part`) / of(whole, `${cell}|whole`))
}

/** A mean, median or other figure of a group; null where the group is small. An extreme value is somebody's own: never told by this. */
export const showFigure = (value: number | null, people: number, policy: SmallCellPolicy): number | null =>
  people < policy.threshold ? null : value

/**
 * Rows of an export, such as of a GROUP BY: small counts are hidden, others beside them so that they do not follow from the sum of all,
 * which is mostly known, and with each hidden count what was computed of it.
 */
export function showRows<Row extends Record<string, unknown>>(
  rows: readonly Row[],
  columns: { count: keyof Row & string; derived?: readonly (keyof Row & string)[] },
  policy: SmallCellPolicy,
): Record<string, unknown>[] {
  const { counts } = suppressList(
    rows.map((row) => Number(row[columns.count])),
    policy,
  )
  return rows.map((row, at) => {
    const count = counts[at]!
    const left = typeof count === 'number' ? [] : (columns.derived ?? []).map((name) => [name, null])
    return { ...row, ...Object.fromEntries(left), [columns.count]: count }
  })
}
