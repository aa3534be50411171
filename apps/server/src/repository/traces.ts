import { typeNumber } from '@aquifer/core/fhir'
import type { Pool, PoolClient } from 'pg'
import { globalSid } from './types.js'

// What names a person beside his resources. Everything is looked up by the id the person had, which goes with the last of it.

export interface NamedPerson {
  sid: number
  pid: bigint
  patientId: string
  subject: number
}
const nobody = 'erased'

/** Of one study: the log keeps the subject number, without the person and without what was written about him. */
export async function forgetInStudy(client: PoolClient, { sid, pid, patientId, subject }: NamedPerson): Promise<Record<string, number>> {
  const refusals = await client.query(`delete from refused_write where sid = $1 and patient = $2`, [sid, patientId])
  await client.query(`update participant set patient = null where sid = $1 and patient = $2`, [sid, pid])
  await client.query(`update participant_step set reason = null where sid = $1 and subject = $2 and reason <> 'consent withdrawn'`, [
    sid,
    subject,
  ])
  const invitations = await client.query(
    `update invitation set patient = null, address = null, finding = null, account = null where sid = $1 and patient = $2`,
    [sid, patientId],
  )
  const registrations = await client.query(`delete from registration where sid = $1 and patient = $2`, [sid, patientId])
  const tied = await client.query(`delete from relationship where sid = $1 and (target = $2 or holder = $2)`, [sid, `Patient/${patientId}`])
  const jobs = await client.query(jobsSql(`sid = $3`), [...quoted(patientId), sid])
  return {
    refusals: rows(refusals),
    invitations: rows(invitations),
    registrations: rows(registrations),
    relationships: rows(tied),
    jobs: rows(jobs),
  }
}

/** Of a person who is in no study any more. */
export async function forgetEverywhere(client: PoolClient, person: NamedPerson, at: number): Promise<Record<string, number>> {
  const { patientId, pid } = person
  const actors = [`Patient/${patientId}`, ...(await relativesOf(client, pid))]
  const names = await accountsOf(client, actors, patientId)
  const accounts = await client.query(
    `update app_user set display = $2, password = null, status = 'disabled', studies = '{}', sites = '{}', patient = null, settings = '{}',
       email = null, subject = null, actor = null, tokens_from = $3, updated_at = $3, failures = 0, locked_until = 0, signed_in_at = null
     where name = any($1)`,
    [names, nobody, at],
  )
  const devices = await programsWithout(client, patientId, at)
  const sessions = await client.query(`delete from user_session where user_name = any($1)`, [[...names, ...devices]])
  await client.query(`delete from one_time_code where user_name = any($1)`, [names])
  await client.query(`delete from oidc_record where payload ->> 'accountId' = any($1)`, [names])
  await client.query(`update revoked_token set by_user = $2 where by_user = any($1)`, [names, nobody])
  await client.query(`delete from registration where split_part(actor, ' ', 2) = any($1)`, [names])
  await client.query(`delete from refused_write where client = any($1)`, [names])
  await client.query(`delete from feed where sender = any($1)`, [[...names, ...devices]])
  await client.query(
    `update access_review r set items = (
       select jsonb_agg(case when i ->> 'holder' = any($1) then i || jsonb_build_object('name', $2::text) else i end order by n)
       from jsonb_array_elements(r.items) with ordinality x(i, n))
     where exists (select 1 from jsonb_array_elements(r.items) i where i ->> 'holder' = any($1))`,
    [[...names, ...devices], nobody],
  )
  const tied = await client.query(`delete from relationship where target = any($1) or holder = any($1)`, [actors])
  await client.query(`delete from relationship_holder where holder = any($1)`, [actors])
  const jobs = await client.query(jobsSql('true'), quoted(patientId))
  return { accounts: rows(accounts), sessions: rows(sessions), devices: devices.length, relationships: rows(tied), jobs: rows(jobs) }
}

/** How many rows still name the person; asked after his removal. */
export async function stillNaming(pool: Pool, { sid, patientId }: Pick<NamedPerson, 'sid' | 'patientId'>, alone: boolean): Promise<number> {
  const { rows: found } = await pool.query<{ n: bigint }>(
    `select (select count(*) from refused_write where sid = $1 and patient = $2) + (select count(*) from invitation where sid = $1 and patient = $2)
       + (select count(*) from registration where sid = $1 and patient = $2) + (select count(*) from relationship where sid = $1 and target = $3)
       + case when $4 then (select count(*) from app_user where actor = $3 or patient = $2)
         + (select count(*) from oauth_client where people @> array[$2::text])
         + (select count(*) from relationship where target = $3 or holder = $3) else 0 end as n`,
    [sid, patientId, `Patient/${patientId}`, alone],
  )
  return Number(found[0]?.n ?? 0n)
}

const rows = (result: { rowCount: number | null }): number => result.rowCount ?? 0

/** Resources that stand for somebody else only through this person. */
async function relativesOf(client: PoolClient, pid: bigint): Promise<string[]> {
  const found = await client.query<{ id: string }>(`select id from current where sid = ${globalSid} and type = $2 and patient = $1`, [
    pid,
    typeNumber('RelatedPerson'),
  ])
  return found.rows.map(({ id }) => `RelatedPerson/${id}`)
}

async function accountsOf(client: PoolClient, actors: readonly string[], patientId: string): Promise<string[]> {
  const found = await client.query<{ name: string }>(`select name from app_user where actor = any($1) or patient = $2`, [actors, patientId])
  return found.rows.map(({ name }) => name)
}

/** A program that stood for nobody else is closed: without a person a device would stand for everybody. */
async function programsWithout(client: PoolClient, patientId: string, at: number): Promise<string[]> {
  const found = await client.query<{ id: string }>(
    `update oauth_client set people = array_remove(people, $1), display = case when cardinality(people) = 1 then $2 else display end,
       status = case when cardinality(people) = 1 then 'disabled' else status end, tokens_from = $3
     where people @> array[$1::text] returning id`,
    [patientId, nobody, at],
  )
  return found.rows.map(({ id }) => id)
}

// An id is letters, digits, hyphens and dots: in JSON it stands as it is, between quotes.
const quoted = (patientId: string): string[] => [`"${patientId}"`, `"${nobody}"`]
const jsonColumns = ['request', 'progress', 'result', 'problem']
const jobsSql = (where: string): string =>
  `update job set ${jsonColumns.map((name) => `${name} = replace(${name}::text, $1, $2)::jsonb`).join(', ')}
   where ${where} and (${jsonColumns.map((name) => `position($1 in ${name}::text) > 0`).join(' or ')})`
