import type { CareManagerAcceptance, InvitedAccount, InvitedAccountRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { holderOf } from '../access/index.js'
import type { FhirRequest } from '../fhir/index.js'
import { heldOpen, invitationBy, isOver } from './entry.js'
import type { EntryParts } from './entry.js'
import { perform, Refused } from './operation.js'
import { nameIsFree } from './patients.js'
import { passwordRefusal, withAccount, withoutPassword } from './people.js'
import { drafted } from './third-parties.js'

export interface CareManagerAccepted {
  study: string
  patient: string
  relationship: string
}

export async function acceptCareManagerInvitation(
  parts: EntryParts,
  request: FhirRequest,
  body: CareManagerAcceptance,
): Promise<CareManagerAccepted | Refusal> {
  const { grant } = request
  if (grant.user.includes(':'))
    return refuse('business-rule', { detail: 'A person takes on the care of a patient, not a service account.' })
  const found = await invitationBy(parts, request.facts, body.code)
  if (isRefusal(found)) return found
  const { row: before, study } = found
  if (before.kind !== 'care-manager') return isOver()
  const operation = { operation: 'acceptCareManagerInvitation', body: { invitation: before.id }, status: 201 }
  return perform<CareManagerAccepted>(parts, request, operation, async (step) => {
    const { patient } = await heldOpen(step.tx, before.id, parts.fhir.now())
    if (before.invitedBy === grant.user) throw new Refused(refuse('business-rule', { detail: 'Nobody gives himself a relationship.' }))
    const asked = { kind: 'patient-practitioner' as const, holder: holderOf(grant.user), patient, study: study.id, site: null }
    const row = await drafted(parts, { step, request, study }, asked)
    await step.tx.registration.change(before.id, { acceptedAt: parts.fhir.now(), dueAt: null })
    return { answer: { study: study.id, patient, relationship: row.id }, sid: study.sid, patient, detail: { relationship: row.id } }
  })
}

/** An account that reaches nobody yet, one for an invitation: its person signs in and takes on the care himself. */
export async function invitedAccount(
  parts: EntryParts,
  asked: Omit<FhirRequest, 'grant'>,
  body: InvitedAccountRequest,
): Promise<InvitedAccount | Refusal> {
  const { facts } = asked
  const found = await invitationBy(parts, facts, body.code)
  if (isRefusal(found)) return found
  const { row: before, study } = found
  if (before.kind !== 'care-manager') return isOver()
  const weak = passwordRefusal(parts.people, body.account)
  if (weak !== null) return weak
  const user = `invitation:${before.id}`
  facts.actor = user
  facts.role = 'care-manager'
  const request: FhirRequest = { ...asked, grant: { user, role: 'care-manager', studies: [study.id], sites: [], people: [] } }
  const operation = { operation: 'invitedAccount', body: { invitation: before.id, account: withoutPassword(body.account) }, status: 201 }
  const done = await perform<InvitedAccount>(parts, request, operation, async ({ tx }) => {
    const row = await heldOpen(tx, before.id, parts.fhir.now())
    if (row.account !== null)
      throw new Refused(refuse('already-exists', { detail: 'An account was made by this invitation; sign in with it.' }))
    await nameIsFree(parts, body.account.user, null)
    await tx.registration.change(before.id, { account: body.account.user })
    return { answer: { account: null }, sid: study.sid, patient: null, detail: { invitation: before.id } }
  })
  if (isRefusal(done)) return done
  return { account: await withAccount(parts.people, facts, body.account, { actor: null, role: 'care-manager' }) }
}
