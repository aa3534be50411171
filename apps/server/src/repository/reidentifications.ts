import type { Pool, PoolClient } from 'pg'
import { faultPoint } from '../storage/index.js'
import { insertAudits, type MarkRecord } from './audits.js'
import { inTransaction } from './in-transaction.js'
import type { ReidentificationRow, Reidentifications } from './masking-types.js'
import type { AuditRecord } from './types.js'

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

export function openReidentifications(writer: Pool, mark: MarkRecord): Reidentifications {
  const some = async (text: string, values: unknown[], client: Pool | PoolClient = writer): Promise<ReidentificationRow[]> =>
    (await client.query<Row>(text, values)).rows.map(requestOf)
  /** A change that meets one request, with the record of it; null: it met none, and nothing is recorded. */
  const recorded = (text: string, values: unknown[], record: AuditRecord): Promise<ReidentificationRow | null> =>
    inTransaction(writer, async (client) => {
      const [row] = await some(text, values, client)
      if (row === undefined) return null
      await insertAudits(client, [record], mark)
      await faultPoint('repository.reidentification-recorded')
      return row
    })
  return {
    async add({ id, sid, pseudonym, reason, requestedBy, requestedAt }, record) {
      const made = await recorded(
        `insert into reidentification as r (id, sid, pseudonym, reason, requested_by, requested_at) values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
        [id, sid, pseudonym, reason, requestedBy, requestedAt],
        record,
      )
      if (made === null) throw new Error('a request was not stored')
      return made
    },
    byId: async (id) => (await some(`select ${columns} from reidentification r where id = $1`, [id]))[0] ?? null,
    list: (sids, limit) =>
      some(`select ${columns} from reidentification r where sid = any($1) order by requested_at desc, id desc limit $2`, [sids, limit]),
    decide: (id, { by, at, approved, note }, record) =>
      recorded(
        `update reidentification r set decided_by = $2, decided_at = $3, approved = $4, note = $5, pseudonym = case when $4 then pseudonym else '' end
         where id = $1 and decided_at is null and requested_by <> $2 returning ${columns}`,
        [id, by, at, approved, note],
        record,
      ),
    take: async (id, by, { at, approvedAfter, outcome, record }) =>
      (await recorded(
        `update reidentification r set shown_at = $3, pseudonym = '', outcome = $5
         where id = $1 and requested_by = $2 and approved and shown_at is null and decided_at >= $4 and pseudonym <> '' returning ${columns}`,
        [id, by, at, approvedAfter, outcome],
        record,
      )) !== null,
  }
}
