import { isAbsolute, join } from 'node:path'
import type { ReservoirType } from './manifest.js'

export const textSql = (text: string): string => `'${text.replaceAll("'", "''")}'`

export const filesSql = (dir: string, paths: readonly string[]): string =>
  `[${paths.map((path) => textSql(isAbsolute(path) ? path : join(dir, path))).join(', ')}]`

/** SQL (to stand after FROM, in brackets) of the living rows of a type: one per resource, superseded and deleted ones joined away. */
export function livingRowsSql(dir: string, type: Pick<ReservoirType, 'files' | 'superseded'>, columns = 'r.*'): string {
  const rows = `read_parquet(${filesSql(
    dir,
    type.files.map((file) => file.path),
  )}) r`
  if (type.superseded.length === 0) return `SELECT ${columns} FROM ${rows}`
  const dead = `SELECT _id, max(_v) AS _v FROM read_parquet(${filesSql(dir, type.superseded)}) GROUP BY _id`
  return `SELECT ${columns} FROM ${rows} ANTI JOIN (${dead}) dead ON dead._id = r._id AND r._v < dead._v`
}
