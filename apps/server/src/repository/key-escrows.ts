import type { Pool } from 'pg'
import { inTransaction } from './in-transaction.js'
import type { KeyEscrowRow, KeyEscrows, KeyShareRow } from './masking-types.js'

interface Row extends Pick<KeyEscrowRow, 'id' | 'sid' | 'fingerprint' | 'needed' | 'reason'> {
  key_id: string
  by_user: string
  at: bigint
  expires_at: bigint
  shares: { n: number; holder: string; collected_at: string | null }[]
}
const columns = `e.id, e.sid, e.key_id, e.fingerprint, e.needed, e.reason, e.by_user, e.at, e.expires_at,
  (select jsonb_agg(jsonb_build_object('n', s.n, 'holder', s.holder, 'collected_at', s.collected_at::text) order by s.n)
   from key_escrow_share s where s.escrow = e.id) as shares`

const escrowOf = ({ key_id, by_user, at, expires_at, shares, ...row }: Row): KeyEscrowRow => ({
  ...row,
  keyId: key_id,
  by: by_user,
  at: Number(at),
  expiresAt: Number(expires_at),
  // Their bytes are for their holders alone.
  shares: shares.map(({ n, holder, collected_at }) => ({
    n,
    holder,
    sealed: null,
    collectedAt: collected_at === null ? null : Number(collected_at),
  })),
})

export function openKeyEscrows(writer: Pool): KeyEscrows {
  return {
    add: ({ id, sid, keyId, fingerprint, needed, reason, by, at, expiresAt, shares }) =>
      inTransaction(writer, async (client) => {
        await client.query(
          `insert into key_escrow (id, sid, key_id, fingerprint, needed, reason, by_user, at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [id, sid, keyId, fingerprint, needed, reason, by, at, expiresAt],
        )
        for (const { n, holder, sealed } of shares)
          await client.query(`insert into key_escrow_share (escrow, n, holder, sealed) values ($1, $2, $3, $4)`, [id, n, holder, sealed])
      }),
    async byId(id) {
      const { rows } = await writer.query<Row>(`select ${columns} from key_escrow e where e.id = $1`, [id])
      return rows[0] ? escrowOf(rows[0]) : null
    },
    async list(sid) {
      const { rows } = await writer.query<Row>(`select ${columns} from key_escrow e where e.sid = $1 order by e.at desc, e.id desc`, [sid])
      return rows.map(escrowOf)
    },
    async collect(id, holder, at) {
      const { rows } = await writer.query<{ n: number; sealed: Buffer }>(
        `with mine as (
           select s.escrow, s.n, s.sealed from key_escrow_share s join key_escrow e on e.id = s.escrow
           where s.escrow = $1 and s.holder = $2 and s.sealed is not null and e.expires_at > $3 for update of s
         )
         update key_escrow_share s set sealed = null, collected_at = $3 from mine
         where s.escrow = mine.escrow and s.n = mine.n returning s.n, mine.sealed`,
        [id, holder, at],
      )
      const share: KeyShareRow | null = rows[0] === undefined ? null : { ...rows[0], holder, collectedAt: at }
      return share
    },
    async expire(at) {
      const { rowCount } = await writer.query(
        `update key_escrow_share s set sealed = null from key_escrow e where e.id = s.escrow and s.sealed is not null and e.expires_at <= $1`,
        [at],
      )
      return rowCount ?? 0
    },
  }
}
