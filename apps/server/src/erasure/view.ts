import { afterEvent } from '@aquifer/core/consent'
import type { WithdrawalView } from '@aquifer/core/contract'
import type { Withdrawal, WithdrawalStep } from '../repository/index.js'
import { subjectText } from '../consent/index.js'
import type { Study } from '../study/index.js'
import { isoOrNull } from './certificate.js'

export function toView(study: Study, withdrawal: Withdrawal, steps: readonly WithdrawalStep[]): WithdrawalView {
  const { id, act, state, reason, evidence, problem, job } = withdrawal
  return {
    id,
    study: study.id,
    subject: subjectText(study, withdrawal.subject),
    act,
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
