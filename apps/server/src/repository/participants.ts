import type { ParticipantState } from '@aquifer/core/consent'
import type { Pool, PoolClient } from 'pg'
import { inTransaction } from './in-transaction.js'
import type { ParticipantRow, ParticipantStepRow, Participants } from './participant-types.js'

interface Row extends Omit<ParticipantRow, 'subject' | 'since'> {
  subject: bigint
  since: bigint
}
interface StepRow extends Omit<ParticipantStepRow, 'subject' | 'at'> {
  subject: bigint
  at: bigint
}
const participantOf = (row: Row): ParticipantRow => ({ ...row, subject: Number(row.subject), since: Number(row.since) })
const stepOf = (row: StepRow): ParticipantStepRow => ({ ...row, subject: Number(row.subject), at: Number(row.at) })
const columns = `sid, subject, site, state, since`

export function openParticipants(writer: Pool, reader: Pool): Participants {
  return {
    async bySubject(sid, subject) {
      const { rows } = await writer.query<Row>(`select ${columns} from participant where sid = $1 and subject = $2`, [sid, subject])
      return rows[0] ? participantOf(rows[0]) : null
    },
    async ofPatient(sid, patientId) {
      const { rows } = await writer.query<Row>(
        `select ${columns} from participant where sid = $1 and patient = (select pid from person where id = $2)`,
        [sid, patientId],
      )
      return rows[0] ? participantOf(rows[0]) : null
    },
    async list(sid, { after, limit, state, sites }) {
      const { rows } = await reader.query<Row>(
        `select ${columns} from participant where sid = $1 and subject > $2 and ($3::text is null or state = $3)
         and ($4::int4[] is null or site = any($4)) order by subject limit $5`,
        [sid, after, state ?? null, sites ?? null, limit],
      )
      return rows.map(participantOf)
    },
    async steps(sid, page) {
      const { rows } = await reader.query<StepRow>(
        `select id, subject, site, state, at, reason, actor from participant_step
         where sid = $1 and ($2::int8 is null or subject = $2) and id > $3 order by id limit $4`,
        [sid, page.subject ?? null, page.after ?? 0n, page.limit],
      )
      return rows.map(stepOf)
    },
    add: (participant) => inTransaction(writer, (client) => addParticipant(client, participant)),
    move: (move) => inTransaction(writer, (client) => moveParticipant(client, move)),
  }
}

export async function moveParticipant(client: PoolClient, move: Parameters<Participants['move']>[0]): Promise<boolean> {
  const { rowCount } = await client.query(`update participant set state = $4, since = $5 where sid = $1 and subject = $2 and state = $3`, [
    move.sid,
    move.subject,
    move.from,
    move.to,
    move.at,
  ])
  if (rowCount !== 1) return false
  await tell(client, { ...move, state: move.to })
  return true
}

export async function addParticipant(
  client: PoolClient,
  participant: Parameters<Participants['add']>[0],
): Promise<ParticipantRow | 'exists'> {
  const { sid, patientId, site, state, at } = participant
  let pid: bigint | null = null
  if (patientId !== null) {
    await client.query(`insert into person (pid, id) values (nextval('person_pid_seq'), $1) on conflict (id) do nothing`, [patientId])
    pid = (await client.query<{ pid: bigint }>(`select pid from person where id = $1`, [patientId])).rows[0]?.pid ?? null
  }
  const { rows } = await client.query<Row>(
    `insert into participant (sid, subject, patient, site, state, since) values ($1, nextval('subject_seq'), $2, $3, $4, $5)
     on conflict (sid, patient) do nothing returning ${columns}`,
    [sid, pid, site, state, at],
  )
  if (rows[0] === undefined) return 'exists'
  const made = participantOf(rows[0])
  await tell(client, { ...participant, subject: made.subject })
  return made
}

async function tell(
  client: PoolClient,
  step: {
    sid: number
    subject: number
    site: number | null
    state: ParticipantState
    at: number
    now: number
    reason: string | null
    actor: string
  },
): Promise<void> {
  await client.query(
    `insert into participant_step (sid, subject, site, state, at, recorded_at, reason, actor) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [step.sid, step.subject, step.site, step.state, step.at, step.now, step.reason, step.actor],
  )
}
