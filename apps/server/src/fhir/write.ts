import type { Grant } from '@aquifer/core/access'
import { isConsentExempt, isId, isResourceType, type Repair, type Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType, mayWriteStudyGroup, noSuchResource, noSuchType } from '../access/index.js'
import { serve, type Study, type WriteOutcome } from '../repository/index.js'
import { studyGroup, studyStatusOf } from '../study/index.js'
import { deleteItem, itemOf, sidFor, type Item } from './item.js'
import { checkResource, parseBody } from './parse.js'
import { noteRefused } from './refused.js'
import { noteRepairs, refusedAsStrict } from './repaired.js'
import { scopeOf, withExtensions, type Scope } from './scope.js'
import type { Unit, UnitOutcome } from './store.js'
import type { FhirRequest, FhirSystems } from './systems.js'

export interface Written {
  outcome: WriteOutcome
  type: string
  /** the bytes as stored, for an answer with the representation */
  content: Buffer | null
  /** what was mended before it was stored */
  repairs: readonly Repair[]
}

/** The bytes of what was just written; none after a delete. */
export function representationOf({ outcome, type, content }: Written): Buffer | undefined {
  return content === null ? undefined : serve({ type, id: outcome.id, version: outcome.version, updatedAt: outcome.updatedAt, content })
}

const statuses = {
  created: 201,
  updated: 200,
  unchanged: 200,
  deleted: 204,
  'already-deleted': 204,
  'version-conflict': 412,
  'already-exists': 409,
  'not-found': 404,
} as const
export const statusOfWrite = (outcome: WriteOutcome): number => statuses[outcome.outcome]
const statusOfUnit = (outcome: UnitOutcome): number => (isRefusal(outcome) ? 400 : Math.max(200, ...outcome.stored.map(statusOfWrite)))

/** Create: the server gives the id. */
export async function create(systems: FhirSystems, request: FhirRequest, type: string, body: string): Promise<Written | Refusal> {
  const taken = await readResource(request, type, body, 'without-id')
  if (isRefusal(taken)) return taken
  return writeResource(systems, request, taken, { id: systems.newId(), op: 'create' })
}

/** Update: a new version, or a resource under the client’s id. `version` is that of If-Match. */
export async function update(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string; version?: number },
  body: string,
): Promise<Written | Refusal> {
  const taken = await readResource(request, key.type, body, 'with-id')
  if (isRefusal(taken)) return taken
  if (!isId(key.id)) return refuse('bad-parameter', { detail: 'An id is 1 to 64 letters, digits, hyphens and dots.', parameter: 'id' })
  if (taken.resource.id !== key.id) return refuse('invalid', { detail: 'The id in the resource has to be the id in the address.' })
  const expect = key.version === undefined ? {} : { expect: { version: key.version } }
  return writeResource(systems, request, taken, { id: key.id, op: 'update', ...expect })
}

/** Delete: a version without content; what was stored stays in history. */
export async function remove(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string; version?: number },
): Promise<Written | Refusal> {
  if (!isResourceType(key.type)) return noSuchType()
  const refusal = mayTouchType(request.grant, 'write', key.type)
  if (refusal !== null) return refusal
  if (!isId(key.id)) return noSuchResource()
  const scope = await scopeFor(systems, request, key.type, request.asked)
  if (isRefusal(scope)) return scope
  const sid = sidFor(key.type, scope?.study ?? null)
  if (typeof sid !== 'number') return sid
  const stored = await systems.repository.read({ sid, type: key.type, id: key.id })
  if (stored === null) return noSuchResource()
  if (await systems.repository.erasure.isWithheld(sid, stored.patientIds)) return noSuchResource()
  if (scope !== null && key.type === 'Group' && scope.study.id === key.id)
    return refuse('business-rule', { detail: 'A study is archived, not deleted.' })
  const item = deleteItem(key.type, key.id, sid, key.version === undefined ? undefined : { version: key.version })
  return store(systems, request, scope, { ...item, patients: stored.patientId === null ? [] : [stored.patientId] })
}

/** A valid resource, and what had to be mended for that. */
interface Taken {
  resource: Resource
  repairs: readonly Repair[]
}

async function readResource(request: FhirRequest, type: string, body: string, how: 'with-id' | 'without-id'): Promise<Taken | Refusal> {
  if (!isResourceType(type)) return noSuchType()
  const refusal = mayTouchType(request.grant, 'write', type)
  if (refusal !== null) return refusal
  const resource = await parseBody(body)
  if (isRefusal(resource)) return resource
  if (resource.resourceType !== type) return refuse('invalid', { detail: 'The resourceType has to be the type in the address.' })
  // The server gives the id of what is created: one that was sent is neither kept nor judged.
  if (how === 'without-id') delete resource.id
  const checked = checkResource(resource, request.strict)
  return isRefusal(checked) ? checked : { resource, repairs: checked.repairs }
}

/** The scope of one type: reference data and practitioners may stand outside any study. */
export async function scopeFor(
  systems: FhirSystems,
  request: FhirRequest,
  type: string,
  asked: FhirRequest['asked'],
): Promise<Scope | null | Refusal> {
  const scope = await scopeOf(systems.studies, request.grant, asked)
  const mayStandAlone = isConsentExempt(type) && sidFor(type, null) === 0
  return isRefusal(scope) && scope.refusal === 'scope-missing' && mayStandAlone ? null : scope
}

async function writeResource(
  systems: FhirSystems,
  request: FhirRequest,
  { resource, repairs }: Taken,
  how: { id: string; op: 'create' | 'update'; expect?: { version: number } },
): Promise<Written | Refusal> {
  const scope = await scopeFor(systems, request, resource.resourceType, withExtensions(request.asked, resource))
  if (isRefusal(scope)) return scope
  const item = itemOf(resource, { ...how, study: scope?.study ?? null, unchanged: 'version' })
  if (isRefusal(item)) {
    if (scope !== null)
      await noteRefused(
        systems,
        { study: scope.study, site: scope.site, items: [{ type: resource.resourceType, patients: [] }] },
        item,
        request.facts,
      )
    return item
  }
  const study = scope?.study ?? null
  const refusal = refusedAsStrict(study, repairs) ?? mayStoreGroup(request.grant, study, resource, how.id)
  if (refusal !== null) return refusal
  noteRepairs(request.facts, repairs)
  const written = await store(systems, request, scope, item, repairs)
  return isRefusal(written) ? written : ((await followGroup(systems, study, resource)) ?? written)
}

async function store(
  systems: FhirSystems,
  request: FhirRequest,
  scope: Scope | null,
  item: Item,
  repairs: readonly Repair[] = [],
): Promise<Written | Refusal> {
  const { facts, grant } = request
  facts.sid = scope?.study.sid ?? null
  if (scope !== null) facts.detail['studyVersion'] = scope.study.version
  const unit: Unit = {
    study: scope?.study ?? null,
    site: scope?.site ?? { kind: 'none' },
    grant,
    items: [item],
    auditId: await systems.repository.nextAuditId(),
  }
  const outcome = await systems.queue.submit(unit, facts, statusOfUnit)
  if (isRefusal(outcome)) {
    await noteRefused(systems, unit, outcome, facts)
    return outcome
  }
  const [stored] = outcome.stored
  if (stored === undefined) throw new Error('a write without an outcome')
  systems.metrics.written.inc({ outcome: stored.outcome })
  return conflictOf(stored) ?? { outcome: stored, type: item.type, content: item.content, repairs }
}

/** The refusal a write’s outcome stands for; null when it was done. */
export function conflictOf(outcome: WriteOutcome): Refusal | null {
  switch (outcome.outcome) {
    case 'version-conflict':
      return refuse('precondition-failed', { detail: 'The version named by If-Match is not the current one.' })
    case 'already-exists':
      return refuse('already-exists', { detail: 'A resource with this id exists already.' })
    case 'not-found':
      return noSuchResource()
    case 'created':
    case 'updated':
    case 'unchanged':
    case 'deleted':
    case 'already-deleted':
      return null
  }
}

/** Whether this Group may be stored: one that is a study is a setting, and a study is never made this way. */
export function mayStoreGroup(grant: Grant, study: Study | null, resource: Resource, id: string): Refusal | null {
  if (resource.resourceType !== 'Group' || study === null) return null
  const status = studyStatusOf(resource)
  const isStudy = id.toLowerCase() === study.id.toLowerCase()
  if (status === undefined && !isStudy) return null
  const forbidden = mayWriteStudyGroup(grant)
  if (forbidden !== null) return forbidden
  if (status === null || status === undefined) return refuse('invalid', { detail: 'urn:aquifer:study-status has none of its values.' })
  if (id !== study.id)
    return refuse('business-rule', { detail: 'A study is created by its own API; this Group is not the study in scope.' })
  return null
}

/** A stored Group that is the study changes the study’s status. */
export async function followGroup(systems: FhirSystems, study: Study | null, resource: Resource): Promise<Refusal | null> {
  if (resource.resourceType !== 'Group' || study === null || resource.id !== study.id) return null
  const status = studyStatusOf(resource)
  if (status === undefined || status === null || status === study.status) return null
  const changed = await systems.studies.changeStatus(study, status)
  return isRefusal(changed) ? changed : null
}

/** The Group that shows a study in FHIR, stored when the study is made. */
export async function storeStudyGroup(systems: FhirSystems, request: FhirRequest, study: Study): Promise<Refusal | null> {
  const item = itemOf(studyGroup(study) as Resource, { study, id: study.id, op: 'update', unchanged: 'skip' })
  if (isRefusal(item)) return item
  const written = await store(systems, request, { study, site: { kind: 'none' } }, item)
  return isRefusal(written) ? written : null
}
