import type { Pool } from 'pg'

/** A version of a code list; `sid` null: of all studies. */
export interface CodeListHead {
  sid: number | null
  name: string
  version: number
  title: string
  edition: string | null
  systems: string[]
  rows: number
  sha256: string
  by: string
  at: number
}
export interface CodeListStore {
  /** Expects the version before it; null: somebody came between. */
  add(head: CodeListHead, content: Buffer): Promise<CodeListHead | null>
  /** All versions of all lists, by name, newest first. */
  heads(): Promise<CodeListHead[]>
  content(head: Pick<CodeListHead, 'sid' | 'name' | 'version'>): Promise<Buffer | null>
}

interface Row {
  sid: number | null
  name: string
  version: number
  title: string
  edition: string | null
  systems: string[]
  entries: number
  sha256: string
  by_user: string
  at: bigint
}
const headOf = ({ by_user: by, at, entries: rows, ...row }: Row): CodeListHead => ({ ...row, rows, by, at: Number(at) })
const columns = 'sid, name, version, title, edition, systems, entries, sha256, by_user, at'

export function openCodeListStore(writer: Pool): CodeListStore {
  return {
    async add({ sid, name, version, title, edition, systems, rows: entries, sha256, by, at }, content) {
      const { rows } = await writer.query<Row>(
        `insert into code_list (${columns}, content)
         select $1::smallint, $2, $3::int, $4, $5, $6, $7, $8, $9, $10, $11
         where coalesce((select max(version) from code_list where sid is not distinct from $1::smallint and name = $2), 0) = $3::int - 1
         on conflict do nothing returning ${columns}`,
        [sid, name, version, title, edition, systems, entries, sha256, by, at, content],
      )
      return rows[0] ? headOf(rows[0]) : null
    },
    async heads() {
      const { rows } = await writer.query<Row>(`select ${columns} from code_list order by name, sid nulls last, version desc`)
      return rows.map(headOf)
    },
    async content({ sid, name, version }) {
      const { rows } = await writer.query<{ content: Buffer }>(
        `select content from code_list where sid is not distinct from $1::smallint and name = $2 and version = $3`,
        [sid, name, version],
      )
      return rows[0]?.content ?? null
    },
  }
}
