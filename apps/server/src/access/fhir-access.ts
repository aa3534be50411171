import { isReferenceData } from '@aquifer/core/fhir'
import {
  mayDefineStudy,
  mayTouch,
  seesWithheld,
  reachesPerson,
  reachesSite,
  reachesStudy,
  type DataClass,
  type Grant,
} from '@aquifer/core/access'
import { refuse, type Refusal } from '@aquifer/core/refusal'

const classOfType: Readonly<Record<string, DataClass>> = {
  Group: 'study',
  Contract: 'consent',
  Patient: 'person',
  Person: 'person',
  RelatedPerson: 'person',
  Practitioner: 'reference',
  Observation: 'reading',
  QuestionnaireResponse: 'reading',
  Device: 'reading',
  DeviceComponent: 'reading',
  DeviceMetric: 'reading',
}
const dataClassOf = (type: string): DataClass => classOfType[type] ?? (isReferenceData(type) ? 'reference' : 'clinical')

/** Whether the role may do this to the type at all; told openly, since it says nothing of what is stored. */
export function mayTouchType(grant: Grant, act: 'read' | 'write', type: string): Refusal | null {
  if (mayTouch(grant.role, act, dataClassOf(type))) return null
  return refuse('not-permitted', { detail: `The role ${grant.role} may not ${act} ${type}.` })
}

/** A study outside the caller's reach answers like one that does not exist. */
export const noSuchStudy = (): Refusal => refuse('unknown', { detail: 'There is no such study here.' })
export const noSuchResource = (): Refusal => refuse('unknown', { detail: 'There is no such resource here.' })

export function mayReachStudy(grant: Grant, study: { id: string } | null): Refusal | null {
  return study !== null && reachesStudy(grant, study.id) ? null : noSuchStudy()
}

/** Where a resource stands: what limits of site and person are held against. */
export interface Place {
  siteId: string | null
  patients: readonly string[]
}

/** Limits of site and person for what is written or read; types that tell about nobody are not bound to one. */
export function withinLimits(grant: Grant, type: string, place: Place): boolean {
  const data = dataClassOf(type)
  if (data === 'reference' || data === 'study') return true
  if (!reachesPerson(grant, place.patients)) return false
  // Profiles stand beside the studies, so their site is that of the person's enrolment, which the caller passes.
  return reachesSite(grant, place.siteId)
}

/** Whether the caller still reads this type of a person whose data is withheld in the study. */
export const maySeeWithheld = (grant: Grant, type: string): boolean => seesWithheld(grant.role, dataClassOf(type))

export const isLimited = (grant: Grant): boolean => grant.patient !== null || grant.sites.length > 0

export function mayWriteStudyGroup(grant: Grant): Refusal | null {
  return mayDefineStudy(grant.role)
    ? null
    : refuse('not-permitted', { detail: 'Only a study manager or an administrator changes a study.' })
}
