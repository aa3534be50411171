import { globalTypes, typeNumber } from '@aquifer/core/fhir'
import type { Queryable } from './people.js'
import { storedVersion, versionColumns, type VersionRow } from './read.js'
import type { HistoryPage, HistoryQuery } from './types.js'

// In order of the feed, newest first: an index has it, and what is written while somebody pages stands before his first page.
const historySql = `
select ${versionColumns}, v.xid::text as xid, v.seq, c.version as newest, c.site as now_site,
  array(select p.id from person p where p.pid = c.patient or p.pid = any(c.patients) order by p.pid <> c.patient) as now_people
from version v join current c on c.rid = v.rid
where v.type = any($2::int2[])
  and (v.sid = $1 or (v.sid = 0 and (
    (v.type = any($3::int2[]) and exists (select 1 from enrolment e where e.sid = $1 and e.patient = c.patient))
    or exists (select 1 from flow f where f.type = v.type and f.id = c.id and f.sid = $1))))
  and ($4::int8 is null or v.at >= $4)
  and ($5::xid8 is null or (v.xid, v.seq) < ($5::xid8, $6::int8))
order by v.xid desc, v.seq desc limit $7`

type FoundRow = VersionRow & { xid: string; seq: bigint; newest: number; now_site: number | null; now_people: string[] }

const profiles = [...globalTypes].filter((type) => type !== 'Practitioner').map(typeNumber)

/** Versions of several types in a study: its own, and those of what stands beside the studies and belongs to it. */
export async function readHistoryOf(client: Queryable, query: HistoryQuery): Promise<HistoryPage> {
  const { sid, types, since, before, limit } = query
  const { rows } = await client.query<FoundRow>({
    text: historySql,
    values: [sid, types.map(typeNumber), profiles, since, before?.xid ?? null, before?.seq ?? null, limit],
  })
  const last = rows.at(-1)
  return {
    rows: rows.map((row) => ({
      version: storedVersion(row),
      current: { version: row.newest, site: row.now_site, patientIds: row.now_people },
      at: { xid: row.xid, seq: String(row.seq) },
    })),
    next: last === undefined || rows.length < limit ? null : { xid: last.xid, seq: String(last.seq) },
  }
}
