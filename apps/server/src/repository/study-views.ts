import type { Pool } from 'pg'

/** A version of a view of a study's own; without a document the table ends with it. */
export interface StudyView {
  sid: number
  name: string
  version: number
  document: unknown
  by: string
  at: number
}
export interface StudyViews {
  /** Expects the version before it; null: somebody came between. */
  add(view: StudyView): Promise<StudyView | null>
  /** Newest version of each, of all studies; those that ended are left out. */
  standing(): Promise<StudyView[]>
  versions(sid: number, name: string): Promise<StudyView[]>
}

interface Row extends Omit<StudyView, 'by' | 'at'> {
  by_user: string
  at: bigint
}
const viewOf = ({ by_user: by, at, ...row }: Row): StudyView => ({ ...row, by, at: Number(at) })
const columns = 'sid, name, version, document, by_user, at'

export function openStudyViews(writer: Pool): StudyViews {
  return {
    async add({ sid, name, version, document, by, at }) {
      const { rows } = await writer.query<Row>(
        `insert into study_view (${columns})
         select $1, $2, $3, $4, $5, $6 where coalesce((select max(version) from study_view where sid = $1 and name = $2), 0) = $3 - 1
         on conflict do nothing returning ${columns}`,
        [sid, name, version, document === null ? null : JSON.stringify(document), by, at],
      )
      return rows[0] ? viewOf(rows[0]) : null
    },
    async standing() {
      const { rows } = await writer.query<Row>(
        `select * from (select distinct on (sid, name) ${columns} from study_view order by sid, name, version desc) newest
         where document is not null order by sid, name`,
      )
      return rows.map(viewOf)
    },
    async versions(sid, name) {
      const { rows } = await writer.query<Row>(`select ${columns} from study_view where sid = $1 and name = $2 order by version desc`, [
        sid,
        name,
      ])
      return rows.map(viewOf)
    },
  }
}
