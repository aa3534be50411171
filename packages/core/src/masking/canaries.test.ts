import { expect, test } from 'vitest'
import { choiceName, phiClasses, typeFacts } from '../fhir/index.js'
import { canaryPaths, canaryResource, canaryValue, holdsCanary } from './canary.js'
import { canarySearch, expert, phiClassNames, safeHarbor } from './index.js'
import type { PhiClass, Policy } from './index.js'
import { aMasker, asOfYear, hmacWith } from './test/masked.js'
import { everyMethod } from './test/policies.js'

// masking-by-table: every path of the PHI table is filled with a value that is found nowhere else, and looked for in the output.
const paths = canaryPaths
const dateCanary = '1931-07-17'

const maskers = new Map([safeHarbor, expert, everyMethod].map((policy) => [policy, aMasker(policy)]))

const survives = (policy: Policy, path: string): boolean => holdsCanary(maskers.get(policy)!.mask(canaryResource(path)).resource)

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
  const leaked = paths.filter((path) => !mayStay(policy, path) && survives(policy, path))
  expect(leaked).toEqual([])
  expect(paths.length).toBeGreaterThan(4800)
})

test('what a policy keeps does stay', () => {
  const kept = paths.filter((path) => phiClasses[path] === 'DEFN_TEXT' && path.startsWith('Questionnaire.'))
  expect(kept.length).toBe(3)
  expect(kept.filter((path) => !survives(safeHarbor, path))).toEqual([])
  expect(survives(safeHarbor, 'TestScript.description')).toBe(false)
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
      [choiceName('value', type)]: canaryValue({ name: 'x', types: [type], min: 0, max: 1 }, type, 'extension', typeFacts[type]),
    })),
  }
  const { resource: out, removed } = aMasker(policy).mask(resource)
  expect(JSON.stringify(out)).not.toMatch(/CANARY|1931-07-17|447192301/)
  expect(removed.unlistedExtensions).toBeGreaterThan(33)
  expect(removed.unknownElements).toBe(2)
})

test('the gate’s own search finds a policy that lets something through, and names the path', () => {
  const search = (policy: Policy) => canarySearch(policy, { hmac: hmacWith('k'), asOfYear })
  expect(search(safeHarbor)(paths)).toEqual([])
  const careless: Policy = { ...safeHarbor, profiles: ['http://CANARY.example.org/'] }
  expect(search(careless)(['Patient.meta.profile', 'Patient.name.family'])).toEqual(['Patient.meta.profile'])
})
