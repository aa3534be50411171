import { globalTypes, typeNumber } from '@aquifer/core/fhir'
import type { Queryable } from './people.js'
import { storedVersion, versionColumns, type VersionRow } from './read.js'
import type { RecordPage, RecordQuery } from './types.js'

const recordSql = `
select ${versionColumns} from current c join version v on v.rid = c.rid and v.version = c.version
cross join lateral (select p.pid from person p where p.id = $3) w
where (c.patient = w.pid or c.patients @> array[w.pid]) and not c.deleted
  and (c.sid = $1 or (c.sid = 0 and c.type = any($4::int2[]))) and c.type = any($2::int2[])
  and ($5::int8 is null or c.dhi is null or c.dhi > $5) and ($6::int8 is null or c.dlo is null or c.dlo < $6)
  and (c.type, c.rid) > ($7::int2, $8::int8)
order by c.type, c.rid limit $9`

const profiles = [...globalTypes].map(typeNumber)

/** All that is about a person in a study, and his profile: type by type, in order of arrival. */
export async function readRecord(client: Queryable, query: RecordQuery): Promise<RecordPage> {
  const { sid, types, patientId, from, to, after, limit } = query
  const numbers = types.map(typeNumber)
  const { rows } = await client.query<VersionRow>({
    text: recordSql,
    values: [sid, numbers, patientId, profiles, from, to, after?.type ?? -1, after?.rid ?? '0', limit],
  })
  const last = rows.at(-1)
  return {
    rows: rows.map(storedVersion),
    next: last === undefined || rows.length < limit ? null : { type: last.type, rid: String(last.rid) },
  }
}
