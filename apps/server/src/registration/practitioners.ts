import { reachesPlace } from '@aquifer/core/access'
import type { PractitionerRegistered, PractitionerRegistration, PractitionerRemoval, PractitionerRemoved } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { holderOf } from '../access/index.js'
import type { FhirRequest, Scope } from '../fhir/index.js'
import { globalSid, type RelationshipRow } from '../repository/index.js'
import { itemFor, orRefuse, perform, Refused, resourceIn, type RegistrationParts, type Step } from './operation.js'
import { nameIsFree } from './patients.js'
import { withAccount } from './people.js'
import { scopeAsked, siteIdIn } from './scope.js'
import { drafted } from './third-parties.js'

const noSuchPractitioner = (): Refusal => refuse('unknown', { detail: 'There is no such practitioner here.' })

export async function registerPractitioner(
  parts: RegistrationParts,
  request: FhirRequest,
  body: PractitionerRegistration,
): Promise<PractitionerRegistered | Refusal> {
  const scope = await scopeAsked(parts, request, body)
  if (isRefusal(scope)) return scope
  if (scope.site.kind !== 'site') return refuse('scope-missing', { detail: 'Name the site at which the practitioner works.' })
  const { study } = scope
  const site = scope.site.site.id
  request.facts.sid = study.sid
  const asked = { operation: 'registerPractitioner', body, status: 201 }
  const done = await perform<PractitionerRegistered>(parts, request, asked, async (step) => {
    const id = await storedPractitioner(parts, request, { scope, body, step })
    if (body.account !== undefined) await nameIsFree(parts, body.account.user, `Practitioner/${id}`)
    const draft = { kind: 'practitioner-site' as const, holder: `Practitioner/${id}`, patient: null, study: study.id, site }
    const row = await drafted(parts, { step, request, study }, { ...draft, from: body.from, to: body.to })
    return {
      answer: { study: study.id, site, practitioner: id, relationship: row.id, account: null },
      sid: study.sid,
      patient: null,
      detail: { relationship: row.id },
    }
  })
  if (isRefusal(done)) return done
  const role = body.account?.role ?? 'practitioner'
  return {
    ...done,
    account: await withAccount(parts.people, request.facts, body.account, { actor: `Practitioner/${done.practitioner}`, role }),
  }
}

async function storedPractitioner(
  parts: RegistrationParts,
  request: FhirRequest,
  { scope, body, step }: { scope: Scope; body: PractitionerRegistration; step: Step },
): Promise<string> {
  if (body.id !== undefined) {
    const stored = await step.tx.read({ sid: globalSid, type: 'Practitioner', id: body.id })
    if (!stored?.content) throw new Refused(noSuchPractitioner())
    return body.id
  }
  const resource = orRefuse(resourceIn(request, body.practitioner ?? {}, 'Practitioner'))
  const id = typeof resource.id === 'string' ? resource.id : parts.fhir.newId()
  const item = itemFor(resource, { scope, id, op: 'create' })
  await step.store({ study: scope.study, site: scope.site, grant: request.grant, items: [item] })
  return id
}

export async function removePractitioner(
  parts: RegistrationParts,
  request: FhirRequest,
  body: PractitionerRemoval,
): Promise<PractitionerRemoved | Refusal> {
  const scope = await scopeAsked(parts, request, body)
  if (isRefusal(scope)) return scope
  const { study } = scope
  const { now } = parts.fhir
  request.facts.sid = study.sid
  const actor = `Practitioner/${body.practitioner}`
  const users = await parts.people.accountsOf(actor)
  const asked = { operation: 'removePractitioner', body, status: 200 }
  const done = await perform<PractitionerRemoved>(parts, request, asked, async ({ tx }) => {
    const held = await relationshipsOf(parts, [actor, ...users.map(holderOf)])
    const within = (row: RelationshipRow): boolean =>
      row.sid === study.sid && reachesPlace(request.grant, { study: study.id, site: siteIdIn(study, row.site), patients: patientsOf(row) })
    const mine = held.filter(within)
    if (mine.length === 0) throw new Refused(noSuchPractitioner())
    const ended = await tx.endRelationships(
      mine.map(({ id }) => id),
      now(),
      { endedBy: request.grant.user },
    )
    const isHeld = held.length > mine.length
    const disabled: string[] = []
    for (const user of users) if (!isHeld && !(await parts.people.isHeldOtherwise(user))) disabled.push(user)
    return {
      answer: { study: study.id, practitioner: body.practitioner, relationships: ended.map(({ id }) => id), disabled },
      sid: study.sid,
      patient: null,
      detail: { relationships: ended.length, accountsDisabled: disabled.length },
    }
  })
  if (!isRefusal(done)) for (const user of done.disabled) await parts.people.disable(user)
  return done
}

const patientsOf = ({ target }: RelationshipRow): string[] => (target.startsWith('Patient/') ? [target.slice('Patient/'.length)] : [])

/** Of these holders, in every study, those that have not ended. */
async function relationshipsOf(parts: RegistrationParts, holders: readonly string[]): Promise<RelationshipRow[]> {
  const found: RelationshipRow[] = []
  for (const holder of holders) found.push(...(await parts.fhir.repository.relationships.list({ holder, limit: 10_000 })))
  return found.filter(({ ended }) => ended === null)
}
