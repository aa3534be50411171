import { removeAt, setAt, valueAt } from './place.js'
import { isObject } from './resource.js'
import type { JsonObject } from './resource.js'
import type { RepairRule } from './repair-rule.js'
import { parseReference } from './reference.js'

/** What is there, in another shape than the model has it. */
export const elementRules: readonly RepairRule[] = [
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
    source: 'json.html: objects and arrays are never empty, properties never null. SMART’s DSTU2 patients: Quantity.code.',
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
      const isText = place.slot?.type === 'string' || place.slot?.type === 'markdown'
      const text = isText ? conceptText(valueAt(place)) : null
      if (text === null) return false
      setAt(place, text)
      return true
    },
  },
  {
    name: 'concept-from-text',
    description: 'A string where the model has a CodeableConcept becomes its text.',
    source: 'datatypes.html: a CodeableConcept may be text alone.',
    mend: (place) => {
      const value = valueAt(place)
      if (place.slot?.type !== 'CodeableConcept' || typeof value !== 'string' || value.trim() === '') return false
      setAt(place, { text: value })
      return true
    },
  },
  {
    name: 'coding-in-concept',
    description: 'System, version, code and display that stand in a CodeableConcept itself become its only coding.',
    source: 'datatypes.html: a CodeableConcept has no such elements, its codings have.',
    mend: (place) => {
      const holder = place.above
      if (place.slot !== undefined || holder?.slot?.type !== 'CodeableConcept' || !codingNames.has(place.key)) return false
      if (Object.hasOwn(place.object, 'coding')) return false
      const coding: JsonObject = {}
      for (const key of Object.keys(place.object)) {
        if (!codingNames.has(key)) continue
        coding[key] = place.object[key]
        delete place.object[key]
      }
      place.object['coding'] = [coding]
      return true
    },
  },
  {
    name: 'coding-from-concept',
    description: 'A CodeableConcept of one coding and nothing else where the model has a Coding becomes that coding.',
    source: 'datatypes.html: nothing is said by the concept that its coding does not say.',
    mend: (place) => {
      const holder = place.above
      if (place.slot !== undefined || place.key !== 'coding' || holder?.slot?.type !== 'Coding') return false
      const only = onlyCoding(place.object)
      if (only === null || Object.keys(place.object).length > 1) return false
      setAt(holder, only)
      return true
    },
  },
  {
    name: 'code-from-concept',
    description:
      'A Coding, or a CodeableConcept of one coding, where the model has a code of a fixed list becomes its code, if it is one of the list.',
    source: 'Elements that became a CodeableConcept after DSTU2, such as Encounter.class and List.status of other versions.',
    mend: (place) => {
      const value = valueAt(place)
      if (place.slot?.type !== 'code' || !place.slot.codes || !isObject(value)) return false
      const code = (onlyCoding(value) ?? value)['code']
      if (typeof code !== 'string' || !place.slot.codes.has(code)) return false
      setAt(place, code)
      return true
    },
  },
  {
    name: 'reference-from-text',
    description: 'The text of a reference where the model has a Reference becomes one.',
    source: 'references.html: a Reference may be its reference alone.',
    mend: (place) => {
      const value = valueAt(place)
      if (place.slot?.type !== 'Reference' || typeof value !== 'string' || parseReference(value).kind === 'other') return false
      setAt(place, { reference: value })
      return true
    },
  },
  {
    name: 'date-choice-name',
    description: 'A choice named for a date, which the model has as a dateTime only, takes its name: abatementDate is abatementDateTime.',
    source: 'SMART’s DSTU2 patients: Condition.abatementDate, a name of the version before. Every date is a dateTime.',
    mend: (place) => {
      const name = `${place.key}Time`
      if (place.slot !== undefined || !place.key.endsWith('Date') || !place.shape.slots.get(name)?.choice) return false
      if (Object.hasOwn(place.object, name) || !Object.hasOwn(place.object, place.key)) return false
      place.object[name] = place.object[place.key]
      delete place.object[place.key]
      return true
    },
  },
]

const codingNames: ReadonlySet<string> = new Set(['system', 'version', 'code', 'display', 'userSelected'])

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

function onlyCoding(concept: JsonObject): JsonObject | null {
  const list = concept['coding']
  const only: unknown = Array.isArray(list) && list.length === 1 ? list[0] : isObject(list) ? list : null
  return isObject(only) ? only : null
}
