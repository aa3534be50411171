import type { DuckDBConnection } from '@duckdb/node-api'
import type { CompareJob, CompareResult, TypeFiles } from './jobs.js'
import { livingRowsSql } from './living-sql.js'

// Of each resource: its version, how many rows it has (one, where all is well) and a hash over all columns of them.
const rowsSql = ({ dir, current }: TypeFiles): string =>
  current.files.length === 0
    ? `SELECT NULL::VARCHAR AS _id, 0::BIGINT AS v, 0 AS n, 0::HUGEINT AS h WHERE false`
    : `SELECT _id, max(_v) AS v, count(*) AS n, sum(hash(x)::HUGEINT) AS h FROM (${livingRowsSql(dir, current)}) x GROUP BY _id`

export async function runCompare(connection: DuckDBConnection, job: CompareJob): Promise<CompareResult> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE shown AS ${rowsSql(job.shown)}`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE made AS ${rowsSql(job.made)}`)
  try {
    const found = await connection.runAndReadAll(
      `SELECT coalesce(s._id, m._id) AS id, coalesce(s.v, m.v) AS v,
         CASE WHEN s._id IS NULL THEN 'missing' WHEN m._id IS NULL THEN 'not-expected' ELSE 'content' END AS what, count(*) OVER () AS found
       FROM shown s FULL JOIN made m ON s._id = m._id
       WHERE s._id IS NULL OR m._id IS NULL OR s.v <> m.v OR s.n <> m.n OR s.h <> m.h ORDER BY id LIMIT ${job.limit}`,
    )
    const rows = found.getRows()
    return {
      shown: await totalOf(connection, 'shown'),
      made: await totalOf(connection, 'made'),
      found: Number(rows[0]?.[3] ?? 0),
      differences: rows.map(([id, v, what]) => ({
        id: String(id),
        version: Number(v),
        what: String(what) as CompareResult['differences'][number]['what'],
      })),
    }
  } finally {
    await connection.run('DROP TABLE shown')
    await connection.run('DROP TABLE made')
  }
}

async function totalOf(connection: DuckDBConnection, table: 'shown' | 'made'): Promise<{ rows: number; hash: string }> {
  const sums = `coalesce(sum(n), 0)::BIGINT, printf('%016x', coalesce(bit_xor(hash(_id, v, n, h)), 0)::UBIGINT)`
  const [row] = (await connection.runAndReadAll(`SELECT ${sums} FROM ${table}`)).getRows()
  return { rows: Number(row?.[0] ?? 0), hash: String(row?.[1] ?? '') }
}
