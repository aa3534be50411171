import type { DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api'
import type { StatementParameters } from '@aquifer/core/contract'
import type { Locked } from './engine-instances.js'
import { arrowWriter, jsonWriter, peopleCounter, type ResultWriter } from './result-writer.js'

// One statement in the engine's process: its rows down the pipe as they come.

export interface EngineRun {
  /** Makes what statements on the same files share; runs before the instance is locked. */
  ground: string[]
  /** Makes the views of this statement: there are no others while it runs. */
  setup: string[]
  /** Files that are tables: what they look like is known only when they are read. */
  fileTables: EngineFileTable[]
  /** The only files the statement can open. */
  files: string[]
  schema: string
  sql: string
  /** by the names as the statement writes them */
  parameters?: StatementParameters
  format: 'arrow' | 'json'
  rowsMax: number
  bytesMax: number
  /** How long rows beyond rowsMax are counted. */
  countMs: number
  threads: number
  memoryMb: number
  spillMb: number
  spillFolder: string
  /** A database file: `write` keeps the rows of the statement there and sends none, `read` lets the statement read what was kept. */
  kept?: { path: string; mode: 'write' | 'read'; /** an earlier result, to compare with */ before?: string }
  /** Writes the rows into a file and sends none. */
  file?: EngineFile
}
export interface EngineFile {
  path: string
  format: FileFormat
  /** of the kept rows, in their order; no two names differ by case only */
  columns: { name: string; type: string }[]
}
export type FileFormat = 'arrow' | 'csv' | 'json' | 'parquet' | 'xlsx'
export interface EngineFileTable {
  name: string
  /** each makes the rows as they are in the file: the first that does so, or the one for what stands between the columns of its first line */
  raw: string[]
  head?: { sql: string; delimiters: string[] }
  /** the names of their columns */
  columns: string
  /** makes the table of rows without such a key, and of rows with one */
  view: string
  keyedView: string
  /** of rows with a key: how many are in no table, counted to a limit */
  leftOut: string
}
export interface EngineDone {
  rows: number
  totalRows: number | null
  truncated: boolean
  people: number | null
  /** Of files whose rows have a key: rows that were left out, counted to a limit. */
  leftOut?: { file: string; rows: number }[]
}
export interface EngineEvents {
  columns(columns: { name: string; type: string }[]): void
  data(bytes: Uint8Array): void
  /** Resolves when the other side has taken what was sent. */
  drained(): Promise<void>
}

export async function streamStatement(locked: Locked, run: EngineRun, events: EngineEvents): Promise<EngineDone> {
  const result = await locked.stream(run)
  const names = result.deduplicatedColumnNames()
  const types = result.columnTypes()
  events.columns(names.map((name, index) => ({ name, type: types[index]?.toString() ?? 'VARCHAR' })))
  const writer = run.format === 'arrow' ? arrowWriter(names, types) : jsonWriter(types)
  const people = peopleCounter(names, types)
  const end = await deliver(result, run, writer, people.append, events)
  for (const bytes of writer.end()) events.data(bytes)
  return { ...end, people: people.count() }
}

async function deliver(
  result: DuckDBResult,
  run: EngineRun,
  writer: ResultWriter,
  seen: (chunk: DuckDBDataChunk, rows: number) => void,
  events: EngineEvents,
): Promise<Omit<EngineDone, 'people'>> {
  let [rows, sent] = [0, 0]
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const taken = Math.min(chunk.rowCount, run.rowsMax - rows)
    writer.append(chunk, taken)
    seen(chunk, taken)
    rows += taken
    for (const bytes of writer.ready()) {
      sent += bytes.byteLength
      events.data(bytes)
    }
    await events.drained()
    if (taken < chunk.rowCount)
      return { rows, totalRows: await countOn(result, rows + chunk.rowCount - taken, run.countMs), truncated: true }
    if (sent >= run.bytesMax) return beyondBytes(result, rows, run.countMs)
  }
  return { rows, totalRows: rows, truncated: false }
}

async function beyondBytes(result: DuckDBResult, rows: number, countMs: number): Promise<Omit<EngineDone, 'people'>> {
  const totalRows = await countOn(result, rows, countMs)
  return { rows, totalRows, truncated: totalRows !== rows }
}

// Rows that nobody takes cost nothing but the engine's own work, so that "1,000 of 52,331" can be said; not for ever, though.
export async function countOn(result: DuckDBResult, from: number, countMs: number): Promise<number | null> {
  const until = performance.now() + countMs
  let rows = from
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return rows
    rows += chunk.rowCount
    if (performance.now() > until) return null
  }
}
