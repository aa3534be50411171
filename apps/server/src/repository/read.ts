import { typeName, typeNumber } from '@aquifer/core/fhir'
import { int2Array, textArray } from './binary.js'
import type { Queryable } from './people.js'
import type { ResourceKey, Standing, StoredVersion } from './types.js'

export interface VersionRow {
  rid: bigint
  sid: number
  type: number
  id: string
  version: number
  op: 'C' | 'U' | 'D'
  at: bigint
  patient_id: string | null
  other_ids: string[] | null
  site: number | null
  hash: Buffer | null
  content: string | null
}

// Content is JSON, so text; as bytes the driver would get it in hexadecimal, twice as long.
export const contentText = `convert_from(v.content, 'UTF8')`

export const contentBytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text))

// c: current (for the id), v: version
const peopleColumns = `(select p.id from person p where p.pid = v.patient) as patient_id,
  case when c.patients is not null then array(select p.id from person p where p.pid = any(c.patients) and p.pid <> v.patient) end as other_ids`
export const versionColumns = `v.rid, v.sid, v.type, c.id, v.version, v.op, v.at,
  ${peopleColumns}, v.site, v.hash, ${contentText} as content`

const patientIdsOf = (row: Pick<VersionRow, 'patient_id' | 'other_ids'>): string[] =>
  row.patient_id === null ? [] : [row.patient_id, ...(row.other_ids ?? [])]

export function storedVersion(row: VersionRow): StoredVersion {
  return {
    rid: row.rid,
    sid: row.sid,
    type: typeName(row.type),
    id: row.id,
    version: row.version,
    op: row.op,
    updatedAt: Number(row.at),
    patientId: row.patient_id,
    patientIds: patientIdsOf(row),
    site: row.site,
    hash: row.hash,
    content: contentBytes(row.content),
  }
}

async function versions(client: Queryable, name: string, text: string, values: unknown[]): Promise<StoredVersion[]> {
  const { rows } = await client.query<VersionRow>({ name, text, values })
  return rows.map(storedVersion)
}

const ofKey = `c.sid = $1 and c.type = $2 and c.id = $3`
const keyValues = (key: ResourceKey): unknown[] => [key.sid, typeNumber(key.type), key.id]

export async function readNewest(client: Queryable, key: ResourceKey): Promise<StoredVersion | null> {
  const text = `select ${versionColumns} from current c join version v on v.rid = c.rid and v.version = c.version where ${ofKey}`
  return (await versions(client, 'read', text, keyValues(key)))[0] ?? null
}

const keyArrays = (keys: readonly ResourceKey[]): Buffer[] => [
  int2Array(keys.map((key) => key.sid)),
  int2Array(keys.map((key) => typeNumber(key.type))),
  textArray(keys.map((key) => key.id)),
]

export async function readVersionNumbers(client: Queryable, keys: readonly ResourceKey[]): Promise<number[]> {
  const found = keys.map(() => 0)
  const { rows } = await client.query<{ ord: number; version: number }>({
    name: 'version-numbers',
    text: `select k.ord::int as ord, c.version from unnest($1::int2[], $2::int2[], $3::text[]) with ordinality k(sid, type, id, ord)
      join current c on c.sid = k.sid and c.type = k.type and c.id = k.id`,
    values: keyArrays(keys),
  })
  for (const row of rows) found[row.ord - 1] = row.version
  return found
}

export async function readStanding(client: Queryable, keys: readonly ResourceKey[]): Promise<(Standing | null)[]> {
  const found: (Standing | null)[] = keys.map(() => null)
  if (keys.length === 0) return found
  const { rows } = await client.query<{ ord: number; site: number | null; patient_id: string | null; other_ids: string[] | null }>({
    name: 'standing',
    text: `select k.ord::int as ord, v.site, ${peopleColumns}
      from unnest($1::int2[], $2::int2[], $3::text[]) with ordinality k(sid, type, id, ord)
      join current c on c.sid = k.sid and c.type = k.type and c.id = k.id join version v on v.rid = c.rid and v.version = c.version`,
    values: keyArrays(keys),
  })
  for (const row of rows) found[row.ord - 1] = { site: row.site, patientIds: patientIdsOf(row) }
  return found
}

export async function readVersion(client: Queryable, key: ResourceKey, version: number): Promise<StoredVersion | null> {
  const text = `select ${versionColumns} from current c join version v on v.rid = c.rid where ${ofKey} and v.version = $4`
  return (await versions(client, 'vread', text, [...keyValues(key), version]))[0] ?? null
}

export async function readHistory(
  client: Queryable,
  key: ResourceKey,
  page: { before?: number; since?: number; limit: number },
): Promise<StoredVersion[]> {
  const text = `select ${versionColumns} from current c join version v on v.rid = c.rid
    where ${ofKey} and v.version < $4 and v.at >= $6 order by v.version desc limit $5`
  return await versions(client, 'history', text, [...keyValues(key), page.before ?? 2147483647, page.limit, page.since ?? 0])
}

export async function locate(client: Queryable, type: string, id: string): Promise<number[]> {
  const { rows } = await client.query<{ sid: number }>({
    name: 'locate',
    text: `select s.sid from (select sid from study union all select 0::int2) s
      cross join lateral (select 1 from current c where c.sid = s.sid and c.type = $1 and c.id = $2 and not c.deleted) x order by s.sid`,
    values: [typeNumber(type), id],
  })
  return rows.map((row) => row.sid)
}

export async function countsByType(client: Queryable, sid: number): Promise<Record<string, number>> {
  const { rows } = await client.query<{ type: number; n: bigint }>(
    `select type, sum(n)::int8 as n from (
       select type, count(*) as n from current where sid = $1 and not deleted group by type
       union all
       select c.type, count(*) from enrolment e join current c on c.patient = e.patient and c.sid = 0 and not c.deleted
       where e.sid = $1 and $1 <> 0 group by c.type
     ) x group by type`,
    [sid],
  )
  return Object.fromEntries(rows.map((row) => [typeName(row.type), Number(row.n)]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
}
