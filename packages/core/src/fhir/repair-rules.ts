import type { Issue } from './issue.js'
import { removeAt, setAt, valueAt } from './place.js'
import type { Place } from './place.js'
import { isObject } from './resource.js'

export interface RepairRule {
  name: string
  description: string
  /** Where the defect was met, or what in DSTU2 makes the change safe. */
  source: string
  /** Mends the place and says true, or leaves it alone. Called only where validation found this issue. */
  mend: (place: Place, issue: Issue) => boolean
}

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

/** Every change that is ever made to content, and only to content that validation refuses. */
export const repairRules: readonly RepairRule[] = [
  {
    name: 'wrap-single-in-list',
    description: 'One value where the model has a list becomes a list of one.',
    source: 'Synthea DSTU2: Encounter.reason. json.html: repeating elements are arrays, even with one value.',
    mend: (place) => {
      const value = valueAt(place)
      if (!place.slot?.list || place.index !== null || value === null || Array.isArray(value)) return false
      setAt(place, [value])
      return true
    },
  },
  {
    name: 'unwrap-single-from-list',
    description: 'A list of one value where the model has a single value becomes that value.',
    source: 'Synthea DSTU2: MedicationOrder.reasonReference, dosageInstruction.additionalInstructions.',
    mend: (place) => {
      const value = valueAt(place)
      if (!place.slot || place.slot.list || !Array.isArray(value) || value.length !== 1) return false
      setAt(place, value[0])
      return true
    },
  },
  {
    name: 'drop-empty-reference',
    description: 'A reference that is an empty string is dropped, with the Reference around it if nothing else is in it.',
    source: 'Synthea DSTU2: CarePlan.goal. json.html: properties are never empty.',
    mend: (place) => {
      if (place.key !== 'reference' || valueAt(place) !== '') return false
      removeAt(place)
      return true
    },
  },
  {
    name: 'drop-empty-value',
    description: 'An empty string, list or object, or a null, is dropped: it says nothing.',
    source: 'json.html: objects and arrays are never empty, properties never null. Common in exports of other systems.',
    mend: (place) => {
      const value = valueAt(place)
      const besideOthers = place.index !== null && (Object.hasOwn(place.object, `_${place.key}`) || place.key.startsWith('_'))
      if (besideOthers || !isEmpty(value) || !Object.hasOwn(place.object, place.key)) return false
      removeAt(place)
      return true
    },
  },
  {
    name: 'text-from-concept',
    description: 'A CodeableConcept where the model has a string becomes its text, or else the display of its first coding.',
    source: 'Synthea DSTU2: Goal.description, a CodeableConcept only from STU3 on.',
    mend: (place) => {
      const text = place.slot?.type === 'string' ? conceptText(valueAt(place)) : null
      if (text === null) return false
      setAt(place, text)
      return true
    },
  },
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
]

function isEmpty(value: unknown): boolean {
  if (value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

function conceptText(value: unknown): string | null {
  if (!isObject(value)) return null
  const first: unknown = Array.isArray(value['coding']) ? value['coding'][0] : undefined
  const text = value['text'] ?? value['display'] ?? (isObject(first) ? first['display'] : undefined)
  return typeof text === 'string' && text.length > 0 ? text : null
}
