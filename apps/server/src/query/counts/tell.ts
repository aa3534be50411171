import type { SuppressedCell } from '@aquifer/core/contract'
import type { CountColumn, CountOrder } from '@aquifer/core/query'
import {
  isSpread,
  roundStably,
  spreadOf,
  type CellState,
  type KeyedHash,
  type People,
  type ProtectedGroups,
  type SmallCellPolicy,
} from '@aquifer/core/small-cells'
import type { Measured } from './measure.js'

// Figures as they are told: hidden, rounded, and in an order that tells of nothing hidden.

export interface TellBy {
  policy: SmallCellPolicy
  study: string
  hash: KeyedHash
  nameOf(people: People): string
}
export interface Told {
  rows: unknown[][]
  suppressed: SuppressedCell[]
  people: number | null
}
interface Row {
  values: unknown[]
  states: CellState[]
  /** Groups of few together stand last. */
  last: boolean
}

export function tell(measured: Measured, shown: ProtectedGroups, by: TellBy, limit: number): Told {
  const { columns } = measured.plan
  const small = new Set(shown.small)
  const rows = measured.groups.flatMap((group, at): Row[] => {
    // Where nothing is grouped, or by a constant, a row stands for nobody, too: none or few, that is not told.
    if (small.has(at) || group.people[0]!.length === 0) return []
    const states = columns.map((column): CellState => (column.is === 'label' ? 'told' : shown.states[at]![column.people]!))
    const values = columns.map((column, index) => figure(column, group, index, by))
    return [{ values, states: columns.map((column, index) => stateOf(column, states[index]!, group, by)), last: false }]
  })
  if (rows.length < measured.groups.length || rows.length === 0) rows.push(folded(columns))
  const ordered = rows.map(hideValues).sort(orderBy(measured.plan.order, columns))
  const { offset, limit: asked } = measured.plan
  const page = ordered.slice(offset, offset + Math.min(limit, asked ?? Infinity))
  const suppressed = page.flatMap(({ states }, row) =>
    states.flatMap((state, column): SuppressedCell[] => (state === 'told' ? [] : [[row, column, state]])),
  )
  return { rows: page.map(({ values }) => values), suppressed, people: everybodyTold(shown, by) }
}

// None and few look the same.
const everybodyTold = ({ told: { all } }: ProtectedGroups, by: TellBy): number | null =>
  all === null || all.length === 0 ? null : roundedPeople(all, by)

const folded = (columns: readonly CountColumn[]): Row => ({
  values: columns.map(() => null),
  states: columns.map(({ is }) => (is === 'label' ? 'told' : 'primary')),
  last: true,
})

const hideValues = ({ values, states, last }: Row): Row => ({
  values: values.map((value, index) => (states[index] === 'told' ? value : null)),
  states,
  last,
})

/**
 * Of many people, so no small cell, but few decide on it: those who have most of the rows, or those between two quantiles.
 */
function stateOf(column: CountColumn, state: CellState, group: Measured['groups'][number], { policy }: TellBy): CellState {
  if (state !== 'told' || column.is === 'label' || column.is === 'people' || column.is === 'values') return state
  const people = group.people[column.people]!.length
  if (people === 0) return state
  if (!isSpread(spreadOf(group.parts[column.parts]!.byPerson, policy), policy)) return 'secondary'
  return column.is === 'quantile' && people * betweenQuantiles(column.at) < policy.threshold ? 'secondary' : 'told'
}

/** How much lies between one that is told and the next: many people, or the values themselves would stand there in their order. */
const betweenQuantiles = (at: number): number => (at === 0.5 ? 1 : at === 0.25 || at === 0.75 ? 0.25 : 0.05)

/** The number of people as it is told, never below the threshold. */
export function roundedPeople(people: People, { policy, study, hash, nameOf }: TellBy): number {
  if (policy.rounding === null || people.length === 0) return people.length
  const told = roundStably(people.length, policy.rounding, { study, snapshot: '', cell: nameOf(people) }, hash)
  return Math.max(told, Math.ceil(policy.threshold / policy.rounding) * policy.rounding)
}

const digits = (value: number): number => Number(value.toPrecision(3))

/**
 * Numbers of rows go with the rounded number of people, the few who have most counted as the next one, and are rounded to what five such have:
 * whoever gives some people a thousand rows and all others one would read from the digits how many they are.
 */
function toldRows(people: People, rows: number, parts: readonly number[], by: TellBy): number {
  const { policy, study, hash, nameOf } = by
  const rounding = policy.rounding ?? 1
  const { usual, beyond } = spreadOf(parts, policy)
  const count = Math.round(((rows - beyond) * roundedPeople(people, by)) / people.length)
  const told = roundStably(count, rounding * Math.max(usual, 1), { study, snapshot: '', cell: `rows ${nameOf(people)}` }, hash)
  return Math.max(told, Math.ceil(policy.threshold / rounding) * rounding)
}

/**
 * What does not add up is told in three digits. The same people give the same, whatever the snapshot: who asks each day does not average the
 * rounding away.
 */
function figure(column: CountColumn, group: Measured['groups'][number], index: number, by: TellBy): unknown {
  const value = group.values[index] ?? null
  if (column.is === 'label' || value === null) return value
  const people = group.people[column.people]!
  const number = Number(value)
  if (people.length === 0 || by.policy.rounding === null) return number
  if (column.is === 'people') return roundedPeople(people, by)
  const { byPerson, byValue } = group.parts[column.parts]!
  const { threshold, rounding } = by.policy
  switch (column.is) {
    case 'rows':
    case 'keys':
      return toldRows(people, number, byPerson, by)
    case 'values': {
      // A value that few people have is theirs.
      const common = byValue.filter((each) => each >= threshold).length
      const scale = roundedPeople(people, by) / people.length
      return common < threshold ? common : Math.max(Math.round((common * scale) / rounding) * rounding, threshold)
    }
    case 'sum': {
      const { total } = spreadOf(byPerson, by.policy)
      return digits((number * toldRows(people, total, byPerson, by)) / total)
    }
    default:
      return digits(number)
  }
}

function orderBy(order: readonly CountOrder[], columns: readonly CountColumn[]): (a: Row, b: Row) => number {
  const labels = columns.flatMap(({ is }, column) => (is === 'label' ? [{ column, descending: false }] : []))
  return (a, b) => {
    if (a.last !== b.last) return a.last ? 1 : -1
    for (const { column, descending } of [...order, ...labels]) {
      const [one, other] = [a.values[column] ?? null, b.values[column] ?? null]
      if (one === other) continue
      if (one === null || other === null) return one === null ? 1 : -1
      const before = typeof one === 'number' && typeof other === 'number' ? one < other : JSON.stringify(one) < JSON.stringify(other)
      return before === descending ? 1 : -1
    }
    return 0
  }
}
