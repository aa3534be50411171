export const invitationStates = ['sent', 'opened', 'accepted', 'declined', 'expired', 'revoked'] as const
export type InvitationState = (typeof invitationStates)[number]

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
