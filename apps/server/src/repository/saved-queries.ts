import type { Pool } from 'pg'
import type { SavedQueries, SavedQueryRow } from './registers.js'

interface Row extends Omit<SavedQueryRow, 'everyMs' | 'nextAt' | 'createdAt'> {
  every_ms: bigint | null
  next_at: bigint | null
  created_at: bigint
}

const columns = `id, sid, owner, title, sql, parameters, purpose, cut, every_ms, next_at, mail, created_at, last`
const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value))

const rowOf = ({ every_ms, next_at, created_at, ...row }: Row): SavedQueryRow => ({
  ...row,
  everyMs: numberOrNull(every_ms),
  nextAt: numberOrNull(next_at),
  createdAt: Number(created_at),
})

export function openSavedQueries(writer: Pool): SavedQueries {
  const all = async (text: string, values: unknown[]): Promise<SavedQueryRow[]> => (await writer.query<Row>(text, values)).rows.map(rowOf)
  return {
    async add({ id, sid, owner, title, sql, parameters, purpose, cut, everyMs, nextAt, mail, createdAt }) {
      await writer.query(
        `insert into saved_query (id, sid, owner, title, sql, parameters, purpose, cut, every_ms, next_at, mail, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [id, sid, owner, title, sql, JSON.stringify(parameters), purpose, cut, everyMs, nextAt, mail, createdAt],
      )
    },
    async byId(id) {
      return (await all(`select ${columns} from saved_query where id = $1`, [id]))[0] ?? null
    },
    list: (sid, owner) =>
      all(`select ${columns} from saved_query where sid = $1 and owner = $2 order by created_at desc, id`, [sid, owner]),
    async remove(id) {
      await writer.query(`delete from saved_query where id = $1`, [id])
    },
    async ran(id, last) {
      await writer.query(`update saved_query set last = $2 where id = $1`, [id, JSON.stringify(last)])
    },
    // What was missed while nobody looked runs once.
    takeDue: (now) =>
      all(
        `update saved_query set next_at = $1 + every_ms where id in
           (select id from saved_query where next_at <= $1 order by next_at limit 20 for update skip locked) returning ${columns}`,
        [now],
      ),
  }
}
