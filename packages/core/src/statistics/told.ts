import { isSmall, showCount, suppressList, suppressTable, type Shown, type SmallCellPolicy } from '../small-cells/index.js'

// What may be told of counts, with a small-cell policy or (null) without one.

export type Rule = SmallCellPolicy | null

export const toldCount = (count: number, rule: Rule): Shown => (rule === null ? count : showCount(count, rule))
export const toldFigure = (value: number | null, people: number, rule: Rule): number | null =>
  rule !== null && people < rule.threshold ? null : value

/** Counts that add up to a number that is known. */
export const toldParts = (counts: readonly number[], rule: Rule): Shown[] =>
  rule === null ? [...counts] : suppressList(counts, rule).counts

/**
 * A table of parts (rows) by group (columns) whose sums by group are told elsewhere, and the sums by part too where `overall` says so.
 * Those by part go first where something has to be hidden; where the sums by group would have to go, nothing of the table is told.
 */
export function toldTable(
  counts: readonly (readonly number[])[],
  rule: Rule,
  { overall }: { overall: boolean },
): { cells: Shown[][]; sums: Shown[] } {
  const sums = counts.map((row) => row.reduce((total, each) => total + each, 0))
  if (rule === null) return { cells: counts.map((row) => [...row]), sums }
  for (const rows of overall ? [true, false] : [false]) {
    const told = suppressTable(counts, rule, { totals: { rows, columns: true, all: rows } })
    const known = [...(told.columns ?? []), ...(rows ? [told.all] : [])]
    if (known.every((each) => typeof each === 'number')) return { cells: told.cells, sums: told.rows ?? sums.map(() => rule.besides) }
  }
  return { cells: counts.map((row) => row.map(() => rule.besides)), sums: sums.map(() => rule.besides) }
}

/** Sizes of groups that together are everybody; `open`: which of them are told, and whether all are. */
export function toldGroups(sizes: readonly number[], rule: Rule): { people: Shown[]; open: boolean[]; all: boolean } {
  const people = toldParts(sizes, rule)
  const open = people.map((each) => typeof each === 'number')
  return { people, open, all: open.every(Boolean) }
}

export const isHidden = (shown: Shown): boolean => typeof shown === 'string'
export const isFew = (count: number, rule: Rule): boolean => rule !== null && isSmall(count, rule)
/** A share of what is told; null where one of the two is not. */
export const shareOf = (part: Shown, whole: Shown): number | null =>
  typeof part === 'number' && typeof whole === 'number' && whole > 0 ? part / whole : null

const countNames = new Set(['n', 'missing', 'people', 'events', 'supplies', 'complete', 'alone', 'after', 'counts'])
/** How many counts of an answer are marks. */
export function marksIn(value: unknown, name = ''): number {
  if (typeof value === 'string') return countNames.has(name) ? 1 : 0
  if (Array.isArray(value)) return value.reduce<number>((total, each) => total + marksIn(each, name === 'counts' ? name : ''), 0)
  if (value === null || typeof value !== 'object') return 0
  return Object.entries(value).reduce((total, [key, each]) => total + marksIn(each, key), 0)
}

export function ruleInWords(rule: Rule): string | null {
  if (rule === null) return null
  return `Counts below ${rule.threshold} are told as ${rule.show}; ${rule.besides} says nothing of a count from which such a one would follow, or of a group that is not told; figures rest on ${rule.threshold} people at least.`
}
