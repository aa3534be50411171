import { resourceTypes } from './facts.js'

/** Profile data: one row for all studies, flowing to each study its people are enrolled in. */
export const globalTypes: ReadonlySet<string> = new Set(['Patient', 'Person', 'Practitioner', 'RelatedPerson'])

/** What describes other content, not the care of anyone. */
export const definitionalTypes: ReadonlySet<string> = new Set([
  'ConceptMap',
  'Conformance',
  'DataElement',
  'ImplementationGuide',
  'NamingSystem',
  'OperationDefinition',
  'Questionnaire',
  'SearchParameter',
  'StructureDefinition',
  'TestScript',
  'ValueSet',
])

/** Names nobody, needs no consent; written without a study it belongs to every study that refers to it. */
export const referenceDataTypes: ReadonlySet<string> = new Set([
  ...definitionalTypes,
  'HealthcareService',
  'Location',
  'Medication',
  'Organization',
  'Substance',
])

/** Enters without asking for consent: what consent itself, study and messages are made of, and what names nobody. */
export const consentExemptTypes: ReadonlySet<string> = new Set([
  ...referenceDataTypes,
  'Communication',
  'Contract',
  'Group',
  'Practitioner',
])

/** Carries what an operation takes and gives: "there is no RESTful endpoint associated with it" (parameters.html), so never stored. */
export const transportTypes: ReadonlySet<string> = new Set(['Parameters'])

export const isGlobal = (type: string): boolean => globalTypes.has(type)
export const isDefinitional = (type: string): boolean => definitionalTypes.has(type)
export const isReferenceData = (type: string): boolean => referenceDataTypes.has(type)
export const isConsentExempt = (type: string): boolean => consentExemptTypes.has(type)

const studyDataTypes: ReadonlySet<string> = new Set(
  resourceTypes.filter((type) => !globalTypes.has(type) && !referenceDataTypes.has(type) && !transportTypes.has(type)),
)
/** Keyed by study: everything that is neither profile nor reference data. */
export const isStudyData = (type: string): boolean => studyDataTypes.has(type)
