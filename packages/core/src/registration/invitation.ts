/** Who is asked: the person himself, who decides for him, who is close to him, who cares for him. */
export const invitationKinds = ['patient', 'guardian', 'third-party', 'care-manager'] as const
export type InvitationKind = (typeof invitationKinds)[number]

export const invitationStates = ['sent', 'opened', 'accepted', 'declined', 'expired', 'revoked'] as const
export type InvitationState = (typeof invitationStates)[number]

/** What a list may be narrowed to: a state, or those whose letter could not be delivered. */
export const invitationFilters = [...invitationStates, 'undelivered'] as const
export type InvitationFilter = (typeof invitationFilters)[number]

/** After so many wrong codes for one invitation none is right any more until it is sent anew. */
export const failuresMax = 10

export interface InvitationFacts {
  expiresAt: number
  openedAt: number | null
  acceptedAt: number | null
  declinedAt: number | null
  revokedAt: number | null
}

/** Where an invitation stands; what ended it first counts, and time ends what nothing else has ended. */
export function invitationState(facts: InvitationFacts, now: number): InvitationState {
  if (facts.acceptedAt !== null) return 'accepted'
  if (facts.declinedAt !== null) return 'declined'
  if (facts.revokedAt !== null) return 'revoked'
  if (now >= facts.expiresAt) return 'expired'
  return facts.openedAt === null ? 'sent' : 'opened'
}

const dayMs = 86_400_000
export const invitationEnd = (from: number, days: number): number => from + days * dayMs

/** Whether the clock reminds now: a day that the study names has come since the letter, or the last reminder, went out. */
export function reminderIsDue(facts: { expiresAt: number; toldAt: number }, daysBefore: readonly number[], now: number): boolean {
  if (now >= facts.expiresAt) return false
  return daysBefore.some((days) => {
    const at = facts.expiresAt - days * dayMs
    return facts.toldAt < at && at <= now
  })
}
export const reminderDaysMax = 90
