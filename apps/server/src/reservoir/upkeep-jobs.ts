import type { DuckDBConnection } from '@duckdb/node-api'
import { rm } from 'node:fs/promises'
import { numbers } from './delta.js'
import type { CompactJob, CompactResult, JobResults, DisplaysJob, DisplaysStillInJob, ListJob, PersonJob } from './jobs.js'
import type { MaskedPerson } from './manifest.js'
import { filesSql, livingRowsSql, textSql } from './living-sql.js'

export const parquet = 'FORMAT parquet, COMPRESSION zstd'

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

export const isOf = ({ patientKey, ids }: MaskedPerson, id = '_id'): string =>
  `coalesce(patient_key = ${textSql(patientKey)}, false) OR ${isAmong(ids, id)}`

export const isAmong = (ids: readonly string[], id = '_id'): string =>
  ids.length === 0 ? 'false' : `${id} IN (${ids.map(textSql).join(', ')})`

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
