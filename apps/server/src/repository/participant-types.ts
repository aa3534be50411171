import type { ParticipantState } from '@aquifer/core/consent'

export interface ParticipantRow {
  sid: number
  subject: number
  site: number | null
  state: ParticipantState
  since: number
}
export interface ParticipantStepRow {
  id: bigint
  subject: number
  site: number | null
  state: ParticipantState
  at: number
  reason: string | null
  actor: string
}
interface Told {
  sid: number
  site: number | null
  at: number
  now: number
  reason: string | null
  actor: string
}
/** The participant log: where everybody stands, and every step on the way, which is only ever added to. */
export interface Participants {
  bySubject(sid: number, subject: number): Promise<ParticipantRow | null>
  ofPatient(sid: number, patientId: string): Promise<ParticipantRow | null>
  list(sid: number, page: { after: number; limit: number; state?: ParticipantState; sites?: readonly number[] }): Promise<ParticipantRow[]> // by subject number
  steps(sid: number, page: { subject?: number; after?: bigint; limit: number }): Promise<ParticipantStepRow[]> // in order of telling
  add(participant: Told & { patientId: string | null; state: ParticipantState }): Promise<ParticipantRow | 'exists'>
  // false: somebody moved the participant meanwhile
  move(move: Told & { subject: number; from: ParticipantState; to: ParticipantState }): Promise<boolean>
}
