import type { SuppressedCell } from '@aquifer/core/contract'
import type { CountColumn, CountOrder } from '@aquifer/core/query'
import {
  roundStably,
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
    return [
      withQuantiles({ values: columns.map((column, index) => figure(column, group, index, by)), states, last: false }, columns, group, by),
    ]
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

/** Few people on either side of a quantile would be nearly named by it; it is of more, so it is no small cell. */
function withQuantiles(row: Row, columns: readonly CountColumn[], group: Measured['groups'][number], { policy }: TellBy): Row {
  const states = row.states.map((state, index): CellState => {
    const column = columns[index]!
    if (column.is !== 'quantile' || state !== 'told') return state
    const people = group.people[column.people]!.length
    return people * Math.min(column.at, 1 - column.at) < policy.threshold / 2 && people > 0 ? 'secondary' : 'told'
  })
  return { ...row, states }
}

/** The number of people as it is told, never below the threshold. */
export function roundedPeople(people: People, { policy, study, hash, nameOf }: TellBy): number {
  if (policy.rounding === null || people.length === 0) return people.length
  const told = roundStably(people.length, policy.rounding, { study, snapshot: '', cell: nameOf(people) }, hash)
  return Math.max(told, Math.ceil(policy.threshold / policy.rounding) * policy.rounding)
}

const digits = (value: number): number => Number(value.toPrecision(3))

/**
 * What adds up goes with the rounded number of people, or sums would tell what counts do not; what does not is told in three digits.
 * The same people give the same, whatever the snapshot: who asks each day does not average the rounding away.
 */
function figure(column: CountColumn, group: Measured['groups'][number], index: number, by: TellBy): unknown {
  const value = group.values[index] ?? null
  if (column.is === 'label' || value === null) return value
  const people = group.people[column.people]!
  const number = Number(value)
  if (people.length === 0 || by.policy.rounding === null) return number
  const scale = roundedPeople(people, by) / people.length
  const { rounding, threshold } = by.policy
  switch (column.is) {
    case 'people':
      return roundedPeople(people, by)
    case 'rows':
      return Math.max(Math.round((number * scale) / rounding) * rounding, Math.ceil(threshold / rounding) * rounding)
    case 'distinct':
      return number < threshold ? number : Math.max(Math.round((number * scale) / rounding) * rounding, threshold)
    case 'sum':
      return digits(number * scale)
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
