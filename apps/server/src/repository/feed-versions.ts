import { typeName } from '@aquifer/core/fhir'
import type { Pool } from 'pg'
import type { Cursor } from './types.js'

/** A row of the feed without its content. */
export interface FeedVersion extends Cursor {
  study: string
  rid: bigint
  type: string
  id: string
  version: number
  op: 'C' | 'U' | 'D'
  hash: Buffer | null
  /** The stored content still has that hash. */
  whole: boolean
}
/** A resource whose current state is not that of its newest version. */
export interface StaleCurrent {
  rid: bigint
  type: string
  version: number
}
export interface FeedVersions {
  // In feed order, after one place and through another that was read from the feed before.
  page(after: Cursor, through: Cursor, limit: number): Promise<FeedVersion[]>
  stale(sid: number, limit: number): Promise<{ found: number; first: StaleCurrent[] }>
}

const between = `(xid, seq) > ($1::xid8, $2::int8) and (xid, seq) <= ($3::xid8, $4::int8)`
const pageSql = `
with found as (
  (select xid, seq, rid, version, sid, false as gone from version where ${between} and sid <> 0 order by xid, seq limit $5)
  union all (select xid, seq, rid, version, sid, false from reach where ${between} order by xid, seq limit $5)
  union all (select xid, seq, rid, version, sid, true from tombstone where ${between} order by xid, seq limit $5)
  order by xid, seq limit $5
)
select f.xid, f.seq, f.rid, s.id as study, v.type, c.id, f.version, case when f.gone then 'D'::"char" else v.op end as op,
  case when not f.gone then v.hash end as hash,
  f.gone or v.hash is not distinct from substring(sha256(v.content) for 16) as whole
from found f join version v on v.rid = f.rid and v.version = f.version - f.gone::int join current c on c.rid = f.rid
join study s on s.sid = f.sid order by f.xid, f.seq`

const staleSql = `
select c.rid, c.type, c.version, count(*) over () as found from current c
left join lateral (select v.version, v.op, v.hash from version v where v.rid = c.rid order by v.version desc limit 1) n on true
where c.sid = $1 and (n.version is distinct from c.version or (n.op = 'D') is distinct from c.deleted
  or (not c.deleted and n.hash is distinct from c.hash))
order by c.rid limit $2`

export function openFeedVersions(streams: Pool): FeedVersions {
  return {
    async page(after, through, limit) {
      const { rows } = await streams.query<Omit<FeedVersion, 'type' | 'rid' | 'seq'> & { type: number; rid: string; seq: string }>(
        pageSql,
        [after.xid, after.seq, through.xid, through.seq, limit],
      )
      return rows.map((row) => ({ ...row, rid: BigInt(row.rid), type: typeName(row.type) }))
    },
    async stale(sid, limit) {
      const { rows } = await streams.query<{ rid: string; type: number; version: number; found: string }>(staleSql, [sid, limit])
      const first = rows.map(({ rid, type, version }) => ({ rid: BigInt(rid), type: typeName(type), version }))
      return { found: Number(rows[0]?.found ?? 0), first }
    },
  }
}
