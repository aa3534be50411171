import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expert, safeHarbor } from './index.js'
import { aMasker } from './test/masked.js'

const patient = {
  resourceType: 'Patient',
  id: 'a',
  meta: { profile: ['http://hl7.org/fhir/StructureDefinition/patient'], tag: [{ system: 's', code: 'c' }] },
  contained: [{ resourceType: 'Organization', id: 'o', name: 'n' }],
  extension: [{ url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex', valueCode: 'F' }],
  identifier: [{ system: 's', value: 'v', type: { coding: [{ system: 's', code: 'c' }] }, assigner: { reference: '#o' } }],
  name: [{ family: ['f'], given: ['g'] }],
  birthDate: '1980-01-02',
  _birthDate: { extension: [{ url: 'u', valueString: 'x' }] },
  address: [{ line: ['l'], state: 'MA', postalCode: '02743', country: 'US' }],
  communication: [{ language: { coding: [{ system: 's', code: 'en' }] } }],
  link: [{ other: { reference: 'Patient/b' }, type: 'refer' }],
}
const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '30525-0', display: 'd' }], text: 't' },
  subject: { reference: 'Patient/a', display: 'd' },
  effectivePeriod: { start: '2010-01-02T03:04:05Z', end: '2010-01-03' },
  valueQuantity: { value: 96, unit: 'years', comparator: '<', system: 'http://unitsofmeasure.org', code: 'a' },
  component: [{ code: { coding: [{ code: 'c' }] }, valueCodeableConcept: { coding: [{ code: 'c' }] } }],
  referenceRange: [{ low: { value: 1, unit: 'kg' }, text: 't' }],
}
const bundle = {
  resourceType: 'Bundle',
  type: 'collection',
  entry: [
    { fullUrl: 'urn:uuid:x', resource: patient },
    { resource: observation, request: { method: 'POST', url: 'Observation' } },
  ],
}

const canary = 'CANARY of Jane'
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    canary,
    [canary],
    { text: canary },
    { resourceType: 'Patient', name: [{ text: canary }] },
    { coding: [{ system: canary, code: canary }] },
  ),
  fc.jsonValue({ maxDepth: 3, stringUnit: fc.constant('CANARY ') }),
)

/** All places in a value at which something can be put. */
function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return []
  const object = value as Record<string, unknown>
  return Object.keys(object).flatMap((key) => [[object, key] as [Record<string, unknown>, string], ...placesIn(object[key])])
}

function emptyIn(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  if (typeof value !== 'object') return false
  const items = Object.values(value)
  return items.length === 0 || items.some(emptyIn)
}

test.each([safeHarbor, expert])(
  '$name: whatever stands wherever, nothing of it passes, and no null and nothing empty comes out',
  (policy) => {
    const maskers = [aMasker(policy), aMasker(policy, { form: 'rows' })]
    fc.assert(
      fc.property(
        fc.constantFrom(patient, observation, bundle),
        fc.array(fc.tuple(fc.nat(), odd), { minLength: 1, maxLength: 4 }),
        (template, puts) => {
          const resource = structuredClone(template)
          for (const [at, value] of puts) {
            const places = placesIn(resource).filter(([, key]) => key !== 'resourceType')
            const [holder, key] = places[at % places.length]!
            holder[key] = structuredClone(value)
          }
          for (const masker of maskers) {
            const { resource: out } = masker.mask(resource)
            if (out === null) continue
            expect(emptyIn(out)).toBe(false)
            expect(JSON.stringify(out)).not.toContain('CANARY')
          }
        },
      ),
      { numRuns: 500 },
    )
  },
)
