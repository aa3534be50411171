import { isReferenceData } from '@aquifer/core/fhir'
import {
  mayDefineStudy,
  mayTouch,
  reachesPlace,
  reachesStudy,
  seesWithheld,
  type DataClass,
  type Grant,
  type Place,
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
export const dataClassOf = (type: string): DataClass => classOfType[type] ?? (isReferenceData(type) ? 'reference' : 'clinical')

/** Whether the role may do this to the type at all; told openly, since it says nothing of what is stored. */
export function mayTouchType(grant: Grant, act: 'read' | 'write', type: string): Refusal | null {
  if (mayTouch(grant, act, dataClassOf(type), type)) return null
  return refuse('not-permitted', { detail: `The role ${grant.role} may not ${act} ${type}.` })
}

/** A study outside the caller's reach answers like one that does not exist. */
export const noSuchStudy = (): Refusal => refuse('unknown', { detail: 'There is no such study here.' })
// http.html of DSTU2: 404 where the address names no type of resource that is served.
export const noSuchType = (): Refusal => refuse('unknown', { detail: 'DSTU2 has no such resource type.' })
export const noSuchResource = (): Refusal => refuse('unknown', { detail: 'There is no such resource here.' })

export function mayReachStudy(grant: Grant, study: { id: string } | null): Refusal | null {
  return study !== null && reachesStudy(grant, study.id) ? null : noSuchStudy()
}

/** Types that tell about nobody are not bound to a site or a person: whoever may read them in the study sees all of them. */
export function tellsOfNobody(type: string): boolean {
  const data = dataClassOf(type)
  return data === 'reference' || data === 'study'
}

/**
 * Limits of site and person for what is written or read. Profiles stand beside the studies, so their place is that of the person's
 * enrolment, which the caller passes. A Group that lists people is as hidden as they are.
 */
export const withinLimits = (grant: Grant, type: string, place: Place): boolean =>
  (tellsOfNobody(type) && place.patients.length === 0) || reachesPlace(grant, place)

/** Whether the caller still reads this type of a person whose data is withheld in the study. */
export const maySeeWithheld = (grant: Grant, type: string): boolean => seesWithheld(grant, dataClassOf(type))

export function mayWriteStudyGroup(grant: Grant): Refusal | null {
  return mayDefineStudy(grant) ? null : refuse('not-permitted', { detail: 'Only a study manager or an administrator changes a study.' })
}
