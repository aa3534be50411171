import { expect, test } from 'vitest'
import { childrenOf, choiceName, phiClasses, primitiveTypes, resourceFacts, typeFacts } from '../fhir/index.js'
import type { ElementFact, JsonObject } from '../fhir/index.js'
import { expert, phiClassNames, safeHarbor } from './index.js'
import type { PhiClass, Policy } from './index.js'
import { aMasker, wordsIn } from './test/masked.js'
import { everyMethod } from './test/policies.js'

// masking-by-table: every path of the PHI table is filled with a value that is found nowhere else, and looked for in the output.
const paths = Object.keys(phiClasses).filter((path) => !path.startsWith('*'))
const dateCanary = '1931-07-17'

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
      return Buffer.from(`CANARY ${path}`).toString('base64')
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
  const value = rest.length > 0 ? build(children ?? [], inner, rest, path) : leafValue(fact, inner, path, children)
  return { ...company(type, name), [name]: fact.max === '*' ? [value] : value }
}

function leafValue(fact: ElementFact, type: string, path: string, children: readonly ElementFact[] | undefined): unknown {
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

function canaryResource(path: string): JsonObject {
  const [type = '', ...names] = path.split('.')
  return { resourceType: type, ...build(resourceFacts[type] ?? [], type, names, path) }
}

const maskers = new Map([safeHarbor, expert, everyMethod].map((policy) => [policy, aMasker(policy)]))

/** Parts of the canary that are still in the masked resource. */
function survivors(policy: Policy, path: string): string[] {
  const { resource } = maskers.get(policy)!.mask(canaryResource(path))
  const decoded = wordsIn(resource).flatMap((word) => [word, Buffer.from(word, 'base64').toString('latin1')])
  return decoded.filter((word) => /CANARY|1931-07-17|44719|447192301/.test(word) || word === '17')
}

// DEFN_TEXT stays only in the definitional types that the policy lists.
function mayStay(policy: Policy, path: string): boolean {
  const phiClass = phiClasses[path] as PhiClass
  if (phiClass === 'DEFN_TEXT') return policy.definitional.includes(path.split('.')[0]!)
  return policy.classes[phiClass] === 'keep'
}

test('every class of the table has a treatment, and every treatment a class', () => {
  expect([...new Set(Object.values(phiClasses))].sort()).toEqual([...phiClassNames].sort())
})

test.each([safeHarbor, expert, everyMethod])('$name lets no canary through on any path of the table', (policy) => {
  const leaked = paths.filter((path) => !mayStay(policy, path) && survivors(policy, path).length > 0)
  expect(leaked).toEqual([])
  expect(paths.length).toBeGreaterThan(4800)
})

test('what a policy keeps does stay', () => {
  const kept = paths.filter((path) => phiClasses[path] === 'DEFN_TEXT' && path.startsWith('Questionnaire.'))
  expect(kept.length).toBe(3)
  expect(kept.filter((path) => survivors(safeHarbor, path).length === 0)).toEqual([])
  expect(survivors(safeHarbor, 'TestScript.description')).toEqual([])
})

test.each([safeHarbor, expert, everyMethod])('$name lets none of the table’s global rows through', (policy) => {
  const resource = {
    resourceType: 'Patient',
    _birthDate: {
      id: 'CANARY',
      extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: `${dateCanary}T01:02:03Z` }],
    },
    name: [{ family: ['CANARY'], _family: [null, { extension: [{ url: 'u', valueString: 'CANARY' }] }], id: 'CANARY' }],
    fhir_comments: ['CANARY'],
    maritalStatus: {
      id: 'CANARY',
      fhir_comments: ['CANARY'],
      extension: [{ url: 'u', valueString: 'CANARY' }],
      coding: [{ code: 'M', CANARY: 'x' }],
    },
    'CANARY-4471923': { name: 'CANARY' },
    extension: typeFacts['Extension']!.flatMap((fact) => (fact.choice ? fact.types : [])).map((type) => ({
      url: 'http://example.org/unknown',
      [choiceName('value', type)]: leafValue({ name: 'x', types: [type], min: 0, max: 1 }, type, 'extension', typeFacts[type]),
    })),
  }
  const { resource: out, removed } = aMasker(policy).mask(resource)
  expect(JSON.stringify(out)).not.toMatch(/CANARY|1931-07-17|447192301/)
  expect(removed.unlistedExtensions).toBeGreaterThan(33)
  expect(removed.unknownElements).toBe(2)
})
