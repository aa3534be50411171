import { describe, type Description } from './describe.js'
import { differenceOfMeans, differenceOfShares } from './standardized.js'

export type Cell = string | number | boolean | null

export interface Pair {
  groups: [string | null, string | null]
  smd: number | null
}
interface Compared {
  column: string
  /** mean over all pairs of groups; null without groups or where none could be computed */
  smd: number | null
  pairs: Pair[]
}
export interface ContinuousVariable extends Compared {
  as: 'continuous'
  overall: Description & { missing: number }
  groups: (Description & { missing: number })[]
}
export interface CategoricalVariable extends Compared {
  as: 'categorical'
  /** by level, the frequent first, null (missing) last: counts overall and by group */
  levels: { value: string | null; overall: number; groups: number[] }[]
}
export type TableVariable = ContinuousVariable | CategoricalVariable
export interface TableOne {
  people: number
  groups: { name: string | null; people: number }[]
  variables: TableVariable[]
}
export interface TableColumn {
  column: string
  as: 'continuous' | 'categorical'
  values: readonly Cell[]
}

/** Table 1: each variable overall and by group. Differences leave out who has no value, and the group of no value. */
export function tableOne(columns: readonly TableColumn[], by: readonly (string | null)[] | null, people: number): TableOne {
  const names = by === null ? [] : groupNames(by)
  const places = names.map((name) => by!.flatMap((each, at) => (each === name ? [at] : [])))
  return {
    people,
    groups: names.map((name, at) => ({ name, people: places[at]!.length })),
    variables: columns.map((column) =>
      column.as === 'continuous' ? continuous(column, names, places) : categorical(column, names, places),
    ),
  }
}

/** By name, null last. */
export function groupNames(by: readonly (string | null)[]): (string | null)[] {
  return [...new Set(by)].toSorted((a, b) => (a === null ? 1 : b === null ? -1 : a.localeCompare(b, 'en', { numeric: true })))
}

type Places = readonly (readonly number[])[]
type Names = readonly (string | null)[]

function continuous({ column, values }: TableColumn, names: Names, places: Places): ContinuousVariable {
  const numbersOf = (cells: readonly Cell[]): number[] => cells.filter((value): value is number => typeof value === 'number')
  const within = places.map((group) => numbersOf(group.map((at) => values[at] ?? null)))
  const all = numbersOf(values)
  return {
    as: 'continuous',
    column,
    overall: { ...describe(all), missing: values.length - all.length },
    groups: within.map((numbers, at) => ({ ...describe(numbers), missing: places[at]!.length - numbers.length })),
    ...compared(names, (a, b) => differenceOfMeans(within[a]!, within[b]!)),
  }
}

function categorical({ column, values }: TableColumn, names: Names, places: Places): CategoricalVariable {
  const texts = values.map((value) => (value === null ? null : String(value)))
  const overall = countsOf(texts)
  const within = places.map((group) => countsOf(group.map((at) => texts[at] ?? null)))
  const levels = [...overall.keys()].toSorted((a, b) =>
    a === null ? 1 : b === null ? -1 : overall.get(b)! - overall.get(a)! || a.localeCompare(b, 'en', { numeric: true }),
  )
  const present = levels.filter((level) => level !== null)
  const counts = within.map((of) => present.map((level) => of.get(level) ?? 0))
  return {
    as: 'categorical',
    column,
    levels: levels.map((value) => ({ value, overall: overall.get(value)!, groups: within.map((of) => of.get(value) ?? 0) })),
    ...compared(names, (a, b) => differenceOfShares(counts[a]!, counts[b]!)),
  }
}

function countsOf(texts: readonly (string | null)[]): Map<string | null, number> {
  const counts = new Map<string | null, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

function compared(names: Names, difference: (a: number, b: number) => number | null): Pick<Compared, 'smd' | 'pairs'> {
  const real = names.flatMap((name, at) => (name === null ? [] : [at]))
  const pairs = real.flatMap((a, at) => real.slice(at + 1).map((b): Pair => ({ groups: [names[a]!, names[b]!], smd: difference(a, b) })))
  return { smd: meanOfPairs(pairs), pairs }
}

export function meanOfPairs(pairs: readonly Pair[]): number | null {
  const found = pairs.map(({ smd }) => smd)
  if (found.length === 0 || found.includes(null)) return null
  return (found as number[]).reduce((total, each) => total + each, 0) / found.length
}
