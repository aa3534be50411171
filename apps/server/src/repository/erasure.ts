import { macOf } from './withdrawals.js'
import { createHash } from 'node:crypto'
import { typeName } from '@aquifer/core/fhir'
import type { WithdrawalAct } from '@aquifer/core/consent'
import type { Pool, PoolClient } from 'pg'
import { faultPoint } from '../storage/index.js'
import { inTransaction } from './in-transaction.js'
import { forgetEverywhere, forgetInStudy, stillNaming, type NamedPerson } from './traces.js'
import { globalSid } from './types.js'
import type { Erasure, StudyPerson } from './withdrawal-types.js'

// One transaction's share: a writing transaction holds the feed back for everybody.
const ridsPerRound = 1_000
const answersPerRound = 5_000

// A resource about two people goes with either of them.
const ofPerson = `(c.patient = $2 or c.patients @> array[$2::int8])`

interface PersonRow {
  sid: number
  pid: bigint
  id: string
  subject: bigint
  site: number | null
  stopped: WithdrawalAct | null
}
const personOf = ({ id, subject, ...row }: PersonRow): StudyPerson => ({ ...row, patientId: id, subject: Number(subject) })

// All that an erasure removes from or changes.
const sweptTables =
  `str qty dat reach tombstone consent version current enrolment birth person refused_write participant participant_step invitation
  registration relationship relationship_holder job access_review app_user user_session one_time_code oidc_record revoked_token
  oauth_client statement_history notebook notebook_version feed`.split(/\s+/)

export function openErasure(
  pools: { writer: Pool; reader: Pool; eraser: Pool; owner: Pool },
  now: () => number,
  ledgerKey: Uint8Array,
): Erasure {
  const { writer, reader, eraser, owner } = pools
  const onePerson = async (where: string, values: unknown[]): Promise<StudyPerson | null> => {
    const { rows } = await writer.query<PersonRow>(
      `select e.sid, e.patient as pid, p.id, e.subject, e.site, e.stopped from enrolment e join person p on p.pid = e.patient
       where e.sid = $1 and ${where}`,
      values,
    )
    return rows[0] ? personOf(rows[0]) : null
  }
  return {
    personOf: (sid, by) => ('subject' in by ? onePerson(`e.subject = $2`, [sid, by.subject]) : onePerson(`p.id = $2`, [sid, by.patientId])),
    personByPid: (sid, pid) => onePerson(`e.patient = $2`, [sid, pid]),
    async personByMark(sid, mark) {
      const { rows } = await reader.query<{ id: string }>(
        `select p.id from enrolment e join person p on p.pid = e.patient where e.sid = $1`,
        [sid],
      )
      const found = rows.find(({ id }) => macOf(ledgerKey, sid, id).equals(mark))
      return found === undefined ? null : onePerson(`p.id = $2`, [sid, found.id])
    },
    async withheldIds(sid) {
      const { rows } = await reader.query<{ id: string }>(
        `select p.id from enrolment e join person p on p.pid = e.patient where e.sid = $1 and e.withheld`,
        [sid],
      )
      return rows.map(({ id }) => id)
    },
    async isWithheld(sid, patientIds) {
      if (patientIds.length === 0) return false
      const { rows } = await reader.query({
        name: 'is-withheld',
        text: `select 1 from person p join enrolment e on e.sid = $1 and e.patient = p.pid and e.withheld where p.id = any($2::text[]) limit 1`,
        values: [sid, patientIds],
      })
      return rows.length > 0
    },
    async counts({ sid, pid }) {
      const { rows } = await reader.query<{ type: number; n: bigint; versions: bigint }>(
        `select c.type, count(*) as n, sum((select count(*) from version v where v.rid = c.rid))::int8 as versions
         from current c where c.sid = $1 and ${ofPerson} group by c.type`,
        [sid, pid],
      )
      const profiles = await reader.query<{ n: bigint }>(`select count(*) as n from current c where c.sid = $1 and ${ofPerson}`, [
        globalSid,
        pid,
      ])
      return {
        resources: rows.reduce((sum, row) => sum + Number(row.n), 0),
        versions: rows.reduce((sum, row) => sum + Number(row.versions), 0),
        profiles: Number(profiles.rows[0]?.n ?? 0n),
        byType: Object.fromEntries(rows.map((row) => [typeName(row.type), Number(row.n)])),
      }
    },
    async keys({ sid, pid }) {
      const { rows } = await reader.query<{ type: number; id: string }>(
        `select c.type, c.id from current c where c.sid in ($1::int2, ${globalSid}) and ${ofPerson}`,
        [sid, pid],
      )
      return rows.map((row) => ({ type: typeName(row.type), id: row.id }))
    },
    async entomb({ sid, pid }) {
      const { rowCount } = await writer.query(
        `insert into tombstone (sid, rid, version) select $1::int2, c.rid, c.version + 1 from current c
         where c.sid in ($1::int2, ${globalSid}) and not c.deleted and ${ofPerson} on conflict do nothing`,
        [sid, pid],
      )
      return rowCount ?? 0
    },
    remove: (person) => removePerson(eraser, person, now()),
    async forgetAnswers(before) {
      let forgotten = 0
      for (;;) {
        const { rowCount } = await eraser.query(
          `delete from registration where ctid = any(array(select ctid from registration where at < $1 limit $2))`,
          [before, answersPerRound],
        )
        forgotten += rowCount ?? 0
        if ((rowCount ?? 0) < answersPerRound) return forgotten
      }
    },
    async naming(person) {
      const { rowCount } = await writer.query(`select 1 from enrolment where patient = $1 limit 1`, [person.pid])
      return await stillNaming(writer, person, rowCount === 0)
    },
    async sweep() {
      // Removed rows are unreadable at once; their bytes go when the tables are swept. One at a time, since each is a transaction.
      for (const table of sweptTables) await owner.query(`vacuum (index_cleanup on) ${table}`)
    },
  }
}

async function removePerson(eraser: Pool, person: NamedPerson, at: number): Promise<{ counts: Record<string, number>; hash: string }> {
  const { sid, pid } = person
  const hash = createHash('sha256')
  const counts: Record<string, number> = {}
  const add = (more: Record<string, number>): void => {
    for (const [name, n] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + n
  }
  for (;;) {
    const round = await inTransaction(eraser, (client) => removeRound(client, sid, pid))
    for (const each of round.hashes) hash.update(each)
    add({ resources: round.resources, versions: round.hashes.length, indexRows: round.indexRows })
    if (round.resources === 0) break
    await faultPoint('repository.round-removed')
  }
  await inTransaction(eraser, async (client) => {
    add(await forgetInStudy(client, person))
    await client.query(`delete from enrolment where sid = $1 and patient = $2`, [sid, pid])
    const others = await client.query(`select 1 from enrolment where patient = $1 limit 1`, [pid])
    if (others.rowCount !== 0) return
    // No other study holds the person: profile, accounts and id go, too.
    add(await forgetEverywhere(client, person, at))
    const profiles = await removeRound(client, globalSid, pid)
    for (const each of profiles.hashes) hash.update(each)
    add({ profiles: profiles.resources, versions: profiles.hashes.length })
    await client.query(`delete from birth where pid = $1`, [pid])
    await client.query(
      `delete from person p where p.pid = $1 and not exists (select 1 from current c where c.patient = $1 or c.patients @> array[$1::int8])`,
      [pid],
    )
  })
  return { counts, hash: hash.digest('hex') }
}

async function removeRound(
  client: PoolClient,
  sid: number,
  pid: bigint,
): Promise<{ resources: number; indexRows: number; hashes: Buffer[] }> {
  const found = await client.query<{ rid: bigint }>(
    `select c.rid from current c where c.sid = $1 and ${ofPerson} order by c.rid limit $3`,
    [sid, pid, ridsPerRound],
  )
  const rids = found.rows.map(({ rid }) => rid)
  if (rids.length === 0) return { resources: 0, indexRows: 0, hashes: [] }
  let indexRows = 0
  for (const table of ['str', 'qty', 'dat'] as const)
    indexRows += (await client.query(`delete from ${table} where rid = any($1::int8[])`, [rids])).rowCount ?? 0
  for (const table of ['reach', 'tombstone'] as const) await client.query(`delete from ${table} where rid = any($1::int8[])`, [rids])
  await client.query(`delete from consent where contract = any($1::int8[])`, [rids])
  const gone = await client.query<{ hash: Buffer | null }>(
    `with gone as (delete from version where rid = any($1::int8[]) returning rid, version, hash) select hash from gone order by rid, version`,
    [rids],
  )
  await client.query(`delete from current where rid = any($1::int8[])`, [rids])
  return { resources: rids.length, indexRows, hashes: gone.rows.map((row) => row.hash ?? Buffer.alloc(0)) }
}
