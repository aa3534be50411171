import { isGlobal, isReferenceData, isResourceType } from '@aquifer/core/fhir'
import { reachesStudy } from '@aquifer/core/access'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { maySeeWithheld, mayTouchType, noSuchResource, withinLimits } from '../access/index.js'
import { globalSid, serve, type StoredVersion, type Study } from '../repository/index.js'
import { siteIdOf, sitesToRead, studyOf } from './scope.js'
import type { FhirRequest, FhirSystems } from './systems.js'

export interface Found {
  version: StoredVersion
  /** the bytes a client gets; null for a delete */
  bytes: Buffer | null
}

export const bytesOf = (version: StoredVersion): Buffer | null =>
  version.content === null ? null : serve({ ...version, content: version.content })

const deleted = (version: number): Refusal => refuse('deleted', { detail: 'The resource is deleted; its history is kept.', version })

/** The current version of a resource. */
export async function read(systems: FhirSystems, request: FhirRequest, key: { type: string; id: string }): Promise<Found | Refusal> {
  const place = await placeOf(systems, request, key)
  if (isRefusal(place)) return place
  request.facts.entries.push({ op: 'read', type: key.type, rid: place.current.rid, version: place.current.version })
  const bytes = bytesOf(place.current)
  return bytes === null ? deleted(place.current.version) : { version: place.current, bytes }
}

/** One version of a resource. */
export async function vread(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string; version: number },
): Promise<Found | Refusal> {
  const place = await placeOf(systems, request, key)
  if (isRefusal(place)) return place
  const version = await systems.repository.vread({ sid: place.current.sid, type: key.type, id: key.id }, key.version)
  if (version === null) return refuse('unknown', { detail: 'There is no such version.' })
  request.facts.entries.push({ op: 'vread', type: key.type, rid: version.rid, version: version.version })
  const bytes = bytesOf(version)
  return bytes === null ? deleted(version.version) : { version, bytes }
}

/** All versions, newest first, a page at a time. */
export async function history(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string },
  page: { before?: number; limit: number },
): Promise<Found[] | Refusal> {
  const place = await placeOf(systems, request, key)
  if (isRefusal(place)) return place
  const versions = await systems.repository.history({ sid: place.current.sid, type: key.type, id: key.id }, page)
  request.facts.entries.push({ op: 'history', type: key.type, rid: place.current.rid, version: null })
  return versions.map((version) => ({ version, bytes: bytesOf(version) }))
}

interface Place {
  current: StoredVersion
  study: Study | null
}

/** Where the resource stands and that the caller may see it; what he may not see is not there. */
async function placeOf(systems: FhirSystems, request: FhirRequest, key: { type: string; id: string }): Promise<Place | Refusal> {
  if (!isResourceType(key.type)) return refuse('unsupported-type', { detail: 'This is not a DSTU2 resource type.' })
  const forbidden = mayTouchType(request.grant, 'read', key.type)
  if (forbidden !== null) return forbidden
  const study = await studyOf(systems.studies, request.grant, request.asked)
  if (isRefusal(study)) return study
  request.facts.sid = study?.sid ?? null
  if (isGlobal(key.type)) return profilePlace(systems, request, key, study)
  const sids = await sidsOf(systems, request, key, study)
  if (isRefusal(sids)) return sids
  for (const sid of sids) {
    const current = await systems.repository.read({ sid, ...key })
    if (current === null) continue
    const owner = sid === globalSid ? null : (study ?? (await systems.studies.bySid(sid)))
    if (!(await visible(systems, request, current, owner))) return noSuchResource()
    return { current, study: owner }
  }
  return noSuchResource()
}

async function sidsOf(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string },
  study: Study | null,
): Promise<number[] | Refusal> {
  const isReference = isReferenceData(key.type)
  if (study !== null) return isReference ? [study.sid, globalSid] : [study.sid]
  const held = await systems.repository.locate(key.type, key.id)
  const reached: number[] = []
  for (const sid of held) {
    const owner = sid === globalSid ? null : await systems.studies.bySid(sid)
    if (sid === globalSid ? isReference : owner !== null && reachesStudy(request.grant, owner.id)) reached.push(sid)
  }
  if (reached.length > 1 && !reached.includes(globalSid))
    return refuse('scope-missing', { detail: 'Name the study: several of yours may hold such a resource.' })
  return reached
}

async function visible(systems: FhirSystems, request: FhirRequest, current: StoredVersion, study: Study | null): Promise<boolean> {
  const place = { siteId: siteIdOf(study, current.site), patients: current.patientIds }
  if (!withinLimits(request.grant, current.type, place)) return false
  if (study === null) return true
  if (!maySeeWithheld(request.grant, current.type) && (await systems.repository.erasure.isWithheld(current.sid, current.patientIds)))
    return false
  const sites = sitesToRead(study, request.grant, request.asked)
  return sites === null || isRefusal(sites) || current.site === null || sites.includes(current.site)
}

/** A profile is seen through an enrolment: in the study asked for, else in any the caller reaches. */
async function profilePlace(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string },
  study: Study | null,
): Promise<Place | Refusal> {
  const current = await systems.repository.read({ sid: globalSid, ...key })
  if (current === null) return noSuchResource()
  if (key.type === 'Practitioner') return { current, study }
  const patientId = key.type === 'Patient' ? key.id : current.patientId
  if (patientId === null) return noSuchResource()
  for (const enrolment of await systems.repository.enrolments(patientId)) {
    if ((study !== null && enrolment.sid !== study.sid) || enrolment.withheld) continue
    const owner = study ?? (await systems.studies.bySid(enrolment.sid))
    if (owner === null || !reachesStudy(request.grant, owner.id)) continue
    if (withinLimits(request.grant, key.type, { siteId: siteIdOf(owner, enrolment.site), patients: [patientId] }))
      return { current, study: owner }
  }
  return noSuchResource()
}
