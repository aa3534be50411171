import { expect, test } from 'vitest'
import { expert, maskRows, safeHarbor } from './index.js'
import type { MaskedRows, Policy } from './index.js'
import { aMasker } from './test/masked.js'

interface Row {
  _id: string
  _v: number
  _d?: true
  patient_key: string | null
  _date: string | null
  _year: number
  _site: string | null
  resource: Record<string, unknown> | null
}

const row = (type: string, id: string, resource: object | null, more: object = {}): string =>
  JSON.stringify({
    type,
    id,
    v: 1,
    op: resource ? 'C' : 'D',
    at: 0,
    patient: 'p1',
    site: 'A',
    resource: resource && { resourceType: type, id, ...resource },
    ...more,
  })
const rowsOf = (out: MaskedRows, type: string): Row[] => (out.byType.get(type) ?? []).map((line) => JSON.parse(line) as Row)
const mask = (lines: string[], policy: Policy = safeHarbor): MaskedRows => maskRows(aMasker(policy, { form: 'rows' }), lines)

const height = {
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body Height' }], text: 'Height' },
}
const patient = row('Patient', 'p1', { name: [{ family: ['Height'], given: ['Jane'] }], birthDate: '1980-02-03' })

test('a row carries the masked id, person, site and clinical date of its resource', () => {
  const out = mask([
    patient,
    row('Observation', 'o1', {
      ...height,
      subject: { reference: 'Patient/p1' },
      effectiveDateTime: '2010-05-06T07:08:09Z',
      issued: '2011-01-01T00:00:00Z',
    }),
  ])
  const [person] = rowsOf(out, 'Patient')
  const [observation] = rowsOf(out, 'Observation')
  expect(person).toEqual({
    _id: person!._id,
    _v: 1,
    patient_key: person!._id,
    _date: null,
    _year: 0,
    _site: observation!._site,
    resource: { resourceType: 'Patient', id: person!._id, birthDate: '1980' },
  })
  expect(observation).toMatchObject({
    patient_key: person!._id,
    _date: '2010',
    _year: 2010,
    resource: { id: observation!._id, issued: '2011', subject: { reference: `Patient/${person!._id}` } },
  })
  expect(observation!._site).toMatch(/^sit-/)
  expect(out.rows).toBe(2)
})

test('under a shift the date of the row is the moved one, of all rows by the same days', () => {
  const lines = ['2010-01-01', '2012-03-01T10:00:00+02:00'].map((date, index) =>
    row('Observation', `o${index}`, { ...height, effectiveDateTime: date }),
  )
  const [first, second] = rowsOf(mask(lines, expert), 'Observation')
  expect(Date.parse(second!._date!) - Date.parse(first!._date!)).toBe(Date.parse('2012-03-01T10:00:00+02:00') - Date.parse('2010-01-01'))
  expect(first!._date).not.toBe('2010-01-01')
  expect(first!._year).toBe(Number(first!._date!.slice(0, 4)))
})

test('what is nobody’s or names a second person has years only', () => {
  const date = { ...height, effectiveDateTime: '2010-01-01' }
  const out = mask(
    [row('Observation', 'a', date, { patient: null }), row('Observation', 'b', { ...date, subject: { reference: 'Patient/p2' } })],
    expert,
  )
  expect(rowsOf(out, 'Observation').map(({ _date }) => _date)).toEqual(['2010', '2010'])
  expect(rowsOf(out, 'Observation')[0]!.patient_key).toBeNull()
})

test('a deletion is a row without a resource', () => {
  const [dead] = rowsOf(mask([row('Observation', 'o1', null, { v: 3 })]), 'Observation')
  expect(dead).toMatchObject({ _v: 3, _d: true, resource: null, _date: null, _year: 0 })
})

test('what is held has a reason and a masked id, and takes an earlier version away', () => {
  const bad = { modifierExtension: [{ url: 'http://example.org/not' }] }
  const out = mask([
    row('Observation', 'o1', bad),
    row('Observation', 'o2', bad, { v: 2, op: 'U' }),
    '{',
    '{"type":"Foo"}',
    row('Observation', 'o3', { resourceType: 'Patient' }),
  ])
  expect(out.held.map(({ reason }) => reason)).toEqual([
    'unknown-modifier-extension',
    'unknown-modifier-extension',
    'unreadable',
    'unreadable',
    'not-a-resource',
  ])
  expect(rowsOf(out, 'Observation')).toHaveLength(1)
  expect(rowsOf(out, 'Observation')[0]).toMatchObject({ _v: 2, _d: true, resource: null })
  expect(out.held.map(({ detail }) => detail)).toEqual(['http://example.org/not', 'http://example.org/not', null, null, null])
  expect(JSON.stringify(out.held)).not.toMatch(/"o\d"/)
})

test.each([
  ['https://example.org/fhir/StructureDefinition/not-done', true],
  ['http://example.org/patients/1234567', false],
  ['http://example.org/not?patient=jane', false],
  ['mailto:jane.roe@example.org', false],
  ['https://jane@example.org/not', false],
  ['urn:uuid:4d7f34d4-6f16-4d2a-9d0c-3d3a1f6f0d11', false],
  ['http://example.org/Jane%20Roe', false],
  [`http://example.org/${'a'.repeat(200)}`, false],
])('the address of an unknown modifier is told only where it can be a vocabulary’s: %s', (url, told) => {
  const out = mask([row('Observation', 'o1', { contained: [{ resourceType: 'Patient', modifierExtension: [{ url }] }] })])
  expect(out.held).toMatchObject([{ reason: 'unknown-modifier-extension', detail: told ? url : null }])
})

test('displays are offered with the people whose data holds them and words that can only be compared', () => {
  const out = mask([
    patient,
    ...['p1', 'p2', 'p2'].map((patient, index) => row('Observation', `o${index}`, height, { patient })),
    row('Observation', 'x', { ...height, code: { coding: [{ system: 'http://clinic.example.org', code: '1', display: 'Jane' }] } }),
  ])
  expect(out.displays).toHaveLength(1)
  const [display] = out.displays
  expect(display).toMatchObject({ system: 'http://loinc.org', code: '8302-2', text: 'Body Height' })
  expect(display!.patients).toHaveLength(2)
  expect(out.names).toHaveLength(1)
  expect(out.names[0]!.words.some((word) => display!.words.includes(word))).toBe(true)
  expect(JSON.stringify([out.names, display!.words])).not.toMatch(/height|jane/i)
})
