import type { Pool } from 'pg'

/** A version of a saved cohort. */
export interface StoredCohort {
  sid: number
  name: string
  version: number
  title: string
  note: string
  criteria: unknown
  sha256: string
  by: string
  at: number
}
export interface Cohorts {
  /** Expects the version before it; null: somebody came between. */
  add(cohort: StoredCohort): Promise<StoredCohort | null>
  /** Newest version of each of a study, by name. */
  newest(sid: number): Promise<StoredCohort[]>
  /** Newest first. */
  versions(sid: number, name: string): Promise<StoredCohort[]>
}

interface Row extends Omit<StoredCohort, 'by' | 'at'> {
  by_user: string
  at: bigint
}
const cohortOf = ({ by_user: by, at, ...row }: Row): StoredCohort => ({ ...row, by, at: Number(at) })
const columns = 'sid, name, version, title, note, criteria, sha256, by_user, at'

export function openCohorts(writer: Pool): Cohorts {
  return {
    async add({ sid, name, version, title, note, criteria, sha256, by, at }) {
      const { rows } = await writer.query<Row>(
        `insert into cohort (${columns})
         select $1, $2, $3, $4, $5, $6, $7, $8, $9 where coalesce((select max(version) from cohort where sid = $1 and name = $2), 0) = $3 - 1
         on conflict do nothing returning ${columns}`,
        [sid, name, version, title, note, JSON.stringify(criteria), sha256, by, at],
      )
      return rows[0] ? cohortOf(rows[0]) : null
    },
    async newest(sid) {
      const { rows } = await writer.query<Row>(
        `select distinct on (name) ${columns} from cohort where sid = $1 order by name, version desc`,
        [sid],
      )
      return rows.map(cohortOf)
    },
    async versions(sid, name) {
      const { rows } = await writer.query<Row>(`select ${columns} from cohort where sid = $1 and name = $2 order by version desc`, [
        sid,
        name,
      ])
      return rows.map(cohortOf)
    },
  }
}
