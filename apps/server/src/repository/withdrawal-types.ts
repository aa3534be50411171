import type { StoreEffect, WithdrawalAct, WithdrawalOrigin, WithdrawalState } from '@aquifer/core/consent'

export interface Withdrawal {
  id: string
  sid: number
  patient: bigint
  subject: number
  site: number | null
  studyVersion: number
  mac: Buffer
  act: WithdrawalAct
  reason: string
  evidence: string
  actor: string
  role: string
  origin: WithdrawalOrigin
  audit: bigint | null // the record of the request that said it
  at: number
  state: WithdrawalState
  irreversible: boolean
  job: string | null
  endedAt: number | null
  problem: string | null
  certificate: unknown
}
export interface NewWithdrawal extends Omit<Withdrawal, 'state' | 'irreversible' | 'endedAt' | 'problem' | 'certificate' | 'job' | 'mac'> {
  patientId: string
  job: string
}
export interface WithdrawalStep {
  ord: number
  store: string
  effect: StoreEffect
  state: 'open' | 'running' | 'done' | 'failed'
  counts: Record<string, number>
  hash: string | null
  verified: boolean
  note: string | null
  startedAt: number | null
  endedAt: number | null
}

/** The ledger of withdrawals and how far each is. */
export interface Withdrawals {
  byId(id: string): Promise<Withdrawal | null>
  list(sid: number, page: { limit: number; before?: string; sites?: readonly number[] }): Promise<Withdrawal[]> // newest first
  steps(id: string): Promise<WithdrawalStep[]>
  // false: it was not in that state
  move(
    id: string,
    from: WithdrawalState,
    to: WithdrawalState,
    change?: { irreversible?: boolean; endedAt?: number; problem?: string; job?: string },
  ): Promise<boolean>
  // What is to be done, once: what is planned already stays.
  plan(id: string, steps: readonly { store: string; effect: StoreEffect }[]): Promise<void>
  markIrreversible(id: string): Promise<void>
  certify(id: string, certificate: unknown): Promise<void>
  setStep(id: string, step: Omit<WithdrawalStep, 'ord' | 'effect'>): Promise<void>
}

/** One person of one study, by surrogate. */
export interface StudyPerson {
  sid: number
  pid: bigint
  patientId: string
  subject: number
  site: number | null
  stopped: WithdrawalAct | null
}
/** What of a person is stored in the repository, and its removal. */
export interface Erasure {
  personOf(sid: number, by: { patientId: string } | { subject: number }): Promise<StudyPerson | null>
  // by surrogate, as long as the person is there
  personByPid(sid: number, pid: bigint): Promise<StudyPerson | null>
  // by the keyed mark under which the ledgers have him
  personByMark(sid: number, mark: Uint8Array): Promise<StudyPerson | null>
  withheldIds(sid: number): Promise<string[]>
  isWithheld(sid: number, patientIds: readonly string[]): Promise<boolean>
  counts(person: {
    sid: number
    pid: bigint
  }): Promise<{ resources: number; versions: number; profiles: number; byType: Record<string, number> }>
  keys(person: { sid: number; pid: bigint }): Promise<{ type: string; id: string }[]>
  // Ends all of the person's resources in the study's feed; how many were not ended yet.
  entomb(person: { sid: number; pid: bigint }): Promise<number>
  // Removes versions, index and places; resumable, since each round removes what is left. hash: over those of the removed versions.
  remove(person: {
    sid: number
    pid: bigint
    patientId: string
    subject: number
  }): Promise<{ counts: Record<string, number>; hash: string }>
  naming(person: { sid: number; pid: bigint; patientId: string }): Promise<number> // rows beside resources that still name the person
  sweep(): Promise<void> // the room of removed rows is given back, so that their bytes are written over
  forgetAnswers(before: number): Promise<number> // of registrations; how many
}
