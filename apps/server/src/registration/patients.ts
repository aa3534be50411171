import { reachesPlace } from '@aquifer/core/access'
import { studyIdUrl, withholds, writeConsentContract } from '@aquifer/core/consent'
import type { PatientRegistered, PatientRegistration, PatientRemoval, PatientRemoved } from '@aquifer/core/contract'
import type { Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { FhirRequest, Item, Scope } from '../fhir/index.js'
import type { PersonState } from '../repository/index.js'
import { itemFor, orRefuse, perform, Refused, resourceIn, type RegistrationParts } from './operation.js'
import { withAccount } from './people.js'
import { enrolmentOf, scopeAsked, siteIdIn } from './scope.js'

export async function registerPatient(
  parts: RegistrationParts,
  request: FhirRequest,
  body: PatientRegistration,
): Promise<PatientRegistered | Refusal> {
  const scope = await scopeAsked(parts, request, body)
  if (isRefusal(scope)) return scope
  const { study } = scope
  const patient = resourceIn(request, body.patient, 'Patient')
  if (isRefusal(patient)) return patient
  const given = contractsIn(request, scope, body.contracts)
  if (isRefusal(given)) return given
  request.facts.sid = study.sid
  const asked = { operation: 'registerPatient', body, status: 201 }
  const done = await perform<PatientRegistered>(parts, request, asked, async ({ tx, store }) => {
    const id = typeof patient.id === 'string' ? patient.id : parts.fhir.newId()
    if (body.account !== undefined) await nameIsFree(parts, body.account.user, `Patient/${id}`)
    const [state] = await tx.lockPeople([{ sid: study.sid, patientId: id }], 'exclusive')
    if (state !== undefined) refuseRegistered(request, scope, state)
    const items = given.map((contract) => contractItem(parts, scope, contract, id))
    const onFile =
      body.consentOnFile === undefined ? [] : missingTypes(scope, state, items).map((type) => onFileItem(parts, scope, id, type))
    const op = typeof patient.id === 'string' ? 'update' : 'create'
    const all = [...items, ...onFile, itemFor(patient, { scope, id, op })]
    await store({ study, site: scope.site, grant: request.grant, items: all })
    const enrolled = await enrolmentOf(tx, study, id)
    const contracts = [...items, ...onFile].map((item) => item.id)
    return {
      answer: { study: study.id, site: enrolled.site, patient: id, subject: enrolled.subject, contracts, account: null },
      sid: study.sid,
      patient: id,
      detail: { contracts: contracts.length, consentsOnFile: onFile.length, evidence: body.consentOnFile?.evidence ?? null },
    }
  })
  if (isRefusal(done)) return done
  return {
    ...done,
    account: await withAccount(parts.people, request.facts, body.account, { actor: `Patient/${done.patient}`, role: 'patient' }),
  }
}

export async function nameIsFree(parts: RegistrationParts, user: string, actor: string | null): Promise<void> {
  if ((await parts.people.standing(user, actor)) === 'taken')
    throw new Refused(refuse('already-exists', { detail: 'The name of the account is taken.' }))
}

/** Only who reaches the person is told that he is here already; everybody else meets what access says. */
function refuseRegistered(request: FhirRequest, { study }: Scope, { patientId, enrolment }: PersonState): void {
  if (enrolment === null || enrolment.to !== null || enrolment.stopped !== null) return
  if (reachesPlace(request.grant, { study: study.id, site: siteIdIn(study, enrolment.site), patients: [patientId] }))
    throw new Refused(refuse('already-exists', { detail: 'The person is registered in this study already.' }))
}

function contractsIn(request: FhirRequest, { study }: Scope, sent: readonly Record<string, unknown>[]): Resource[] | Refusal {
  const contracts: Resource[] = []
  for (const each of sent) {
    const extensions = Array.isArray(each['extension']) ? (each['extension'] as { url?: unknown }[]) : []
    const named = extensions.some(({ url }) => url === studyIdUrl)
    const complete = { ...each, extension: named ? extensions : [...extensions, { url: studyIdUrl, valueString: study.id }] }
    const contract = resourceIn(request, complete, 'Contract')
    if (isRefusal(contract)) return contract
    contracts.push(contract)
  }
  return contracts
}

export function contractItem(parts: RegistrationParts, scope: Scope, contract: Resource, patientId: string): Item {
  const subject = contract['subject'] ?? [{ reference: `Patient/${patientId}` }]
  const id = typeof contract.id === 'string' ? contract.id : parts.fhir.newId()
  const item = itemFor({ ...contract, subject }, { scope, id, op: 'create' })
  if (item.consent == null || item.consent.patientId !== patientId)
    throw new Refused(refuse('invalid', { detail: 'contracts: each is a consent of the person who is registered.' }))
  const said = (Array.isArray(contract['extension']) ? (contract['extension'] as Record<string, unknown>[]) : []).find(
    ({ url }) => url === studyIdUrl,
  )
  if (String(said?.['valueString']).toLowerCase() !== scope.study.id.toLowerCase())
    throw new Refused(refuse('scope-disagreement', { detail: 'contracts: one names another study.' }))
  return item
}

/** Required types of which nothing is stored, given or said before: what the person withdrew is not on file. */
function missingTypes({ study }: Scope, state: PersonState | undefined, given: readonly Item[]): string[] {
  const known = new Set([...(state?.consents ?? []).map(({ type }) => type), ...given.flatMap(({ consent }) => consent?.types ?? [])])
  return study.required.filter((type) => !known.has(type))
}

export function onFileItem(
  parts: RegistrationParts,
  scope: Scope,
  patientId: string,
  type: string,
  said: Pick<Parameters<typeof writeConsentContract>[0], 'form' | 'signer'> = {},
): Item {
  const start = new Date(parts.fhir.now()).toISOString()
  const contract = writeConsentContract({ patientId, study: scope.study.id, type, status: 'active', start, ...said })
  return itemFor(contract as unknown as Resource, { scope, id: parts.fhir.newId(), op: 'create' })
}

export async function removePatient(
  parts: RegistrationParts,
  request: FhirRequest,
  body: PatientRemoval,
): Promise<PatientRemoved | Refusal> {
  const scope = await scopeAsked(parts, request, body)
  if (isRefusal(scope)) return scope
  const { study } = scope
  const { repository, now } = parts.fhir
  request.facts.sid = study.sid
  const { study: _study, site: _site, ...asked } = body
  return perform<PatientRemoved>(parts, request, { operation: 'removePatient', body, status: 200 }, async ({ tx, auditId }) => {
    const started = orRefuse(await parts.withdrawals.startWithin(tx, study, request, asked, auditId))
    const { patient } = started
    // Where the data stays in use, those who treat the person answer for it still.
    const target = `Patient/${patient}`
    const tied = withholds(started.act) ? await repository.relationships.list({ sids: [study.sid], target, limit: 10_000 }) : []
    const ended = await tx.endRelationships(
      tied.filter((row) => row.ended === null).map(({ id }) => id),
      now(),
      { endedBy: request.grant.user },
    )
    const invitations = await tx.registration.revokeFor(study.sid, patient, now())
    const { subject, act, id: withdrawal } = started
    return {
      answer: { study: study.id, subject, act, withdrawal, relationships: ended.length, invitations },
      sid: study.sid,
      patient,
      detail: { ...started.detail, relationships: ended.length, invitations },
    }
  })
}
