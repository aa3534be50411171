import { draftRefusal, reachesPlace, spanOfHolding, type AddedKind, type Relationship } from '@aquifer/core/access'
import type { RelationshipRemoval, RelationshipRemoved, ThirdPartyRegistered, ThirdPartyRegistration } from '@aquifer/core/contract'
import type { Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { factsOf } from '../access/index.js'
import type { FhirRequest } from '../fhir/index.js'
import type { InvitationRow, PersonState, RelationshipRow, Study } from '../repository/index.js'
import { itemFor, orRefuse, perform, Refused, resourceIn, type RegistrationParts, type Step } from './operation.js'
import { nameIsFree } from './patients.js'
import { withAccount } from './people.js'
import { personHeld, scopeAsked, siteIdIn } from './scope.js'

export async function registerThirdParty(
  parts: RegistrationParts,
  request: FhirRequest,
  body: ThirdPartyRegistration,
): Promise<ThirdPartyRegistered | Refusal> {
  const scope = await scopeAsked(parts, request, body)
  if (isRefusal(scope)) return scope
  const { study } = scope
  const reference = `Patient/${body.patient}`
  const resource = resourceIn(request, { patient: { reference }, ...body.relatedPerson }, 'RelatedPerson')
  if (isRefusal(resource)) return resource
  request.facts.sid = study.sid
  const asked = { operation: 'registerThirdParty', body, status: 201 }
  const done = await perform<ThirdPartyRegistered>(parts, request, asked, async (step) => {
    const state = await personHeld(step.tx, request, study, body.patient)
    const id = typeof resource.id === 'string' ? resource.id : parts.fhir.newId()
    const holder = `RelatedPerson/${id}`
    if (body.account !== undefined) await nameIsFree(parts, body.account.user, holder)
    const item = itemFor(resource, { scope, id, op: 'create' })
    if (item.patients.length !== 1 || item.patients[0] !== body.patient)
      throw new Refused(refuse('invalid', { detail: 'relatedPerson: its patient is the one who is named.' }))
    await step.store({ study, site: { kind: 'of-person' }, grant: request.grant, items: [item] })
    const row = await drafted(parts, { step, request, study }, { ...body, holder, study: study.id, site: null })
    const until = endOf(study, state, row, parts.fhir.now())
    return {
      answer: { study: study.id, patient: body.patient, relatedPerson: id, relationship: row.id, kind: body.kind, until, account: null },
      sid: study.sid,
      patient: body.patient,
      detail: { relationship: row.id, kind: body.kind },
    }
  })
  if (isRefusal(done)) return done
  return {
    ...done,
    account: await withAccount(parts.people, request.facts, body.account, {
      actor: `RelatedPerson/${done.relatedPerson}`,
      role: 'guardian',
    }),
  }
}

/** Who was invited to stand in for a person, or is close to him, and accepted: stored, and tied to the person whose row is held. */
export async function tiedTo(
  parts: RegistrationParts,
  at: { step: Step; request: FhirRequest; study: Study },
  { row, id, resource }: { row: InvitationRow & { patient: string }; id: string; resource: Resource },
): Promise<void> {
  const { step, request, study } = at
  const state = await personHeld(step.tx, request, study, row.patient)
  const item = itemFor(resource, { scope: { study, site: { kind: 'of-person' } }, id, op: 'create' })
  await step.store({ study, site: { kind: 'of-person' }, grant: request.grant, items: [item] })
  const kind = row.kind === 'guardian' ? ('guardian' as const) : ('third-party' as const)
  const why = row.basis === null ? {} : { basis: row.basis, ...(row.finding === null ? {} : { finding: row.finding }) }
  const asked = { kind, holder: `RelatedPerson/${id}`, patient: row.patient, study: study.id, site: null, ...why }
  endOf(study, state, await drafted(parts, at, asked), parts.fhir.now())
}

/** When the relationship ends by itself; one that does not hold at any time to come is not made. */
function endOf(study: Study, { birthDate }: PersonState, row: RelationshipRow, now: number): string | null {
  const relationship: Relationship = {
    ...row,
    kind: row.kind as AddedKind,
    study: study.id,
    site: siteIdIn(study, row.site),
    detail: row.detail,
  }
  const span = spanOfHolding(relationship, { study: factsOf(study), birthDate })
  if (span === null || span.hi <= now)
    throw new Refused(
      refuse('business-rule', {
        detail: 'A guardian acts for a minor whose date of birth is stored, or for an adult by a finding of non-competence.',
      }),
    )
  return Number.isFinite(span.hi) ? new Date(span.hi).toISOString() : null
}

/** A relationship within the transaction of an operation. */
export async function drafted(
  parts: RegistrationParts,
  at: { step: Step; request: FhirRequest; study: Study },
  asked: {
    kind: AddedKind
    holder: string
    patient: string | null
    study: string
    site: string | null
    from?: string | undefined
    to?: string | undefined
    basis?: 'minority' | 'non-competence' | undefined
    finding?: string | undefined
  },
): Promise<RelationshipRow> {
  const now = parts.fhir.now()
  const { kind, holder, patient, study, site, basis, finding } = asked
  const times = { from: asked.from === undefined ? now : Date.parse(asked.from), to: asked.to === undefined ? null : Date.parse(asked.to) }
  const draft = { kind, holder, patient, study, site, ...times, basis, finding }
  const wrong = draftRefusal(draft, now)
  if (wrong !== null) throw new Refused(wrong)
  const by = { user: at.request.grant.user, study: at.study }
  return orRefuse(await parts.access.relationships.addWithin(at.step.tx, draft, by))
}

const noSuchRelationship = (): Refusal => refuse('unknown', { detail: 'There is no such relationship here.' })

export async function removeRelationship(
  parts: RegistrationParts,
  request: FhirRequest,
  body: RelationshipRemoval,
): Promise<RelationshipRemoved | Refusal> {
  const { repository, now } = parts.fhir
  const asked = { operation: 'removeRelationship', body, status: 200 }
  return perform<RelationshipRemoved>(parts, request, asked, async ({ tx }) => {
    const row = await repository.relationships.byId(body.relationship)
    const study = (await repository.studies.list()).find(({ sid }) => sid === row?.sid)
    if (row === null || study === undefined || !(await isWithin(parts, request, study, row))) throw new Refused(noSuchRelationship())
    const [ended] = await tx.endRelationships([row.id], now(), { endedBy: request.grant.user })
    const { patient } = ofPerson(row)
    return {
      answer: { relationship: row.id, kind: row.kind, ended: new Date(ended?.ended ?? row.ended ?? now()).toISOString() },
      sid: study.sid,
      patient,
      detail: { relationship: row.id, kind: row.kind },
    }
  })
}

const ofPerson = ({ target }: RelationshipRow): { patient: string | null } => ({
  patient: target.startsWith('Patient/') ? target.slice('Patient/'.length) : null,
})

/** A relationship to a person is within reach where the person is; any other where its site is. */
async function isWithin(parts: RegistrationParts, request: FhirRequest, study: Study, row: RelationshipRow): Promise<boolean> {
  const { patient } = ofPerson(row)
  if (patient === null) return reachesPlace(request.grant, { study: study.id, site: siteIdIn(study, row.site), patients: [] })
  const enrolments = await parts.fhir.repository.enrolments(patient)
  const site = enrolments.find(({ sid }) => sid === study.sid)?.site ?? null
  return reachesPlace(request.grant, { study: study.id, site: siteIdIn(study, site), patients: [patient] })
}
