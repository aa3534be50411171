import type { InvitationState } from './invitation.js'

const statuses: Readonly<Record<InvitationState, string>> = {
  sent: 'in-progress',
  opened: 'in-progress',
  accepted: 'completed',
  declined: 'rejected',
  expired: 'failed',
  revoked: 'suspended',
}

/** An invitation as FHIR shows it. `patient` is null where the person had himself erased. */
export function communicationOf(invitation: {
  id: string
  study: string
  state: InvitationState
  patient: string | null
  /** of a care manager: he is written to about the patient */
  toPatient: boolean
  language: string
  sentAt: number
  receivedAt: number | null
}): Record<string, unknown> {
  const { patient } = invitation
  const iso = (at: number): string => new Date(at).toISOString()
  const reference = { reference: `Patient/${patient ?? ''}` }
  return {
    resourceType: 'Communication',
    id: invitation.id,
    language: invitation.language,
    extension: [{ url: 'urn:aquifer:study-id', valueString: invitation.study }],
    category: { coding: [{ system: 'urn:aquifer:communication-category', code: 'invitation' }] },
    status: statuses[invitation.state],
    ...(patient === null ? {} : { subject: reference }),
    ...(patient === null || !invitation.toPatient ? {} : { recipient: [reference] }),
    sent: iso(invitation.sentAt),
    ...(invitation.receivedAt === null ? {} : { received: iso(invitation.receivedAt) }),
  }
}
