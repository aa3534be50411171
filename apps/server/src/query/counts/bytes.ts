import { Bool, Field, Float64, Int64, Schema, Table, tableToIPC, Utf8, vectorFromArray, type DataType } from 'apache-arrow'
import { suppressedKey, type ResultColumn } from '@aquifer/core/contract'
import type { CountsTold } from './desk.js'

// Told figures as bytes of an answer: a page of rows at most, so values are made one by one.

/** The rows as JSON with nothing around them, or the whole Arrow stream. */
export function bytesOf(
  { columns, rows, suppressed }: Pick<CountsTold, 'columns' | 'rows' | 'suppressed'>,
  format: 'arrow' | 'json',
): Uint8Array[] {
  if (format === 'json') return [Buffer.from(rows.map((row) => JSON.stringify(row)).join(','))]
  const types = columns.map(arrowType)
  const vectors = columns.map((_, index) =>
    vectorFromArray(
      rows.map((row) => arrowValue(row[index], types[index]!)),
      types[index]!,
    ),
  )
  const fields = columns.map(({ name }, index) => new Field(name, types[index]!, true))
  const schema = new Schema(fields, new Map([[suppressedKey, JSON.stringify(suppressed)]]))
  const struct = Object.fromEntries(vectors.map((vector, index) => [String(index), vector]))
  const batches = new Table(struct).batches
  const table = new Table(
    schema,
    batches.map((batch) => new (batch.constructor as new (schema: Schema, data: unknown) => typeof batch)(schema, batch.data)),
  )
  return [tableToIPC(table, 'stream')]
}

function arrowType({ type }: ResultColumn): DataType {
  if (/^U?(?:TINY|SMALL|BIG)INT$|^U?INTEGER$/.test(type)) return new Int64()
  if (/^(?:HUGEINT|DOUBLE|FLOAT|DECIMAL\(.*\))$/.test(type)) return new Float64()
  return type === 'BOOLEAN' ? new Bool() : new Utf8()
}

function arrowValue(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return null
  if (type instanceof Int64) return BigInt(Math.round(Number(value)))
  return type instanceof Utf8 && typeof value !== 'string' ? JSON.stringify(value) : value
}
