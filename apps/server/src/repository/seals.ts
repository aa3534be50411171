import type { Pool } from 'pg'
import type { AuditRecord, Cursor } from './types.js'
import { markText } from './audits.js'

/** A block of the chain as it is kept: what is signed (head), what it vouches for (links), the signature (mark). */
export interface StoredBlock {
  block: number
  head: string
  links: Buffer
  mark: Buffer
}
/** A record that is in no block yet. */
export interface UnsealedRecord {
  id: bigint
  xid: string
  seq: string
  line: string
  mark: Buffer | null
  /** what the mark was made of, when the record was written */
  marked: string
}
export interface Seals {
  /** Records after the cursor in feed order that nothing can still come before. */
  unsealed(after: Cursor, limit: number): Promise<UnsealedRecord[]>
  /** Below it nothing that existed at the call is missed. */
  horizon(): Promise<string>
  last(): Promise<StoredBlock | null>
  blocks(after: number, limit: number): Promise<StoredBlock[]>
  /** false: another sealer made this block. */
  append(block: StoredBlock): Promise<boolean>
  /** Lines of records in feed order, with or without a filter; each begins with (id,xid,seq, */
  lines(after: LineKey, limit: number): Promise<string[]>
  count(): Promise<number>
}
export interface LineKey {
  xid: bigint
  seq: bigint
  id: bigint
}

interface UnsealedRow extends Omit<AuditRecord, 'at' | 'sid'> {
  xid: string
  seq: bigint
  at: bigint
  sid: number | null
  line: string
  mark: Buffer | null
}
interface BlockRow extends Omit<StoredBlock, 'block'> {
  block: bigint
}

const unsealedSql = `select a.id, a.xid::text as xid, a.seq, a.at, a.request, a.actor, a.role, a.action, a.sid, a.outcome, a.reason, a.detail, a.entries,
    a.source, a.external, a.mark, audit_line(a) as line
  from audit a where (a.xid, a.seq) > ($1::xid8, $2::int8) and a.xid < pg_snapshot_xmin(pg_current_snapshot())
  order by a.xid, a.seq limit $3`

const linesSql = `select audit_line(a) from audit a where (a.xid, a.seq, a.id) > ($1::xid8, $2::int8, $3::int8)
  order by a.xid, a.seq, a.id limit $4`

const blockColumns = 'block, head, links, mark'
const blockOf = (row: BlockRow): StoredBlock => ({ ...row, block: Number(row.block) })

export function openSeals(writer: Pool, reader: Pool): Seals {
  return {
    async unsealed(after, limit) {
      const { rows } = await reader.query<UnsealedRow>({ name: 'unsealed', text: unsealedSql, values: [after.xid, after.seq, limit] })
      return rows.map((row) => ({
        id: row.id,
        xid: row.xid,
        seq: String(row.seq),
        line: row.line,
        mark: row.mark,
        marked: markText({ ...row, at: Number(row.at) }),
      }))
    },
    async horizon() {
      const { rows } = await reader.query<{ xmin: string }>(`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`)
      return rows[0]?.xmin ?? '0'
    },
    async last() {
      const { rows } = await reader.query<BlockRow>(`select ${blockColumns} from seal order by block desc limit 1`)
      return rows[0] ? blockOf(rows[0]) : null
    },
    async blocks(after, limit) {
      const { rows } = await reader.query<BlockRow>({
        name: 'seals',
        text: `select ${blockColumns} from seal where block > $1 order by block limit $2`,
        values: [after, limit],
      })
      return rows.map(blockOf)
    },
    async append({ block, head, links, mark }) {
      const { rowCount } = await writer.query({
        name: 'append-seal',
        text: `insert into seal (block, head, links, mark) values ($1, $2, $3, $4) on conflict (block) do nothing`,
        values: [block, head, links, mark],
      })
      return rowCount === 1
    },
    async lines(after, limit) {
      const { rows } = await reader.query<string[]>({
        name: 'audit-lines',
        text: linesSql,
        values: [String(after.xid), after.seq, after.id, limit],
        rowMode: 'array',
      })
      return rows.map((row) => row[0] ?? '')
    },
    async count() {
      const { rows } = await reader.query<{ n: bigint }>(
        `select greatest(reltuples, 0)::int8 as n from pg_class where oid = 'audit'::regclass`,
      )
      return Number(rows[0]?.n ?? 0)
    },
  }
}
