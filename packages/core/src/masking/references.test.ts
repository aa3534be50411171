import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resourceTypes } from '../fhir/index.js'
import { expert, safeHarbor } from './index.js'
import { aMasker, masked } from './test/masked.js'

const fhirId = fc.stringMatching(/^[A-Za-z0-9.-]{1,64}$/)
const maskedId = /^[a-f0-9-]{36}$/
const idOf = (reference: unknown): string => String(reference).replace(/^.*[/:#]/, '')

const subjectOf = (masker: ReturnType<typeof aMasker>, reference: string): unknown => {
  const out = masker.mask({ resourceType: 'Observation', status: 'final', subject: { reference, display: 'Jane Roe' } }).resource
  return (out as { subject?: { reference?: unknown } }).subject?.reference
}

describe.each([safeHarbor, expert])('$name', (policy) => {
  test('an id and every form of reference to it get one pseudonym', () => {
    const masker = aMasker(policy)
    fc.assert(
      fc.property(fc.constantFrom(...resourceTypes.filter((type) => type !== 'AuditEvent')), fhirId, (type, id) => {
        const own = masker.mask({ resourceType: type, id }).resource?.['id']
        const forms = [`${type}/${id}`, `https://clinic.example.org/base/${type}/${id}`, `${type}/${id}/_history/3`, `${type}?_id=${id}`]
        expect(own).toMatch(maskedId)
        for (const form of forms) expect(subjectOf(masker, form)).toBe(`${type}/${own as string}`)
        expect(id.length > 4 && String(own).includes(id)).toBe(false)
      }),
    )
  })

  test('a UUID gets one pseudonym as urn:uuid, as id, under any type and in any case', () => {
    const masker = aMasker(policy)
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const own = masker.mask({ resourceType: 'Patient', id }).resource?.['id']
        expect(subjectOf(masker, `urn:uuid:${id}`)).toBe(`urn:uuid:${own as string}`)
        expect(subjectOf(masker, `URN:UUID:${id.toUpperCase()}`)).toBe(`urn:uuid:${own as string}`)
        expect(subjectOf(masker, `Group/${id}`)).toBe(`Group/${own as string}`)
      }),
    )
  })

  test('the same id under two types gets two pseudonyms, unless it is a UUID', () => {
    const masker = aMasker(policy)
    expect(subjectOf(masker, 'Patient/1')).not.toBe(`Patient/${idOf(subjectOf(masker, 'Group/1'))}`)
  })

  test('a contained resource is found under its masked id', () => {
    const out = masked(
      {
        resourceType: 'Observation',
        status: 'final',
        contained: [{ resourceType: 'Patient', id: 'p1', name: [{ text: 'Jane Roe' }], birthDate: '1980-01-02' }],
        subject: { reference: '#p1' },
        performer: [{ reference: '#nobody' }, { reference: '#' }],
      },
      policy,
    )
    expect(out.subject.reference).toBe(`#${out.contained[0].id}`)
    expect(out.contained[0]).toEqual({ resourceType: 'Patient', id: out.contained[0].id, birthDate: '1980' })
    expect(out).not.toHaveProperty('performer')
    expect(idOf(out.subject.reference)).toBe(idOf(subjectOf(aMasker(policy), 'Patient/p1')))
  })

  test('a conditional reference joins by the masked identifier, or goes', () => {
    const masker = aMasker(policy)
    const patient = masker.mask({
      resourceType: 'Patient',
      identifier: [{ system: 'http://clinic.example.org/mrn', value: '4471923' }],
    }).resource
    const value = (patient as { identifier: { value: string }[] }).identifier[0]!.value
    expect(subjectOf(masker, 'Patient?identifier=http://clinic.example.org/mrn|4471923')).toBe(`Patient?identifier=${value}`)
    expect(subjectOf(masker, 'Patient?identifier=http%3A%2F%2Fclinic.example.org%2Fmrn%7C4471923')).toBe(`Patient?identifier=${value}`)
    for (const search of [
      'Patient?name=Roe',
      'Patient?identifier=4471923&name=Roe',
      'Patient?identifier=',
      'Patient?birthdate=1980-01-02',
      'Patient?identifier=a,b',
    ]) {
      expect(subjectOf(masker, search)).toBeUndefined()
    }
  })

  test('an entry known by its OID alone stays joined to those that refer to it', () => {
    const oid = 'urn:oid:1.2.3.4471923'
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: oid } }
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: oid, resource: { resourceType: 'Patient' } }, { resource: observation }],
    }
    const { entry } = masked(bundle, policy)
    expect(entry[0].fullUrl).toMatch(/^urn:oid:2\.25\.\d+$/)
    expect(entry[1].resource.subject.reference).toBe(entry[0].fullUrl)
    expect(JSON.stringify(entry)).not.toContain('4471923')
    const rows = aMasker(policy, { form: 'rows' })
    expect(rows.mask(observation).resource).toMatchObject({ subject: { reference: entry[0].fullUrl } })
  })

  test('what names no DSTU2 resource goes', () => {
    const masker = aMasker(policy)
    for (const reference of [
      'Jane Roe',
      'mailto:jane@example.org',
      'urn:oid:jane',
      'urn:oid:1.2.3 jane',
      'urn:uuid:jane',
      'Foo/1',
      'Patient/',
      'Patient/a b',
      'http://example.org/jane',
      'Patient/1#x',
      '',
      7,
      { x: 1 },
    ]) {
      expect(subjectOf(masker, reference as string)).toBeUndefined()
    }
  })
})

test('a Bundle agrees in fullUrl, id and reference; addresses, searches and links go', () => {
  const id = '099e7de7-c952-40e2-9b4e-0face78c9d80'
  const out = masked({
    resourceType: 'Bundle',
    type: 'transaction',
    link: [{ relation: 'self', url: 'http://clinic.example.org/fhir/Patient?name=Roe' }],
    entry: [
      {
        fullUrl: `urn:uuid:${id}`,
        resource: { resourceType: 'Patient', id },
        request: {
          method: 'PUT',
          url: `Patient/${id}`,
          ifNoneExist: 'identifier=4471923',
          ifMatch: 'W/"3"',
          ifModifiedSince: '2010-01-02T03:04:05Z',
        },
        response: {
          status: '201 Created',
          location: `http://clinic.example.org/fhir/Patient/${id}/_history/1`,
          etag: 'W/"1"',
          lastModified: '2010-01-02T03:04:05Z',
        },
      },
      {
        fullUrl: 'http://clinic.example.org/fhir/Observation/o1',
        resource: { resourceType: 'Observation', id: 'o1', status: 'final', subject: { reference: `urn:uuid:${id}` } },
        request: { method: 'POST', url: 'Observation' },
      },
      {
        fullUrl: 'http://clinic.example.org/jane',
        resource: { resourceType: 'Condition', patient: { reference: `Patient/${id}` } },
        request: { method: 'GET', url: 'Patient?name=Roe' },
      },
    ],
  })
  const [patient, observation, condition] = out.entry
  expect(out).not.toHaveProperty('link')
  expect(patient).toEqual({
    fullUrl: `urn:uuid:${patient.resource.id}`,
    resource: { resourceType: 'Patient', id: patient.resource.id },
    request: { method: 'PUT', url: `Patient/${patient.resource.id}` },
    response: { status: '201', location: `Patient/${patient.resource.id}` },
  })
  expect(observation.fullUrl).toBe(`urn:uuid:${observation.resource.id}`)
  expect(idOf(observation.resource.subject.reference)).toBe(patient.resource.id)
  expect(observation.request).toEqual({ method: 'POST', url: 'Observation' })
  expect(Object.keys(condition)).toEqual(['resource', '_fullUrl'])
  expect(idOf(condition.resource.patient.reference)).toBe(patient.resource.id)
})

test('resources in a Bundle that name nobody are its only Patient’s; of two Patients they are nobody’s', () => {
  const patient = (id: string): object => ({ resource: { resourceType: 'Patient', id } })
  const goal = { resource: { resourceType: 'Goal', status: 'in-progress', startDate: '2010-01-02' } }
  const organization = { resource: { resourceType: 'Organization', identifier: [{ value: 'x', period: { start: '2010-01-02' } }] } }
  const one = masked({ resourceType: 'Bundle', type: 'collection', entry: [goal, patient('1'), organization] }, expert)
  expect(one.entry[0].resource.startDate).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(one.entry[2].resource.identifier[0].period.start).toBe('2010')
  const several = masked({ resourceType: 'Bundle', type: 'collection', entry: [goal, patient('1'), patient('2')] }, expert)
  expect(several.entry[0].resource.startDate).toBe('2010')
})

test('rows carry the type of a reference wherever it is known', () => {
  const id = '099e7de7-c952-40e2-9b4e-0face78c9d80'
  const masker = aMasker(safeHarbor, { form: 'rows' })
  const resource = {
    resourceType: 'Observation',
    status: 'final',
    subject: { reference: `urn:uuid:${id}` },
    encounter: { reference: `urn:uuid:${id.replace('0', '1')}` },
    device: { reference: `urn:uuid:${id.replace('0', '2')}` },
  }
  const out = masker.mask(resource, id).resource as Record<string, { reference: string }>
  expect(out['subject']!.reference).toMatch(/^Patient\/[a-f0-9-]{36}$/)
  expect(out['encounter']!.reference).toMatch(/^Encounter\/[a-f0-9-]{36}$/)
  expect(out['device']!.reference).toMatch(/^urn:uuid:[a-f0-9-]{36}$/)
})
