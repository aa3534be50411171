import type { Pool, PoolClient } from 'pg'
import { addParticipant, moveParticipant } from './participants.js'
import type { Queryable } from './people.js'
import type { InvitationChange, InvitationKind, InvitationRow, Invitations, NewInvitation, RegistrationTx } from './registration-types.js'

type Times = 'sentAt' | 'expiresAt' | 'remindedAt' | 'openedAt' | 'acceptedAt' | 'declinedAt' | 'revokedAt' | 'dueAt' | 'deliveredAt'
interface Row extends Omit<InvitationRow, Times | 'subject' | 'kind'> {
  kind: string
  subject: bigint | null
  times: (bigint | null)[]
}
const columns = `id, kind, sid, site, patient, subject, language, address, code_hash as "codeHash", generation, failures, invited_by as "invitedBy",
  attempts, problem, array[sent_at, expires_at, reminded_at, opened_at, accepted_at, declined_at, revoked_at, due_at, delivered_at] as times`

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

export function openInvitations(writer: Pool): Invitations {
  return {
    byId: async (id) => (await select(writer, `where id = $1`, [id]))[0] ?? null,
    list: (sid, { limit, after, sites }) =>
      select(writer, `where sid = $1 and ($2::text is null or id > $2) and ($3::int4[] is null or site = any($3)) order by id limit $4`, [
        sid,
        after ?? null,
        sites ?? null,
        limit,
      ]),
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
  const logged = invitation.kind === 'patient' ? await addParticipant(client, { ...step, patientId: patient, state: 'invited' }) : 'exists'
  const subject = logged === 'exists' ? await subjectOf(client, sid, patient) : logged.subject
  await client.query(
    `insert into invitation (id, kind, sid, site, patient, subject, language, address, code_hash, generation, invited_by, sent_at, expires_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
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
