import { typeName } from '@aquifer/core/fhir'
import type { Pool } from 'pg'
import { contentBytes, contentText } from './read.js'
import type { ChangeRow, Changes, Cursor, FeedState } from './types.js'

// Versions of studies' resources and what reaches a study from outside, in order of (xid, seq), as far as no open transaction could
// still add something before them. The order is that of beginnings, not of commits: versions of one resource may come inverted.
const changesSql = `
with horizon as materialized (select pg_snapshot_xmin(pg_current_snapshot()) as xmin),
own as (
  select v.xid, v.seq, v.rid, v.version, v.sid, false as gone, coalesce(octet_length(v.content), 0) as size, v.sid <> 0 as flows
  from version v where (v.xid, v.seq) > ($1::xid8, $2::int8) and v.xid < (select xmin from horizon) order by v.xid, v.seq limit $3
),
reached as (
  select r.xid, r.seq, r.rid, r.version, r.sid, false as gone, coalesce(octet_length(v.content), 0) as size, true as flows
  from (
    select * from reach where (xid, seq) > ($1::xid8, $2::int8) and xid < (select xmin from horizon) order by xid, seq limit $3
  ) r join version v on v.rid = r.rid and v.version = r.version
),
ended as (
  select t.xid, t.seq, t.rid, t.version, t.sid, true as gone, 0 as size, true as flows
  from tombstone t where (t.xid, t.seq) > ($1::xid8, $2::int8) and t.xid < (select xmin from horizon) order by t.xid, t.seq limit $3
),
all_kinds as (select * from own union all select * from reached union all select * from ended order by xid, seq limit $3),
measured as (select b.*, sum(case when b.flows then b.size else 0 end) over (order by b.xid, b.seq) - b.size as before, count(*) over () as together
  from all_kinds b)
select x.*, (select t.id from site t where t.site = x.site) as site_id from (
  select (select xmin from horizon) as xmin, m.together, m.xid, m.seq, m.sid, m.flows, m.gone, v.sid = 0 as global, v.audit, v.type, c.id, m.version, case when m.gone then 'D'::"char" else v.op end as op, v.at,
    (select s.id from study s where s.sid = m.sid) as study,
    (select p.id from person p where p.pid = v.patient) as patient_id,
    case when v.sid = 0 then (select e.site from enrolment e where e.sid = m.sid and e.patient = v.patient) else v.site end as site,
    case when m.flows and not m.gone then ${contentText} end as content
  from measured m join version v on v.rid = m.rid and v.version = m.version - m.gone::int join current c on c.rid = m.rid
  where m.before < $4
) x order by x.xid, x.seq`

interface FeedRow {
  xmin: string
  together: bigint // rows found, before the limit in bytes
  xid: string
  seq: bigint
  sid: number
  flows: boolean
  study: string | null
  type: number
  id: string
  version: number
  gone: boolean
  global: boolean
  audit: bigint | null
  op: ChangeRow['op']
  at: bigint
  patient_id: string | null
  site: number | null
  site_id: string | null
  content: string | null
}

const bytesDefault = 8 * 1024 * 1024

export async function readChanges(pool: Pool, after: Cursor, limit: number, bounds: { maxBytes?: number } = {}): Promise<Changes> {
  const { rows } = await pool.query<FeedRow>({
    text: changesSql,
    values: [after.xid, after.seq, limit, bounds.maxBytes ?? bytesDefault],
  })
  const last = rows.at(-1)
  if (last === undefined) return await nothingNew(pool, after)
  const caughtUp = rows.length < limit && BigInt(rows.length) === last.together
  return {
    rows: rows.filter((row) => row.flows && row.study !== null).map(changeRow),
    cursor: caughtUp ? { xid: last.xmin, seq: '0' } : { xid: last.xid, seq: String(last.seq) },
    caughtUp,
  }
}

// Everything below the horizon is read: the cursor moves up to it, so that a reader who waits for a mark sees that nothing is left.
async function nothingNew(pool: Pool, after: Cursor): Promise<Changes> {
  const { rows } = await pool.query<{ xmin: string }>({
    name: 'horizon',
    text: `select h.xmin::text as xmin from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) h
      where not exists (select 1 from version where (xid, seq) > ($1::xid8, $2::int8) and xid < h.xmin)
      and not exists (select 1 from reach where (xid, seq) > ($1::xid8, $2::int8) and xid < h.xmin)
      and not exists (select 1 from tombstone where (xid, seq) > ($1::xid8, $2::int8) and xid < h.xmin)`,
    values: [after.xid, after.seq],
  })
  const horizon = rows[0]?.xmin
  if (horizon === undefined) return { rows: [], cursor: after, caughtUp: false }
  const ahead = BigInt(horizon) > BigInt(after.xid)
  return { rows: [], cursor: ahead ? { xid: horizon, seq: '0' } : after, caughtUp: true }
}

function changeRow(row: FeedRow): ChangeRow {
  return {
    xid: row.xid,
    seq: String(row.seq),
    sid: row.sid,
    study: row.study ?? '',
    type: typeName(row.type),
    id: row.id,
    version: row.version,
    op: row.op,
    gone: row.gone,
    global: row.global,
    audit: row.audit === null ? null : String(row.audit),
    at: Number(row.at),
    patientId: row.patient_id,
    site: row.site,
    siteId: row.site_id,
    content: contentBytes(row.content),
  }
}

export async function readFeedState(pool: Pool): Promise<FeedState> {
  const { rows } = await pool.query<{ mark: string; age: number | null }>(
    `select pg_snapshot_xmax(pg_current_snapshot())::text as mark,
       (select extract(epoch from clock_timestamp() - min(xact_start))::float8 * 1000 from pg_stat_activity
        where backend_xid is not null and pid <> pg_backend_pid()) as age`,
  )
  return { mark: { xid: rows[0]?.mark ?? '0', seq: '0' }, oldestWriteMs: Math.max(0, Math.round(rows[0]?.age ?? 0)) }
}
