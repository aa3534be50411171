import type { Pool, PoolClient } from 'pg'
import type { AuditRow, Audits } from './registers.js'
import type { AuditRecord } from './types.js'

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

export async function insertAudits(client: { query: PoolClient['query'] }, records: readonly AuditRecord[]): Promise<void> {
  if (records.length === 0) return
  await client.query({
    name: 'audit',
    text: `insert into audit (id, at, request, actor, role, action, sid, outcome, reason, detail, entries)
      select * from unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int2[], $8::text[], $9::text[],
        $10::jsonb[], $11::jsonb[])`,
    values: [
      records.map((record) => String(record.id)),
      records.map((record) => record.at),
      records.map((record) => record.request),
      records.map((record) => record.actor),
      records.map((record) => record.role),
      records.map((record) => record.action),
      records.map((record) => record.sid),
      records.map((record) => record.outcome),
      records.map((record) => record.reason ?? null),
      records.map((record) => JSON.stringify(record.detail ?? {}, bigintAsText)),
      records.map((record) => JSON.stringify(record.entries ?? [], bigintAsText)),
    ],
  })
}

interface Row extends Omit<AuditRow, 'at' | 'seq'> {
  at: bigint
  seq: bigint
}

export function openAudits(writer: Pool, reader: Pool): Audits {
  return {
    async record(records) {
      await insertAudits(writer, records)
    },
    async list({ limit, before, sid }) {
      const { rows } = await reader.query<Row>(
        `select id, xid::text as xid, seq, at, request, actor, role, action, sid, outcome, reason, detail, entries from audit
         where ($1::int8 is null or id < $1) and ($2::int2 is null or sid = $2) order by id desc limit $3`,
        [before ?? null, sid ?? null, limit],
      )
      return rows.map((row) => ({ ...row, at: Number(row.at), seq: String(row.seq) }))
    },
  }
}

const blockSize = 1_000n

// Ids in blocks: one look at the database per thousand. Numbers of a block that a stopped process leaves over stay unused.
export function auditIds(pool: Pool): () => Promise<bigint> {
  let next = 0n
  let end = 0n
  let fetching: Promise<void> | null = null
  const fetchBlock = async (): Promise<void> => {
    const { rows } = await pool.query<{ n: bigint }>(`select nextval('audit_block_seq') as n`)
    next = (rows[0]?.n ?? 0n) * blockSize
    end = next + blockSize
  }
  return async () => {
    while (next >= end) {
      fetching ??= fetchBlock().finally(() => (fetching = null))
      await fetching
    }
    return next++
  }
}
