import type { DuckDBVector } from '@duckdb/node-api'

export type Numbers =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array
// The parts of a vector that hold its bytes, which the driver keeps to itself.
export interface RawVector {
  items: Numbers
  dataView: DataView
  validity: { data: BigUint64Array | null }
}
export const raw = (vector: DuckDBVector): RawVector => vector as unknown as RawVector

export const bytesOf = ({ buffer, byteOffset, byteLength }: BigUint64Array | DataView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
