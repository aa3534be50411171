// What is valid DSTU2 before masking is valid DSTU2 after it, in JSON and in XML, under every policy.
import { expect, test } from 'vitest'
import { isObject, parseJson, readXml, resourceTypes, validate, writeXml } from '../fhir/index.js'
import type { Resource } from '../fhir/index.js'
import { dataDir, hl7Examples, leftOut, syntheaBundles } from '../fhir/test/published.js'
import { validResources } from '../fhir/test/valid-resource.js'
import { expert, safeHarbor } from './index.js'
import type { Policy } from './index.js'
import { aMasker, absent, masked } from './test/masked.js'
import { everyMethod } from './test/policies.js'

const policies: readonly Policy[] = [safeHarbor, expert, everyMethod]

/** Where masked resources are not valid, each told once; and how many were masked. */
function faultsOf(policy: Policy, resources: readonly unknown[]): { faults: string[]; count: number } {
  const masker = aMasker(policy)
  const faults = new Set<string>()
  let count = 0
  for (const source of resources) {
    const { resource } = masker.mask(source)
    if (resource === null) continue
    count++
    const read = readXml(writeXml(resource as Resource))
    if (read.problem !== undefined) faults.add(`not read again as XML: ${read.problem}`)
    for (const { path, message } of [...validate(resource), ...(read.problem === undefined ? validate(read.resource) : [])])
      faults.add(`${path.replaceAll(/\[\d+\]/g, '')}: ${message}`)
  }
  return { faults: [...faults], count }
}

const parsed = (text: string): unknown => {
  const read = parseJson(text)
  return read.problem === undefined ? read.resource : null
}
const isValid = (resource: unknown): boolean => validate(resource).length === 0

if (dataDir === undefined) leftOut('masked examples of HL7 and Synthea people are valid')
test.skipIf(dataDir === undefined)('every valid example of HL7, and people of Synthea', () => {
  const examples = hl7Examples(dataDir!).map(({ text }) => parsed(text))
  const bundles = syntheaBundles(dataDir!).slice(0, 10).map(parsed)
  const people = bundles.flatMap((bundle) => (isObject(bundle) ? (bundle['entry'] as { resource: unknown }[]) : []))
  const sources = [...examples, ...bundles, ...people.map(({ resource }) => resource)].filter(isValid)
  for (const policy of policies) {
    const { faults, count } = faultsOf(policy, sources)
    expect(faults).toEqual([])
    expect(count).toBeGreaterThan(1000)
  }
})

test('generated resources of every type', () => {
  for (const type of resourceTypes) {
    const sources = validResources(type, 20)
    expect(sources.length, type).toBeGreaterThan(0)
    for (const policy of policies) expect(faultsOf(policy, sources), type).toMatchObject({ faults: [] })
  }
})

test('what is required and has lost its value is said to be masked; what may go goes', () => {
  const patient = { reference: 'Patient/1' }
  expect(masked({ resourceType: 'Goal', status: 'proposed', description: 'Jane walks' })).toMatchObject({ _description: absent })
  const report = { resourceType: 'DiagnosticReport', status: 'final', subject: patient, issued: '2011-03-04T05:06:07Z' }
  const out = masked({ ...report, code: { text: 'CT of Jane' }, performer: { display: 'Dr Roe' } })
  expect(out).toMatchObject({ _issued: absent, code: absent, performer: absent })
  expect(
    masked({ resourceType: 'Slot', schedule: { reference: 'Schedule/1' }, freeBusyType: 'FREE', start: '2011-03-04T05:06:07Z' })._start,
  ).toEqual(absent)
  // Of the contact only the gender would be left.
  expect(masked({ resourceType: 'Patient', contact: [{ gender: 'male', name: { text: 'Rick' } }] })).toEqual({ resourceType: 'Patient' })
  const booked = { start: '2011-03-04T05:06:07Z', end: '2011-03-04T06:06:07Z', participant: [{ actor: patient, status: 'accepted' }] }
  expect(masked({ resourceType: 'Appointment', status: 'booked', ...booked })).toMatchObject({ _start: absent, _end: absent })
  expect(masked({ resourceType: 'Appointment', status: 'proposed', ...booked })).not.toHaveProperty('_start')
})

test('what an element cannot be without is told inside its shell', () => {
  const participant = [{ status: 'accepted', actor: { display: 'Jane Roe' } }]
  expect(masked({ resourceType: 'Appointment', status: 'proposed', participant }).participant).toEqual([
    { status: 'accepted', actor: absent },
  ])
  // A structure cannot be without parts, nor these without a path.
  const differential = { element: [{ path: 'Jane Roe' }] }
  const definition = {
    name: 'J',
    status: 'draft',
    kind: 'resource',
    abstract: true,
    url: 'http://example.org/j',
    constrainedType: 'Patient',
  }
  const base = 'http://hl7.org/fhir/StructureDefinition/Patient'
  expect(masked({ resourceType: 'StructureDefinition', ...definition, base, differential }).differential.element[0]).toMatchObject({
    _path: absent,
  })
})

test('a contained resource goes with the last reference to it', () => {
  const contained = [
    { resourceType: 'Organization', id: 'o', name: 'Roe and Sons' },
    { resourceType: 'Patient', id: 'p', managingOrganization: { reference: '#o' } },
  ]
  const extension = [{ url: 'urn:x', valueReference: { reference: '#p' } }]
  const observation = { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] } }
  expect(masked({ ...observation, contained, subject: { reference: '#p' } }).contained).toHaveLength(2)
  expect(masked({ ...observation, contained, extension })).not.toHaveProperty('contained')
})

test('of a Bundle the resources stay, whatever becomes of their addresses', () => {
  const version = (versionId: string): object => ({
    fullUrl: 'http://example.org/fhir/Patient/1',
    resource: { resourceType: 'Patient', id: '1', meta: { versionId } },
    request: { method: 'PUT', url: 'Patient/1' },
  })
  const out = masked({ resourceType: 'Bundle', type: 'history', entry: [version('1'), version('2')] })
  expect(validate(out)).toEqual([])
  expect(out.entry).toMatchObject([{ fullUrl: `urn:uuid:${out.entry[0].resource.id}` }, { _fullUrl: absent }])
})

test('the address of a base type ends in its masked id; a value set loses a part that no longer fits', () => {
  const definition = { name: 'Foo', status: 'draft', kind: 'resource', abstract: true, differential: { element: [{ path: 'Foo' }] } }
  const url = 'http://hl7.org/fhir/StructureDefinition/Foo'
  const base = masked({ resourceType: 'StructureDefinition', id: 'Foo', url, ...definition })
  expect(validate(base)).toEqual([])
  expect(base.url).toBe(`http://hl7.org/fhir/StructureDefinition/${base.id}`)
  const compose = { import: ['http://example.org/a', 'urn:uuid:0b3c1a52-1f0c-4f3e-9d3a-1a2b3c4d5e6f'] }
  expect(masked({ resourceType: 'ValueSet', status: 'draft', compose }).compose).toEqual({ ...absent, _import: [absent] })
})

test('rows of the reservoir are told nothing of this: there a missing column says it', () => {
  const goal = { resourceType: 'Goal', status: 'proposed', description: 'Jane walks' }
  expect(aMasker(safeHarbor, { form: 'rows' }).mask(goal).resource).toEqual({ resourceType: 'Goal', status: 'proposed' })
})
