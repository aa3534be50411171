import type { WithdrawalAct } from '@aquifer/core/consent'
import type { PoolClient } from 'pg'
import { int2Array, int4Array, int8Array, textArray } from './binary.js'
import { emitProfiles } from './flow.js'
import type { ConsentRow, EnrolPerson, Enrolment, PersonState } from './types.js'

type PersonKey = { sid: number; patientId: string }
export interface Queryable {
  query: PoolClient['query']
}

interface EnrolmentRow {
  ord: number
  site: number | null
  subject: bigint
  from_at: bigint
  to_at: bigint | null
  stopped: WithdrawalAct | null
  withheld: boolean
}

const keyArrays = (keys: readonly PersonKey[]): Buffer[] => [
  int2Array(keys.map((key) => key.sid)),
  textArray(keys.map((key) => key.patientId)),
]

const enrolmentColumns = `k.ord::int as ord, e.site, e.subject, e.from_at, e.to_at, e.stopped, e.withheld`
const enrolmentsOf = `from unnest($1::int2[], $2::text[]) with ordinality k(sid, id, ord)
  join person p on p.id = k.id join enrolment e on e.sid = k.sid and e.patient = p.pid`

// First the lock, then, in a statement and snapshot of its own, what it protects.
export async function lockPeople(client: PoolClient, keys: readonly PersonKey[], mode: 'share' | 'exclusive'): Promise<PersonState[]> {
  if (keys.length === 0) return []
  // Sent together and answered in this order, each with a snapshot of its own.
  const [locked, consents] = await Promise.all([lockEnrolments(client, keys, mode), readConsents(client, keys)])
  const enrolled = new Set(locked.map((row) => row.ord - 1))
  const places = keys.map((_, place) => place).filter((place) => !enrolled.has(place))
  if (places.length === 0) return peopleStates(keys, locked, consents)
  const outside = places.map((place) => keys[place] as PersonKey)
  await lockAbsent(client, outside, mode)
  const [entered, latest] = await Promise.all([lockEnrolments(client, outside, mode), readConsents(client, keys)])
  for (const row of entered) locked.push({ ...row, ord: (places[row.ord - 1] ?? 0) + 1 })
  return peopleStates(keys, locked, latest)
}

async function lockEnrolments(client: PoolClient, keys: readonly PersonKey[], mode: 'share' | 'exclusive'): Promise<EnrolmentRow[]> {
  const { rows } = await client.query<EnrolmentRow>({
    name: `lock-people-${mode}`,
    text: `select ${enrolmentColumns} ${enrolmentsOf} order by e.sid, e.patient for ${mode === 'share' ? 'share' : 'update'} of e`,
    values: keyArrays(keys),
  })
  return rows
}

// PostgreSQL keeps all advisory locks in one table of a few thousand places.
const absentLockedMax = 200

// Who is not enrolled has no row to lock, and a refused write may leave none: his name is locked. For very many people it is the
// study, which everybody who locks single names holds in share mode.
async function lockAbsent(client: PoolClient, keys: readonly PersonKey[], mode: 'share' | 'exclusive'): Promise<void> {
  const lock = async (names: readonly string[], how: 'share' | 'exclusive'): Promise<void> => {
    await client.query({
      name: `lock-absent-${how}`,
      text: `select pg_advisory_xact_lock${how === 'share' ? '_shared' : ''}(hashtextextended(n, 13)) from unnest($1::text[]) n`,
      values: [textArray([...new Set(names)].sort())],
    })
  }
  const many = keys.length > absentLockedMax
  await lock(
    keys.map(({ sid }) => String(sid)),
    many ? 'exclusive' : 'share',
  )
  if (!many)
    await lock(
      keys.map(({ sid, patientId }) => `${sid}/${patientId}`),
      mode,
    )
}

export async function readPeople(client: Queryable, keys: readonly PersonKey[]): Promise<PersonState[]> {
  if (keys.length === 0) return []
  const rows = await client.query<EnrolmentRow>({
    name: 'read-people',
    text: `select ${enrolmentColumns} ${enrolmentsOf}`,
    values: keyArrays(keys),
  })
  return peopleStates(keys, rows.rows, await readConsents(client, keys))
}

interface ConsentJoined {
  ord: number
  pid: bigint
  type: string | null
  status: string
  lo: bigint | null
  hi: bigint | null
  contract: bigint
  contract_id: string
  version: number
  consent_order: bigint
  form: string | null
  born: string | null
}

async function readConsents(client: Queryable, keys: readonly PersonKey[]): Promise<ConsentJoined[]> {
  const { rows } = await client.query<ConsentJoined>({
    name: 'read-consents',
    text: `select k.ord::int as ord, p.pid, c.type, c.status, c.lo, c.hi, c.contract, x.id as contract_id, c.version, c.ord as consent_order, c.form, b.date as born
      from unnest($1::int2[], $2::text[]) with ordinality k(sid, id, ord) join person p on p.id = k.id
      left join consent c on c.sid = k.sid and c.patient = p.pid left join current x on x.rid = c.contract
      left join birth b on b.pid = p.pid`,
    values: keyArrays(keys),
  })
  return rows
}

function peopleStates(keys: readonly PersonKey[], enrolments: readonly EnrolmentRow[], consents: readonly ConsentJoined[]): PersonState[] {
  const states: PersonState[] = keys.map(({ sid, patientId }) => ({
    sid,
    patientId,
    pid: null,
    enrolment: null,
    birthDate: null,
    consents: [],
  }))
  for (const row of enrolments) {
    const state = states[row.ord - 1]
    if (state) state.enrolment = enrolmentOf(row)
  }
  for (const row of consents) {
    const state = states[row.ord - 1]
    if (!state) continue
    state.pid = row.pid
    state.birthDate = row.born
    if (row.type !== null) state.consents.push(consentOf(row, row.type))
  }
  return states
}

export function enrolmentOf(row: Omit<EnrolmentRow, 'ord'>): Enrolment {
  return {
    site: row.site,
    subject: Number(row.subject),
    from: Number(row.from_at),
    to: row.to_at === null ? null : Number(row.to_at),
    stopped: row.stopped,
    withheld: row.withheld,
  }
}

function consentOf(row: ConsentJoined, type: string): ConsentRow {
  return {
    type,
    status: row.status,
    lo: row.lo === null ? null : Number(row.lo),
    hi: row.hi === null ? null : Number(row.hi),
    contract: row.contract,
    contractId: row.contract_id,
    version: row.version,
    order: row.consent_order,
    form: row.form,
  }
}

// Numbers for these ids, made where there are none, their rows locked in order of the id.
async function holdPersons(client: PoolClient, ids: readonly string[]): Promise<Map<string, bigint>> {
  const sorted = [...new Set(ids)].sort()
  await client.query({
    name: 'make-persons',
    text: `insert into person (pid, id) select nextval('person_pid_seq'), n.id from unnest($1::text[]) n(id)
      where not exists (select 1 from person p where p.id = n.id) on conflict (id) do nothing`,
    values: [textArray(sorted)],
  })
  const { rows } = await client.query<{ pid: bigint; id: string }>({
    name: 'hold-persons',
    text: `select p.pid, p.id from unnest($1::text[]) n(id) join person p on p.id = n.id order by p.id for no key update of p`,
    values: [textArray(sorted)],
  })
  return new Map(rows.map((row) => [row.id, row.pid]))
}

export async function enrol(
  client: PoolClient,
  people: readonly EnrolPerson[],
): Promise<{ patientId: string; outcome: 'enrolled' | 'already-enrolled' }[]> {
  if (people.length === 0) return []
  const pids = await holdPersons(
    client,
    people.map((person) => person.patientId),
  )
  const rows = new Map(people.map((person) => [`${person.sid} ${person.patientId}`, { ...person, pid: pids.get(person.patientId) ?? 0n }]))
  const sorted = [...rows.values()].sort((a, b) => a.sid - b.sid || Number(a.pid - b.pid))
  const entered = await client.query<{ sid: number; patient: bigint }>({
    name: 'enrol',
    text: `with entered as (insert into enrolment (sid, patient, site, from_at, subject)
      select k.sid, k.patient, k.site, k.from_at, coalesce(l.subject, nextval('subject_seq'))
      from unnest($1::int2[], $2::int8[], $3::int4[], $4::int8[]) k(sid, patient, site, from_at)
      left join lateral (select x.subject from participant x where x.sid = k.sid and x.patient = k.patient) l on true
      on conflict (sid, patient) do update set to_at = null, site = excluded.site, from_at = excluded.from_at, stopped = null, stopped_at = null, withheld = false
      where enrolment.to_at is not null or enrolment.stopped in ('stop-new', 'stop-use')
      returning sid, patient, site, from_at, subject),
      logged as (insert into participant (sid, subject, patient, site, state, since)
        select sid, subject, patient, site, 'enrolled', from_at from entered
        on conflict (sid, subject) do update set state = 'enrolled', since = excluded.since, site = excluded.site),
      told as (insert into participant_step (sid, subject, site, state, at, recorded_at, actor)
        select sid, subject, site, 'enrolled', from_at, from_at, 'data' from entered)
      select sid, patient from entered`,
    values: [
      int2Array(sorted.map((row) => row.sid)),
      int8Array(sorted.map((row) => row.pid)),
      int4Array(sorted.map((row) => row.site)),
      int8Array(sorted.map((row) => row.from)),
    ],
  })
  const isNew = new Set(entered.rows.map((row) => `${row.sid} ${row.patient}`))
  if (entered.rows.length > 0) {
    await emitProfiles(
      client,
      entered.rows.map((row) => ({ sid: row.sid, pid: row.patient })),
    )
  }
  return people.map(({ sid, patientId }) => ({
    patientId,
    outcome: isNew.has(`${sid} ${pids.get(patientId)}`) ? 'enrolled' : 'already-enrolled',
  }))
}

export async function noteBirths(client: PoolClient, births: readonly { patientId: string; date: string }[]): Promise<void> {
  if (births.length === 0) return
  const last = new Map(births.map(({ patientId, date }) => [patientId, date]))
  await client.query({
    name: 'note-births',
    text: `insert into birth (pid, date) select p.pid, k.date from unnest($1::text[], $2::text[]) k(id, date) join person p on p.id = k.id
      order by p.pid on conflict (pid) do update set date = excluded.date where birth.date <> excluded.date`,
    values: [textArray([...last.keys()]), textArray([...last.values()])],
  })
}

export async function endEnrolment(client: PoolClient, people: readonly { sid: number; patientId: string; to: number }[]): Promise<void> {
  await client.query({
    name: 'end-enrolment',
    text: `update enrolment e set to_at = k.to_at from unnest($1::int2[], $2::text[], $3::int8[]) k(sid, id, to_at)
      join person p on p.id = k.id where e.sid = k.sid and e.patient = p.pid and e.to_at is null`,
    values: [...keyArrays(people), int8Array(people.map((person) => person.to))],
  })
}

export async function enrolmentsOfPerson(client: Queryable, patientId: string): Promise<(Enrolment & { sid: number })[]> {
  const { rows } = await client.query<Omit<EnrolmentRow, 'ord'> & { sid: number }>(
    `select e.sid, e.site, e.subject, e.from_at, e.to_at, e.stopped, e.withheld from person p join enrolment e on e.patient = p.pid where p.id = $1 order by e.sid`,
    [patientId],
  )
  return rows.map((row) => ({ sid: row.sid, ...enrolmentOf(row) }))
}

export async function personId(client: Queryable, patientId: string): Promise<bigint | null> {
  const { rows } = await client.query<{ pid: bigint }>(`select pid from person where id = $1`, [patientId])
  return rows[0]?.pid ?? null
}

export async function patientIds(client: Queryable, pids: readonly bigint[]): Promise<Map<bigint, string>> {
  const { rows } = await client.query<{ pid: bigint; id: string }>(`select pid, id from person where pid = any($1::int8[])`, [pids])
  return new Map(rows.map((row) => [row.pid, row.id]))
}
