import type { InvitationFilter, InvitationKind } from '@aquifer/core/registration'

/** One operation of registration under its correlation id; `answer` is what was answered the first time. */
export interface RegistrationRow {
  operation: string
  request: Buffer // keyed hash of what was asked
  status: number
  answer: Record<string, unknown>
}
interface RegistrationKey {
  actor: string
  correlation: string
}

export interface InvitationRow {
  id: string
  kind: InvitationKind
  sid: number
  site: number | null
  patient: string | null // Patient id, stored or to come; null after an erasure
  subject: number | null
  language: string
  address: string | null
  codeHash: Buffer
  generation: number // of the code: a reminder makes a new one
  failures: number
  invitedBy: string
  sentAt: number
  expiresAt: number
  remindedAt: number | null
  openedAt: number | null
  acceptedAt: number | null
  declinedAt: number | null
  revokedAt: number | null
  dueAt: number | null
  attempts: number
  deliveredAt: number | null
  problem: string | null
  reminders: number // sent by the clock under the present code
  reminderAt: number | null
  account: string | null // that this invitation made
  basis: 'minority' | 'non-competence' | null // of a guardian
  finding: string | null
}
export type NewInvitation = Pick<
  InvitationRow,
  | 'id'
  | 'kind'
  | 'sid'
  | 'site'
  | 'patient'
  | 'language'
  | 'address'
  | 'codeHash'
  | 'generation'
  | 'invitedBy'
  | 'sentAt'
  | 'expiresAt'
  | 'dueAt'
  | 'basis'
  | 'finding'
>
export type InvitationChange = Partial<
  Pick<
    InvitationRow,
    | 'codeHash'
    | 'generation'
    | 'failures'
    | 'expiresAt'
    | 'remindedAt'
    | 'openedAt'
    | 'acceptedAt'
    | 'declinedAt'
    | 'revokedAt'
    | 'dueAt'
    | 'attempts'
    | 'deliveredAt'
    | 'problem'
    | 'reminders'
    | 'reminderAt'
    | 'account'
  >
>

/** Within a transaction. */
export interface RegistrationTx {
  // null: new, and until commit everybody else with the same key waits here; else what was answered then.
  begin(row: RegistrationKey & { operation: string; request: Buffer; at: number }): Promise<RegistrationRow | null>
  settle(key: RegistrationKey, end: { sid: number | null; patient: string | null; status: number; answer: object }): Promise<void>
  // Logs a patient who is not in the log yet as invited; answers the subject numbers in order.
  invite(invitations: readonly NewInvitation[]): Promise<(number | null)[]>
  invitation(id: string): Promise<InvitationRow | null> // locked until commit
  change(id: string, change: InvitationChange): Promise<void>
  // Of one person of a study: those not accepted, declined or revoked. How many.
  revokeFor(sid: number, patient: string, at: number): Promise<number>
  // false: the person does not stand there in the log
  discontinue(step: { sid: number; patient: string; at: number; reason: string; actor: string }): Promise<boolean>
}
export interface InvitationPage {
  limit: number
  after?: string
  sites?: readonly number[]
  filter?: InvitationFilter
  newest?: boolean
  now: number
}
/** Outside of one. */
export interface Invitations {
  byId(id: string): Promise<InvitationRow | null>
  list(sid: number, page: InvitationPage): Promise<InvitationRow[]>
  counts(sid: number, asked: { now: number; sites?: readonly number[] }): Promise<Record<InvitationFilter, number>>
  openAddresses(sid: number, addresses: readonly string[], asked: { now: number; sites?: readonly number[] }): Promise<Set<string>> // in lower case
  // Those whose letter arrived and who have not decided, until they run out; by id.
  undecided(sid: number, page: { now: number; until: number; after: string; limit: number }): Promise<InvitationRow[]>
  fail(id: string): Promise<void> // counts a wrong code
  due(): Promise<InvitationRow[]> // the next one
  change(id: string, change: InvitationChange): Promise<void>
}
