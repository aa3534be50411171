import type { Role } from './roles.js'

/** How access sees a resource type: who it tells about, not what it is about. */
export const dataClasses = ['study', 'consent', 'person', 'reading', 'clinical', 'reference'] as const
export type DataClass = (typeof dataClasses)[number]
/** Classes whose resources tell who somebody is or how he is. */
export const identifyingClasses: readonly DataClass[] = ['person', 'reading', 'clinical']

const everything: readonly DataClass[] = dataClasses
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

export const builtInTouch = (role: Role): { read: readonly DataClass[]; write: readonly DataClass[] } => table[role]
