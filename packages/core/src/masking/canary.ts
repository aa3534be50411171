import { childrenOf, choiceName, phiClasses, primitiveTypes, resourceFacts, typeFacts } from '../fhir/index.js'
import type { ElementFact, JsonObject } from '../fhir/index.js'
import { treatmentAt } from './compile.js'
import { compilePolicy, createMasker } from './masker.js'
import { isPhiClass } from './phi-class.js'
import type { Policy } from './policy.js'
import type { Hmac } from './pseudonyms.js'

/** Every path of the PHI table that stands at a place of its own. */
export const canaryPaths: readonly string[] = Object.keys(phiClasses).filter((path) => !path.startsWith('*'))

const dateCanary = '1931-07-17'
const inBase64 = 'Q0FOQVJZ' // CANARY
const survived = /CANARY|Q0FOQVJZ|1931-07-17|44719|447192301/

function canaryOf(type: string, path: string): unknown {
  switch (type) {
    case 'date':
      return dateCanary
    case 'dateTime':
    case 'instant':
      return `${dateCanary}T13:14:15.678-05:00`
    case 'decimal':
      return 44_719.231
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
      return 447_192_301
    case 'boolean':
      return true
    case 'code':
      return 'F'
    case 'base64Binary':
      return inBase64
    case 'uri':
      return `http://CANARY.example.org/${path}`
    case 'oid':
      return 'urn:oid:1.2.447192301.17'
    case 'xhtml':
      return `<div title="CANARY ${path}">CANARY ${path}</div>`
    default:
      return `CANARY-${path}`
  }
}

const namesOf = (fact: ElementFact): string[] => (fact.choice ? fact.types.map((type) => choiceName(fact.name, type)) : [fact.name])

/** What an object of this type needs around a canary to be looked at by its own handler. */
function company(type: string, name: string): JsonObject {
  if (type === 'Coding' && name === 'display') return { system: 'http://loinc.org', code: '8302-2' }
  if (type === 'Identifier') return { system: 'http://hl7.org/fhir/sid/us-ssn', value: 'kept apart' }
  return type === 'Address' && name === 'postalCode' ? { country: 'US' } : {}
}

function build(facts: readonly ElementFact[], type: string, names: readonly string[], path: string): JsonObject {
  const [name = '', ...rest] = names
  const fact = facts.find((candidate) => namesOf(candidate).includes(name))
  if (!fact) throw new Error(`${path}: no element ${name}`)
  const inner = fact.types[fact.choice ? namesOf(fact).indexOf(name) : 0]!
  const children = childrenOf(fact).length > 0 ? childrenOf(fact) : typeFacts[inner]
  const value = rest.length > 0 ? build(children ?? [], inner, rest, path) : canaryValue(fact, inner, path, children)
  return { ...company(type, name), [name]: fact.max === '*' ? [value] : value }
}

/** A value of this type that is found nowhere else. */
export function canaryValue(fact: ElementFact, type: string, path: string, children: readonly ElementFact[] | undefined): unknown {
  if (fact.codes?.[0] !== undefined && type === 'code') return fact.codes[0]
  if (primitiveTypes.has(type)) return canaryOf(type, path)
  if (type === 'Reference') return { reference: `Patient/CANARY-${path.length}` }
  if (type === 'Extension') return { url: `http://CANARY.example.org/${path}`, valueString: `CANARY-${path}` }
  if (type === 'Resource') return { resourceType: 'Patient', id: 'CANARY-id', name: [{ text: `CANARY-${path}` }] }
  if (type === 'Coding') return { system: 'http://CANARY.example.org', code: 'CANARY', display: `CANARY-${path}` }
  if (fact.same !== undefined) return { extension: [{ url: `http://CANARY.example.org/${path}`, valueString: `CANARY-${path}` }] }
  const child = children?.find((candidate) => candidate.types[0] === 'string')
  return child ? build(children!, type, [child.name], path) : {}
}

/** A resource that holds a canary at this path. */
export function canaryResource(path: string): JsonObject {
  const [type = '', ...names] = path.split('.')
  return { resourceType: type, ...build(resourceFacts[type] ?? [], type, names, path) }
}

/** Texts and numbers in a value, names of properties included. */
function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(wordsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [key, ...wordsIn(item)])
}

/** Does this masked value hold a canary? */
export const holdsCanary = (value: unknown): boolean => wordsIn(value).some((word) => survived.test(word) || word === '17')

// DEFN_TEXT stays only in the definitional types that the policy lists.
function mayStay(policy: Policy, path: string): boolean {
  const phiClass = phiClasses[path] ?? ''
  if (phiClass === 'DEFN_TEXT') return policy.definitional.includes(path.split('.')[0]!)
  return isPhiClass(phiClass) && treatmentAt(policy, path, path, 'string').treatment === 'keep'
}

/** Looks for paths at which a canary comes through this policy though the policy does not keep them. */
export function canarySearch(policy: Policy, options: { hmac: Hmac; asOfYear: number }): (paths: readonly string[]) => string[] {
  const masker = createMasker(compilePolicy(policy, 'rows'), options)
  return (paths) => paths.filter((path) => !mayStay(policy, path) && holdsCanary(masker.mask(canaryResource(path)).resource))
}
