import { removeAt, setAt, valueAt } from './place.js'
import { isObject } from './resource.js'
import type { JsonObject } from './resource.js'
import type { RepairRule } from './repair-rule.js'

const absent = (): { extension: object[] } => ({
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
})

// Required elements whose absence leaves the meaning of the rest whole. Any other missing element stays a refusal.
const markedAbsent = new Set(['DiagnosticReport.performer', 'Immunization.reported', 'CarePlan.activity.detail.prohibited'])

const criticalities: Readonly<Record<string, string>> = {
  low: 'CRITL',
  high: 'CRITH',
  'unable-to-assess': 'CRITU',
  'unable-to-determine': 'CRITU',
}

const ucum = 'http://unitsofmeasure.org'
const timeUnits: Readonly<Record<string, string>> = {
  s: 's',
  second: 's',
  seconds: 's',
  min: 'min',
  minute: 'min',
  minutes: 'min',
  h: 'h',
  hour: 'h',
  hours: 'h',
  d: 'd',
  day: 'd',
  days: 'd',
  wk: 'wk',
  week: 'wk',
  weeks: 'wk',
  mo: 'mo',
  month: 'mo',
  months: 'mo',
  a: 'a',
  year: 'a',
  years: 'a',
}
const timeSystems = new Set<unknown>([
  undefined,
  ucum,
  'http://hl7.org/fhir/ValueSet/units-of-time',
  'http://hl7.org/fhir/units-of-time',
  'urn:oid:2.16.840.1.113883.6.8',
])

/** Defects of known senders, each of one element. */
export const knownDefectRules: readonly RepairRule[] = [
  {
    name: 'mark-absent',
    description: `A missing ${[...markedAbsent].join(', ')} is marked with the extension data-absent-reason "unknown".`,
    source: 'Synthea DSTU2 leaves them out. extensibility: a required element may be present by its extension alone.',
    mend: (place, issue) => {
      if (issue.code !== 'required' || !markedAbsent.has(place.modelPath)) return false
      const property = place.slot?.kind === 'primitive' ? `_${place.key}` : place.key
      place.object[property] = absent()
      return true
    },
  },
  {
    name: 'criticality-code',
    description:
      'The STU3 codes of AllergyIntolerance.criticality become those of DSTU2 (low: CRITL, high: CRITH, unable-to-assess: CRITU).',
    source: 'Synthea DSTU2. Concept map between the two versions of valueset-allergy-intolerance-criticality.',
    mend: (place) => {
      const value = valueAt(place)
      if (place.modelPath !== 'AllergyIntolerance.criticality' || typeof value !== 'string' || !Object.hasOwn(criticalities, value))
        return false
      setAt(place, criticalities[value])
      return true
    },
  },
  {
    name: 'drop-zero-repeats',
    description: 'MedicationOrder.dispenseRequest.numberOfRepeatsAllowed 0 is dropped: DSTU2 has no way to say none.',
    source: 'Synthea DSTU2. The element is a positiveInt.',
    mend: (place) => {
      if (place.modelPath !== 'MedicationOrder.dispenseRequest.numberOfRepeatsAllowed' || valueAt(place) !== 0) return false
      removeAt(place)
      return true
    },
  },
  {
    name: 'time-unit-system',
    description:
      'A Duration or Age in a code of units-of-time, or without a code in one of its English words, is told in UCUM, from which that value set takes its codes.',
    source: 'Synthea DSTU2: expectedSupplyDuration names the value set as system. age-1, drt-1: the system is UCUM, a value has a code.',
    mend: (place, issue) => {
      const value = valueAt(place)
      if (issue.code !== 'invariant' || !/^(?:age|drt)-1:/.test(issue.message) || !isObject(value)) return false
      return tellInUcum(value)
    },
  },
  {
    name: 'drop-empty-narrative',
    description: 'A narrative without any text or image is dropped.',
    source: 'txt-2: a narrative has content. Common where a template left `<div></div>`.',
    mend: (place, issue) => {
      const holder = place.above
      if (!issue.message.startsWith('txt-2:') || holder?.slot?.type !== 'Narrative' || place.object['extension'] !== undefined) return false
      removeAt(holder)
      return true
    },
  },
  {
    name: 'root-group-required',
    description: 'A missing Questionnaire.group.required becomes true.',
    source: 'HL7’s own generated questionnaires. que-3: the root group has to be required, so nothing else can be meant.',
    mend: (place, issue) => {
      const questionnaire = issue.message.startsWith('que-3:') ? valueAt(place) : null
      const group = isObject(questionnaire) ? questionnaire['group'] : null
      if (!isObject(group)) return false
      if (group['required'] !== undefined || group['_required'] !== undefined) return false
      group['required'] = true
      return true
    },
  },
]

function tellInUcum(quantity: JsonObject): boolean {
  const { system, code, unit } = quantity
  const told = code ?? (typeof unit === 'string' ? unit.trim().toLowerCase() : undefined)
  const meant = typeof told === 'string' && Object.hasOwn(timeUnits, told) ? timeUnits[told] : undefined
  if (meant === undefined || !timeSystems.has(system) || (code === undefined && quantity['_code'] !== undefined)) return false
  if (code !== undefined && code !== meant) return false
  quantity['system'] = ucum
  quantity['code'] = meant
  return true
}
