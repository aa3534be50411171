import type { Pool } from 'pg'
import type { ReidentificationRow, Reidentifications } from './masking-types.js'

interface Row extends Pick<ReidentificationRow, 'id' | 'sid' | 'pseudonym' | 'reason' | 'approved' | 'note' | 'outcome'> {
  requested_by: string
  requested_at: bigint
  decided_by: string | null
  decided_at: bigint | null
  shown_at: bigint | null
}
const names = [
  'id',
  'sid',
  'pseudonym',
  'reason',
  'requested_by',
  'requested_at',
  'decided_by',
  'decided_at',
  'approved',
  'note',
  'shown_at',
  'outcome',
]
const columns = names.map((name) => `r.${name}`).join(', ')
const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value))

const requestOf = ({ requested_by, requested_at, decided_by, decided_at, shown_at, ...row }: Row): ReidentificationRow => ({
  ...row,
  requestedBy: requested_by,
  requestedAt: Number(requested_at),
  decidedBy: decided_by,
  decidedAt: numberOf(decided_at),
  shownAt: numberOf(shown_at),
})

export function openReidentifications(writer: Pool): Reidentifications {
  const some = async (text: string, values: unknown[]): Promise<ReidentificationRow[]> =>
    (await writer.query<Row>(text, values)).rows.map(requestOf)
  const one = async (text: string, values: unknown[]): Promise<ReidentificationRow | null> => (await some(text, values))[0] ?? null
  return {
    async add({ id, sid, pseudonym, reason, requestedBy, requestedAt }) {
      const made = await one(
        `insert into reidentification as r (id, sid, pseudonym, reason, requested_by, requested_at) values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
        [id, sid, pseudonym, reason, requestedBy, requestedAt],
      )
      if (made === null) throw new Error('a request was not stored')
      return made
    },
    byId: (id) => one(`select ${columns} from reidentification r where id = $1`, [id]),
    list: (sids, limit) =>
      some(`select ${columns} from reidentification r where sid = any($1) order by requested_at desc, id desc limit $2`, [sids, limit]),
    decide: (id, { by, at, approved, note }) =>
      one(
        `update reidentification r set decided_by = $2, decided_at = $3, approved = $4, note = $5, pseudonym = case when $4 then pseudonym else '' end
         where id = $1 and decided_at is null and requested_by <> $2 returning ${columns}`,
        [id, by, at, approved, note],
      ),
    take: (id, by, { at, approvedAfter }) =>
      one(
        `with open as (
           select * from reidentification
           where id = $1 and requested_by = $2 and approved and shown_at is null and decided_at >= $4 and pseudonym <> '' for update
         )
         update reidentification t set shown_at = $3, pseudonym = '' from open r where t.id = r.id returning ${columns}`,
        [id, by, at, approvedAfter],
      ),
    async settle(id, outcome) {
      await writer.query(`update reidentification set outcome = $2 where id = $1`, [id, outcome])
    },
  }
}
