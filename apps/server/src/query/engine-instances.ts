import { DuckDBInstance, StatementType, type DuckDBConnection, type DuckDBResult } from '@duckdb/node-api'
import { boundParameters } from './engine-parameters.js'
import { makeFileTable } from './engine-file-tables.js'
import type { EngineDone, EngineFileTable, EngineRun } from './engine-statement.js'

// Instances of the engine, locked before a statement runs. To make one takes as long as a short statement does, so it is kept for the next
// that reads the same files of the same snapshot, with the same people withheld, under the same limits. Views that the next does not bring
// along, too, are gone before it; a statement can write nothing, and what failed, was stopped or is anything but one SELECT takes its
// instance with it.

export interface Locked {
  connection: DuckDBConnection
  /** Files whose rows have a key. */
  keyed: readonly EngineFileTable[]
  /** The one statement of a run. */
  stream(run: EngineRun): Promise<DuckDBResult>
  /** Lets the next statement have the instance. */
  giveBack(): Promise<void>
  /** Closes what was not given back, and what has waited longest of too many. */
  end(): void
}
interface Opened {
  instance: DuckDBInstance
  connection: DuckDBConnection
  keyed: readonly EngineFileTable[]
  /** What made the views that are there. */
  views: string
}

/** A notebook reads a handful of tables by turns. */
const warmMax = 4

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

const close = ({ instance, connection }: Pick<Opened, 'instance' | 'connection'>): void => {
  connection.closeSync()
  instance.closeSync()
}

/** Windows on a kept result come one behind the other; soon after the last one nobody holds its file, which may be gone by then. */
const keptMs = 2_000

/** What an instance stands on; null where the next statement must not find it: a file beside the reservoir may be written anew under its name. */
function groundOf({ schema, ground, files, threads, memoryMb, spillMb, spillFolder, fileTables, file, kept }: EngineRun): string | null {
  if (fileTables.length > 0 || file !== undefined) return null
  return JSON.stringify([schema, ground, files, threads, memoryMb, spillMb, spillFolder, kept?.mode === 'read' ? kept : null])
}

export class EngineInstances {
  /** By what they stand on; the one that was used last comes last. */
  readonly #warm = new Map<string, Opened>()

  async take(run: EngineRun): Promise<Locked> {
    const key = groundOf(run)
    const warm = key === null ? undefined : this.#warm.get(key)
    if (key !== null) this.#warm.delete(key)
    const opened = warm ?? (await open(run))
    let [isSelect, isBack] = [false, false]
    try {
      opened.views = await bringAlong(opened, run)
      if (key !== null) await opened.connection.run('BEGIN TRANSACTION READ ONLY')
    } catch (error) {
      close(opened)
      throw error
    }
    return {
      connection: opened.connection,
      keyed: opened.keyed,
      stream: async (asked) => {
        const result = await streamOne(opened.connection, asked)
        isSelect = result.statementType === StatementType.SELECT || result.statementType === StatementType.EXPLAIN
        return result
      },
      giveBack: async () => {
        if (key === null || !isSelect || this.#warm.has(key)) return
        await opened.connection.run('ROLLBACK')
        this.#warm.set(key, opened)
        isBack = true
        if (run.kept?.mode === 'read') setTimeout(() => this.#forget(key, opened), keptMs).unref()
      },
      end: () => {
        if (!isBack) close(opened)
        const [oldest] = this.#warm
        if (oldest !== undefined && this.#warm.size > warmMax) this.#forget(...oldest)
      },
    }
  }

  /** Closes one that waits, unless it is at work again. */
  #forget(key: string, opened: Opened): void {
    if (this.#warm.get(key) !== opened) return
    this.#warm.delete(key)
    close(opened)
  }
}

async function bringAlong({ connection, ...opened }: Opened, { schema, setup }: EngineRun): Promise<string> {
  const views = setup.join(';\n')
  if (views === opened.views) return views
  // Not the schema: dropped, it would be in the search path no more, and the search path is locked.
  const there = `SELECT view_name FROM duckdb_views() WHERE schema_name = ${text(schema)} AND NOT internal`
  const names = opened.views === '' ? [] : (await connection.runAndReadAll(there)).getRows().map(([name]) => String(name))
  const gone = names.map((name) => `DROP VIEW "${schema}"."${name.replaceAll('"', '""')}"`)
  await connection.run(['BEGIN TRANSACTION', ...gone, ...setup, 'COMMIT'].join(';\n'))
  return views
}

async function streamOne(connection: DuckDBConnection, { sql, parameters }: EngineRun): Promise<DuckDBResult> {
  const statements = await connection.extractStatements(sql)
  // The gate lets no second one through; behind another, what runs could not be told from what it seems to be.
  if (statements.count !== 1) throw new Error('{"exception_type":"Permission"}')
  const prepared = await statements.prepare(0)
  try {
    const bound = boundParameters(parameters ?? {})
    if (bound) prepared.bind(bound.values, bound.types)
    return await prepared.stream()
  } finally {
    prepared.destroySync()
  }
}

async function open(run: EngineRun): Promise<Opened> {
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
    // on it, and the statement: one look is enough. What the files hold the system keeps; a second copy would only fill the memory.
    await connection.run(
      `SET errors_as_json = true; SET TimeZone = 'UTC'; SET enable_progress_bar = true; SET enable_progress_bar_print = false;
       SET parquet_metadata_cache = true; SET enable_external_file_cache = false; CREATE SCHEMA "${run.schema}"`,
    )
    if (run.ground.length > 0) await connection.run(run.ground.join(';\n'))
    for (const file of run.fileTables) if (await makeFileTable(connection, file)) keyed.push(file)
    if (run.kept?.mode === 'read') await connection.run(attachedSql(run.kept))
    await connection.run(
      `SET search_path = ${text(`"${run.schema}"`)}; SET allowed_paths = [${[...run.files, ...(run.file ? [run.file.path] : [])].map(text).join(', ')}];
       SET enable_external_access = false; SET lock_configuration = true`,
    )
  } catch (error) {
    close({ instance, connection })
    throw error
  }
  return { instance, connection, keyed, views: '' }
}

const attachedSql = ({ path, before }: NonNullable<EngineRun['kept']>): string =>
  Object.entries({ kept: path, before })
    .flatMap(([name, file]) => (file === undefined ? [] : [`ATTACH ${text(file)} AS ${name} (READ_ONLY)`]))
    .join(';\n')

const countIn = async (connection: DuckDBConnection, sql: string): Promise<number> =>
  Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0])

/** After the statement, since an answer without its rows is none. */
export async function leftOutOf({ connection, keyed }: Locked): Promise<Pick<EngineDone, 'leftOut'>> {
  const leftOut: NonNullable<EngineDone['leftOut']> = []
  for (const { name, leftOut: sql } of keyed) leftOut.push({ file: name, rows: await countIn(connection, sql) })
  const some = leftOut.filter(({ rows }) => rows > 0)
  return some.length === 0 ? {} : { leftOut: some }
}
