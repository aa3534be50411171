import { compareCursors, rowLines, type Cursor, type Lake, type RowBatch } from '../lake/index.js'
import type { ChangeRow } from '../repository/index.js'

/** Rows of one study, in feed order, on their way to its lake. */
export interface StudyRows {
  study: string
  rows: ChangeRow[]
}

/** Splits rows of the feed by study; rows of no study stay out, the feed names them again for each study they have to flow into. */
export function byStudy(rows: ChangeRow[], without: ReadonlySet<string>): StudyRows[] {
  const studies = new Map<string, ChangeRow[]>()
  for (const row of rows) {
    if (row.sid === 0 || without.has(row.study)) continue
    const found = studies.get(row.study)
    if (found) found.push(row)
    else studies.set(row.study, [row])
  }
  return [...studies].map(([study, of]) => ({ study, rows: of }))
}

/** Stores what the study's lake does not hold yet: a range read again after a crash is cut at the lake's own cursor. */
export async function storeRows(lake: Lake, epoch: string, { study, rows }: StudyRows): Promise<number> {
  const target = await lake.study(study)
  const after = target.manifest().cursor
  const fresh = rows.filter((row) => compareCursors(row, after) > 0)
  const batch = batchOf(fresh)
  if (!batch) return 0
  await target.append(batch, epoch)
  return batch.rows
}

export function batchOf(rows: ChangeRow[]): RowBatch | null {
  const first = rows[0]
  const last = rows.at(-1)
  if (!first || !last) return null
  const atMin = rows.reduce((at, row) => Math.min(at, row.at), first.at)
  const atMax = rows.reduce((at, row) => Math.max(at, row.at), first.at)
  const place = ({ xid, seq }: ChangeRow): Cursor => ({ xid, seq })
  return {
    from: place(first),
    to: place(last),
    rows: rows.length,
    plain: rowLines(rows),
    atMin,
    atMax,
  }
}
