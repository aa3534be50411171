import type { Pool } from 'pg'
import type { AuditRecord, Cursor } from './types.js'
import { lineColumns, lineOf } from './audit-line.js'
import { linesFrom, type LineBound, type LinePage } from './audit-lines.js'
import { markText } from './audits.js'

/** A block of the chain as it is kept: what is signed (head), what it vouches for (links), the signature (mark). */
export interface StoredBlock {
  block: number
  head: string
  links: Buffer
  mark: Buffer
}
export type { LinePage } from './audit-lines.js'
/** A record that is in no block yet. */
export interface UnsealedRecord {
  id: bigint
  xid: string
  seq: string
  line: Buffer
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
  /**
   * Lines of all records in feed order, as one moment has them: each begins with id, xid and seq, separated by tabs. Bounds, in feed order,
   * let two connections read side by side; all records are told wherever the bounds are.
   */
  lines(bounds?: readonly LineBound[]): AsyncIterable<LinePage>
  /** heads of every so many blocks */
  heads(every: number): Promise<string[]>
  /** how many records there are, about */
  count(): Promise<number>
}
/** The place of a record in the feed. */
export interface LineKey {
  xid: bigint
  seq: bigint
  id: bigint
}

interface BlockRow extends Omit<StoredBlock, 'block'> {
  block: bigint
}

// By the table's columns: their names alone would mean the texts that are put out.
const unsealedSql = `select ${lineColumns.map((column) => `${column}::text`).join(', ')} from audit a
  where (a.xid, a.seq) > ($1::xid8, $2::int8) and a.xid < pg_snapshot_xmin(pg_current_snapshot()) order by a.xid, a.seq limit $3`

function unsealedOf(fields: readonly (string | null)[]): UnsealedRecord {
  const [
    id = '0',
    xid = '0',
    seq = '0',
    at,
    request,
    actor,
    role,
    action,
    sid,
    outcome,
    reason,
    detail,
    entries,
    ,
    source,
    external,
    mark,
  ] = fields
  const marked = markText({
    id: BigInt(id ?? 0),
    at: Number(at),
    request: request ?? '',
    actor: actor ?? '',
    role: role ?? '',
    action: action ?? '',
    sid: sid === null || sid === undefined ? null : Number(sid),
    outcome: outcome as AuditRecord['outcome'],
    reason: reason ?? null,
    detail: JSON.parse(detail ?? '{}') as Record<string, unknown>,
    entries: JSON.parse(entries ?? '[]') as NonNullable<AuditRecord['entries']>,
    source: source ?? null,
    external: external ?? null,
  })
  return {
    id: BigInt(id ?? 0),
    xid: xid ?? '0',
    seq: seq ?? '0',
    line: Buffer.from(lineOf(fields)),
    mark: mark === null || mark === undefined ? null : Buffer.from(mark, 'hex'),
    marked,
  }
}

const blockColumns = 'block, head, links, mark'
const blockOf = (row: BlockRow): StoredBlock => ({ ...row, block: Number(row.block) })

/** `streams`: connections without a time limit, since a long trail takes its time. */
export function openSeals(writer: Pool, reader: Pool, streams: Pool): Seals {
  return {
    async unsealed(after, limit) {
      const { rows } = await reader.query<(string | null)[]>({
        name: 'unsealed',
        text: unsealedSql,
        values: [after.xid, after.seq, limit],
        rowMode: 'array',
      })
      return rows.map(unsealedOf)
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
    lines: (bounds = []) => linesFrom(streams, bounds),
    async count() {
      const { rows } = await reader.query<{ n: bigint }>(
        `select greatest(reltuples, 0)::int8 as n from pg_class where oid = 'audit'::regclass`,
      )
      return Number(rows[0]?.n ?? 0)
    },
    async heads(every) {
      const { rows } = await reader.query<{ head: string }>(`select head from seal where block % $1 = 0 order by block`, [every])
      return rows.map(({ head }) => head)
    },
  }
}
