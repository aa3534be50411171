import type { DuckDBConnection } from '@duckdb/node-api'
import { readFile, rm, writeFile } from 'node:fs/promises'
import type { DeltaJob, DeltaResult } from './jobs.js'
import { livingRowsSql, textSql } from './living-sql.js'
import { nestedColumns, nestedTypeSql, quoted } from './nested-schema.js'

const parquet = '(FORMAT parquet, COMPRESSION zstd)'

/** One batch of masked rows of a type: NDJSON to a delta file and a file of superseded keys, then the living rows counted. */
export async function runDelta(connection: DuckDBConnection, job: DeltaJob): Promise<DeltaResult> {
  const unfit = await load(connection, job)
  const { rows, keys } = await store(connection, job, unfit)
  await connection.run('DROP TABLE batch')
  const files = [...job.current.files, ...(rows > 0 ? [{ path: job.out, rows, bytes: 0 }] : [])]
  const superseded = [...job.current.superseded, ...(keys > 0 ? [job.keysOut] : [])]
  const [living, people] = await countLiving(connection, job.dir, { files, superseded })
  return { rows, keys, unfit, living, people }
}

async function load(connection: DuckDBConnection, job: DeltaJob): Promise<DeltaResult['unfit']> {
  try {
    await connection.run(batchSql(job.type, job.rows))
    return []
  } catch {
    return loadWithout(connection, job)
  }
}

function batchSql(type: string, file: string): string {
  const columns = nestedColumns(type)
  const resource = nestedTypeSql({ kind: 'struct', fields: columns })
  const row = `{_id: 'VARCHAR', _v: 'BIGINT', _d: 'BOOLEAN', patient_key: 'VARCHAR', _date: 'VARCHAR', _year: 'INTEGER', _site: 'VARCHAR', resource: ${textSql(resource)}}`
  const source = `read_json(${textSql(file)}, format = 'newline_delimited', records = true, columns = ${row})`
  const own = columns.map(({ name }) => `resource.${quoted(name)} AS ${quoted(name)}`)
  return `CREATE OR REPLACE TEMP TABLE batch AS SELECT _id, _v, coalesce(_d, false) AS _d, patient_key, _date, coalesce(_year, 0)::INTEGER AS _year, _site, ${own.join(', ')} FROM ${source}`
}

// A row that the schema cannot hold must not stop its study: halves that fail are halved again until the row stands alone.
async function loadWithout(connection: DuckDBConnection, job: DeltaJob): Promise<DeltaResult['unfit']> {
  const lines = (await readFile(job.rows, 'utf8')).split('\n').filter((line) => line !== '')
  const fit: string[] = []
  const unfit: string[] = []
  const part = `${job.rows}.part`
  const sort = async (some: string[]): Promise<void> => {
    await writeFile(part, `${some.join('\n')}\n`)
    try {
      await connection.run(batchSql(job.type, part))
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
  await connection.run(batchSql(job.type, part))
  await rm(part, { force: true })
  return unfit.map(identityOf)
}

function identityOf(line: string): DeltaResult['unfit'][number] {
  const row = JSON.parse(line) as { _id: string; _v: number }
  return { id: row._id, version: row._v }
}

async function store(connection: DuckDBConnection, job: DeltaJob, unfit: DeltaResult['unfit']): Promise<{ rows: number; keys: number }> {
  const own = nestedColumns(job.type).map(({ name }) => quoted(name))
  const columns = `_id, _v, patient_key, _date, _year, _site, ${textSql(job.policy)} AS masking_policy, ${own.join(', ')}`
  // What a row that does not fit replaces is no longer true either.
  const dead = unfit.map(({ id, version }) => `(${textSql(id)}, ${version})`)
  const held = dead.length > 0 ? ` UNION ALL SELECT * FROM (VALUES ${dead.join(', ')})` : ''
  const keysSql = `SELECT _id, max(_v) AS _v FROM (SELECT _id, _v FROM batch WHERE _v > 1 OR _d${held}) GROUP BY _id`
  const [rows = 0, keys = 0] = await numbers(connection, `SELECT count(*) FILTER (NOT _d), (SELECT count(*) FROM (${keysSql})) FROM batch`)
  if (rows > 0) await connection.run(`COPY (SELECT ${columns} FROM batch WHERE NOT _d) TO ${textSql(job.out)} ${parquet}`)
  if (keys > 0) await connection.run(`COPY (${keysSql}) TO ${textSql(job.keysOut)} ${parquet}`)
  return { rows, keys }
}

async function countLiving(
  connection: DuckDBConnection,
  dir: string,
  type: DeltaJob['current'],
): Promise<[living: number, people: number]> {
  if (type.files.length === 0) return [0, 0]
  const [living = 0, people = 0] = await numbers(
    connection,
    `SELECT count(*), count(DISTINCT patient_key) FROM (${livingRowsSql(dir, type, 'r.patient_key')})`,
  )
  return [living, people]
}

export async function numbers(connection: DuckDBConnection, sql: string): Promise<number[]> {
  const rows = (await connection.runAndReadAll(sql)).getRows()
  return (rows[0] ?? []).map(Number)
}
