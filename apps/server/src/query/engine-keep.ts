import { statSync } from 'node:fs'
import type { DuckDBResult } from '@duckdb/node-api'
import { boundParameters } from './engine-parameters.js'
import { countOn, type EngineDone, type EngineEvents, type EngineRun, type Locked } from './engine-statement.js'
import { peopleCounter } from './result-writer.js'

// Rows of a statement into a database file instead of down the pipe: with every type as it was, in order, and never all in memory. Names
// of a result's columns may differ by case only, which a table's may not: there a column goes by its place.

/** So many chunks go by between two looks at the file's size. */
const chunksBetween = 64

export async function keepStatement(
  { instance, connection }: Locked,
  run: EngineRun,
  path: string,
  events: EngineEvents,
): Promise<EngineDone> {
  const bound = boundParameters(run.parameters ?? {})
  const result = await connection.stream(run.sql, bound?.values, bound?.types)
  const names = result.deduplicatedColumnNames()
  const types = result.columnTypes()
  events.columns(names.map((name, index) => ({ name, type: String(types[index]) })))
  // A connection that runs another statement loses the one it streams.
  const writer = await instance.connect()
  try {
    await writer.run(`CREATE TABLE kept.main.rows (${types.map((type, index) => `c${index} ${String(type)}`).join(', ')})`)
    const appender = await writer.createAppender('rows', 'main', 'kept')
    const people = peopleCounter(names, types)
    const take = (chunk: Chunk, rows: number): void => {
      people.append(chunk, rows)
      if (rows < chunk.rowCount) chunk.rowCount = rows
      appender.appendDataChunk(chunk)
    }
    const end = await fill(result, run, path, take)
    appender.closeSync()
    await writer.run('CHECKPOINT kept')
    await writer.run('DETACH kept')
    return { ...end, people: people.count() }
  } finally {
    writer.closeSync()
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
