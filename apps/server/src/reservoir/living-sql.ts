import { isAbsolute, join } from 'node:path'
import type { ReservoirType } from './manifest.js'

export const textSql = (text: string): string => `'${text.replaceAll("'", "''")}'`

export const filesSql = (dir: string, paths: readonly string[]): string =>
  `[${paths.map((path) => textSql(isAbsolute(path) ? path : join(dir, path))).join(', ')}]`

/** People from one pseudonym up to another, which is the next one's; without a beginning also what is nobody's. */
export interface Stretch {
  from?: string | undefined
  to?: string | undefined
}

function stretchSql({ from, to }: Stretch): string[] {
  const before = to === undefined ? [] : [`r.patient_key < ${textSql(to)}`]
  if (from === undefined) return before.map((each) => `(${each} OR r.patient_key IS NULL)`)
  return [`r.patient_key >= ${textSql(from)}`, ...before]
}

/** SQL (to stand after FROM, in brackets) of the living rows of a type: one per resource, superseded and deleted ones joined away. */
export function livingRowsSql(
  dir: string,
  type: Pick<ReservoirType, 'files' | 'superseded'>,
  columns = 'r.*',
  stretch: Stretch = {},
): string {
  const conditions = stretchSql(stretch)
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const rows = `read_parquet(${filesSql(
    dir,
    type.files.map((file) => file.path),
  )}) r`
  if (type.superseded.length === 0) return `SELECT ${columns} FROM ${rows}${where}`
  const dead = `SELECT _id, max(_v) AS _v FROM read_parquet(${filesSql(dir, type.superseded)}) GROUP BY _id`
  return `SELECT ${columns} FROM ${rows} ANTI JOIN (${dead}) dead ON dead._id = r._id AND r._v < dead._v${where}`
}
