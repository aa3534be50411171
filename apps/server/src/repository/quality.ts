import { resourceTypes, typeName, typeNumber } from '@aquifer/core/fhir'
import type { Pool } from 'pg'

export interface QualityPerson {
  pid: string
  site: number | null
  enrolledAt: number
  ended: boolean
  profile: QualityRow | null
}
/** A living resource as it is judged: its content, and how it came. */
export interface QualityRow {
  type: string
  pid: string
  site: number | null
  /** first stored */
  storedAt: number
  sender: string | null
  /** of whoever sent it */
  role: string | null
  /** so many of its person have its type, code and time */
  alike: number
  content: string
}
export interface StoredQuality {
  at: number
  /** when something was written last, as it was before the look */
  newest: number
  report: unknown
}
/** Identified data read as a whole, to be counted. */
export interface QualityRecords {
  /** People of a study whose data may be seen, in order; pages by `after`. */
  people(sid: number, page: { after: string; limit: number }): Promise<QualityPerson[]>
  /** All living resources of the study about these people, in portions. */
  rows(sid: number, pids: readonly string[]): AsyncIterable<QualityRow[]>
  /** When something of the study was written last. */
  newest(sid: number): Promise<number>
  keep(sid: number, stored: StoredQuality): Promise<void>
  kept(sid: number): Promise<StoredQuality | null>
}

const portion = 250

interface Row {
  type: number
  pid: string
  site: number | null
  stored_at: string
  sender: string | null
  role: string | null
  alike: string
  content: string
}
interface PersonRow {
  pid: string
  site: number | null
  from_at: string
  ended: boolean
  stored_at: string | null
  sender: string | null
  role: string | null
  content: string | null
}

// The first version tells the arrival, the newest one what is judged and who sent it.
const sent = `
  join version v on v.rid = c.rid and v.version = c.version
  left join version f on c.version > 1 and f.rid = c.rid and f.version = 1
  left join audit a on a.id = v.audit`
const told = `coalesce(f.at, v.at) as stored_at, a.actor as sender, a.role, convert_from(v.content, 'UTF8') as content`

const peopleSql = `
select e.patient as pid, e.site, e.from_at, e.to_at is not null as ended, r.* from (
  select * from enrolment where sid = $1 and patient > $2::int8 and not withheld order by patient limit $3
) e
left join lateral (
  select ${told} from current c ${sent} where c.patient = e.patient and c.sid = 0 and c.type = $4 and not c.deleted limit 1
) r on true
order by e.patient`
const rowsSql = `
select c.type, c.patient as pid, c.site, c.alike, ${told} from (
  select rid, version, type, patient, site, count(*) over (partition by patient, type, hcode, dlo) as alike
  from current where patient = any($2::int8[]) and sid = $1 and not deleted
) c ${sent}`

export function openQuality(writer: Pool, streams: Pool): QualityRecords {
  return {
    async people(sid, { after, limit }) {
      const { rows } = await streams.query<PersonRow>(peopleSql, [sid, after, limit, typeNumber('Patient')])
      return rows.map(personOf)
    },
    rows: (sid, pids) => portions(streams, sid, pids),
    async newest(sid) {
      const { rows } = await streams.query<{ newest: string }>(
        `select coalesce(max(updated), 0) as newest from (
           select (select max(updated) from current where sid = $1 and type = t.type and not deleted) as updated from unnest($2::int2[]) t (type)) n`,
        [sid, resourceTypes.map(typeNumber)],
      )
      return Number(rows[0]?.newest ?? 0)
    },
    async keep(sid, { at, newest, report }) {
      await writer.query(
        `insert into quality_report (sid, at, newest, report) values ($1, to_timestamp($2::float8 / 1000), $3, $4)
         on conflict (sid) do update set at = excluded.at, newest = excluded.newest, report = excluded.report`,
        [sid, at, newest, JSON.stringify(report)],
      )
    },
    async kept(sid) {
      const { rows } = await streams.query<{ at: Date; newest: string; report: unknown }>(
        `select at, newest, report from quality_report where sid = $1`,
        [sid],
      )
      const row = rows[0]
      return row === undefined ? null : { at: row.at.getTime(), newest: Number(row.newest), report: row.report }
    },
  }
}

async function* portions(streams: Pool, sid: number, pids: readonly string[]): AsyncGenerator<QualityRow[]> {
  const client = await streams.connect()
  try {
    await client.query(`begin read only`)
    // All are look-ups by key, however many rows the tables are thought to have.
    await client.query(`set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off`)
    await client.query(`declare quality_rows no scroll cursor for ${rowsSql}`, [sid, pids])
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${portion} from quality_rows`)
      if (rows.length > 0) yield rows.map(rowOf)
      if (rows.length < portion) return
    }
  } finally {
    await client.query(`rollback`).catch(() => undefined)
    client.release()
  }
}

const rowOf = (row: Row): QualityRow => ({
  type: typeName(row.type),
  pid: row.pid,
  site: row.site,
  storedAt: Number(row.stored_at),
  sender: row.sender,
  role: row.role,
  alike: Number(row.alike),
  content: row.content,
})

function personOf(row: PersonRow): QualityPerson {
  const { pid, site, content, sender, role } = row
  const at = Number(row.stored_at)
  const profile = content === null ? null : { type: 'Patient', pid, site, storedAt: at, sender, role, alike: 1, content }
  return { pid, site, enrolledAt: Number(row.from_at), ended: row.ended, profile }
}
