import type { Role } from './roles.js'

/** How access sees a resource type: who it tells about, not what it is about. */
export type DataClass = 'study' | 'consent' | 'person' | 'reading' | 'clinical' | 'reference'

const everything: readonly DataClass[] = ['study', 'consent', 'person', 'reading', 'clinical', 'reference']
const caseData: readonly DataClass[] = ['consent', 'person', 'reading', 'clinical']
const nothing: readonly DataClass[] = []

/** By role: the classes it may read and write in FHIR. Analyst and researcher work on masked data only and so have none. */
const table: Readonly<Record<Role, { read: readonly DataClass[]; write: readonly DataClass[] }>> = {
  patient: { read: everything, write: ['reading'] },
  guardian: { read: everything, write: ['reading'] },
  practitioner: { read: everything, write: caseData },
  'care-manager': { read: everything, write: caseData },
  investigator: { read: everything, write: caseData },
  'cro-admin': { read: everything, write: nothing },
  'study-manager': { read: ['study', 'consent', 'reference'], write: ['study', 'consent', 'reference'] },
  analyst: { read: nothing, write: nothing },
  researcher: { read: nothing, write: nothing },
  device: { read: nothing, write: ['reading'] },
  integrator: { read: everything, write: everything },
  operator: { read: nothing, write: nothing },
  auditor: { read: nothing, write: nothing },
  'privacy-officer': { read: ['study', 'consent'], write: nothing },
  administrator: { read: ['study', 'reference'], write: ['study', 'reference'] },
}

export const mayTouch = (role: Role, act: 'read' | 'write', data: DataClass): boolean => table[role][act].includes(data)

/** A Group that is a study is a setting: only these define one. */
export const mayDefineStudy = (role: Role): boolean => role === 'study-manager' || role === 'administrator'

/** Who still reads the Contracts of a person whose data nobody may see any more: those who answer for consent, and the person. */
const consentKeepers: ReadonlySet<Role> = new Set(['study-manager', 'privacy-officer', 'patient', 'guardian'])
export const seesWithheld = (role: Role, data: DataClass): boolean => data === 'consent' && consentKeepers.has(role)
