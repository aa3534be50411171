import type { Acceptance, CareManagerAcceptance, PatientRegistered } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { communicationOf, invitationState } from '@aquifer/core/registration'
import type { Resource } from '@aquifer/core/fhir'
import type { Grant } from '@aquifer/core/access'
import { holderOf } from '../access/index.js'
import type { FhirRequest, Item, Scope } from '../fhir/index.js'
import { globalSid, type InvitationRow, type Study, type Tx } from '../repository/index.js'
import { invitationBy } from './entry.js'
import type { Guesses } from './guesses.js'
import { itemFor, perform, Refused, resourceIn, type RegistrationParts, type Step } from './operation.js'
import { nameIsFree, onFileItem } from './patients.js'
import { withAccount } from './people.js'
import { enrolmentOf, siteIdIn } from './scope.js'
import { drafted } from './third-parties.js'

export type EntryParts = RegistrationParts & { guesses: Guesses }
const isOver = (): Refusal => refuse('deleted', { detail: 'The invitation was used, revoked or has run out.' })

/** The row again, held: of two who come with one code the second finds it used. */
async function heldOpen(tx: Tx, id: string, now: number): Promise<InvitationRow & { patient: string }> {
  const row = await tx.registration.invitation(id)
  const state = row === null ? 'revoked' : invitationState(row, now)
  if (row === null || row.patient === null || (state !== 'sent' && state !== 'opened')) throw new Refused(isOver())
  return { ...row, patient: row.patient }
}

/** The person's own decision. What he writes reaches himself in this study, and nobody else. */
export async function acceptPatientInvitation(
  parts: EntryParts,
  asked: Omit<FhirRequest, 'grant'>,
  body: Acceptance,
): Promise<PatientRegistered | Refusal> {
  const { facts } = asked
  const found = await invitationBy(parts, facts, body.code)
  if (isRefusal(found)) return found
  const { row: before, study } = found
  if (before.kind !== 'patient' || before.patient === null) return isOver()
  const user = `invitation:${before.id}`
  const site = siteIdIn(study, before.site)
  const grant: Grant = { user, role: 'patient', studies: [study.id], sites: site === null ? [] : [site], people: [before.patient] }
  facts.actor = user
  facts.role = 'patient'
  const request: FhirRequest = { ...asked, grant }
  const said = body.patient === undefined ? null : resourceIn(request, body.patient, 'Patient')
  if (isRefusal(said)) return said
  const { code: _code, ...answerable } = body
  const operation = { operation: 'acceptPatientInvitation', body: answerable, status: 201 }
  const done = await perform<PatientRegistered>(parts, request, operation, async (step) => {
    const row = await heldOpen(step.tx, before.id, parts.fhir.now())
    const decided = body.decision === 'decline' ? declined : accepted
    return decided(parts, { step, request, study, row, body, said })
  })
  if (isRefusal(done)) return done
  if (body.decision === 'decline') return done
  return { ...done, account: await withAccount(parts.people, body.account, { actor: `Patient/${done.patient}`, role: 'patient' }) }
}

interface Deciding {
  step: Step
  request: FhirRequest
  study: Study
  row: InvitationRow & { patient: string }
  body: Acceptance
  said: Resource | null
}

async function declined(parts: EntryParts, { step, request, study, row }: Deciding) {
  const { tx } = step
  const at = parts.fhir.now()
  await tx.registration.change(row.id, { declinedAt: at, dueAt: null })
  const who = { sid: study.sid, patient: row.patient }
  await tx.registration.discontinue({ ...who, at, reason: 'declined the invitation', actor: request.grant.user })
  const answer = { study: study.id, site: siteIdIn(study, row.site), patient: row.patient, subject: null, contracts: [], account: null }
  return { answer, ...who, detail: { decision: 'decline' } }
}

async function accepted(parts: EntryParts, { step, request, study, row, body, said }: Deciding) {
  const { tx } = step
  const { patient } = row
  const at = parts.fhir.now()
  if (body.account !== undefined) await nameIsFree(parts, body.account.user, `Patient/${patient}`)
  const scope: Scope = { study, site: siteChoice(study, row) }
  const stored = await tx.read({ sid: globalSid, type: 'Patient', id: patient })
  if (!stored?.content && said === null) throw new Refused(refuse('invalid', { detail: 'patient: say who you are.' }))
  const contracts = [...new Set(body.consents)].map((type) => onFileItem(parts, scope, patient, type))
  const state = { ...row, study: study.id, state: 'accepted' as const, toPatient: true, receivedAt: at }
  const letter = itemFor(communicationOf(state) as unknown as Resource, { scope, id: row.id, op: 'create' })
  // What is stored of a person is not changed by whoever holds a letter to him.
  const profile: Item[] = said === null || stored?.content ? [] : [itemFor(said, { scope, id: patient, op: 'create' })]
  await step.store({ study, site: scope.site, grant: request.grant, items: [...contracts, ...profile, letter] })
  await tx.registration.change(row.id, { acceptedAt: at, dueAt: null })
  const enrolled = await enrolmentOf(tx, study, patient)
  const ids = contracts.map(({ id }) => id)
  const answer = { study: study.id, site: enrolled.site, patient, subject: enrolled.subject, contracts: ids, account: null }
  return { answer, sid: study.sid, patient, detail: { decision: 'accept', contracts: ids.length } }
}

function siteChoice(study: Study, row: InvitationRow): Scope['site'] {
  const site = study.sites.find((each) => each.site === row.site)
  return site === undefined ? { kind: 'none' } : { kind: 'site', site }
}

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
