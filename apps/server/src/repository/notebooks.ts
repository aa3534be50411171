import type { Pool } from 'pg'
import type { NotebookSaveRecord, Notebooks, StoredNotebook } from './registers.js'

interface Row extends Omit<StoredNotebook, 'createdAt' | 'updatedAt'> {
  created_at: bigint
  updated_at: bigint
}

const summary = `id, sid, owner, title, version, created_at, updated_at, cut`

function notebookOf({ created_at, updated_at, ...row }: Row): StoredNotebook {
  return { ...row, createdAt: Number(created_at), updatedAt: Number(updated_at) }
}

/** Only its owner saves a notebook. */
const keep = (from: string) =>
  `insert into notebook_version (id, version, title, by_user, at, cells, cut) select id, version, title, owner, updated_at, cells, cut from ${from}`

export function openNotebooks(writer: Pool, now: () => number): Notebooks {
  const byId = async (id: string): Promise<StoredNotebook | null> => {
    const { rows } = await writer.query<Row>(`select ${summary}, cells from notebook where id = $1`, [id])
    return rows[0] ? notebookOf(rows[0]) : null
  }
  return {
    byId,
    async create({ id, sid, owner, title, cut, cells }) {
      const { rows } = await writer.query<Row>(
        `with made as (
           insert into notebook (id, sid, owner, title, version, created_at, updated_at, cells, cut) values ($1, $2, $3, $4, 1, $5, $5, $6, $7)
           returning ${summary}, cells
         ), kept as (${keep('made')}) select * from made`,
        [id, sid, owner, title, now(), JSON.stringify(cells), cut],
      )
      return notebookOf(rows[0] as Row)
    },
    async save(id, version, { title, cut, cells }) {
      const { rows } = await writer.query<Row>(
        `with made as (
           update notebook set title = $3, cells = $4, cut = $6, version = version + 1, updated_at = $5 where id = $1 and version = $2
           returning ${summary}, cells
         ), kept as (${keep('made')}) select * from made`,
        [id, version, title, JSON.stringify(cells), now(), cut],
      )
      if (rows[0]) return notebookOf(rows[0])
      return (await byId(id)) === null ? 'not-found' : 'version-conflict'
    },
    async remove(id) {
      const { rowCount } = await writer.query(`delete from notebook where id = $1`, [id])
      return rowCount === 1
    },
    async list(sid) {
      const { rows } = await writer.query<Row>(`select ${summary} from notebook where sid = $1 order by updated_at desc, id`, [sid])
      return rows.map(notebookOf)
    },
    async holding(sid, text) {
      const { rows } = await writer.query<Row>(
        `select ${summary}, cells from notebook where sid = $1 and position(lower($2) in lower(cells::text)) > 0 order by updated_at desc, id`,
        [sid, text],
      )
      return rows.map(notebookOf)
    },
    async versions(id, limit) {
      const { rows } = await writer.query<Omit<NotebookSaveRecord, 'at'> & { at: bigint }>(
        `select version, title, by_user as by, at, jsonb_array_length(cells) as cells from notebook_version
         where id = $1 order by version desc limit $2`,
        [id, limit],
      )
      return rows.map((row) => ({ ...row, at: Number(row.at) }))
    },
    async at(id, version) {
      const { rows } = await writer.query<Row>(
        `select n.id, n.sid, n.owner, n.created_at, v.title, v.version, v.at as updated_at, v.cut, v.cells
         from notebook_version v join notebook n on n.id = v.id where v.id = $1 and v.version = $2`,
        [id, version],
      )
      return rows[0] ? notebookOf(rows[0]) : null
    },
  }
}
