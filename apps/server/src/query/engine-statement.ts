import { DuckDBInstance, type DuckDBConnection, type DuckDBDataChunk, type DuckDBResult } from '@duckdb/node-api'
import type { StatementParameters } from '@aquifer/core/contract'
import { boundParameters } from './engine-parameters.js'
import { arrowWriter, jsonWriter, peopleCounter, type ResultWriter } from './result-writer.js'

// One statement in the engine's process: a fresh instance with the views it needs, locked before the statement runs.

export interface EngineRun {
  /** Makes schemas and views; runs before the instance is locked. */
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
  /** makes the rows as they are in the file */
  raw: string
  /** whether they have the key of a person */
  hasKey: string
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

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

export interface Locked {
  instance: DuckDBInstance
  connection: DuckDBConnection
  /** files whose rows have a key */
  keyed: readonly EngineFileTable[]
}

export async function lockedInstance(run: EngineRun): Promise<Locked> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(run.threads),
    memory_limit: `${run.memoryMb}MB`,
    temp_directory: run.spillFolder,
    max_temp_directory_size: `${run.spillMb}MB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    preserve_insertion_order: 'true',
  })
  const connection = await instance.connect()
  const keyed: EngineFileTable[] = []
  try {
    // Progress is worked out only when it would be shown; nothing is printed. A view looks into its files' footers, and so does each view
    // on it, and the statement: one look is enough.
    await connection.run(
      `SET errors_as_json = true; SET TimeZone = 'UTC'; SET enable_progress_bar = true; SET enable_progress_bar_print = false;
       SET parquet_metadata_cache = true; CREATE SCHEMA "${run.schema}"`,
    )
    for (const sql of run.setup) await connection.run(sql)
    for (const file of run.fileTables) if (await makeFileTable(connection, file)) keyed.push(file)
    if (run.kept) await connection.run(attachKept(run.kept))
    if (run.kept?.before !== undefined) await connection.run(`ATTACH ${text(run.kept.before)} AS before (READ_ONLY)`)
    await connection.run(
      `SET search_path = ${text(`"${run.schema}"`)}; SET allowed_paths = [${[...run.files, ...(run.file ? [run.file.path] : [])].map(text).join(', ')}];
       SET enable_external_access = false; SET lock_configuration = true`,
    )
  } catch (error) {
    connection.closeSync()
    instance.closeSync()
    throw error
  }
  return { instance, connection, keyed }
}

// Many results are small, and a block is the least that a file takes.
const attachKept = ({ path, mode }: NonNullable<EngineRun['kept']>): string =>
  `ATTACH ${text(path)} AS kept ${mode === 'read' ? '(READ_ONLY)' : '(BLOCK_SIZE 16384)'}`

/** Whether its rows have a key. What does not look like its kind fails here, and by its name. */
async function makeFileTable(connection: DuckDBConnection, { name, raw, hasKey, view, keyedView }: EngineFileTable): Promise<boolean> {
  try {
    await connection.run(raw)
  } catch (error) {
    const said = error instanceof Error ? error.message : ''
    throw new Error(JSON.stringify({ exception_type: 'File', file: name, exception_message: said.slice(0, 200) }), { cause: error })
  }
  const isKeyed = (await countIn(connection, hasKey)) > 0
  await connection.run(isKeyed ? keyedView : view)
  return isKeyed
}

const countIn = async (connection: DuckDBConnection, sql: string): Promise<number> =>
  Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0])

/** After the statement, since an answer without its rows is none. */
export async function leftOutOf({ connection, keyed }: Locked): Promise<Pick<EngineDone, 'leftOut'>> {
  const leftOut: NonNullable<EngineDone['leftOut']> = []
  for (const { name, leftOut: sql } of keyed) leftOut.push({ file: name, rows: await countIn(connection, sql) })
  const some = leftOut.filter(({ rows }) => rows > 0)
  return some.length === 0 ? {} : { leftOut: some }
}

export async function streamStatement(connection: DuckDBConnection, run: EngineRun, events: EngineEvents): Promise<EngineDone> {
  const bound = boundParameters(run.parameters ?? {})
  const result = await connection.stream(run.sql, bound?.values, bound?.types)
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
