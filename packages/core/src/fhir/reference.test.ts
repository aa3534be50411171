// DSTU2 references.html, compartment-patient.html, http.html#transaction (rewriting of references).
import { describe, expect, test } from 'vitest'
import {
  compartmentPatients,
  consentExemptTypes,
  forEachReference,
  globalTypes,
  isConsentExempt,
  isDefinitional,
  isGlobal,
  isReferenceData,
  isStudyData,
  parseReference,
  patientCompartment,
  referenceDataTypes,
  resourceTypes,
  rewriteReferences,
  searchParameters,
  transportTypes,
} from './index.js'
import type { Resource } from './index.js'

describe('forms of a reference', () => {
  test.each([
    ['Patient/1', { kind: 'relative', type: 'Patient', id: '1' }],
    ['Patient/1/_history/3', { kind: 'relative', type: 'Patient', id: '1', version: '3' }],
    ['http://a.org/fhir/Patient/1', { kind: 'absolute', base: 'http://a.org/fhir', type: 'Patient', id: '1' }],
    ['https://a.org/Patient/1/_history/3', { kind: 'absolute', base: 'https://a.org', type: 'Patient', id: '1', version: '3' }],
    ['urn:uuid:099e7de7-c952-40e2-9b4e-0face78c9d80', { kind: 'urn', urn: 'urn:uuid:099e7de7-c952-40e2-9b4e-0face78c9d80' }],
    ['urn:oid:1.2.3', { kind: 'urn', urn: 'urn:oid:1.2.3' }],
    ['#p1', { kind: 'contained', id: 'p1' }],
    ['#', { kind: 'contained', id: '' }],
    ['Patient?identifier=urn:a/b|c', { kind: 'conditional', type: 'Patient', query: 'identifier=urn:a/b|c' }],
    ['Thing/1', { kind: 'other' }],
    ['Thing?a=b', { kind: 'other' }],
    ['Patient', { kind: 'other' }],
    ['Patient/', { kind: 'other' }],
    ['Patient/a b', { kind: 'other' }],
    ['../Patient/1', { kind: 'other' }],
    ['Patient/1/_history/', { kind: 'other' }],
    ['', { kind: 'other' }],
  ])('%s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference)
  })
})

const nested = (): Resource => ({
  resourceType: 'ProcessRequest',
  reference: 'not a reference',
  contained: [{ resourceType: 'Observation', id: 'o', subject: { reference: 'Patient/1' } }],
  extension: [{ url: 'urn:x', extension: [{ url: 'urn:y', valueReference: { reference: 'Patient/2', display: 'x' } }] }],
  provider: { display: 'nobody' },
  organization: { reference: 'Organization/1' },
})

test('references are found wherever they are', () => {
  const found: string[] = []
  forEachReference(nested(), (reference) => found.push(reference))
  expect(found).toEqual(['Patient/1', 'Patient/2', 'Organization/1'])
})

test('references are rewritten in place, and counted', () => {
  const resource = nested()
  expect(rewriteReferences(resource, (reference) => (reference === 'Patient/2' ? 'Patient/9' : reference))).toBe(1)
  expect(JSON.stringify(resource)).toBe(JSON.stringify(nested()).replace('Patient/2', 'Patient/9'))
})

describe('whose data it is', () => {
  const observation = (more: object): Resource => ({ resourceType: 'Observation', status: 'final', code: { text: 'a' }, ...more })
  const extension = [{ url: 'urn:aquifer:patient-id', valueString: 'p7' }]

  test.each<[string, Resource, string[]]>([
    ['a patient is its own', { resourceType: 'Patient', id: 'p1', link: [{ other: { reference: 'Patient/p2' }, type: 'refer' }] }, ['p1']],
    ['the subject', observation({ subject: { reference: 'Patient/p1' } }), ['p1']],
    [
      'subject and another person who measured',
      observation({ subject: { reference: 'Patient/p1' }, performer: [{ reference: 'Patient/p2' }] }),
      ['p1', 'p2'],
    ],
    ['one person named twice', observation({ subject: { reference: 'Patient/p1' }, performer: [{ reference: 'Patient/p1' }] }), ['p1']],
    ['an absolute and versioned reference', observation({ subject: { reference: 'http://a/fhir/Patient/p1/_history/2' } }), ['p1']],
    [
      'a urn for the subject, but not for who measured',
      observation({ subject: { reference: 'urn:uuid:1' }, performer: [{ reference: 'urn:uuid:2' }] }),
      ['urn:uuid:1'],
    ],
    [
      'a conditional reference is kept for who resolves it',
      observation({ subject: { reference: 'Patient?identifier=1' } }),
      ['Patient?identifier=1'],
    ],
    ['a group is no patient', observation({ subject: { reference: 'Group/g' } }), []],
    ['nor is a contained one', observation({ contained: [{ resourceType: 'Patient', id: 'x' }], subject: { reference: '#x' } }), []],
    ['the extension where nothing else tells', { resourceType: 'Goal', status: 'accepted', description: 'a', extension }, ['p7']],
    ['the extension gives way to the subject', observation({ extension, subject: { reference: 'Patient/p1' } }), ['p1']],
    [
      'an element below the root',
      { resourceType: 'Appointment', participant: [{ actor: { reference: 'Patient/p1' } }, { actor: { reference: 'Location/l' } }] },
      ['p1'],
    ],
    ['a consent', { resourceType: 'Contract', subject: [{ reference: 'Patient/p1' }] }, ['p1']],
    ['a device', { resourceType: 'Device', type: { text: 'a' }, patient: { reference: 'Patient/p1' } }, ['p1']],
    ['nobody', { resourceType: 'Organization', name: 'a' }, []],
    ['a shape that validation refuses', observation({ subject: 'Patient/p1', performer: { reference: 1 } }), []],
  ])('%s', (_name, resource, patients) => {
    expect(compartmentPatients(resource)).toEqual(patients)
  })

  test('every parameter of the compartment can point to a patient', () => {
    for (const [type, names] of Object.entries(patientCompartment)) {
      for (const name of names) {
        expect(searchParameters[type]!.find((parameter) => parameter.name === name)!.target, `${type}.${name}`).toContain('Patient')
      }
    }
  })
})

test('every type is of one kind', () => {
  for (const type of resourceTypes) {
    expect([isGlobal(type), isReferenceData(type), transportTypes.has(type), isStudyData(type)].filter(Boolean), type).toHaveLength(1)
  }
  expect([...globalTypes, ...referenceDataTypes, ...consentExemptTypes].filter((type) => !resourceTypes.includes(type))).toEqual([])
  expect([
    isDefinitional('Questionnaire'),
    isDefinitional('Organization'),
    isConsentExempt('Contract'),
    isConsentExempt('Patient'),
  ]).toEqual([true, false, true, false])
  expect(isStudyData('Nothing')).toBe(false)
})
