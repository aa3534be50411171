import { typeNumber } from '@aquifer/core/fhir'
import type { Pool, PoolClient } from 'pg'
import type { Queryable } from './people.js'
import { contentText } from './read.js'
import type { HeldRelationship, RelationshipRow, Relationships } from './registers.js'

interface Row extends Omit<RelationshipRow, 'from' | 'to' | 'ended' | 'grantedBy'> {
  from_at: bigint
  to_at: bigint | null
  ended: bigint | null
  granted_by: string
}
const columns = `r.id, r.kind, r.holder, r.target, r.sid, r.site, r.from_at, r.to_at, r.ended, r.granted_by, r.detail`
const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value))

function relationshipOf(row: Row): RelationshipRow {
  const { id, kind, holder, target, sid, site, detail } = row
  const times = { from: Number(row.from_at), to: numberOrNull(row.to_at), ended: numberOrNull(row.ended) }
  return { id, kind, holder, target, sid, site, ...times, grantedBy: row.granted_by, detail }
}

const list = async (client: Queryable, where: string, values: unknown[]): Promise<RelationshipRow[]> => {
  const { rows } = await client.query<Row>(`select ${columns} from relationship r ${where}`, values)
  return rows.map(relationshipOf)
}

export function openRelationships(writer: Pool): Relationships {
  return {
    async ofHolders(holders, at) {
      // The stamp first: rows newer than it make a write look twice, older ones would let it through.
      const stamp = await stampOf(writer, holders, '')
      return { stamp, rows: await heldBy(writer, holders, at) }
    },
    siteStudies: (sids) => list(writer, `where r.kind = 'site-study' and r.sid = any($1::int2[])`, [sids]),
    async byId(id) {
      return (await list(writer, `where r.id = $1`, [id]))[0] ?? null
    },
    newest: (kind, limit) => list(writer, `where r.kind = $1 order by r.from_at desc, r.id desc limit $2`, [kind, limit]),
    list: ({ sids, kinds, holder, target, search, state, since, after, limit }) =>
      list(
        writer,
        `where ($1::int2[] is null or r.sid = any($1)) and ($2::text[] is null or r.kind = any($2)) and ($3::text is null or r.holder = $3)
           and ($4::text is null or r.target = $4) and ($5::int8 is null or r.from_at >= $5) and ($6::text is null or r.id > $6)
           and ($7::text is null or strpos(lower(r.holder || ' ' || r.target), lower($7)) > 0)
           and ($8::bool is null or $8 = (r.ended is null and (r.to_at is null or r.to_at > $9)))
         order by r.id limit $10`,
        [
          sids ?? null,
          kinds ?? null,
          holder ?? null,
          target ?? null,
          since ?? null,
          after ?? null,
          search ?? null,
          state === undefined ? null : state.is === 'open',
          state?.at ?? null,
          limit,
        ],
      ),
  }
}

// What may still hold, with the studies of the person it leads to where it names none, and for guardians the person's own resource.
async function heldBy(client: Queryable, holders: readonly string[], at: number): Promise<HeldRelationship[]> {
  const { rows } = await client.query<Row & { enrolled: number[] | null; patient: string | null }>(
    `select ${columns},
       case when r.sid is null then array(select e.sid from person p join enrolment e on e.patient = p.pid
         where p.id = substr(r.target, 9) and r.target like 'Patient/%') end as enrolled,
       case when r.kind = 'guardian' then (select ${contentText} from current c join version v on v.rid = c.rid and v.version = c.version
         where c.sid = 0 and c.type = $3 and c.id = substr(r.target, 9) and not c.deleted) end as patient
     from relationship r where r.holder = any($1) and r.ended is null and (r.to_at is null or r.to_at > $2)`,
    [holders, at, typeNumber('Patient')],
  )
  return rows.map((row) => ({ ...relationshipOf(row), enrolled: row.enrolled ?? [], patient: row.patient }))
}

async function stampOf(client: Queryable, holders: readonly string[], lock: '' | 'for share'): Promise<string> {
  const { rows } = await client.query<{ holder: string; n: bigint }>(
    `select holder, n from relationship_holder where holder = any($1) order by holder ${lock}`,
    [holders],
  )
  return rows.map(({ holder, n }) => `${holder} ${n}`).join(',')
}

export const holdRelationships = (client: PoolClient, holders: readonly string[]): Promise<string> => stampOf(client, holders, 'for share')

async function touchHolders(client: PoolClient, holders: readonly string[]): Promise<void> {
  await client.query(
    `insert into relationship_holder (holder, n) select h, 1 from unnest($1::text[]) h order by h
     on conflict (holder) do update set n = relationship_holder.n + 1`,
    [[...new Set(holders)].sort()],
  )
}

export async function relate(client: PoolClient, rows: readonly RelationshipRow[]): Promise<void> {
  if (rows.length === 0) return
  await touchHolders(
    client,
    rows.map(({ holder }) => holder),
  )
  await client.query(
    `insert into relationship (id, kind, holder, target, sid, site, from_at, to_at, ended, granted_by, detail)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int2[], $6::int4[], $7::int8[], $8::int8[], $9::int8[], $10::text[],
       $11::jsonb[])`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.kind),
      rows.map((row) => row.holder),
      rows.map((row) => row.target),
      rows.map((row) => row.sid),
      rows.map((row) => row.site),
      rows.map((row) => row.from),
      rows.map((row) => row.to),
      rows.map((row) => row.ended),
      rows.map((row) => row.grantedBy),
      rows.map((row) => JSON.stringify(row.detail)),
    ],
  )
}

/** Ends what has not ended; answers what was ended now. Writes that rest on them are waited for. */
export async function endRelationships(client: PoolClient, ids: readonly string[], at: number, note: object): Promise<RelationshipRow[]> {
  const found = await list(client, `where r.id = any($1) and r.ended is null`, [ids])
  if (found.length === 0) return []
  await touchHolders(
    client,
    found.map(({ holder }) => holder),
  )
  const { rows } = await client.query<Row>(
    `update relationship r set ended = greatest($2, r.from_at), detail = r.detail || $3::jsonb where r.id = any($1) and r.ended is null
     returning ${columns}`,
    [ids, at, JSON.stringify(note)],
  )
  return rows.map(relationshipOf)
}

/** Adds to what is noted of a relationship, only where that was not noted before. */
export async function noteOnRelationship(client: PoolClient, id: string, key: string, note: object): Promise<boolean> {
  const { rowCount } = await client.query(
    `update relationship set detail = detail || jsonb_build_object($2::text, $3::jsonb) where id = $1 and not detail ? $2`,
    [id, key, JSON.stringify(note)],
  )
  return rowCount === 1
}
