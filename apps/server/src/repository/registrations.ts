import type { Pool, PoolClient } from 'pg'
import { addParticipant, moveParticipant } from './participants.js'
import type { Queryable } from './people.js'
import type { InvitationFilter, InvitationKind } from '@aquifer/core/registration'
import type { InvitationChange, InvitationRow, Invitations, NewInvitation, RegistrationTx } from './registration-types.js'

type Times =
  'sentAt' | 'expiresAt' | 'remindedAt' | 'openedAt' | 'acceptedAt' | 'declinedAt' | 'revokedAt' | 'dueAt' | 'deliveredAt' | 'reminderAt'
interface Row extends Omit<InvitationRow, Times | 'subject' | 'kind'> {
  kind: string
  subject: bigint | null
  times: (bigint | null)[]
}
const columns = `id, kind, sid, site, patient, subject, language, address, code_hash as "codeHash", generation, failures, invited_by as "invitedBy",
  attempts, problem, reminders, account, basis, finding,
  array[sent_at, expires_at, reminded_at, opened_at, accepted_at, declined_at, revoked_at, due_at, delivered_at, reminder_at] as times`

function invitationOf({ times, subject, kind, ...row }: Row): InvitationRow {
  const at = times.map((time) => (time === null ? null : Number(time)))
  const [sentAt = 0, expiresAt = 0, remindedAt = null, openedAt = null, acceptedAt = null, declinedAt = null, revokedAt = null] = at
  return {
    ...row,
    kind: kind as InvitationKind,
    subject: subject === null ? null : Number(subject),
    sentAt: sentAt ?? 0,
    expiresAt: expiresAt ?? 0,
    remindedAt,
    openedAt,
    acceptedAt,
    declinedAt,
    revokedAt,
    dueAt: at[7] ?? null,
    deliveredAt: at[8] ?? null,
    reminderAt: at[9] ?? null,
  }
}

const columnOf: Readonly<Record<keyof InvitationChange, string>> = {
  codeHash: 'code_hash',
  generation: 'generation',
  failures: 'failures',
  expiresAt: 'expires_at',
  remindedAt: 'reminded_at',
  openedAt: 'opened_at',
  acceptedAt: 'accepted_at',
  declinedAt: 'declined_at',
  revokedAt: 'revoked_at',
  dueAt: 'due_at',
  attempts: 'attempts',
  deliveredAt: 'delivered_at',
  problem: 'problem',
  reminders: 'reminders',
  reminderAt: 'reminder_at',
  account: 'account',
}

async function change(client: Queryable, id: string, changes: InvitationChange): Promise<void> {
  const entries = Object.entries(changes) as [keyof InvitationChange, unknown][]
  const sets = entries.map(([name], place) => `${columnOf[name]} = $${place + 2}`)
  await client.query(`update invitation set ${sets.join(', ')} where id = $1`, [id, ...entries.map(([, value]) => value)])
}

async function select(client: Queryable, where: string, values: unknown[]): Promise<InvitationRow[]> {
  return (await client.query<Row>(`select ${columns} from invitation ${where}`, values)).rows.map(invitationOf)
}

const isOpen = `accepted_at is null and declined_at is null and revoked_at is null`
// Where one stands at $2, as invitationState of core says it.
const state = `case when accepted_at is not null then 'accepted' when declined_at is not null then 'declined'
  when revoked_at is not null then 'revoked' when expires_at <= $2::int8 then 'expired' when opened_at is null then 'sent' else 'opened' end`
const isUndelivered = `(${isOpen} and due_at is null and delivered_at is null and problem is not null)`

export function openInvitations(writer: Pool): Invitations {
  return {
    byId: async (id) => (await select(writer, `where id = $1`, [id]))[0] ?? null,
    list(sid, { limit, after, sites, filter, newest, now }) {
      const narrowed = filter === 'undelivered' ? `($6::text is not null and ${isUndelivered})` : `($6::text is null or ${state} = $6)`
      const [step, order] = newest === true ? ['id < $3', 'id desc'] : ['id > $3', 'id']
      return select(
        writer,
        `where sid = $1 and $2::int8 is not null and ($3::text is null or ${step}) and ($4::int4[] is null or site = any($4)) and ${narrowed}
         order by ${order} limit $5`,
        [sid, now, after ?? null, sites ?? null, limit, filter ?? null],
      )
    },
    async counts(sid, { now, sites }) {
      const { rows } = await writer.query<{ state: InvitationFilter; n: number; undelivered: number }>(
        `select ${state} as state, count(*)::int4 as n, (count(*) filter (where ${isUndelivered}))::int4 as undelivered
         from invitation where sid = $1 and ($3::int4[] is null or site = any($3)) group by 1`,
        [sid, now, sites ?? null],
      )
      const counts = { sent: 0, opened: 0, accepted: 0, declined: 0, expired: 0, revoked: 0, undelivered: 0 }
      for (const row of rows) {
        counts[row.state] = row.n
        counts.undelivered += row.undelivered
      }
      return counts
    },
    async openAddresses(sid, addresses, { now, sites }) {
      const { rows } = await writer.query<{ address: string }>(
        `select lower(address) as address from invitation where sid = $1 and ${isOpen} and expires_at > $3
         and lower(address) = any($2) and ($4::int4[] is null or site = any($4))`,
        [sid, addresses.map((each) => each.toLowerCase()), now, sites ?? null],
      )
      return new Set(rows.map(({ address }) => address))
    },
    undecided: (sid, { now, until, after, limit }) =>
      select(
        writer,
        `where sid = $1 and ${isOpen} and expires_at > $2 and expires_at <= $3 and address is not null and due_at is null and delivered_at is not null
         and id > $4 order by id limit $5`,
        [sid, now, until, after, limit],
      ),
    async fail(id) {
      await writer.query(`update invitation set failures = failures + 1 where id = $1`, [id])
    },
    due: () => select(writer, `where due_at is not null and ${isOpen} order by due_at, id limit 1`, []),
    change: (id, changes) => change(writer, id, changes),
  }
}

export function registrationTx(client: PoolClient): RegistrationTx {
  return {
    async begin({ actor, correlation, operation, request, at }) {
      const made = await client.query(
        `insert into registration (actor, correlation, operation, request, at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
        [actor, correlation, operation, request, at],
      )
      if (made.rowCount === 1) return null
      const { rows } = await client.query(
        `select operation, request, status, answer from registration where actor = $1 and correlation = $2`,
        [actor, correlation],
      )
      return rows[0] ?? null
    },
    async settle({ actor, correlation }, { sid, patient, status, answer }) {
      await client.query(`update registration set sid = $3, patient = $4, status = $5, answer = $6 where actor = $1 and correlation = $2`, [
        actor,
        correlation,
        sid,
        patient,
        status,
        JSON.stringify(answer),
      ])
    },
    async invite(invitations) {
      const subjects: (number | null)[] = []
      for (const invitation of invitations) subjects.push(await inviteOne(client, invitation))
      return subjects
    },
    invitation: async (id) => (await select(client, `where id = $1 for update`, [id]))[0] ?? null,
    change: (id, changes) => change(client, id, changes),
    async revokeFor(sid, patient, at) {
      const { rowCount } = await client.query(
        `update invitation set revoked_at = $3, due_at = null where sid = $1 and patient = $2 and ${isOpen}`,
        [sid, patient, at],
      )
      return rowCount ?? 0
    },
    async discontinue({ sid, patient, at, reason, actor }) {
      const { rows } = await client.query<{ subject: bigint; site: number | null }>(
        `select r.subject, r.site from participant r join person p on p.pid = r.patient
         where r.sid = $1 and p.id = $2 and r.state = 'invited' for update of r`,
        [sid, patient],
      )
      const found = rows[0]
      if (found === undefined) return false
      const step = { sid, subject: Number(found.subject), site: found.site, at, now: at, reason, actor }
      return moveParticipant(client, { ...step, from: 'invited', to: 'discontinued' })
    },
  }
}

async function inviteOne(client: PoolClient, invitation: NewInvitation): Promise<number | null> {
  const { sid, site, patient, sentAt, invitedBy } = invitation
  const step = { sid, site, at: sentAt, now: sentAt, reason: null, actor: invitedBy }
  const enters = invitation.kind === 'patient' || invitation.kind === 'guardian'
  const logged = enters ? await addParticipant(client, { ...step, patientId: patient, state: 'invited' }) : 'exists'
  const subject = logged === 'exists' ? await subjectOf(client, sid, patient) : logged.subject
  await client.query(
    `insert into invitation (id, kind, sid, site, patient, subject, language, address, code_hash, generation, invited_by, sent_at, expires_at, due_at,
       basis, finding)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      invitation.id,
      invitation.kind,
      sid,
      site,
      patient,
      subject,
      invitation.language,
      invitation.address,
      invitation.codeHash,
      invitation.generation,
      invitedBy,
      sentAt,
      invitation.expiresAt,
      invitation.dueAt,
      invitation.basis,
      invitation.finding,
    ],
  )
  return subject
}

async function subjectOf(client: PoolClient, sid: number, patient: string | null): Promise<number | null> {
  const { rows } = await client.query<{ subject: bigint }>(
    `select r.subject from participant r join person p on p.pid = r.patient where r.sid = $1 and p.id = $2`,
    [sid, patient],
  )
  return rows[0] === undefined ? null : Number(rows[0].subject)
}
