import type { CustomTypesConfig } from 'pg'

// Arrays as PostgreSQL sends them itself: no text to build, escape or parse. A Buffer parameter is sent as binary by the driver.
const oid = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, float8: 701 } as const
const headerBytes = 20

function header(buffer: Buffer, elementOid: number, length: number, nulls: boolean): void {
  buffer.writeInt32BE(1, 0)
  buffer.writeInt32BE(nulls ? 1 : 0, 4)
  buffer.writeInt32BE(elementOid, 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16)
}

function emptyArray(elementOid: number): Buffer {
  const buffer = Buffer.alloc(12)
  buffer.writeInt32BE(elementOid, 8)
  return buffer
}

type Put<T> = (view: DataView, value: T, at: number) => void

function fixedArray<T>(elementOid: number, size: number, values: readonly (T | null)[], put: Put<T>): Buffer {
  if (values.length === 0) return emptyArray(elementOid)
  const buffer = Buffer.allocUnsafe(headerBytes + values.length * (4 + size))
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
  let at = headerBytes
  let nulls = false
  for (const value of values) {
    if (value === null) {
      nulls = true
      view.setInt32(at, -1)
      at += 4
      continue
    }
    view.setInt32(at, size)
    put(view, value, at + 4)
    at += 4 + size
  }
  header(buffer, elementOid, values.length, nulls)
  return buffer.subarray(0, at)
}

const putInt8: Put<bigint | number> = (view, value, at) => {
  if (typeof value === 'bigint') {
    view.setBigInt64(at, value)
    return
  }
  view.setInt32(at, Math.floor(value / 4294967296))
  view.setUint32(at + 4, value >>> 0)
}

export const int2Array = (values: readonly (number | null)[]): Buffer =>
  fixedArray(oid.int2, 2, values, (view, value, at) => view.setInt16(at, value))
export const int4Array = (values: readonly (number | null)[]): Buffer =>
  fixedArray(oid.int4, 4, values, (view, value, at) => view.setInt32(at, value))
export const int8Array = (values: readonly (bigint | number | null)[]): Buffer => fixedArray(oid.int8, 8, values, putInt8)
export const float8Array = (values: readonly number[]): Buffer =>
  fixedArray(oid.float8, 8, values, (view, value, at) => view.setFloat64(at, value))
export const boolArray = (values: readonly boolean[]): Buffer =>
  fixedArray(oid.bool, 1, values, (view, value, at) => view.setInt8(at, value ? 1 : 0))

export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  if (values.length === 0) return emptyArray(oid.bytea)
  let total = headerBytes
  for (const value of values) total += 4 + (value?.length ?? 0)
  const buffer = Buffer.allocUnsafe(total)
  let at = headerBytes
  let nulls = false
  for (const value of values) {
    buffer.writeInt32BE(value === null ? -1 : value.length, at)
    at += 4
    if (value === null) nulls = true
    else {
      buffer.set(value, at)
      at += value.length
    }
  }
  header(buffer, oid.bytea, values.length, nulls)
  return buffer
}

// PostgreSQL has no NUL in text: it is left out.
export function textArray(values: readonly (string | null)[]): Buffer {
  const bytes = values.map((value) => (value === null ? null : Buffer.from(value.includes('\0') ? value.replaceAll('\0', '') : value)))
  const buffer = byteaArray(bytes)
  buffer.writeInt32BE(oid.text, 8)
  return buffer
}

// Numbers of 64 bits are bigints everywhere; who reads a count or a time makes a number of it. Results come as text: the driver
// reads binary ones as if they were UTF-8 and so destroys them.
export function resultTypes(fallback: CustomTypesConfig): CustomTypesConfig {
  const plain = fallback.getTypeParser as (id: number, format?: string) => (value: string) => unknown
  const getTypeParser = (id: number, format?: string): ((value: string) => unknown) => (id === oid.int8 ? BigInt : plain(id, format))
  return { getTypeParser: getTypeParser as CustomTypesConfig['getTypeParser'] }
}
