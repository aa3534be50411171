import type { Acceptance, PatientRegistered } from '@aquifer/core/contract'
import { formInUse } from '@aquifer/core/consent'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { communicationOf } from '@aquifer/core/registration'
import { settingsOf } from '@aquifer/core/study'
import type { Resource } from '@aquifer/core/fhir'
import type { Grant } from '@aquifer/core/access'
import type { FhirRequest, Item, Scope } from '../fhir/index.js'
import { globalSid, type InvitationRow, type Study } from '../repository/index.js'
import { heldOpen, invitationBy, isOver, type EntryParts } from './entry.js'
import { itemFor, perform, Refused, resourceIn, type Step } from './operation.js'
import { nameIsFree, onFileItem } from './patients.js'
import { passwordRefusal, withAccount, withoutPassword } from './people.js'
import { enrolmentOf, isInStudy, siteIdIn } from './scope.js'
import { tiedTo } from './third-parties.js'

/** The invited one's own decision, for himself or for whom he stands in. What he writes reaches that person in this study, and nobody else. */
export async function acceptPatientInvitation(
  parts: EntryParts,
  asked: Omit<FhirRequest, 'grant'>,
  body: Acceptance,
): Promise<PatientRegistered | Refusal> {
  const { facts } = asked
  const found = await invitationBy(parts, facts, body.code)
  if (isRefusal(found)) return found
  const { row: before, study } = found
  if (before.kind === 'care-manager' || before.patient === null) return isOver()
  const role = before.kind === 'patient' ? ('patient' as const) : ('guardian' as const)
  const user = `invitation:${before.id}`
  const site = siteIdIn(study, before.site)
  const grant: Grant = { user, role, studies: [study.id], sites: site === null ? [] : [site], people: [before.patient] }
  facts.actor = user
  facts.role = role
  const request: FhirRequest = { ...asked, grant }
  const said = saidIn(request, body, before)
  if (isRefusal(said)) return said
  const weak = passwordRefusal(parts.people, body.account)
  if (weak !== null) return weak
  const { code: _code, account, ...rest } = body
  const answerable = { ...rest, ...(account === undefined ? {} : { account: withoutPassword(account) }) }
  const operation = { operation: 'acceptPatientInvitation', body: answerable, status: 201 }
  const done = await perform<PatientRegistered>(parts, request, operation, async (step) => {
    const row = await heldOpen(step.tx, before.id, parts.fhir.now())
    const decided = body.decision === 'decline' ? declined : accepted
    return decided(parts, { step, request, study, row, body, ...said })
  })
  if (isRefusal(done)) return done
  if (body.decision === 'decline') return done
  const actor = done.relatedPerson == null ? `Patient/${done.patient}` : `RelatedPerson/${done.relatedPerson}`
  return { ...done, account: await withAccount(parts.people, facts, account, { actor, role }) }
}

interface Said {
  patient: Resource | null
  relatedPerson: Resource | null
}

/** Who the person is, and who speaks for him, as the body says it. */
function saidIn(request: FhirRequest, body: Acceptance, { kind, patient }: InvitationRow): Said | Refusal {
  const person = body.patient === undefined ? null : resourceIn(request, body.patient, 'Patient')
  if (isRefusal(person)) return person
  if (kind === 'patient' || body.decision === 'decline') return { patient: person, relatedPerson: null }
  if (body.relatedPerson === undefined) return refuse('invalid', { detail: 'relatedPerson: say who you are.' })
  const reference = `Patient/${patient ?? ''}`
  const { id: _id, ...own } = body.relatedPerson
  const related = resourceIn(request, { ...own, patient: { reference } }, 'RelatedPerson')
  return isRefusal(related) ? related : { patient: person, relatedPerson: related }
}

interface Deciding {
  step: Step
  request: FhirRequest
  study: Study
  row: InvitationRow & { patient: string }
  body: Acceptance
  patient: Resource | null
  relatedPerson: Resource | null
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

async function accepted(parts: EntryParts, deciding: Deciding) {
  const { step, request, study, row, body } = deciding
  const { tx } = step
  const { patient } = row
  const at = parts.fhir.now()
  const relatedPerson = deciding.relatedPerson === null ? null : parts.fhir.newId()
  const speaks = relatedPerson === null ? `Patient/${patient}` : `RelatedPerson/${relatedPerson}`
  if (body.account !== undefined) await nameIsFree(parts, body.account.user, speaks)
  const scope: Scope = { study, site: siteChoice(study, row) }
  const stored = await tx.read({ sid: globalSid, type: 'Patient', id: patient })
  if (!stored?.content && deciding.patient === null) throw new Refused(refuse('invalid', { detail: 'patient: say who the person is.' }))
  const [before] = await tx.lockPeople([{ sid: study.sid, patientId: patient }], 'exclusive')
  // Who takes part already consented himself: one who comes to stand by him changes nothing of it.
  const decides = row.kind === 'patient' || (row.kind === 'guardian' && !isInStudy(before))
  const contracts = decides ? consentsOf(parts, deciding, { scope, speaks, at }) : []
  const state = { ...row, study: study.id, state: 'accepted' as const, toPatient: row.kind === 'patient', receivedAt: at }
  const letter = itemFor(communicationOf(state) as unknown as Resource, { scope, id: row.id, op: 'create' })
  // What is stored of a person is not changed by whoever holds a letter to him.
  const profile: Item[] =
    deciding.patient === null || stored?.content ? [] : [itemFor(deciding.patient, { scope, id: patient, op: 'create' })]
  await step.store({ study, site: scope.site, grant: request.grant, items: [...contracts, ...profile, letter] })
  if (relatedPerson !== null && deciding.relatedPerson !== null)
    await tiedTo(parts, { step, request, study }, { row, id: relatedPerson, resource: deciding.relatedPerson })
  await tx.registration.change(row.id, { acceptedAt: at, dueAt: null, account: body.account?.user ?? null })
  const enrolled = await enrolmentOf(tx, study, patient)
  const ids = contracts.map(({ id }) => id)
  const answer = { study: study.id, site: enrolled.site, patient, subject: enrolled.subject, contracts: ids, relatedPerson, account: null }
  return { answer, sid: study.sid, patient, detail: { decision: 'accept', contracts: ids.length } }
}

/** A Contract for each type that is agreed to, under the form that is shown in the language of the invitation. */
function consentsOf(
  parts: EntryParts,
  { study, row, body }: Deciding,
  { scope, speaks, at }: { scope: Scope; speaks: string; at: number },
): Item[] {
  const { forms } = settingsOf(study.settings)
  const timeline = { forms, site: siteIdIn(study, row.site), zone: study.zone }
  const name = body.account?.display
  return [...new Set(body.consents)].map((type) => {
    const form = formInUse(type, timeline, { now: at, language: row.language })
    return onFileItem(parts, scope, row.patient, type, {
      ...(form === null ? {} : { form: form.version }),
      ...(name === undefined ? {} : { signer: { reference: speaks, name } }),
    })
  })
}

function siteChoice(study: Study, row: InvitationRow): Scope['site'] {
  const site = study.sites.find((each) => each.site === row.site)
  return site === undefined ? { kind: 'none' } : { kind: 'site', site }
}
