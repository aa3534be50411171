import { isObject, type JsonObject } from '../fhir/index.js'

/** Elements that an analysis of a type needs beside what FHIR requires; of several names any one will do. */
export const expectedElements: Readonly<Record<string, readonly string[]>> = {
  Patient: ['birthDate', 'gender'],
  Observation: ['code.coding', 'effectiveDateTime|effectivePeriod', 'value|component|related'],
  Condition: ['code.coding', 'onsetDateTime|onsetQuantity|onsetPeriod|onsetRange|onsetString|dateRecorded'],
  Encounter: ['class', 'period.start'],
  Procedure: ['code.coding', 'performedDateTime|performedPeriod'],
  MedicationOrder: ['medicationCodeableConcept.coding|medicationReference', 'dateWritten'],
  MedicationStatement: ['medicationCodeableConcept.coding|medicationReference', 'effectiveDateTime|effectivePeriod|dateAsserted'],
  MedicationAdministration: ['medicationCodeableConcept.coding|medicationReference', 'effectiveTimeDateTime|effectiveTimePeriod'],
  Immunization: ['vaccineCode.coding', 'date'],
  AllergyIntolerance: ['substance.coding', 'recordedDate|onset'],
  DiagnosticReport: ['code.coding', 'effectiveDateTime|effectivePeriod', 'result|conclusion|codedDiagnosis|presentedForm|imagingStudy'],
  QuestionnaireResponse: ['questionnaire', 'authored'],
}

/** The expected elements that are missing, by their first name. A reason for an absence counts as told. */
export function missingElements(resource: JsonObject, type: string): string[] {
  return (expectedElements[type] ?? []).filter((names) => !names.split('|').some((name) => isFilled(resource, name.split('.'))))
}

/** How it is told: by its first name. */
export const elementName = (names: string): string => names.split('|')[0]?.replace(/(DateTime|CodeableConcept)(?=$|\.)/, '[x]') ?? names

function isFilled(value: unknown, path: readonly string[]): boolean {
  const [key, ...rest] = path
  if (key === undefined) return !(Array.isArray(value) && value.length === 0)
  if (Array.isArray(value)) return value.some((each) => isFilled(each, path))
  if (!isObject(value)) return false
  if (key === 'value') return Object.keys(value).some((name) => name.startsWith('value') || name === 'dataAbsentReason')
  const below = value[key] ?? (isObject(value[`_${key}`]) ? value[`_${key}`] : undefined)
  return below !== undefined && below !== null && isFilled(below, rest)
}
