import type { DuckDBDataChunk, DuckDBType, DuckDBVarCharType } from '@duckdb/node-api'
import { AsyncByteQueue, Field, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct } from 'apache-arrow'
import { arrowColumn } from './arrow-columns.js'
import { keyReader } from './arrow-texts.js'
import { jsonValue } from './json-values.js'

/** Turns chunks of the engine into the bytes of an answer. */
export interface ResultWriter {
  /** Takes the first `rows` of a chunk. */
  append(chunk: DuckDBDataChunk, rows: number): void
  /** Bytes that are ready to go. */
  ready(): Uint8Array[]
  /** The last bytes. */
  end(): Uint8Array[]
}

const batchRowsMax = 65_536
const batchBytesMax = 4 * 1024 * 1024

export function arrowWriter(names: string[], types: DuckDBType[]): ResultWriter {
  const columns = types.map(arrowColumn)
  const fields = columns.map(({ type }, index) => new Field(names[index] ?? '', type, true))
  const schema = new Schema(fields)
  const struct = new Struct(fields)
  let out: Uint8Array[] = []
  const sink = new AsyncByteQueue()
  sink.write = (bytes) => void out.push(bytes as Uint8Array)
  const writer = new RecordBatchStreamWriter({ autoDestroy: false })
  writer.reset(sink, schema)
  let rows = 0
  const flush = (): void => {
    if (rows === 0) return
    const data = makeData({ type: struct, length: rows, nullCount: 0, children: columns.map((column) => column.take()) })
    writer.write(new RecordBatch(schema, data))
    rows = 0
  }
  const taken = (): Uint8Array[] => {
    const ready = joined(out)
    out = []
    return ready
  }
  return {
    append(chunk, count) {
      for (const [index, column] of columns.entries()) column.append(chunk.getColumnVector(index), count)
      rows += count
      if (rows >= batchRowsMax || columns.reduce((sum, column) => sum + column.bytes(), 0) >= batchBytesMax) flush()
    },
    ready: taken,
    end() {
      flush()
      writer.finish()
      return taken()
    },
  }
}

/** Arrow is written in very many pieces, most of them a few bytes; those go together, and large ones as they are. */
function joined(pieces: Uint8Array[]): Uint8Array[] {
  const out: Uint8Array[] = []
  let small: Uint8Array[] = []
  const flush = (): void => {
    if (small.length > 0) out.push(Buffer.concat(small))
    small = []
  }
  for (const piece of pieces) {
    if (piece.byteLength < smallBytes) small.push(piece)
    else {
      flush()
      out.push(piece)
    }
  }
  flush()
  return out
}
const smallBytes = 32_768

/** Rows as JSON arrays, with commas between them and nothing around them. */
export function jsonWriter(types: DuckDBType[]): ResultWriter {
  let out: Uint8Array[] = []
  let first = true
  const taken = (): Uint8Array[] => {
    const ready = out
    out = []
    return ready
  }
  return {
    append(chunk, count) {
      const lines: string[] = []
      for (let row = 0; row < count; row++) {
        const values = types.map((type, index) => jsonValue(chunk.getColumnVector(index).getItem(row), type))
        lines.push(JSON.stringify(values))
      }
      if (lines.length === 0) return
      out.push(Buffer.from((first ? '' : ',') + lines.join(',')))
      first = false
    },
    ready: taken,
    end: taken,
  }
}

/** Rows as one array of objects. */
export function jsonRowsWriter(names: string[], types: DuckDBType[]): ResultWriter {
  let out: Uint8Array[] = []
  let first = true
  const taken = (): Uint8Array[] => {
    const ready = out
    out = []
    return ready
  }
  return {
    append(chunk, count) {
      let text = ''
      for (let row = 0; row < count; row++) {
        const values = types.map((type, index) => [names[index], jsonValue(chunk.getColumnVector(index).getItem(row), type)])
        text += `${first ? '[\n' : ',\n'}${JSON.stringify(Object.fromEntries(values))}`
        first = false
      }
      out.push(Buffer.from(text))
    },
    ready: taken,
    end: () => [...taken(), Buffer.from(first ? '[]\n' : '\n]\n')],
  }
}

/** Counts different people by the values of patient_key, where a result has that column. */
export function peopleCounter(
  names: string[],
  types: DuckDBType[],
): { append(chunk: DuckDBDataChunk, rows: number): void; count(): number | null } {
  const at = names.findIndex((name, index) => name.toLowerCase() === 'patient_key' && isVarChar(types[index]))
  const seen = new Set<string>()
  const read = keyReader((key) => seen.add(key))
  return {
    append(chunk, rows) {
      if (at >= 0) read(chunk.getColumnVector(at), rows)
    },
    count: () => (at < 0 ? null : seen.size),
  }
}
const isVarChar = (type: DuckDBType | undefined): type is DuckDBVarCharType => type?.toString() === 'VARCHAR'
