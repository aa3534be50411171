import type { ReadStatisticsRequest } from '../contract/index.js'
import { refuse, type Refusal } from '../refusal/index.js'
import type { Cell } from './table-one.js'

/** A statement's result: rows in the order of columns, values as its JSON has them. */
export interface StatisticsInput {
  columns: readonly { name: string; type: string }[]
  rows: readonly (readonly unknown[])[]
}
/** The rows of people, by column. */
export interface PeopleRows {
  people: number
  rows: number
  has(column: string): boolean
  columns: readonly { name: string; type: string }[]
  /** null where there is no value, or none that is a number */
  numbers(column: string): (number | null)[]
  cells(column: string): Cell[]
  names(column: string): (string | null)[]
  /** days since 1970 of dates and times */
  days(column: string): (number | null)[]
  keys: string[]
}

const key = 'patient_key'
const numeric = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/

export const isNumeric = (type: string): boolean => numeric.test(type) && !type.endsWith(']')

/** Reads what a statement found. Counts rest on people: so each row says whose it is, and most kinds want one row of each. */
export function peopleRows({ columns, rows }: StatisticsInput, kind: ReadStatisticsRequest['kind']): PeopleRows | Refusal {
  const places = new Map(columns.map(({ name }, at) => [name, at]))
  const keyAt = places.get(key)
  if (keyAt === undefined) return wrong(`The statement has no column ${key}, by which people are counted.`)
  if (rows.some((row) => typeof row[keyAt] !== 'string')) return wrong(`The statement has rows without a ${key}: leave them out.`)
  const keys = rows.map((row) => row[keyAt] as string)
  const people = new Set(keys).size
  if (people < rows.length && kind !== 'adherence')
    return wrong(`The statement has several rows for some people. ${kind} wants one row a person: group by ${key}.`)
  const values = (column: string): unknown[] => rows.map((row) => row[places.get(column) ?? -1] ?? null)
  const cells = (column: string): Cell[] => values(column).map(cellOf)
  return {
    people,
    rows: rows.length,
    columns,
    has: (column) => places.has(column),
    cells,
    numbers: (column) => cells(column).map(numberOf),
    names: (column) => cells(column).map((value) => (value === null ? null : String(value))),
    days: (column) => cells(column).map(dayOf),
    keys,
  }
}

const wrong = (detail: string): Refusal => refuse('bad-parameter', { detail, parameter: 'sql' })

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : JSON.stringify(value)
}

function numberOf(value: Cell): number | null {
  if (typeof value === 'boolean') return Number(value)
  const number = typeof value === 'string' ? Number.parseFloat(value) : value
  return number !== null && Number.isFinite(number) ? number : null
}

function dayOf(value: Cell): number | null {
  const date = typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0] : undefined
  return date === undefined ? null : dayNumber(date)
}
export const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000

/** Columns that the request names, each with what it is used as; a name that the result does not have is refused. */
export function usedColumns(
  rows: PeopleRows,
  used: readonly { column: string | undefined; as: string; type?: 'number' }[],
): { column: string; type: string; as: string }[] | Refusal {
  const found: { column: string; type: string; as: string }[] = []
  for (const { column, as, type: wanted } of used) {
    if (column === undefined) continue
    const known = rows.columns.find(({ name }) => name === column)
    if (known === undefined) return refuse('bad-parameter', { detail: `The statement has no column ${column}.`, parameter: as })
    if (wanted === 'number' && !isNumeric(known.type) && known.type !== 'BOOLEAN')
      return refuse('bad-parameter', { detail: `The column ${column} has no numbers but ${known.type}.`, parameter: as })
    found.push({ column, type: known.type, as })
  }
  return found
}

/** Groups with the places of their rows, by name, or all in one. */
export function groupsOf(
  rows: PeopleRows,
  column: string | undefined,
  { most, names }: { most: number; names: (by: readonly (string | null)[]) => (string | null)[] },
): { name: string | null; places: number[] }[] | Refusal {
  if (column === undefined) return [{ name: null, places: Array.from({ length: rows.rows }, (_, at) => at) }]
  const by = rows.names(column)
  const found = names(by)
  if (found.length > most)
    return refuse('bad-parameter', { detail: `The column ${column} makes ${found.length} groups; ${most} at most.`, parameter: 'group' })
  const places = new Map<string | null, number[]>(found.map((name) => [name, []]))
  for (const [at, name] of by.entries()) places.get(name)!.push(at)
  return [...places].map(([name, at]) => ({ name, places: at }))
}
