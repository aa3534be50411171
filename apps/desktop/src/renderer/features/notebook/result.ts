import { DataType, tableFromIPC, type Table, type Vector } from 'apache-arrow'
import { z } from 'zod'
import type { QueryBasis } from '@aquifer/core/contract'

/** `year`: whole numbers that name a time. They stand left like dates and are never added up. */
export type ColumnKind = 'number' | 'year' | 'text' | 'boolean' | 'date' | 'nested'

export interface ResultColumn {
  name: string
  kind: ColumnKind
  /** Value as the engine gave it; null for null. */
  at(row: number): unknown
  /** Text as the grid shows and copies it; null for null, which has a look of its own. */
  text(row: number): string | null
  /** For charts and sorting; null where the value is no number. */
  number(row: number): number | null
}

/** What somebody writes into a mail by hand, no file of the data: so many rows are copied without the right to release results. */
export const chosenRowsMax = 100

/** `primary`: too few people; `secondary`: hidden since it would give a primary one away. */
export type Suppression = 'primary' | 'secondary'

export interface Result {
  columns: ResultColumn[]
  rows: number
  basis: QueryBasis
  /** How a cell is suppressed; absent where none is. */
  suppressed?(row: number, column: number): Suppression | null
  suppressedCount?: number
}

const suppressedKey = 'aquifer.suppressed'
const marks = z.array(z.tuple([z.number().int(), z.number().int(), z.enum(['primary', 'secondary'])]))

/** Marks of cells as the server writes them into the schema: row, column, how. */
function readMarks(text: string | undefined): Pick<Result, 'suppressed' | 'suppressedCount'> {
  if (text === undefined) return {}
  const found = marks.parse(JSON.parse(text))
  if (found.length === 0) return {}
  const at = new Map(found.map(([row, column, how]) => [`${row} ${column}`, how]))
  return { suppressed: (row, column) => at.get(`${row} ${column}`) ?? null, suppressedCount: at.size }
}

export const suppressionWord = (how: Suppression): string => (how === 'primary' ? '<11' : 'hidden')

export function readResult(bytes: Uint8Array, basis: QueryBasis): Result {
  const table: Table = tableFromIPC(bytes)
  const columns = table.schema.fields.map((field, at) => readColumn(field.name, table.getChildAt(at), field.type as DataType))
  return { columns, rows: table.numRows, basis, ...readMarks(table.schema.metadata.get(suppressedKey)) }
}

function readColumn(name: string, vector: Vector | null, type: DataType): ResultColumn {
  const kind = /(^|_)(year|decade)$/i.test(name) && DataType.isInt(type) ? 'year' : kindOf(type)
  const at = (row: number): unknown => vector?.get(row) ?? null
  const write = writer(type, kind)
  return {
    name,
    kind,
    at,
    text: (row) => {
      const value = at(row)
      return value === null ? null : write(value)
    },
    number: (row) => {
      const value = at(row)
      if (value === null) return null
      const number =
        kind === 'number' || kind === 'year'
          ? Number(DataType.isDecimal(type) ? write(value) : value)
          : kind === 'date'
            ? dateMs(type, value)
            : Number.NaN
      return Number.isFinite(number) ? number : null
    },
  }
}

function kindOf(type: DataType): ColumnKind {
  if (DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type)) return 'number'
  if (DataType.isBool(type)) return 'boolean'
  if (DataType.isDate(type) || DataType.isTimestamp(type)) return 'date'
  if (DataType.isList(type) || DataType.isStruct(type) || DataType.isMap(type) || DataType.isFixedSizeList(type)) return 'nested'
  return 'text'
}

function writer(type: DataType, kind: ColumnKind): (value: unknown) => string {
  if (DataType.isDecimal(type)) return (value) => decimalText(value, type.scale)
  if (DataType.isDate(type)) return (value) => new Date(dateMs(type, value)).toISOString().slice(0, 10)
  if (DataType.isTimestamp(type))
    return (value) =>
      new Date(dateMs(type, value))
        .toISOString()
        .replace('T', ' ')
        .replace(/(\.000)?Z$/, '')
  if (kind === 'nested')
    return (value) => JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner))
  if (DataType.isFloat(type)) return (value) => String(Math.round(Number(value) * 1e10) / 1e10)
  return String
}

// apache-arrow hands dates and timestamps out as milliseconds, whatever their unit on the wire.
const dateMs = (_type: DataType, value: unknown): number => (value instanceof Date ? value.getTime() : Number(value))

/** Arrow gives a decimal as its unscaled 128 bits, two's complement, in 32-bit words. */
function decimalText(value: unknown, scale: number): string {
  const words = value as Uint32Array
  let unscaled = 0n
  for (let at = words.length - 1; at >= 0; at -= 1) unscaled = (unscaled << 32n) | BigInt(words[at]!)
  if (words.length > 0 && (words.at(-1)! & 0x80000000) !== 0) unscaled -= 1n << BigInt(words.length * 32)
  const negative = unscaled < 0n
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '')
  return negative ? `-${text}` : text
}

export type SortDirection = 'ascending' | 'descending'

/** Above this many rows the engine sorts better: the grid then says so. */
export const sortRowsMax = 200_000

/** Row numbers in the order of one column, nulls last; equal values keep the engine's order. */
export function sortedRows(result: Result, column: ResultColumn, direction: SortDirection): Uint32Array {
  const rows = Uint32Array.from({ length: result.rows }, (_, row) => row)
  const sign = direction === 'ascending' ? 1 : -1
  if (column.kind === 'number' || column.kind === 'year' || column.kind === 'date') {
    const values = Array.from(rows, (row) => column.number(row))
    return rows.sort((a, b) => compareNull(values[a]!, values[b]!, (x, y) => sign * (x - y)) || a - b)
  }
  const texts = Array.from(rows, (row) => column.text(row))
  const collator = new Intl.Collator('en', { numeric: true })
  return rows.sort((a, b) => compareNull(texts[a]!, texts[b]!, (x, y) => sign * collator.compare(x, y)) || a - b)
}

function compareNull<T>(a: T | null, b: T | null, compare: (x: T, y: T) => number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return compare(a, b)
}
