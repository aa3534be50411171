import type { ReadStatisticsRequest, TableOneAnswer, ToldCount } from '../contract/index.js'
import type { SmallCellPolicy } from '../small-cells/index.js'
import type { StatisticsBody } from './answer.js'
import { isNumeric, type StatisticsInput } from './people-rows.js'

// Statistics for who gets counts only: values that few people have are told as one, and whom each told number is of, so that answers can be
// held against each other.

/** Stands for all values of a column that few people have: such a value would be theirs. */
const rare = '(fewer than 11)'

type Of<Kind extends ReadStatisticsRequest['kind']> = Extract<ReadStatisticsRequest, { kind: Kind }>

/** Columns whose values are told as names: of groups, and levels of a Table 1. */
function labelsOf(request: ReadStatisticsRequest, typeOf: (column: string) => string): string[] {
  if (request.kind === 'missing') return []
  if (request.kind !== 'table-one') return request.group === undefined ? [] : [request.group]
  const levels = request.variables.filter(
    ({ column, as }) => (as ?? (isNumeric(typeOf(column)) ? 'continuous' : 'categorical')) === 'categorical',
  )
  return [...(request.by === undefined ? [] : [request.by]), ...levels.map(({ column }) => column)]
}

/** The input with the values that few people have put together; a column of such values is one of texts. */
export function foldRare(request: ReadStatisticsRequest, input: StatisticsInput, { threshold }: SmallCellPolicy): StatisticsInput {
  const typeOf = (column: string): string => input.columns.find(({ name }) => name === column)?.type ?? ''
  const folded = new Map(
    labelsOf(request, typeOf).flatMap((column) => {
      const place = input.columns.findIndex(({ name }) => name === column)
      if (place < 0) return []
      const counts = new Map<unknown, number>()
      for (const row of input.rows) counts.set(row[place], (counts.get(row[place]) ?? 0) + 1)
      const few = new Set([...counts].filter(([value, count]) => value !== null && count < threshold).map(([value]) => value))
      return few.size === 0 ? [] : [[place, few] as const]
    }),
  )
  const valueAt = (value: unknown, place: number): unknown => (folded.get(place)?.has(value) ? rare : value)
  return {
    columns: input.columns.map((column, place) => (folded.has(place) ? { ...column, type: 'VARCHAR' } : column)),
    rows: folded.size === 0 ? input.rows : input.rows.map((row) => row.map(valueAt)),
  }
}

type Row = readonly unknown[]
interface Walk {
  rows: readonly Row[]
  valueOf(row: Row, column: string | undefined): unknown
  keysOf(isOf: (row: Row) => boolean): string[]
}

const isTold = (count: ToldCount): boolean => typeof count === 'number' && count > 0
const nameOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value)

/**
 * Keys of whom each number of an answer is of that is told, in parts: the groups, then variable by variable. What is hidden within a part is
 * the answer's own matter; two parts have to be held against each other, since two columns can be nearly the same condition.
 */
export function toldPeopleOf(request: ReadStatisticsRequest, { columns, rows }: StatisticsInput, body: StatisticsBody): string[][][] {
  const places = new Map(columns.map(({ name }, at) => [name, at]))
  const key = places.get('patient_key') ?? -1
  const walk: Walk = {
    rows,
    valueOf: (row, column) => (column === undefined ? null : (row[places.get(column) ?? -1] ?? null)),
    keysOf: (isOf) => rows.filter(isOf).map((row) => String(row[key])),
  }
  if (request.kind === 'table-one' && body.kind === 'table-one') return ofTableOne(request, body, walk)
  if (request.kind === 'missing' && body.kind === 'missing') return [ofMissing(body, walk)]
  if (request.kind === 'survival' && body.kind === 'survival')
    return [ofGroups(request.group, body.groups, walk, { time: request.time, event: request.event })]
  if (request.kind === 'incidence' && body.kind === 'incidence')
    return [ofGroups(request.group, body.groups, walk, { time: request.time, event: request.events })]
  throw new Error(`whom the numbers of ${request.kind} are of is not known`)
}

function ofTableOne({ by }: Of<'table-one'>, { people, groups, variables }: StatisticsBodyOf<'table-one'>, walk: Walk): string[][][] {
  const isIn = (group: { name: string | null }) => (row: Row) => nameOf(walk.valueOf(row, by)) === group.name
  const sizes = [
    ...(isTold(people) ? [walk.keysOf(() => true)] : []),
    ...groups.flatMap((group) => (isTold(group.people) ? [walk.keysOf(isIn(group))] : [])),
  ]
  const parts = variables.map((variable) => {
    const whole = [{ at: -1, isIn: () => true }, ...groups.map((group, at) => ({ at, isIn: isIn(group) }))]
    return whole.flatMap(({ at, isIn: within }) =>
      countsOf(variable, at).flatMap(({ count, isOf }) =>
        isTold(count) ? [walk.keysOf((row) => within(row) && isOf(walk.valueOf(row, variable.column)))] : [],
      ),
    )
  })
  return [sizes, ...parts]
}

type StatisticsBodyOf<Kind extends StatisticsBody['kind']> = Extract<StatisticsBody, { kind: Kind }>
interface CountOf {
  count: ToldCount
  isOf(value: unknown): boolean
}

/** Numbers of people of a variable, in a group or (-1) of everybody. */
function countsOf(variable: TableOneAnswer['variables'][number], group: number): CountOf[] {
  if (variable.as === 'continuous') {
    const { n, missing } = group < 0 ? variable.overall : variable.groups[group]!
    const isThere = (value: unknown): boolean => value !== null
    return [
      { count: n, isOf: isThere },
      { count: missing, isOf: (value) => !isThere(value) },
    ]
  }
  return variable.levels.map(({ value, overall, groups }) => ({
    count: group < 0 ? overall.n : groups[group]!.n,
    isOf: (each) => nameOf(each) === value,
  }))
}

function ofMissing({ people, complete, variables, patterns }: StatisticsBodyOf<'missing'>, walk: Walk): string[][] {
  const isMissing = (row: Row, column: string): boolean => walk.valueOf(row, column) === null
  const names = variables.map(({ column }) => column)
  const told: [ToldCount, (row: Row) => boolean][] = [
    [people, () => true],
    [complete, (row) => names.every((column) => !isMissing(row, column))],
    ...variables.map(({ column, missing }): [ToldCount, (row: Row) => boolean] => [missing, (row) => isMissing(row, column)]),
    ...patterns.map(({ missing, people: n }): [ToldCount, (row: Row) => boolean] => [
      n,
      (row) => names.every((column) => isMissing(row, column) === missing.includes(column)),
    ]),
  ]
  return told.flatMap(([count, isOf]) => (isTold(count) ? [walk.keysOf(isOf)] : []))
}

/** Who is followed, and who of them has an event. */
function ofGroups(
  by: string | undefined,
  groups: readonly { name: string | null; people: ToldCount; events: ToldCount }[],
  walk: Walk,
  { time, event }: { time: string; event: string },
): string[][] {
  const isFollowed = (row: Row): boolean => Number(walk.valueOf(row, time) ?? -1) >= 0 && walk.valueOf(row, event) !== null
  return groups.flatMap(({ name, people, events }) => {
    const isIn = (row: Row): boolean => isFollowed(row) && nameOf(walk.valueOf(row, by)) === name
    const sets: string[][] = []
    if (isTold(people)) sets.push(walk.keysOf(isIn))
    if (isTold(people) && isTold(events)) sets.push(walk.keysOf((row) => isIn(row) && Number(walk.valueOf(row, event)) > 0))
    return sets
  })
}
