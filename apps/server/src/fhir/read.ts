import { compartmentPatients, isGlobal, isId, isReferenceData, isResourceType, type Resource } from '@aquifer/core/fhir'
import { isLimited, reachesStudy } from '@aquifer/core/access'
import { uuidOfUrn } from '@aquifer/core/id'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { maySeeWithheld, mayTouchType, noSuchResource, noSuchType, withinLimits } from '../access/index.js'
import { globalSid, serve, type HistoryPage, type StoredVersion, type Study } from '../repository/index.js'
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
  if (version === null || !(await maySee(systems, request, place, version)))
    return refuse('unknown', { detail: 'There is no such version.' })
  request.facts.entries.push({ op: 'vread', type: key.type, rid: version.rid, version: version.version })
  const bytes = bytesOf(version)
  return bytes === null ? deleted(version.version) : { version, bytes }
}

/** All versions, newest first, a page at a time. */
export async function history(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string },
  page: { before?: number; since?: number; limit: number },
): Promise<{ found: Found[]; next: number | null } | Refusal> {
  const place = await placeOf(systems, request, key)
  if (isRefusal(place)) return place
  const versions = await systems.repository.history({ sid: place.current.sid, type: key.type, id: key.id }, page)
  request.facts.entries.push({ op: 'history', type: key.type, rid: place.current.rid, version: null })
  const found: Found[] = []
  for (const version of versions) if (await maySee(systems, request, place, version)) found.push({ version, bytes: bytesOf(version) })
  const oldest = versions.at(-1)?.version ?? 1
  return { found, next: versions.length === page.limit && oldest > 1 ? oldest : null }
}

export interface Place {
  current: StoredVersion
  study: Study | null
}

/** Whether the caller may see a version of the study’s history: what its resource is now, and what it was then. */
export async function maySeeInHistory(
  systems: FhirSystems,
  request: FhirRequest,
  study: Study | null,
  row: HistoryPage['rows'][number],
): Promise<boolean> {
  const { version } = row
  const current = { ...version, ...row.current, patientId: row.current.patientIds[0] ?? null }
  const place = await placeInHistory(systems, request, study, current)
  return place !== null && (await maySee(systems, request, place, version))
}

export async function placeInHistory(
  systems: FhirSystems,
  request: FhirRequest,
  study: Study | null,
  current: StoredVersion,
): Promise<Place | null> {
  const owner = current.sid === globalSid ? null : study
  if (!isGlobal(current.type)) return (await isVisible(systems, request, current, owner)) ? { current, study: owner } : null
  if (current.type === 'Practitioner') return { current, study }
  const patients = current.type === 'Patient' ? [current.id] : current.patientIds
  const through =
    patients.length === 0
      ? await studyOfNobody(systems, request, current, study)
      : await studyThrough(systems, request, current.type, patients, study)
  return through === undefined ? null : { current, study: through }
}

/** Where the resource stands and that the caller may see it; what he may not see is not there. */
export async function placeOf(systems: FhirSystems, request: FhirRequest, key: { type: string; id: string }): Promise<Place | Refusal> {
  if (!isResourceType(key.type)) return noSuchType()
  const forbidden = mayTouchType(request.grant, 'read', key.type)
  if (forbidden !== null) return forbidden
  if (!isId(key.id)) return noSuchResource()
  const study = await studyOf(systems.studies, request.grant, request.asked)
  if (isRefusal(study)) return study
  request.facts.sid = study?.sid ?? null
  if (isGlobal(key.type)) return profilePlace(systems, request, key, study)
  const visible: Place[] = []
  for (const sid of await sidsOf(systems, request, key, study)) {
    const current = await systems.repository.read({ sid, ...key })
    const owner = sid === globalSid ? null : (study ?? (await systems.studies.bySid(sid)))
    if (current !== null && (await isVisible(systems, request, current, owner))) visible.push({ current, study: owner })
  }
  const [first, another] = visible
  // Only what the caller may see makes a name ambiguous.
  if (study === null && another !== undefined && first?.study !== null)
    return refuse('scope-missing', { detail: 'Name the study: several of yours may hold such a resource.' })
  return first ?? noSuchResource()
}

async function sidsOf(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string },
  study: Study | null,
): Promise<number[]> {
  const isReference = isReferenceData(key.type)
  if (study !== null) return isReference ? [study.sid, globalSid] : [study.sid]
  const held = await systems.repository.locate(key.type, key.id)
  const reached: number[] = []
  for (const sid of held) {
    const owner = sid === globalSid ? null : await systems.studies.bySid(sid)
    if (sid === globalSid ? isReference : owner !== null && reachesStudy(request.grant, owner.id)) reached.push(sid)
  }
  return reached
}

/** Whether the caller may see this version: an earlier one can be about somebody else, or come from another site. */
async function maySee(systems: FhirSystems, request: FhirRequest, { current, study }: Place, version: StoredVersion): Promise<boolean> {
  if (version.version === current.version) return true
  const people = peopleOfVersion(version)
  if (!isGlobal(version.type)) return isVisible(systems, request, { ...version, patientIds: people }, study)
  if (version.type === 'Practitioner') return true
  for (const patientId of people) if ((await studyThrough(systems, request, version.type, [patientId], study)) === undefined) return false
  return people.length > 0 || (study !== null && reachesAll(request, version.type, study))
}

// Beside an earlier version stands one person only, so the others are read from it.
function peopleOfVersion({ patientId, content }: StoredVersion): string[] {
  const named = content === null ? [] : compartmentPatients(JSON.parse(content.toString()) as Resource)
  return [...new Set([...(patientId === null ? [] : [patientId]), ...named.map((id) => uuidOfUrn(id) ?? id)])]
}

async function isVisible(systems: FhirSystems, request: FhirRequest, current: StoredVersion, study: Study | null): Promise<boolean> {
  const place = { study: study?.id ?? null, site: siteIdOf(study, current.site), patients: current.patientIds }
  if (!withinLimits(request.grant, current.type, place)) return false
  if (study === null) return true
  if (!maySeeWithheld(request.grant, current.type) && (await systems.repository.erasure.isWithheld(current.sid, current.patientIds)))
    return false
  const sites = sitesToRead(study, request.grant, request.asked)
  const isAsked = sites === null || isRefusal(sites) || current.site === null || sites.includes(current.site)
  return isAsked && (await reachesEach(systems, request, current.type, study, current.patientIds))
}

/** What names several people came from one site, and is for who reaches each of them at his own. */
async function reachesEach(
  systems: FhirSystems,
  { grant, asked }: FhirRequest,
  type: string,
  study: Study,
  patients: readonly string[],
): Promise<boolean> {
  const sites = sitesToRead(study, grant, asked)
  if (patients.length < 2 || (sites === null && !isLimited(grant))) return true
  const people = await systems.repository.people(patients.map((patientId) => ({ sid: study.sid, patientId })))
  return people.every(({ enrolment }) => {
    const site = enrolment?.site ?? null
    if (site === null) return true
    const isAsked = sites === null || isRefusal(sites) || sites.includes(site)
    return isAsked && withinLimits(grant, type, { study: study.id, site: siteIdOf(study, site), patients })
  })
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
  const patients = key.type === 'Patient' ? [key.id] : current.patientIds
  const through =
    patients.length === 0
      ? await studyOfNobody(systems, request, key, study)
      : await studyThrough(systems, request, key.type, patients, study)
  return through === undefined ? noSuchResource() : { current, study: through }
}

/** The study through which the caller sees the profile of a person, who stands first: the one asked for, else any he reaches. */
async function studyThrough(
  systems: FhirSystems,
  request: FhirRequest,
  type: string,
  patients: readonly string[],
  study: Study | null,
): Promise<Study | undefined> {
  for (const enrolment of await systems.repository.enrolments(patients[0] ?? '')) {
    if ((study !== null && enrolment.sid !== study.sid) || enrolment.withheld) continue
    if (patients.length > 1 && (await systems.repository.erasure.isWithheld(enrolment.sid, patients))) continue
    const owner = study ?? (await systems.studies.bySid(enrolment.sid))
    if (owner === null || !reachesStudy(request.grant, owner.id)) continue
    if (!withinLimits(request.grant, type, { study: owner.id, site: siteIdOf(owner, enrolment.site), patients })) continue
    if (await reachesEach(systems, request, type, owner, patients)) return owner
  }
  return undefined
}

/** Whether nothing in the study lies outside the caller’s limits and relationships: who sees a profile that names nobody. */
const reachesAll = ({ grant }: FhirRequest, type: string, study: Study): boolean =>
  withinLimits(grant, type, { study: study.id, site: null, patients: [] })

/** A profile that names nobody is seen in the studies from which it was written, by those who reach all of such a study. */
async function studyOfNobody(
  systems: FhirSystems,
  request: FhirRequest,
  key: { type: string; id: string },
  study: Study | null,
): Promise<Study | undefined> {
  for (const sid of await systems.repository.studiesNaming(key.type, key.id)) {
    const owner = await systems.studies.bySid(sid)
    if (owner === null || !reachesStudy(request.grant, owner.id) || (study !== null && study.sid !== sid)) continue
    if (reachesAll(request, key.type, owner)) return owner
  }
  return undefined
}
