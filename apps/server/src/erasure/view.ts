import { afterEvent, type WithdrawalAct } from '@aquifer/core/consent'
import type { WithdrawalView } from '@aquifer/core/contract'
import type { Withdrawal, WithdrawalStep } from '../repository/index.js'
import { subjectText } from '../consent/index.js'
import type { Study } from '../study/index.js'
import { isoOrNull } from './certificate.js'
import type { StoreStep } from './steps.js'

type ShownStep = Omit<WithdrawalStep, 'ord' | 'hash'>

/** A step of a withdrawal that nobody has begun yet. */
export const stepAhead = ({ store, effect }: StoreStep, act: WithdrawalAct): ShownStep => ({
  store,
  effect: effect(act),
  state: 'open',
  counts: {},
  verified: false,
  note: null,
  startedAt: null,
  endedAt: null,
})

export function toView(study: Study, withdrawal: Withdrawal, steps: readonly ShownStep[]): WithdrawalView {
  const { id, act, origin, state, reason, evidence, problem, job } = withdrawal
  return {
    id,
    study: study.id,
    subject: subjectText(study, withdrawal.subject),
    act,
    origin,
    state,
    reason,
    evidence,
    requestedBy: withdrawal.actor,
    requestedAt: new Date(withdrawal.at).toISOString(),
    endedAt: isoOrNull(withdrawal.endedAt),
    cancellable: afterEvent(state, 'cancel', withdrawal) !== null,
    problem,
    job,
    certificate: withdrawal.certificate !== null,
    steps: steps.map(({ store, effect, state: stepState, counts, verified, note, startedAt, endedAt }) => ({
      store,
      effect,
      state: stepState,
      counts,
      verified,
      note,
      startedAt: isoOrNull(startedAt),
      endedAt: isoOrNull(endedAt),
    })),
  }
}
