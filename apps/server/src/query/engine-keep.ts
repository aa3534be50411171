import { statSync } from 'node:fs'
import { DuckDBInstance, type DuckDBConnection, type DuckDBResult } from '@duckdb/node-api'
import type { Locked } from './engine-instances.js'
import { countOn, type EngineDone, type EngineEvents, type EngineRun } from './engine-statement.js'
import { peopleCounter } from './result-writer.js'

// Rows of a statement into a database file instead of down the pipe: with every type as it was, in order, and never all in memory. Names
// of a result's columns may differ by case only, which a table's may not: there a column goes by its place.

/** So many chunks go by between two looks at the file's size. */
const chunksBetween = 64

export async function keepStatement(locked: Locked, run: EngineRun, path: string, events: EngineEvents): Promise<EngineDone> {
  const result = await locked.stream(run)
  const names = result.deduplicatedColumnNames()
  const types = result.columnTypes()
  events.columns(names.map((name, index) => ({ name, type: String(types[index]) })))
  return inFile(path, run, async (writer) => {
    await writer.run(`CREATE TABLE rows (${types.map((type, index) => `c${index} ${String(type)}`).join(', ')})`)
    const appender = await writer.createAppender('rows')
    const people = peopleCounter(names, types)
    const take = (chunk: Chunk, rows: number): void => {
      people.append(chunk, rows)
      if (rows < chunk.rowCount) chunk.rowCount = rows
      appender.appendDataChunk(chunk)
    }
    const end = await fill(result, run, path, take)
    appender.closeSync()
    await writer.run('CHECKPOINT')
    return { ...end, people: people.count() }
  })
}

/** The file is an instance's of its own: that of the statement cannot write, and need not know it. */
async function inFile<T>(path: string, run: EngineRun, write: (writer: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(path, {
    threads: '1',
    memory_limit: `${Math.ceil(run.memoryMb / 2)}MB`,
    temp_directory: run.spillFolder,
    max_temp_directory_size: `${run.spillMb}MB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Many results are small, and a block is the least that a file takes.
    default_block_size: '16384',
  })
  const writer = await instance.connect()
  try {
    await writer.run('SET errors_as_json = true')
    return await write(writer)
  } finally {
    writer.closeSync()
    instance.closeSync()
  }
}

type Chunk = NonNullable<Awaited<ReturnType<DuckDBResult['fetchChunk']>>>

async function fill(
  result: DuckDBResult,
  run: EngineRun,
  path: string,
  take: (chunk: Chunk, rows: number) => void,
): Promise<Omit<EngineDone, 'people'>> {
  let [rows, chunks] = [0, 0]
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const { rowCount } = chunk
    const taken = Math.min(rowCount, run.rowsMax - rows)
    if (taken > 0) take(chunk, taken)
    rows += taken
    if (taken < rowCount) return { rows, totalRows: await countOn(result, rows + rowCount - taken, run.countMs), truncated: true }
    if (++chunks % chunksBetween === 0 && statSync(path).size > run.bytesMax) {
      const totalRows = await countOn(result, rows, run.countMs)
      return { rows, totalRows, truncated: totalRows !== rows }
    }
  }
  return { rows, totalRows: rows, truncated: false }
}
