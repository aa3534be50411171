import { certificateFormat, withdrawalRules, type WithdrawalCertificate } from '@aquifer/core/consent'
import { subjectText } from '../consent/index.js'
import type { StudyKind } from '@aquifer/core/study'
import type { Withdrawal, WithdrawalStep } from '../repository/index.js'
import type { Study } from '../study/index.js'

export const isoOrNull = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

/** What stays after an act, and why. */
export function keptAfter(study: Study, withdrawal: Pick<Withdrawal, 'act'>): string[] {
  const kept = ['The ledger of withdrawals and the audit trail, by surrogate numbers: they prove what was done.']
  if (withdrawal.act === 'erase')
    return [
      ...kept,
      'A keyed mark of the id, so that it is refused for ever and does not come back with a restored backup.',
      'The name of an account, reserved and in the trail: what somebody signed in as has to stay told. The account itself is closed and empty.',
      'What staff wrote as reason or evidence, in the trail and here.',
      'Backups and PostgreSQL’s own log, until they expire.',
    ]
  return [withdrawalRules(study.kind as StudyKind, false).kept, ...kept]
}

export function certificateOf(
  study: Study,
  withdrawal: Withdrawal,
  steps: readonly WithdrawalStep[],
  finishedAt: number,
): WithdrawalCertificate {
  const { id, act, origin, reason, evidence, actor, role } = withdrawal
  return {
    format: certificateFormat,
    id,
    study: study.id,
    kind: study.kind,
    studyVersion: withdrawal.studyVersion,
    subject: subjectText(study, withdrawal.subject),
    person: withdrawal.mac.toString('hex'),
    act,
    origin,
    reason,
    evidence,
    requestedBy: actor,
    role,
    requestedAt: new Date(withdrawal.at).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    steps: steps.map(({ store, effect, counts, hash, startedAt, endedAt, verified, note }) => ({
      store,
      effect,
      counts,
      hash,
      startedAt: isoOrNull(startedAt),
      endedAt: isoOrNull(endedAt),
      verified,
      note,
    })),
    kept: keptAfter(study, withdrawal),
  }
}
