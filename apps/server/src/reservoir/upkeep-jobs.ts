import type { DuckDBConnection } from '@duckdb/node-api'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { numbers } from './delta.js'
import { asNdjson } from './ndjson.js'
import type {
  CompactJob,
  CompactResult,
  JobResults,
  DisplaysJob,
  DisplaysStillInJob,
  ListJob,
  PartitionLevel,
  PartitionsJob,
  PartitionsResult,
  PersonJob,
  PublishTableJob,
  PublishTypeJob,
} from './jobs.js'
import type { MaskedPerson } from './manifest.js'
import { filesSql, livingRowsSql, textSql } from './living-sql.js'

const parquet = 'FORMAT parquet, COMPRESSION zstd'

export async function runCompact(connection: DuckDBConnection, job: CompactJob): Promise<CompactResult> {
  const { rows, apart } = job.inputs.files.length > 0 ? await compactRows(connection, job) : { rows: 0, apart: 0 }
  if (job.keepKeys.length === 0) return { rows, apart, keys: 0 }
  const kept = `SELECT _id, max(_v) AS _v FROM read_parquet(${filesSql(job.dir, job.keepKeys)}) WHERE NOT ${isAmong(job.forget)} GROUP BY _id`
  await connection.run(`COPY (${kept}) TO ${textSql(job.keysOut)} (${parquet})`)
  const [keys = 0] = await numbers(connection, `SELECT count(*) FROM read_parquet(${textSql(job.keysOut)})`)
  return { rows, apart, keys }
}

async function compactRows(connection: DuckDBConnection, job: CompactJob): Promise<{ rows: number; apart: number }> {
  const living = livingRowsSql(job.dir, job.inputs)
  const rest = job.without === undefined ? [] : [`NOT (${isOf(job.without)})`]
  // One file alone keeps the order that it has: to put its rows in order all of them would be in memory.
  const order = job.inputs.files.length > 1 ? ' ORDER BY patient_key, _date, _id' : ''
  const written = async (out: string, conditions: string[]): Promise<number> => {
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
    await connection.run(`COPY (SELECT * FROM (${living})${where}${order}) TO ${textSql(out)} (${parquet})`)
    return (await numbers(connection, `SELECT count(*) FROM read_parquet(${textSql(out)})`))[0] ?? 0
  }
  if (job.apart === undefined) return { rows: await written(job.out, rest), apart: 0 }
  const { list, out } = job.apart
  const has = `len(coalesce("${list}", [])) > 0`
  const rows = await written(job.out, [...rest, `NOT ${has}`])
  const apart = await written(out, [...rest, has])
  if (apart === 0) await rm(out)
  return { rows, apart }
}

export async function runPerson(connection: DuckDBConnection, job: PersonJob): Promise<JobResults['person']> {
  const { dir, current, ids } = job
  const isHis = `patient_key = ${textSql(job.patientKey)}`
  const counted = async (from: string, where: string): Promise<number> =>
    (await numbers(connection, `SELECT count(*) FROM ${from} WHERE ${where}`))[0] ?? 0
  const files = current.files.map(({ path }) => path)
  const rows = files.length === 0 ? 0 : await counted(`(${livingRowsSql(dir, current, 'r.patient_key')})`, isHis)
  const traces = files.length === 0 ? 0 : await counted(`read_parquet(${filesSql(dir, files)})`, `${isHis} OR ${isAmong(ids)}`)
  const keys = current.superseded.length === 0 ? 0 : await counted(`read_parquet(${filesSql(dir, current.superseded)})`, isAmong(ids))
  return { rows, traces, keys }
}

const isOf = ({ patientKey, ids }: MaskedPerson): string => `coalesce(patient_key = ${textSql(patientKey)}, false) OR ${isAmong(ids)}`

const isAmong = (ids: readonly string[]): string => (ids.length === 0 ? 'false' : `_id IN (${ids.map(textSql).join(', ')})`)

export async function runDisplays(connection: DuckDBConnection, job: DisplaysJob): Promise<null> {
  const columns = `{system: 'VARCHAR', code: 'VARCHAR', text: 'VARCHAR'}`
  const source = `read_json(${textSql(job.rows)}, format = 'newline_delimited', records = true, columns = ${columns})`
  await connection.run(`COPY (SELECT system, code, text FROM ${source} ORDER BY ALL) TO ${textSql(job.out)} (${parquet})`)
  return null
}

export async function runDisplaysStillIn(connection: DuckDBConnection, { own, present, out }: DisplaysStillInJob): Promise<null> {
  const of = (file: string): string => `SELECT system, code, text FROM read_parquet(${textSql(file)})`
  await connection.run(`COPY (${of(own)} INTERSECT ${of(present)} ORDER BY ALL) TO ${textSql(out)} (${parquet})`)
  return null
}

export async function runList(connection: DuckDBConnection, job: ListJob): Promise<null> {
  const names = ['system', 'code', 'display', 'target_system', 'target_code', 'target_display', 'equivalence']
  const columns = `{${names.map((name) => `${name}: 'VARCHAR'`).join(', ')}}`
  const source = `read_json(${textSql(job.rows)}, format = 'newline_delimited', records = true, columns = ${columns})`
  await connection.run(`COPY (SELECT ${names.join(', ')} FROM ${source} ORDER BY ALL) TO ${textSql(job.out)} (${parquet})`)
  return null
}

// Partitions follow the masked date only: a true date never becomes a folder's name.
const partSql: Readonly<Record<PartitionLevel, string>> = {
  year: 'r._year',
  month: `coalesce(nullif(substr(r._date, 6, 2), ''), '00')`,
  day: `coalesce(nullif(substr(r._date, 9, 2), ''), '00')`,
}
const pathSql = (levels: readonly PartitionLevel[]): string => levels.map((level) => `'${level}=' || ${partSql[level]}`).join(` || '/' || `)

export async function runPartitions(connection: DuckDBConnection, job: PartitionsJob): Promise<PartitionsResult> {
  const living = livingRowsSql(job.dir, job.type, `${pathSql(job.levels)} AS path, hash(r._id, r._v) AS h`)
  const sql = `SELECT path, count(*) AS n, bit_xor(h) AS x, sum(h % 1000000007) AS s FROM (${living}) GROUP BY path ORDER BY path`
  const rows = (await connection.runAndReadAll(sql)).getRows()
  return rows.map(([path, n, x, s]) => ({ path: String(path), rows: Number(n), fingerprint: `${String(n)}-${String(x)}-${String(s)}` }))
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
  await connection.run(`COPY (${job.sql}) TO ${textSql(join(job.out, 'part-0.parquet'))} (${parquet})`)
  if (job.output === 'json') await asNdjson(connection, job.out, { select: 'SELECT *', nulls: true })
  return null
}
