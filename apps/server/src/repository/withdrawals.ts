import { createHmac } from 'node:crypto'
import { withholds } from '@aquifer/core/consent'
import type { Pool, PoolClient } from 'pg'
import { byteaArray, int2Array } from './binary.js'
import type { Queryable } from './people.js'
import type { NewWithdrawal, Withdrawal, WithdrawalStep, Withdrawals } from './withdrawal-types.js'

interface Row extends Omit<Withdrawal, 'at' | 'endedAt' | 'subject'> {
  at: bigint
  subject: bigint
  ended_at: bigint | null
}
interface StepRow extends Omit<WithdrawalStep, 'startedAt' | 'endedAt'> {
  started_at: bigint | null
  ended_at: bigint | null
}

const columns = `id, sid, patient, subject, site, study_version as "studyVersion", mac, act, reason, evidence, actor, role, origin, audit, at, state, irreversible, job, ended_at, problem, certificate`
const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value))

function withdrawalOf({ ended_at, ...row }: Row): Withdrawal {
  return { ...row, at: Number(row.at), subject: Number(row.subject), endedAt: numberOrNull(ended_at) }
}
function stepOf({ started_at, ended_at, ...row }: StepRow): WithdrawalStep {
  return { ...row, startedAt: numberOrNull(started_at), endedAt: numberOrNull(ended_at) }
}

export const macOf = (key: Uint8Array, sid: number, patientId: string): Buffer =>
  createHmac('sha256', key).update(`${sid}/Patient/${patientId}`).digest()

/** Who of these had himself erased from the study: places in the list. */
export async function erasedAmong(
  client: Queryable,
  key: Uint8Array,
  people: readonly { sid: number; patientId: string }[],
): Promise<Set<number>> {
  if (people.length === 0) return new Set()
  const { rows } = await client.query<{ ord: number }>({
    name: 'erased-among',
    text: `select k.ord::int as ord from unnest($1::int2[], $2::bytea[]) with ordinality k(sid, mac, ord)
      join erased_person e on e.sid = k.sid and e.mac = k.mac`,
    values: [int2Array(people.map(({ sid }) => sid)), byteaArray(people.map(({ sid, patientId }) => macOf(key, sid, patientId)))],
  })
  return new Set(rows.map(({ ord }) => ord - 1))
}

/** Records a withdrawal with its job and steps; the caller holds the person's lock exclusively. */
export async function recordWithdrawal(client: PoolClient, ledgerKey: Uint8Array, withdrawal: NewWithdrawal): Promise<void> {
  const { id, sid, patient, patientId, subject, site, studyVersion, act, reason, evidence, actor, role, origin, audit, at, job } =
    withdrawal
  const mac = macOf(ledgerKey, sid, patientId)
  await client.query(`update enrolment set stopped = $3, stopped_at = $4, withheld = $5 where sid = $1 and patient = $2`, [
    sid,
    patient,
    act,
    at,
    withholds(act),
  ])
  await client.query(
    `with moved as (update participant set state = 'discontinued', since = $3
       where sid = $1 and subject = $2 and state not in ('completed', 'discontinued', 'screen-failed') returning site)
     insert into participant_step (sid, subject, site, state, at, recorded_at, reason, actor)
     select $1, $2, site, 'discontinued', $3, $3, 'consent withdrawn', $4 from moved`,
    [sid, subject, at, actor],
  )
  await client.query(
    `insert into job (id, kind, sid, state, actor, created_at, updated_at, request)
     values ($1, 'withdrawal', $2, 'queued', $3, $4, $4, $5)`,
    [job, sid, actor, at, JSON.stringify({ withdrawal: id })],
  )
  await client.query(
    `insert into withdrawal (id, sid, patient, subject, site, study_version, mac, act, reason, evidence, actor, role, origin, audit, at, state, job)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'requested', $16)`,
    [id, sid, patient, subject, site, studyVersion, mac, act, reason, evidence, actor, role, origin, audit, at, job],
  )
  if (act === 'erase')
    await client.query(`insert into erased_person (sid, mac, at) values ($1, $2, $3) on conflict do nothing`, [sid, mac, at])
}

export function openWithdrawals(writer: Pool): Withdrawals {
  const many = async (text: string, values: unknown[]): Promise<Withdrawal[]> =>
    (await writer.query<Row>(`select ${columns} from withdrawal ${text}`, values)).rows.map(withdrawalOf)
  return {
    byId: async (id) => (await many(`where id = $1`, [id]))[0] ?? null,
    list: (sid, { limit, before, sites }) =>
      many(`where sid = $1 and ($2::text is null or id < $2) and ($3::int4[] is null or site = any($3)) order by id desc limit $4`, [
        sid,
        before ?? null,
        sites ?? null,
        limit,
      ]),
    async steps(id) {
      const { rows } = await writer.query<StepRow>(
        `select ord, store, effect, state, counts, hash, verified, note, started_at, ended_at from withdrawal_step where withdrawal = $1 order by ord`,
        [id],
      )
      return rows.map(stepOf)
    },
    async move(id, from, to, change = {}) {
      const { rowCount } = await writer.query(
        `update withdrawal set state = $3, irreversible = irreversible or $4, ended_at = $5, problem = $6, job = coalesce($7, job)
         where id = $1 and state = $2`,
        [id, from, to, change.irreversible ?? false, change.endedAt ?? null, change.problem ?? null, change.job ?? null],
      )
      return rowCount === 1
    },
    async plan(id, steps) {
      await writer.query(
        `insert into withdrawal_step (withdrawal, ord, store, effect, state)
         select $1, x.ord, x.store, x.effect, 'open' from unnest($2::text[], $3::text[]) with ordinality x(store, effect, ord)
         where not exists (select 1 from withdrawal_step s where s.withdrawal = $1) on conflict do nothing`,
        [id, steps.map(({ store }) => store), steps.map(({ effect }) => effect)],
      )
    },
    async markIrreversible(id) {
      await writer.query(`update withdrawal set irreversible = true where id = $1`, [id])
    },
    async certify(id, certificate) {
      await writer.query(`update withdrawal set certificate = $2 where id = $1 and certificate is null`, [id, JSON.stringify(certificate)])
    },
    async setStep(id, step) {
      await writer.query(
        `update withdrawal_step set state = $3, counts = $4, hash = $5, verified = $6, note = $7, started_at = coalesce(started_at, $8),
           ended_at = $9 where withdrawal = $1 and store = $2`,
        [id, step.store, step.state, JSON.stringify(step.counts), step.hash, step.verified, step.note, step.startedAt, step.endedAt],
      )
    },
  }
}
