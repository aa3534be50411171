import { childrenOf, choiceName, resourceFacts, typeFacts, type ElementFact } from '@aquifer/core/fhir'
import { fhirPathOf, type Json, type Parameter } from './oracle-parameters.js'

// Resources for parameters that no published example has a value for: what the type must have, and what the parameter points to.

/** A resource with this number and a value at each place of the parameter's path; null where the path is more than elements. */
export function madeFor(parameter: Parameter, number: number): Json | null {
  const path = fhirPathOf(parameter)?.split(' | ')[number % (fhirPathOf(parameter)?.split(' | ').length ?? 1)]
  const names = path?.split('.').slice(1)
  if (!names || names.length === 0 || names.some((name) => !/^\w+$/.test(name))) return null
  const facts = resourceFacts[parameter.base] ?? []
  const resource: Json = { resourceType: parameter.base, id: `made-${parameter.code}-${number}`, ...required(facts, number, 0) }
  return fill(resource, facts, names, number) ? resource : null
}

/** Several made ones with two elements each, so that composites have something to mistake. */
export function twofold(base: string, element: string, number: number): Json {
  const facts = resourceFacts[base] ?? []
  const resource: Json = { resourceType: base, id: `two-${element.replaceAll('.', '-')}-${number}`, ...required(facts, number, 0) }
  const [head = '', next] = element.split('.')
  const fact = facts.find(({ name }) => name === head)
  const inner = fact ? childrenOf(fact) : []
  const whole = (from: readonly ElementFact[], n: number): Json =>
    Object.fromEntries(from.filter(({ name }) => !unneeded.has(name)).map((each) => propertyOf(each, n, 1)))
  resource[head] = [number, number + 1].map((n) =>
    next === undefined
      ? whole(inner, n)
      : { ...required(inner, n, 1), [next]: [n, n + 1].map((m) => whole(childrenOf(inner.find(({ name }) => name === next)!), m)) },
  )
  return resource
}
const unneeded = new Set([
  'id',
  'extension',
  'modifierExtension',
  'dataAbsentReason',
  'interpretation',
  'referenceRange',
  'event',
  'actor',
  'specimen',
  'bodySite',
])

function required(facts: readonly ElementFact[], number: number, depth: number): Json {
  return depth > 4 ? {} : Object.fromEntries(facts.filter(({ min }) => min === 1).map((fact) => propertyOf(fact, number, depth)))
}

function propertyOf(fact: ElementFact, number: number, depth: number): [string, unknown] {
  const type = fact.types[number % fact.types.length] ?? ''
  const value = valueOf(fact, type, number, depth)
  return [fact.choice ? choiceName(fact.name, type) : fact.name, fact.max === 1 ? value : [value]]
}

function fill(holder: Json, facts: readonly ElementFact[], names: readonly string[], number: number): boolean {
  const [name = '', ...rest] = names
  for (const fact of facts) {
    const type = fact.choice
      ? fact.types.find((each) => choiceName(fact.name, each) === name)
      : fact.name === name
        ? fact.types[0]
        : undefined
    if (type === undefined) continue
    if (fact.choice) for (const other of fact.types) delete holder[choiceName(fact.name, other)]
    const known = holder[name]
    const value = (Array.isArray(known) ? known[0] : known) ?? valueOf(fact, type, number, 0)
    holder[name] = fact.max === 1 ? value : [value]
    if (rest.length === 0) return true
    const children = childrenOf(fact)
    return fill(value as Json, children.length > 0 ? children : (typeFacts[type] ?? []), rest, number)
  }
  return false
}

const day = (number: number): string => `20${String(10 + (number % 10))}-0${1 + (number % 9)}-1${number % 10}`
const words = ['Größe Ä', 'a, b|c', 'Straße 5', 'cost $7', 'back\\slash', 'Plain']
const units = [
  { unit: 'mg', code: 'mg' },
  { unit: 'g', code: 'g' },
  { unit: 'kg', code: 'kg' },
]

function valueOf(fact: ElementFact, type: string, number: number, depth: number): unknown {
  const code = fact.codes?.[number % fact.codes.length]
  switch (type) {
    case 'code':
      return code ?? `code-${number}`
    case 'Coding':
      return { system: 'urn:made', code: code ?? `c${number}`, display: words[number % words.length] }
    case 'CodeableConcept':
      return { coding: [{ system: 'urn:made', code: code ?? `c${number}` }], text: `${words[number % words.length]} ${number}` }
    case 'Identifier':
      return { system: `urn:made:${number % 2}`, value: `${words[number % words.length]} ${number}` }
    case 'Reference':
      return { reference: `${fact.ref?.[number % fact.ref.length] ?? 'Patient'}/made-${number}` }
    case 'Quantity':
      return { value: 1.5 + number, system: 'http://unitsofmeasure.org', ...units[number % units.length] }
    case 'Period':
      return number % 3 === 0 ? { start: day(number) } : { start: day(number), end: `${day(number)}T23:00:00Z` }
    case 'HumanName':
      return { family: [words[number % words.length]], given: [`Given ${number}`] }
    case 'Address':
      return {
        use: 'home',
        line: [`${number} ${words[number % words.length]}`],
        city: 'City',
        state: `S${number}`,
        country: `Land ${number}`,
      }
    case 'ContactPoint':
      return { system: number % 2 === 0 ? 'email' : 'phone', value: `contact-${number}@x` }
    case 'Timing':
      return { event: [`${day(number)}T10:00:00Z`, `${day(number + 1)}T10:00:00Z`] }
    case 'Narrative':
      return { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">made</div>' }
    case 'BackboneElement':
    case 'Element':
      return required(childrenOf(fact), number, depth + 1)
    default:
      return primitiveOf(type, number) ?? required(typeFacts[type] ?? [], number, depth + 1)
  }
}

function primitiveOf(type: string, number: number): unknown {
  switch (type) {
    case 'boolean':
      return number % 2 === 0
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
      return 1 + number
    case 'decimal':
      return 1.25 + number
    case 'date':
      return day(number)
    case 'dateTime':
    case 'instant':
      return `${day(number)}T1${number % 10}:30:00Z`
    case 'time':
      return '10:00:00'
    case 'uri':
      return `http://example.org/made/${number}`
    case 'oid':
      return `urn:oid:1.2.3.${number}`
    case 'id':
      return `id-${number}`
    case 'base64Binary':
      return 'AAAA'
    case 'string':
    case 'markdown':
      return `${words[number % words.length]} ${number}`
    default:
      return undefined
  }
}
