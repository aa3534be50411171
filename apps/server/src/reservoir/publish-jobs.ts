import type { DuckDBConnection } from '@duckdb/node-api'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { numbers } from './delta.js'
import type {
  JobResults,
  LeaveOutJob,
  PartitionLevel,
  PartitionsJob,
  PartitionsResult,
  PersonPartitionsJob,
  PublishTableJob,
  PublishTypeJob,
  StretchesJob,
} from './jobs.js'
import { linkFile } from './link-folder.js'
import { livingRowsSql, textSql } from './living-sql.js'
import type { MaskedPerson } from './manifest.js'
import { asNdjson } from './ndjson.js'
import { isAmong, isOf, parquet } from './upkeep-jobs.js'

// Partitions follow the masked date only: a true date never becomes a folder's name.
const partSql: Readonly<Record<PartitionLevel, string>> = {
  year: 'r._year',
  month: `coalesce(nullif(substr(r._date, 6, 2), ''), '00')`,
  day: `coalesce(nullif(substr(r._date, 9, 2), ''), '00')`,
}
export const pathSql = (levels: readonly PartitionLevel[]): string =>
  levels.map((level) => `'${level}=' || ${partSql[level]}`).join(` || '/' || `)

export async function runPartitions(connection: DuckDBConnection, job: PartitionsJob): Promise<PartitionsResult> {
  return fingerprints(connection, livingRowsSql(job.dir, job.type, `${pathSql(job.levels)} AS path, hash(r._id, r._v) AS h`))
}

export async function fingerprints(connection: DuckDBConnection, rows: string): Promise<PartitionsResult> {
  const sql = `SELECT path, count(*) AS n, bit_xor(h) AS x, sum(h % 1000000007) AS s FROM (${rows}) GROUP BY path ORDER BY path`
  const found = (await connection.runAndReadAll(sql)).getRows()
  return found.map(([path, n, x, s]) => ({ path: String(path), rows: Number(n), fingerprint: `${String(n)}-${String(x)}-${String(s)}` }))
}

export async function runPersonPartitions(
  connection: DuckDBConnection,
  { dir, type, levels, person }: PersonPartitionsJob,
): Promise<JobResults['person-partitions']> {
  const held = livingRowsSql(dir, { files: type.files, superseded: [] }, `r._id, r._v, r.patient_key, ${pathSql(levels)} AS path`)
  const his = `SELECT * FROM (${held}) WHERE ${isOf(person)} QUALIFY row_number() OVER (PARTITION BY _id ORDER BY _v DESC) = 1`
  const partitions = await fingerprints(connection, `SELECT path, hash(_id, _v) AS h FROM (${his})`)
  if (partitions.length === 0) return { partitions, byId: false }
  const notByKey = `patient_key IS DISTINCT FROM ${textSql(person.patientKey)}`
  const [byId = 0] = await numbers(connection, `SELECT count(*) FROM (${held}) WHERE ${notByKey} AND ${isAmong(person.ids)}`)
  return { partitions, byId: byId > 0 }
}

export async function runLeaveOut(connection: DuckDBConnection, { folders, person }: LeaveOutJob): Promise<null> {
  for (const { from, to } of folders) {
    await mkdir(to, { recursive: true, mode: 0o755 })
    for (const name of await readdir(from)) await leaveOut(connection, join(from, name), join(to, name), person)
  }
  return null
}

async function leaveOut(connection: DuckDBConnection, from: string, to: string, person: MaskedPerson): Promise<void> {
  const rows = `read_parquet(${textSql(from)}, hive_partitioning = false)`
  const isHis = isOf(person, 'id')
  const [his = 0] = await numbers(connection, `SELECT count(*) FROM ${rows} WHERE ${isHis}`)
  if (his === 0) await linkFile(from, to)
  else await connection.run(`COPY (SELECT * FROM ${rows} WHERE NOT (${isHis})) TO ${textSql(to)} (${parquet})`)
}

export async function runStretches(connection: DuckDBConnection, { dir, type, rows }: StretchesJob): Promise<string[]> {
  const people = `SELECT patient_key, count(*) AS n FROM (${livingRowsSql(dir, type, 'r.patient_key')}) WHERE patient_key IS NOT NULL GROUP BY patient_key`
  const before = `SELECT patient_key, (sum(n) OVER (ORDER BY patient_key) - n) // ${rows} AS stretch FROM (${people})`
  const sql = `SELECT min(patient_key) FROM (${before}) GROUP BY stretch ORDER BY stretch`
  const begins = (await connection.runAndReadAll(sql)).getRows().map(([begin]) => String(begin))
  return begins.slice(1)
}

// What outside readers get has no version numbers, and is ordered by pseudonym, so that it tells nothing of the order of arrival.
export async function runPublishType(connection: DuckDBConnection, job: PublishTypeJob): Promise<null> {
  const parts = job.levels.map((level) => `${partSql[level]} AS ${level}`)
  const living = livingRowsSql(job.dir, job.type, `r.*, ${pathSql(job.levels)} AS _path, ${parts.join(', ')}`)
  const wanted = job.partitions.map(textSql).join(', ')
  // Beside the paths, which the engine has to put together for each row, since it may leave out what it reads by a column of the files.
  const years = new Set(job.partitions.map((path) => Number(/^year=(-?\d+)/.exec(path)?.[1])))
  const rest = `* EXCLUDE (_id, _v, _year, _path, patient_key, masking_policy)`
  const rows = `SELECT _id AS id, patient_key, masking_policy, ${rest} FROM (${living}) WHERE _year IN (${[...years].join(', ')}) AND _path IN (${wanted}) ORDER BY patient_key, id`
  const options = `${parquet}, PARTITION_BY (${job.levels.join(', ')}), OVERWRITE_OR_IGNORE true, FILENAME_PATTERN 'part-{i}'`
  await connection.run(`COPY (${rows}) TO ${textSql(job.out)} (${options})`)
  if (job.output === 'json') {
    const asResource = `SELECT ${textSql(job.of)} AS "resourceType", *`
    for (const path of job.partitions) await asNdjson(connection, join(job.out, path), { select: asResource, nulls: false })
  }
  return null
}

export async function runPublishTable(connection: DuckDBConnection, job: PublishTableJob): Promise<null> {
  await connection.run(`COPY (${job.sql}) TO ${textSql(join(job.out, `part-${job.part}.parquet`))} (${parquet})`)
  if (job.output === 'json') await asNdjson(connection, job.out, { select: 'SELECT *', nulls: true })
  return null
}
