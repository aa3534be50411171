import { actOfContract, stateOfType, type WithdrawalAct } from '@aquifer/core/consent'
import type { StudyKind } from '@aquifer/core/study'
import { consentOf } from '../consent/index.js'
import type { ContractConsents, PersonState, Study, Tx } from '../repository/index.js'
import type { Making, Unit } from './store.js'

/** A withdrawal that a Contract started, for the record of the request that wrote it. */
export interface StartedByContract {
  /** rid of the Contract */
  contract: bigint
  withdrawal: string
  act: WithdrawalAct
}
/** A Contract that was stored and takes back what the study requires. */
export interface SaidByContract {
  study: Study
  consent: ContractConsents
  unit: Unit
  /** where what it started is told */
  outcome: { withdrawals?: StartedByContract[] }
}

export function withdrawnIn(unit: Unit, consents: readonly ContractConsents[], outcome: SaidByContract['outcome']): SaidByContract[] {
  const { study } = unit
  if (study === null) return []
  const takesBack = ({ entries }: ContractConsents): boolean =>
    entries.some(({ type, status }) => status === 'withdrawn' && study.required.includes(type))
  return consents.filter(takesBack).map((consent) => ({ study, consent, unit, outcome }))
}

/**
 * A person's word that came as a Contract is a withdrawal like one that was asked for, in the transaction that holds his lock. What this
 * transaction wrote last counts: a consent that came back within it was not withdrawn.
 */
export async function startWithdrawals(tx: Tx, said: readonly SaidByContract[], making: Making): Promise<void> {
  const states = await tx.people(said.map(({ study, consent }) => ({ sid: study.sid, patientId: consent.patientId })))
  const started = new Set<string>()
  for (const [place, each] of said.entries()) {
    const state = states[place]
    const person = `${each.study.sid}/${each.consent.patientId}`
    if (state === undefined || started.has(person)) continue
    if (await startOne(tx, each, state, making)) started.add(person)
  }
}

async function startOne(tx: Tx, said: SaidByContract, state: PersonState, { now, newId }: Making): Promise<boolean> {
  const { study, consent, unit, outcome } = said
  const { pid, patientId, enrolment } = state
  if (pid === null || enrolment === null || enrolment.to !== null) return false
  const consents = state.consents.map(consentOf)
  if (!study.required.some((type) => stateOfType(consents, type, now) === 'withdrawn')) return false
  const legalHold = study.settings['legalHold'] === true
  const act = actOfContract({ kind: study.kind as StudyKind, legalHold, inForce: enrolment.stopped })
  if (act === null) return false
  const id = newId()
  await tx.recordWithdrawal({
    id,
    job: newId(),
    sid: study.sid,
    patient: pid,
    patientId,
    subject: enrolment.subject,
    site: enrolment.site,
    studyVersion: study.version,
    act,
    reason: 'consent withdrawn by a Contract',
    evidence: `the Contract, version ${consent.version}; audit record ${unit.auditId}`,
    actor: unit.grant.user,
    role: unit.grant.role,
    origin: 'contract',
    audit: unit.auditId,
    at: now,
  })
  outcome.withdrawals = [...(outcome.withdrawals ?? []), { contract: consent.contract, withdrawal: id, act }]
  return true
}
