import { DuckDBTypeId, type DuckDBDecimalType, type DuckDBType, type DuckDBVector } from '@duckdb/node-api'
import {
  Bool,
  DateDay,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  makeData,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  type Data,
  type DataType,
} from 'apache-arrow'
import { TextSink, writeStrings } from './arrow-texts.js'
import { jsonText } from './json-values.js'
import { bytesOf, raw, type Numbers } from './raw-vector.js'

// DuckDB's vectors into Arrow's buffers by copying bytes. Values of JavaScript are made only for types whose bytes differ.
// 2026-11, 2 cores: 1,000,000 rows × 8 columns took 8.1 s through vectorFromArray, 1.5 s like this.
//
// What Arrow readers in JavaScript handle badly becomes what they handle well, and this is part of the API: HUGEINT and DECIMAL are
// Float64 (exact to 2^53); lists, structs, maps and JSON are JSON text; intervals, enums, UUIDs and the rest are text.

export interface ArrowColumn {
  type: DataType
  /** Copies the values of a vector; it may be gone after that. */
  append(vector: DuckDBVector, rows: number): void
  bytes(): number
  /** What was appended since the last call. */
  take(): Data
}

type NumbersMaker = { new (length: number): Numbers; readonly BYTES_PER_ELEMENT: number }

/** Bits of what is there, made only when something is missing; `empty` is told each place where nothing is. */
function validity(empty: (at: number) => void = () => undefined): {
  append(vector: DuckDBVector, rows: number): void
  take(): { nullBitmap?: Uint8Array; nullCount: number }
} {
  let bits: Uint8Array | null = null
  let length = 0
  let missing = 0
  const grow = (rows: number): Uint8Array => {
    const bytes = Math.ceil(rows / 8)
    if (bits !== null && bits.byteLength >= bytes) return bits
    const larger = new Uint8Array(Math.max(bytes, (bits?.byteLength ?? 0) * 2, 64)).fill(255)
    if (bits !== null) larger.set(bits)
    return (bits = larger)
  }
  return {
    append(vector, rows) {
      const { data } = raw(vector).validity
      if (data !== null) {
        const from = bytesOf(data)
        for (let row = 0; row < rows; row++) {
          const eight = from[row >> 3] ?? 0
          if (eight === 255) row |= 7
          if ((eight >> (row & 7)) & 1) continue
          const to = length + row
          const into = grow(length + rows)
          into[to >> 3] = (into[to >> 3] ?? 0) & ~(1 << (to & 7))
          empty(to)
          missing++
        }
      }
      length += rows
    },
    take() {
      const nullBitmap = missing > 0 ? grow(length).subarray(0, Math.ceil(length / 8)) : undefined
      const taken = { nullCount: missing, ...(nullBitmap === undefined ? {} : { nullBitmap }) }
      bits = null
      length = missing = 0
      return taken
    },
  }
}

function fixed(type: DataType, Maker: NumbersMaker, read: (vector: DuckDBVector, rows: number) => Numbers): ArrowColumn {
  let values = new Maker(2048)
  // What the engine's memory held there before may be of anybody.
  const nothing = values instanceof BigInt64Array || values instanceof BigUint64Array ? 0n : 0
  const present = validity((at) => void ((values as Record<number, number | bigint>)[at] = nothing))
  let length = 0
  return {
    type,
    append(vector, rows) {
      if (length + rows > values.length) {
        const larger = new Maker(Math.max(length + rows, values.length * 2))
        ;(larger as Float64Array).set(values as Float64Array)
        values = larger
      }
      ;(values as Float64Array).set(read(vector, rows) as Float64Array, length)
      present.append(vector, rows)
      length += rows
    },
    bytes: () => length * Maker.BYTES_PER_ELEMENT,
    take() {
      const data = makeData({ type, length, ...present.take(), data: values.subarray(0, length) } as never)
      values = new Maker(values.length)
      length = 0
      return data
    },
  }
}

const copied = (type: DataType, Maker: NumbersMaker): ArrowColumn =>
  fixed(type, Maker, (vector, rows) => raw(vector).items.subarray(0, rows))

const inDoubles = (read: (view: DataView, row: number) => number): ArrowColumn =>
  fixed(new Float64(), Float64Array, (vector, rows) => {
    const numbers = new Float64Array(rows)
    const { dataView } = raw(vector)
    for (let row = 0; row < rows; row++) numbers[row] = read(dataView, row)
    return numbers
  })

// 128 bits in two's complement, the low half first; small numbers of either sign stay exact.
function hugeint(view: DataView, row: number): number {
  const at = row * 16
  const word = (index: number): number => view.getUint32(at + index * 4, true)
  if (view.getInt32(at + 12, true) >= 0) return ((word(3) * 2 ** 32 + word(2)) * 2 ** 32 + word(1)) * 2 ** 32 + word(0)
  const inverse = (index: number): number => ~view.getUint32(at + index * 4, true) >>> 0
  return -(((inverse(3) * 2 ** 32 + inverse(2)) * 2 ** 32 + inverse(1)) * 2 ** 32 + inverse(0) + 1)
}
function uhugeint(view: DataView, row: number): number {
  const word = (index: number): number => view.getUint32(row * 16 + index * 4, true)
  return ((word(3) * 2 ** 32 + word(2)) * 2 ** 32 + word(1)) * 2 ** 32 + word(0)
}
function decimals(type: DuckDBType): ArrowColumn {
  const { width, scale } = type as DuckDBDecimalType
  const unit = 10 ** scale
  if (width <= 4) return inDoubles((view, row) => view.getInt16(row * 2, true) / unit)
  if (width <= 9) return inDoubles((view, row) => view.getInt32(row * 4, true) / unit)
  if (width <= 18) return inDoubles((view, row) => Number(view.getBigInt64(row * 8, true)) / unit)
  return inDoubles((view, row) => hugeint(view, row) / unit)
}

function booleans(): ArrowColumn {
  const present = validity((at) => void (bits[at >> 3] = (bits[at >> 3] ?? 0) & ~(1 << (at & 7))))
  let bits = new Uint8Array(256)
  let length = 0
  return {
    type: new Bool(),
    append(vector, rows) {
      if (length + rows > bits.length * 8) {
        const larger = new Uint8Array(Math.max(Math.ceil((length + rows) / 8), bits.length * 2))
        larger.set(bits)
        bits = larger
      }
      const { dataView } = raw(vector)
      for (let row = 0; row < rows; row++) {
        const to = length + row
        if (dataView.getUint8(row) === 1) bits[to >> 3] = (bits[to >> 3] ?? 0) | (1 << (to & 7))
      }
      present.append(vector, rows)
      length += rows
    },
    bytes: () => length >> 3,
    take() {
      const data = makeData({ type: new Bool(), length, ...present.take(), data: bits.subarray(0, Math.ceil(length / 8)) })
      bits = new Uint8Array(256)
      length = 0
      return data
    },
  }
}

function texts(write: (vector: DuckDBVector, rows: number, into: TextSink) => void): ArrowColumn {
  const present = validity()
  let sink = new TextSink()
  return {
    type: new Utf8(),
    append(vector, rows) {
      write(vector, rows, sink)
      present.append(vector, rows)
    },
    bytes: () => sink.used,
    take() {
      const data = makeData({
        type: new Utf8(),
        length: sink.rows,
        ...present.take(),
        valueOffsets: sink.offsets.subarray(0, sink.rows + 1),
        data: sink.bytes.subarray(0, sink.used),
      })
      // The next batch is as large as this one, or nearly so.
      sink = new TextSink(sink.bytes.byteLength, sink.offsets.length)
      return data
    },
  }
}

const encoder = new TextEncoder()
const nothing = new Uint8Array(0)
const writeConverted =
  (text: (value: never) => string) =>
  (vector: DuckDBVector, rows: number, into: TextSink): void => {
    for (let row = 0; row < rows; row++) {
      const value = vector.getItem(row)
      into.add(value === null ? nothing : encoder.encode(text(value as never)))
    }
  }

const makers: Partial<Record<DuckDBTypeId, (type: DuckDBType) => ArrowColumn>> = {
  [DuckDBTypeId.BOOLEAN]: booleans,
  [DuckDBTypeId.TINYINT]: () => copied(new Int8(), Int8Array),
  [DuckDBTypeId.SMALLINT]: () => copied(new Int16(), Int16Array),
  [DuckDBTypeId.INTEGER]: () => copied(new Int32(), Int32Array),
  [DuckDBTypeId.BIGINT]: () => copied(new Int64(), BigInt64Array),
  [DuckDBTypeId.UTINYINT]: () => copied(new Uint8(), Uint8Array),
  [DuckDBTypeId.USMALLINT]: () => copied(new Uint16(), Uint16Array),
  [DuckDBTypeId.UINTEGER]: () => copied(new Uint32(), Uint32Array),
  [DuckDBTypeId.UBIGINT]: () => copied(new Uint64(), BigUint64Array),
  [DuckDBTypeId.FLOAT]: () => copied(new Float32(), Float32Array),
  [DuckDBTypeId.DOUBLE]: () => copied(new Float64(), Float64Array),
  [DuckDBTypeId.HUGEINT]: () => inDoubles(hugeint),
  [DuckDBTypeId.UHUGEINT]: () => inDoubles(uhugeint),
  [DuckDBTypeId.DECIMAL]: decimals,
  [DuckDBTypeId.DATE]: () => copied(new DateDay(), Int32Array),
  [DuckDBTypeId.TIME]: () => copied(new TimeMicrosecond(), BigInt64Array),
  [DuckDBTypeId.TIMESTAMP]: () => copied(new TimestampMicrosecond(), BigInt64Array),
  [DuckDBTypeId.TIMESTAMP_TZ]: () => copied(new TimestampMicrosecond('UTC'), BigInt64Array),
  [DuckDBTypeId.TIMESTAMP_S]: () => copied(new TimestampSecond(), BigInt64Array),
  [DuckDBTypeId.TIMESTAMP_MS]: () => copied(new TimestampMillisecond(), BigInt64Array),
  [DuckDBTypeId.TIMESTAMP_NS]: () => copied(new TimestampNanosecond(), BigInt64Array),
  [DuckDBTypeId.VARCHAR]: () => texts(writeStrings),
}
const nested = new Set([DuckDBTypeId.LIST, DuckDBTypeId.ARRAY, DuckDBTypeId.STRUCT, DuckDBTypeId.MAP, DuckDBTypeId.UNION])

export function arrowColumn(type: DuckDBType): ArrowColumn {
  const make = makers[type.typeId]
  if (make) return make(type)
  if (nested.has(type.typeId)) return texts(writeConverted((value) => jsonText(value, type)))
  return texts(writeConverted(String))
}
