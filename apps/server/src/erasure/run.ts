import { afterEvent, type WithdrawalEvent } from '@aquifer/core/consent'
import type { RunningJob } from '../jobs/index.js'
import { errorName } from '../monitoring/index.js'
import type { StudyPerson, Withdrawal, WithdrawalStep } from '../repository/index.js'
import { faultPoint } from '../storage/index.js'
import type { Study } from '../study/index.js'
import { certificateOf } from './certificate.js'
import type { ErasureParts } from './erasure.js'
import { signCertificate } from './signer.js'
import type { StoreStep } from './steps.js'

export interface RunParts extends ErasureParts {
  steps: readonly StoreStep[]
  stopping: () => boolean
}

class StepFailed extends Error {
  constructor(
    readonly store: string,
    override readonly cause: unknown,
  ) {
    super(`the step ${store} failed`)
  }
}

/** Carries one withdrawal through the steps that are left; what was done before a kill is not done again. */
export async function runWithdrawal(parts: RunParts, job: RunningJob): Promise<void> {
  try {
    await carry(parts, job)
  } catch (error) {
    // The database broke off: a job that nobody ended would be held for ever, since its lease is renewed by the clock.
    await job.letGo().catch(() => undefined)
    throw error
  }
}

async function carry(parts: RunParts, job: RunningJob): Promise<void> {
  const { repository, studies, log } = parts
  await faultPoint('erasure.job-taken')
  const id = job.request['withdrawal']
  const withdrawal = typeof id === 'string' ? await repository.withdrawals.byId(id) : null
  const study = withdrawal === null ? null : await studies.bySid(withdrawal.sid)
  if (withdrawal === null || study === null) return await job.finish({ state: 'failed', problem: 'The withdrawal is not known here.' })
  // A process ended between the withdrawal and its job.
  if (withdrawal.state === 'done') return await job.finish({ state: 'done', result: { withdrawal: withdrawal.id } })
  if (!(await move(parts, withdrawal, 'begin'))) return await job.finish({ state: 'failed', problem: 'The withdrawal has ended before.' })
  try {
    await parts.ledger.note(study, withdrawal)
    const end = await throughSteps(parts, job, study, withdrawal)
    if (end === 'left') return await job.letGo()
    if (end === 'cancelled') {
      await move(parts, withdrawal, 'cancel', { endedAt: parts.now() })
      return await job.finish({ state: 'cancelled' })
    }
    await finish(parts, job, study, withdrawal)
  } catch (error) {
    const store = error instanceof StepFailed ? error.store : null
    const cause = error instanceof StepFailed ? error.cause : error
    log.error({ err: errorName(cause), store, withdrawal: withdrawal.id }, 'a withdrawal could not be carried on')
    const problem = `The step ${store ?? 'ledger or certificate'} failed. What was done stays done; resume the withdrawal to go on.`
    await move(parts, withdrawal, 'fail', { problem })
    await job.finish({ state: 'failed', problem })
  }
}

async function move(
  { repository }: RunParts,
  withdrawal: Withdrawal,
  event: WithdrawalEvent,
  change: { endedAt?: number; problem?: string } = {},
): Promise<boolean> {
  const next = afterEvent(withdrawal.state, event, withdrawal)
  if (next === null || !(await repository.withdrawals.move(withdrawal.id, withdrawal.state, next, change))) return false
  withdrawal.state = next
  return true
}

async function throughSteps(
  parts: RunParts,
  job: RunningJob,
  study: Study,
  withdrawal: Withdrawal,
): Promise<'done' | 'left' | 'cancelled'> {
  const { withdrawals, erasure } = parts.repository
  await withdrawals.plan(
    withdrawal.id,
    parts.steps.map(({ store, effect }) => ({ store, effect: effect(withdrawal.act) })),
  )
  const all = await withdrawals.steps(withdrawal.id)
  tell(job, withdrawal, all)
  for (const step of all) {
    if (step.state === 'done') continue
    if (job.cancelled && !withdrawal.irreversible) return 'cancelled'
    if (parts.stopping()) return 'left'
    const store = parts.steps.find((each) => each.store === step.store)
    if (store === undefined) throw new StepFailed(step.store, new Error('no such store in this process'))
    if (store.irreversible(withdrawal.act)) {
      await withdrawals.markIrreversible(withdrawal.id)
      withdrawal.irreversible = true
    }
    const person = await erasure.personByPid(withdrawal.sid, withdrawal.patient)
    if ((await perform(parts, { study, withdrawal, store, step, person })) === 'left') return 'left'
    tell(job, withdrawal, all)
  }
  return 'done'
}

async function perform(
  parts: RunParts,
  work: { study: Study; withdrawal: Withdrawal; store: StoreStep; step: WithdrawalStep; person: StudyPerson | null },
): Promise<'done' | 'left'> {
  const { study, withdrawal, store, step, person } = work
  const { withdrawals } = parts.repository
  const begun = step.startedAt ?? parts.now()
  Object.assign(step, { state: 'running', startedAt: begun, note: null })
  await withdrawals.setStep(withdrawal.id, step)
  try {
    await faultPoint('erasure.step-begun')
    // Gone already: the repository was the last to hold the person, and was emptied before its step could be noted.
    if (person === null) Object.assign(step, { verified: true, note: 'Found done when the work was taken up again.' })
    else {
      const context = { study, person, act: withdrawal.act, at: withdrawal.at }
      const outcome = await store.act(context, parts.stopping)
      if (outcome === 'left') return 'left'
      const { counts, hash = null, note = null } = outcome
      await faultPoint('erasure.step-acted')
      const verified = await store.verify(context)
      if (!verified) throw new Error('something is left')
      Object.assign(step, { counts, hash, note, verified })
    }
    Object.assign(step, { state: 'done', endedAt: parts.now() })
    await withdrawals.setStep(withdrawal.id, step)
  } catch (error) {
    await withdrawals.setStep(withdrawal.id, { ...step, state: 'failed' })
    throw new StepFailed(step.store, error)
  }
  await faultPoint('erasure.step-done')
  return 'done'
}

async function finish(parts: RunParts, job: RunningJob, study: Study, withdrawal: Withdrawal): Promise<void> {
  const { withdrawals } = parts.repository
  const endedAt = parts.now()
  const signed = signCertificate(parts.signer, certificateOf(study, withdrawal, await withdrawals.steps(withdrawal.id), endedAt))
  await withdrawals.certify(withdrawal.id, signed)
  await move(parts, withdrawal, 'finish', { endedAt })
  await job.finish({ state: 'done', result: { withdrawal: withdrawal.id } })
}

/** The job's figures are the checklist. */
function tell(job: RunningJob, withdrawal: Withdrawal, steps: readonly WithdrawalStep[]): void {
  const done = steps.filter(({ state }) => state === 'done').length
  job.progress({
    progress: steps.length === 0 ? 1 : done / steps.length,
    withdrawal: withdrawal.id,
    irreversible: withdrawal.irreversible,
    steps: steps.map(({ store, state, counts }) => ({ store, state, counts })),
  })
}
