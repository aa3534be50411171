import { parseReference, rewriteReferences, type Repair, type Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType, noSuchResource } from '../../access/index.js'
import { deleteItem, itemOf, sidFor, type Item, type ItemOptions } from '../item.js'
import { checkResource } from '../parse.js'
import { refusedAsStrict } from '../repaired.js'
import { withExtensions, type Scope } from '../scope.js'
import type { FhirRequest, FhirSystems } from '../systems.js'
import { mayStoreGroup, scopeFor } from '../write.js'
import type { Match } from './conditional.js'
import type { BundleEntry, EntryAct } from './entries.js'

export type WriteAct = Exclude<EntryAct, { act: 'read' }>
/** An entry that writes, with the id it will have. */
export interface PlannedWrite {
  place: number
  act: WriteAct
  id: string
  /** the id it has where nothing meets its condition */
  ownId: string
  fullUrl: string | null
  /** what its check mended */
  repairs: readonly Repair[]
  /** what meets the entry’s condition, as it was looked up; absent without a condition or without a match */
  met?: Match
}

// The specification's order within a transaction.
const order: Readonly<Record<WriteAct['act'], number>> = { delete: 0, create: 1, update: 2 }

export function planWrites(systems: FhirSystems, entries: readonly BundleEntry[]): PlannedWrite[] {
  const planned: PlannedWrite[] = []
  for (const { place, fullUrl, act } of entries) {
    if (act.act === 'read') continue
    const id = (act.act === 'create' ? null : act.id) ?? systems.newId()
    planned.push({ place, act, id, ownId: id, fullUrl, repairs: [] })
  }
  return planned.sort((a, b) => order[a.act.act] - order[b.act.act] || a.place - b.place)
}

/** Where references within the Bundle lead: by fullUrl, and by the id a resource had before the server gave it another. */
export function referencesWithin(planned: readonly PlannedWrite[]): Map<string, string> {
  const targets = new Map<string, string>()
  for (const { act, id, fullUrl } of planned) {
    if (act.act === 'delete') continue
    const target = `${act.type}/${id}`
    if (act.act === 'create' && act.resource.id !== undefined && !targets.has(`${act.type}/${act.resource.id}`))
      targets.set(`${act.type}/${act.resource.id}`, target)
    if (fullUrl === null) continue
    targets.set(fullUrl, target)
    const absolute = parseReference(fullUrl)
    if (absolute.kind === 'absolute') targets.set(`${absolute.type}/${absolute.id}`, target)
  }
  return targets
}

/** The id of the Bundle’s only Patient, who is the person of entries that name nobody. */
export function onlyPatientOf(planned: readonly PlannedWrite[]): string | null {
  const patients = planned.filter(({ act }) => act.act !== 'delete' && act.type === 'Patient')
  return patients.length === 1 ? (patients[0]?.id ?? null) : null
}

/** What has to hold of an entry before any transaction: right, validity, references. Changes the resource. */
export function checkWrite(request: FhirRequest, planned: PlannedWrite, targets: ReadonlyMap<string, string>): Refusal | null {
  const { act, place } = planned
  const forbidden = mayTouchType(request.grant, 'write', act.type)
  if (forbidden !== null) return forbidden
  if (act.act === 'delete') return null
  const met = planned.met?.id
  if (met !== undefined && act.act === 'update' && act.resource.id !== undefined && act.resource.id !== met)
    return atPlace(refuse('invalid', { detail: 'The id in the resource is not that of the resource which meets the condition.' }), place)
  const keepsId = act.act === 'update' && act.id !== null
  const checked = checkEntry(act.resource, { place, keepsId }, { strict: request.strict, targets })
  if (isRefusal(checked)) return checked
  // A condition that was raced has it checked again, mended already.
  planned.repairs = [...planned.repairs, ...checked.repairs]
  return null
}

/** The part of this that asks nothing but the resource. */
export function checkEntry(
  resource: Resource,
  { place, keepsId }: { place: number; keepsId: boolean },
  { strict, targets }: { strict: boolean; targets: ReadonlyMap<string, string> },
): { repairs: Repair[] } | Refusal {
  // A POST gives no id: whatever stands there is the sender's own matter, valid or not.
  if (!keepsId) delete resource.id
  // What a stored Bundle holds is whole in itself: its references lead within it, and it may be signed.
  if (resource.resourceType !== 'Bundle') rewriteReferences(resource, (reference) => targets.get(reference) ?? reference)
  const checked = checkResource(resource, strict)
  return isRefusal(checked) ? atPlace(checked, place) : checked
}

export function atPlace(refusal: Refusal, place: number): Refusal {
  if (!('issues' in refusal) || refusal.issues === undefined) return { ...refusal, detail: `Bundle.entry[${place}]: ${refusal.detail}` }
  return {
    ...refusal,
    issues: refusal.issues.map((issue) => ({
      ...issue,
      path: issue.path === '' ? `Bundle.entry[${place}]` : `Bundle.entry[${place}].resource.${issue.path}`,
    })),
  }
}

/** The scope of one entry, or of a whole transaction when all its resources speak. */
export async function scopeOfWrites(
  systems: FhirSystems,
  request: FhirRequest,
  planned: readonly PlannedWrite[],
): Promise<Scope | null | Refusal> {
  let asked = request.asked
  for (const { act } of planned) if (act.act !== 'delete') asked = withExtensions(asked, act.resource)
  const needing = planned.find(({ act }) => isRefusal(sidFor(act.type, null)) || act.type === 'Patient')
  return scopeFor(systems, request, (needing ?? planned[0])?.act.type ?? 'Organization', asked)
}

export async function itemFor(
  systems: FhirSystems,
  request: FhirRequest,
  planned: PlannedWrite,
  scope: Scope | null,
  onlyPatient: string | null,
): Promise<Item | Refusal> {
  const ready = await beforeItem(systems, request, planned, scope, onlyPatient)
  return isRefusal(ready) || 'patients' in ready ? ready : itemOf(ready.resource, ready.options)
}

/** What is decided before an item is made, and by what it is made; a deletion is one already. */
export async function beforeItem(
  systems: FhirSystems,
  request: FhirRequest,
  planned: PlannedWrite,
  scope: Scope | null,
  onlyPatient: string | null,
): Promise<Item | { resource: Resource; options: ItemOptions } | Refusal> {
  const { act, id } = planned
  const study = scope?.study ?? null
  if (act.act === 'delete') return deletion(systems, planned, study)
  const strict = refusedAsStrict(study, planned.repairs)
  if (strict !== null) return atPlace(strict, planned.place)
  const refusal = mayStoreGroup(request.grant, study, act.resource, id)
  if (refusal !== null) return refusal
  return { resource: act.resource, options: { study, id, op: act.act, unchanged: 'version', onlyPatient, ...expectationOf(planned) } }
}

/** The version a write rests on: that of If-Match, else the one in which its condition was met. */
function expectationOf({ act, met }: PlannedWrite): Pick<Item, 'expect'> {
  const version = act.act === 'create' ? undefined : (act.version ?? met?.version)
  return version === undefined ? {} : { expect: { version } }
}

async function deletion(systems: FhirSystems, planned: PlannedWrite, study: Scope['study'] | null): Promise<Item | Refusal> {
  const { act, id } = planned
  const sid = sidFor(act.type, study)
  if (typeof sid !== 'number') return sid
  if (study !== null && act.type === 'Group' && id === study.id)
    return refuse('business-rule', { detail: 'A study is archived, not deleted.' })
  const stored = await systems.repository.read({ sid, type: act.type, id })
  if (stored !== null && (await systems.repository.erasure.isWithheld(sid, stored.patientIds))) return noSuchResource()
  const { expect } = expectationOf(planned)
  return { ...deleteItem(act.type, id, sid, expect), patients: stored?.patientId ? [stored.patientId] : [] }
}
