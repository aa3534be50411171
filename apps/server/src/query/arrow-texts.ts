import type { DuckDBVector } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import { bytesOf, raw } from './raw-vector.js'

// Texts of DuckDB's vectors as Arrow has them: bytes one behind the other, and where each ends.
//
// A string of the engine is a record of 16 bytes: its length, and either the bytes themselves or, beyond 12, four of them and a pointer.
// The engine writes the long ones of a vector one behind the other, block by block, whatever short ones stand between them. What a pointer
// leads to the driver copies into a buffer of its own, and making one costs far more than copying a text: one is asked for per block.

const inlineBytesMax = 12
const recordWords = 4
/** Fewer bytes are copied one by one sooner than a view on them is made. */
const viewBytesMin = 256

export class TextSink {
  bytes: Uint8Array
  offsets: Int32Array
  used = 0
  rows = 0

  constructor(bytes = 16_384, offsets = 2049) {
    this.bytes = new Uint8Array(bytes)
    this.offsets = new Int32Array(offsets)
  }

  /** Room for so many bytes more, and for what writing whole words reaches beyond them. */
  room(bytes: number): void {
    const needed = this.used + bytes + inlineBytesMax
    if (needed <= this.bytes.byteLength) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.byteLength * 2))
    larger.set(this.bytes)
    this.bytes = larger
  }

  rowsRoom(rows: number): void {
    if (this.rows + rows < this.offsets.length) return
    const larger = new Int32Array(Math.max(this.rows + rows + 1, this.offsets.length * 2))
    larger.set(this.offsets)
    this.offsets = larger
  }

  add(text: Uint8Array): void {
    this.room(text.byteLength)
    this.rowsRoom(1)
    this.bytes.set(text, this.used)
    this.used += text.byteLength
    this.offsets[++this.rows] = this.used
  }
}

interface Texts {
  dataView: DataView
  records: Uint32Array
  /** Where each ends, of this vector from `first` on; that of the one before is where it begins. */
  offsets: Int32Array
  first: number
  rows: number
}

export function writeStrings(vector: DuckDBVector, rows: number, into: TextSink): void {
  const { dataView, validity } = raw(vector)
  const records = wordsOf(dataView)
  const present = validity.data === null ? null : bytesOf(validity.data)
  into.rowsRoom(rows)
  const { offsets } = into
  const first = into.rows + 1
  let end = into.used
  for (let row = 0; row < rows; row++) {
    if (present === null || ((present[row >> 3] ?? 0) >> (row & 7)) & 1) end += records[row * recordWords] ?? 0
    offsets[first + row] = end
  }
  into.room(end - into.used)
  copyTexts({ dataView, records, offsets, first, rows }, into.bytes)
  into.rows += rows
  into.used = end
}

function copyTexts(texts: Texts, bytes: Uint8Array): void {
  const { records, offsets, first, rows } = texts
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Texts of a dictionary come again and again from the same place.
  const known = new Map<number, Uint8Array>()
  let piece: Uint8Array = new Uint8Array(0)
  // Of the piece, bytes from `from` to `to` are still to be copied, to `into`; behind them comes what `next` points to.
  let [from, to, into, next] = [0, 0, 0, 0]
  let end = offsets[first - 1] ?? 0
  for (let row = 0; row < rows; row++) {
    const start = end
    end = offsets[first + row] ?? 0
    const length = end - start
    const record = row * recordWords
    if (length > inlineBytesMax) {
      const pointer = pointerAt(records, record)
      if (pointer !== next || to + length > piece.byteLength) {
        copy(piece, from, to, bytes, into)
        piece = pieceAt(texts, row, known)
        from = to = 0
        next = pointer
      }
      if (from === to) into = start
      to += length
      next += length
    } else if (length > 0) {
      copy(piece, from, to, bytes, into)
      from = to
      // What this writes too much is written over by the next text.
      view.setUint32(start, records[record + 1] ?? 0, true)
      if (length > 4) view.setUint32(start + 4, records[record + 2] ?? 0, true)
      if (length > 8) view.setUint32(start + 8, records[record + 3] ?? 0, true)
    }
  }
  copy(piece, from, to, bytes, into)
}

/** The long text of a row, and those behind it in the engine's memory that come next. */
function pieceAt({ dataView, records, offsets, first, rows }: Texts, row: number, known: Map<number, Uint8Array>): Uint8Array {
  const pointer = pointerAt(records, row * recordWords)
  const lengthOf = (at: number): number => (offsets[first + at] ?? 0) - (offsets[first + at - 1] ?? 0)
  let length = lengthOf(row)
  const again = known.get(pointer)
  if (again !== undefined && again.byteLength >= length) return again
  for (let at = row + 1; at < rows; at++) {
    const more = lengthOf(at)
    if (more <= inlineBytesMax) continue
    if (pointerAt(records, at * recordWords) !== pointer + length) break
    length += more
  }
  const place = dataView.byteOffset + row * recordWords * 4 + 8
  const piece = duckdb.get_data_from_pointer(dataView.buffer as ArrayBuffer, place, length)
  known.set(pointer, piece)
  return piece
}

function copy(piece: Uint8Array, from: number, to: number, bytes: Uint8Array, into: number): void {
  if (to - from >= viewBytesMin) bytes.set(piece.subarray(from, to), into)
  else for (let at = from; at < to; at++) bytes[into + at - from] = piece[at] ?? 0
}

const pointerAt = (records: Uint32Array, record: number): number => (records[record + 2] ?? 0) + (records[record + 3] ?? 0) * 2 ** 32

const wordsOf = (view: DataView): Uint32Array =>
  view.byteOffset % 4 === 0
    ? new Uint32Array(view.buffer, view.byteOffset, view.byteLength >> 2)
    : new Uint32Array(bytesOf(view).slice().buffer)

/** Calls back with strings of a vector as bytes read one to one: good for telling keys apart, not for reading. Each comes once or more. */
export function keyReader(take: (key: string) => void): (vector: DuckDBVector, rows: number) => void {
  // Nothing of a vector is needed when the next one comes.
  const sink = new TextSink()
  return (vector, rows) => {
    sink.used = sink.rows = 0
    writeStrings(vector, rows, sink)
    const text = Buffer.from(sink.bytes.buffer, 0, sink.used)
    const view = new DataView(sink.bytes.buffer)
    let [start, before] = [0, 0]
    for (let row = 1; row <= rows; row++) {
      const end = sink.offsets[row] ?? 0
      const length = end - start
      // Rows of a person mostly stand together, and to compare bytes costs less than to make a string.
      if (length > 0 && (before !== length || !isAgain(view, start, length))) take(text.toString('latin1', start, end))
      if (length > 0) before = length
      start = end
    }
  }
}

/** Whether the bytes from a place on are those before it. */
function isAgain(view: DataView, at: number, length: number): boolean {
  let byte = at
  for (; byte + 4 <= at + length; byte += 4) if (view.getUint32(byte) !== view.getUint32(byte - length)) return false
  for (; byte < at + length; byte++) if (view.getUint8(byte) !== view.getUint8(byte - length)) return false
  return true
}
