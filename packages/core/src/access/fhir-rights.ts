import type { Role } from './roles.js'

/** How a resource type is treated by access: who it tells about, not what it is about. */
export type DataClass = 'study' | 'consent' | 'person' | 'reading' | 'clinical' | 'reference'

const classOfType: Readonly<Record<string, DataClass>> = {
  Group: 'study',
  Contract: 'consent',
  Patient: 'person',
  Person: 'person',
  RelatedPerson: 'person',
  Observation: 'reading',
  QuestionnaireResponse: 'reading',
  Device: 'reading',
  DeviceComponent: 'reading',
  DeviceMetric: 'reading',
}
const referenceTypes = [
  'Practitioner', 'Organization', 'Location', 'Medication', 'Substance', 'HealthcareService', 'Questionnaire', 'ValueSet', 'ConceptMap',
  'NamingSystem', 'StructureDefinition', 'DataElement', 'Conformance', 'OperationDefinition', 'SearchParameter', 'ImplementationGuide', 'TestScript',
] as const // prettier-ignore

/** Types that tell about nobody: they need no consent and may stand outside a study. */
export const isReferenceType = (type: string): boolean => (referenceTypes as readonly string[]).includes(type)
export const dataClassOf = (type: string): DataClass => classOfType[type] ?? (isReferenceType(type) ? 'reference' : 'clinical')

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

export function mayTouch(role: Role, act: 'read' | 'write', type: string): boolean {
  return table[role][act].includes(dataClassOf(type))
}

/** Roles that stand for one person and may see only what is about that person. */
export const isOwnDataRole = (role: Role): boolean => role === 'patient' || role === 'guardian'
/** A Group that is a study is a setting: only these define one. */
export const mayDefineStudy = (role: Role): boolean => role === 'study-manager' || role === 'administrator'
