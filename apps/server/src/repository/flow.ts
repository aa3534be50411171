import { typeNumber } from '@aquifer/core/fhir'
import type { PoolClient } from 'pg'
import { int2Array, int4Array, int8Array, textArray } from './binary.js'
import { globalSid } from './types.js'
import type { PreparedWrite, WriteOutcome } from './types.js'

// How versions without a study reach the studies' lakes: profiles where their person is enrolled, reference data where a resource
// of the study has named it. Whoever adds a way (enrolment, first naming) and whoever adds a version must not miss each other: both
// take the same lock (the person's row, or the name) and only then look, with a new statement and so a new snapshot.

interface Named {
  type: number
  id: string
  sid: number
}

const hasFlow = new Set(['created', 'updated', 'deleted'])

export async function emitFlows(client: PoolClient, writes: readonly PreparedWrite[], outcomes: readonly WriteOutcome[]): Promise<void> {
  const written: { rid: bigint; version: number; name: string }[] = []
  const named = new Map<string, Named>()
  for (const [i, write] of writes.entries()) {
    const outcome = outcomes[i]
    if (outcome === undefined || outcome.rid === null || !hasFlow.has(outcome.outcome)) continue
    if (write.sid === globalSid) {
      written.push({ rid: outcome.rid, version: outcome.version, name: nameOf(write) })
      if (write.from !== undefined)
        named.set(`${write.from} ${nameOf(write)}`, { type: typeNumber(write.type), id: write.id, sid: write.from })
    } else
      for (const target of write.refers ?? [])
        named.set(`${write.sid} ${nameOf(target)}`, { ...target, type: typeNumber(target.type), sid: write.sid })
  }
  if (named.size > 0) await openFlows(client, [...named.values()])
  if (written.length > 0) await emitVersions(client, written)
}

const nameOf = (target: { type: string; id: string }): string => `${target.type}/${target.id}`

// Deterministic order, and one lock per name only where reference data is involved: profiles' people were locked by the write.
async function lockNames(client: PoolClient, names: readonly string[]): Promise<void> {
  const sorted = [...new Set(names)].sort()
  await client.query({
    name: 'lock-names',
    text: `select pg_advisory_xact_lock(hashtextextended(n, 7)) from unnest($1::text[]) n`,
    values: [textArray(sorted)],
  })
}

async function openFlows(client: PoolClient, named: readonly Named[]): Promise<void> {
  const sorted = [...named].sort((a, b) => a.type - b.type || (a.id < b.id ? -1 : a.id > b.id ? 1 : a.sid - b.sid))
  const opened = await client.query<Named>({
    name: 'open-flows',
    text: `insert into flow (type, id, sid) select * from unnest($1::int2[], $2::text[], $3::int2[])
      on conflict do nothing returning type, id, sid`,
    values: [int2Array(sorted.map((n) => n.type)), textArray(sorted.map((n) => n.id)), int2Array(sorted.map((n) => n.sid))],
  })
  if (opened.rows.length === 0) return
  await lockNames(
    client,
    opened.rows.map((row) => `${row.type}/${row.id}`),
  )
  await client.query({
    name: 'emit-named',
    text: `insert into reach (sid, rid, version)
      select n.sid, c.rid, c.version from unnest($1::int2[], $2::text[], $3::int2[]) n(type, id, sid)
      join current c on c.sid = ${globalSid} and c.type = n.type and c.id = n.id and not c.deleted
      on conflict do nothing`,
    values: [int2Array(opened.rows.map((n) => n.type)), textArray(opened.rows.map((n) => n.id)), int2Array(opened.rows.map((n) => n.sid))],
  })
}

async function emitVersions(client: PoolClient, written: readonly { rid: bigint; version: number; name: string }[]): Promise<void> {
  const names = written.map(({ name }) => name).filter((name) => !profile.test(name))
  if (names.length > 0) await lockNames(client, names.map(numbered))
  await client.query({
    name: 'emit-versions',
    text: `insert into reach (sid, rid, version)
      select e.sid, w.rid, w.version from unnest($1::int8[], $2::int4[]) w(rid, version) join current c on c.rid = w.rid
      join enrolment e on e.patient = c.patient where e.to_at is null and e.stopped is null
      union
      select e.sid, w.rid, w.version from unnest($1::int8[], $2::int4[]) w(rid, version) join current c on c.rid = w.rid
      cross join lateral unnest(c.patients) p join enrolment e on e.patient = p where e.to_at is null and e.stopped is null
      union
      select f.sid, w.rid, w.version from unnest($1::int8[], $2::int4[]) w(rid, version) join current c on c.rid = w.rid
      join flow f on f.type = c.type and f.id = c.id
      on conflict do nothing`,
    values: [int8Array(written.map((w) => w.rid)), int4Array(written.map((w) => w.version))],
  })
}

const profile = /^(?:Patient|Person|RelatedPerson)\//
const numbered = (name: string): string => {
  const slash = name.indexOf('/')
  return `${typeNumber(name.slice(0, slash))}${name.slice(slash)}`
}

export async function studiesNaming(client: Pick<PoolClient, 'query'>, type: string, id: string): Promise<number[]> {
  const { rows } = await client.query<{ sid: number }>({
    name: 'studies-naming',
    text: `select sid from flow where type = $1 and id = $2 order by sid`,
    values: [typeNumber(type), id],
  })
  return rows.map((row) => row.sid)
}

// The newest versions of these people's profiles, for a study that enrols them. Their person rows are locked by the caller.
export async function emitProfiles(client: PoolClient, people: readonly { sid: number; pid: bigint }[]): Promise<void> {
  await client.query({
    name: 'emit-profiles',
    text: `insert into reach (sid, rid, version)
      select n.sid, c.rid, c.version from unnest($1::int2[], $2::int8[]) n(sid, pid)
      cross join lateral (
        select rid, version from current where patient = n.pid and sid = ${globalSid} and not deleted
        union
        select rid, version from current where patients @> array[n.pid] and sid = ${globalSid} and not deleted
      ) c on conflict do nothing`,
    values: [int2Array(people.map((p) => p.sid)), int8Array(people.map((p) => p.pid))],
  })
}
