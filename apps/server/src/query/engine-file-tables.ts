import type { DuckDBConnection } from '@duckdb/node-api'
import type { EngineFileTable } from './engine-statement.js'

// Files that are tables. Who withdrew is left out by the column patient_key, so no file may be read as if it had none.

const key = 'patient_key'

/** Whether its rows have a key. What does not look like its kind fails here, and by its name. */
export async function makeFileTable(connection: DuckDBConnection, file: EngineFileTable): Promise<boolean> {
  let columns: string[]
  try {
    await makeRows(connection, file)
    columns = await textsOf(connection, file.columns)
    if (file.head !== undefined && columns.some(isUnclearKey)) throw new Error('CSV Error on Line: 1')
  } catch (error) {
    const said = error instanceof Error ? error.message : ''
    throw new Error(JSON.stringify({ exception_type: 'File', file: file.name, exception_message: said.slice(0, 200) }), { cause: error })
  }
  const isKeyed = columns.some((name) => name.toLowerCase() === key)
  await connection.run(isKeyed ? file.keyedView : file.view)
  return isKeyed
}

async function makeRows(connection: DuckDBConnection, { raw, head }: EngineFileTable): Promise<void> {
  const line = head === undefined ? '' : ((await textsOf(connection, head.sql))[0] ?? '')
  if (line.includes('\0')) throw new Error('CSV Error on Line: 1')
  const ways = head === undefined ? raw : [raw[head.delimiters.indexOf(delimiterIn(line, head.delimiters))] ?? '']
  for (const [at, way] of ways.entries()) {
    try {
      return void (await connection.run(way))
    } catch (error) {
      if (at === ways.length - 1) throw error
    }
  }
}

/** Outside of quotes the most frequent one, the first where none is. */
function delimiterIn(line: string, delimiters: readonly string[]): string {
  const bare = line.replaceAll(/"[^"]*("|$)/g, '')
  const timesOf = (delimiter: string): number => bare.split(delimiter).length
  return delimiters.reduce((best, next) => (timesOf(next) > timesOf(best) ? next : best))
}

/** A name such as 'patient_key' in single quotes: the key is there, and the engine knows no column of its name. */
const isUnclearKey = (name: string): boolean => name.toLowerCase() !== key && name.replaceAll(/\W/g, '').toLowerCase() === key

const textsOf = async (connection: DuckDBConnection, sql: string): Promise<string[]> =>
  (await connection.runAndReadAll(sql)).getRows().map(([value]) => String(value))
