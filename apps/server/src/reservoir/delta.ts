import type { DuckDBConnection } from '@duckdb/node-api'
import { readFile, rm, writeFile } from 'node:fs/promises'
import type { DeltaJob, DeltaResult } from './jobs.js'
import { filesSql, livingRowsSql, textSql } from './living-sql.js'
import { nestedColumns, nestedTypeSql, quoted } from './nested-schema.js'

const parquet = '(FORMAT parquet, COMPRESSION zstd)'
// A delta is soon written again by compaction: packing its rows as well as they can be packed takes a fifth of a commit (2026-11).
const quickParquet = '(FORMAT parquet, COMPRESSION snappy)'

/** One batch of masked rows of a type: NDJSON to a delta file and a file of superseded keys, then the living rows counted. */
export async function runDelta(connection: DuckDBConnection, job: DeltaJob): Promise<DeltaResult> {
  const [living = 0, replacing = 0] = await numbers(connection, headsSql(job.rows))
  const { rows, unfit } = living === 0 ? { rows: 0, unfit: [] } : await store(connection, job)
  if (rows === 0) await rm(job.out, { force: true })
  const keys = replacing === 0 ? 0 : await storeKeys(connection, job)
  return { rows, keys, unfit, ...(await countLiving(connection, job, { rows, keys })) }
}

const columnsOf = {
  _id: 'VARCHAR',
  _v: 'BIGINT',
  _d: 'BOOLEAN',
  patient_key: 'VARCHAR',
  _date: 'VARCHAR',
  _year: 'INTEGER',
  _site: 'VARCHAR',
}

function linesSql(file: string, columns: Readonly<Record<string, string>>): string {
  const typed = Object.entries(columns).map(([name, type]) => `${name}: ${textSql(type)}`)
  return `read_json(${textSql(file)}, format = 'newline_delimited', records = true, columns = {${typed.join(', ')}})`
}

// What becomes of a batch is told by the heads of its rows, which are read in a tenth of the time.
function headsSql(file: string): string {
  const { _v, _d } = columnsOf
  return `SELECT count(*) FILTER (_d IS NOT TRUE), count(*) FILTER (_v > 1 OR _d) FROM ${linesSql(file, { _v, _d })}`
}

async function store(connection: DuckDBConnection, job: DeltaJob): Promise<Pick<DeltaResult, 'rows' | 'unfit'>> {
  try {
    return { rows: await copyRows(connection, job, job.rows), unfit: [] }
  } catch {
    return storeWithout(connection, job)
  }
}

async function copyRows(connection: DuckDBConnection, { type, policy, out }: DeltaJob, file: string): Promise<number> {
  const columns = nestedColumns(type)
  const resource = nestedTypeSql({ kind: 'struct', fields: columns })
  const own = columns.map(({ name }) => `resource.${quoted(name)} AS ${quoted(name)}`)
  const head = `_id, _v, patient_key, _date, coalesce(_year, 0)::INTEGER AS _year, _site, ${textSql(policy)} AS masking_policy`
  const rows = `SELECT ${head}, ${own.join(', ')} FROM ${linesSql(file, { ...columnsOf, resource })} WHERE _d IS NOT TRUE`
  return (await numbers(connection, `COPY (${rows}) TO ${textSql(out)} ${quickParquet}`))[0] ?? 0
}

// A row that the schema cannot hold must not stop its study: halves that fail are halved again until the row stands alone.
async function storeWithout(connection: DuckDBConnection, job: DeltaJob): Promise<Pick<DeltaResult, 'rows' | 'unfit'>> {
  const lines = (await readFile(job.rows, 'utf8')).split('\n').filter((line) => line !== '')
  const fit: string[] = []
  const unfit: string[] = []
  const part = `${job.rows}.part`
  const sort = async (some: string[]): Promise<void> => {
    await writeFile(part, `${some.join('\n')}\n`)
    try {
      await copyRows(connection, job, part)
      fit.push(...some)
    } catch (error) {
      if (some.length > 1) {
        await sort(some.slice(0, some.length >> 1))
        await sort(some.slice(some.length >> 1))
      } else if (String(error).includes('Invalid Input') || String(error).includes('Conversion')) unfit.push(some[0]!)
      else throw error
    }
  }
  await sort(lines)
  await writeFile(part, fit.map((line) => `${line}\n`).join(''))
  const rows = await copyRows(connection, job, part)
  await rm(part, { force: true })
  return { rows, unfit: unfit.map(identityOf) }
}

function identityOf(line: string): DeltaResult['unfit'][number] {
  const row = JSON.parse(line) as { _id: string; _v: number }
  return { id: row._id, version: row._v }
}

// What a row that does not fit replaces is no longer true either: its key stands beside those that are stored.
async function storeKeys(connection: DuckDBConnection, { rows, keysOut }: DeltaJob): Promise<number> {
  const { _id, _v, _d } = columnsOf
  const keys = `SELECT _id, max(_v) AS _v FROM ${linesSql(rows, { _id, _v, _d })} WHERE _v > 1 OR _d GROUP BY _id`
  return (await numbers(connection, `COPY (${keys}) TO ${textSql(keysOut)} ${parquet}`))[0] ?? 0
}

// Counted from what was there before: a study that grows must not pay for all of its rows with each batch.
async function countLiving(
  connection: DuckDBConnection,
  { dir, current, out, keysOut, countsPeople }: DeltaJob,
  { rows, keys }: Pick<DeltaResult, 'rows' | 'keys'>,
): Promise<Pick<DeltaResult, 'living' | 'people'>> {
  const added = rows > 0 ? [{ path: out, rows, bytes: 0 }] : []
  const superseded = [...current.superseded, ...(keys > 0 ? [keysOut] : [])]
  const count = async (what: string, from: string): Promise<number> => (await numbers(connection, `SELECT ${what} FROM ${from}`))[0] ?? 0
  const come =
    superseded.length === 0 || rows === 0 ? rows : await count('count(*)', `(${livingRowsSql(dir, { files: added, superseded })})`)
  const ending = `SEMI JOIN read_parquet(${filesSql(dir, [keysOut])}) k ON k._id = l._id AND l._v < k._v`
  const before = `(${livingRowsSql(dir, current, 'r._id, r._v')}) l`
  const gone = keys === 0 || current.files.length === 0 ? 0 : await count('count(*)', `${before} ${ending}`)
  const files = [...current.files, ...added]
  const all = `(${livingRowsSql(dir, { files, superseded }, 'r.patient_key')})`
  const people = !countsPeople ? current.people : files.length === 0 ? 0 : await count('count(DISTINCT patient_key)', all)
  return { living: current.rows + come - gone, people }
}

export async function numbers(connection: DuckDBConnection, sql: string): Promise<number[]> {
  const rows = (await connection.runAndReadAll(sql)).getRows()
  return (rows[0] ?? []).map(Number)
}
