import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { validate } from '../fhir/index.js'
import { expert, safeHarbor } from './index.js'
import { aMasker, asOfYear, masked } from './test/masked.js'

const two = (value: number): string => String(value).padStart(2, '0')
const day = fc
  .date({ min: new Date('1938-01-01T00:00:00Z'), max: new Date('2098-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const time = fc.tuple(fc.nat(23), fc.nat(59), fc.nat(59)).map(([h, m, s]) => `${two(h)}:${two(m)}:${two(s)}`)
const fraction = fc.constantFrom('', '.1', '.120', '.123456')
const offset = fc.constantFrom('Z', '+00:00', '-00:00', '-05:00', '+05:30', '+14:00')
const dateTime = fc.tuple(day, time, fraction, offset).map(([d, t, f, z]) => `${d}T${t}${f}${z}`)
const patientId = fc.uuid()

const encounter = (patient: string, start: string, end: string): object => ({
  resourceType: 'Encounter',
  patient: { reference: `Patient/${patient}` },
  period: { start, end },
})

const isAfter = (start: string, end: string): boolean =>
  validate(encounter('1', start, end)).some(({ message }) => message.startsWith('per-1'))

test.each([safeHarbor, expert])('$name removes dates so old that they tell of an age over 89', (policy) => {
  const onset = (onsetDateTime: string): unknown =>
    masked({ resourceType: 'Condition', patient: { reference: 'Patient/1' }, onsetDateTime }, policy).onsetDateTime
  expect(onset(`${asOfYear - 90}-05-05`)).toBeUndefined()
  expect(onset('1899')).toBeUndefined()
  expect(onset(`${asOfYear - 80}-05-05`)).toBeDefined()
  expect(masked({ resourceType: 'Patient', birthDate: '1900', deceasedDateTime: '1930' }, policy)).toMatchObject({ birthDate: '1900' })
})

test('digits behind the seconds that no clock has are no time', () => {
  const at = (fraction: string): unknown =>
    masked(
      {
        resourceType: 'Encounter',
        status: 'finished',
        patient: { reference: 'Patient/1' },
        period: { start: `2015-01-01T00:00:00.${fraction}Z` },
      },
      expert,
    ).period
  expect(at('123456789')).toBeDefined()
  expect(at('9993475184471923')).toBeUndefined()
})

describe('expert', () => {
  test('moves all dates of a person by the same days: intervals stay exact to the second, as do time of day, fraction and offset', () => {
    const masker = aMasker(expert)
    fc.assert(
      fc.property(patientId, dateTime, dateTime, (patient, start, end) => {
        const { period } = masker.mask(encounter(patient, start, end)).resource as { period: { start: string; end: string } }
        expect(Date.parse(period.end) - Date.parse(period.start)).toBe(Date.parse(end) - Date.parse(start))
        expect(period.start.slice(10)).toBe(start.slice(10))
        expect(period.end.slice(10)).toBe(end.slice(10))
        const days = (Date.parse(period.start) - Date.parse(start)) / 86_400_000
        expect(Number.isInteger(days)).toBe(true)
        expect(days).not.toBe(0)
        expect(Math.abs(days)).toBeLessThanOrEqual(365)
      }),
    )
  })

  test('moves dates without a time by the same days as dates with one, and only to days that exist', () => {
    const masker = aMasker(expert)
    fc.assert(
      fc.property(patientId, day, time, (patient, date, clock) => {
        const onset = {
          resourceType: 'AllergyIntolerance',
          patient: { reference: `Patient/${patient}` },
          onset: date,
          recordedDate: `${date}T${clock}Z`,
        }
        const out = masker.mask(onset).resource as { onset: string; recordedDate: string }
        expect(out.onset).toBe(out.recordedDate.slice(0, 10))
        expect(new Date(`${out.onset}T00:00:00Z`).toISOString().slice(0, 10)).toBe(out.onset)
      }),
    )
  })

  test('gives each person one shift, whatever form the reference has, and different people different ones', () => {
    const masker = aMasker(expert)
    const shiftOf = (reference: string): number => {
      const out = masker.mask({ resourceType: 'Condition', patient: { reference }, onsetDateTime: '2010-06-15' }).resource as {
        onsetDateTime: string
      }
      return (Date.parse(out.onsetDateTime) - Date.parse('2010-06-15')) / 86_400_000
    }
    const id = '099e7de7-c952-40e2-9b4e-0face78c9d80'
    const forms = [
      `Patient/${id}`,
      `urn:uuid:${id}`,
      `urn:uuid:${id.toUpperCase()}`,
      `https://a.example.org/fhir/Patient/${id}`,
      `Patient/${id}/_history/3`,
    ]
    expect(new Set(forms.map(shiftOf)).size).toBe(1)
    const shifts = Array.from({ length: 400 }, (_, index) => shiftOf(`Patient/p${index}`))
    expect(new Set(shifts).size).toBeGreaterThan(200)
    expect(shifts).not.toContain(0)
    expect(shifts.some((shift) => shift > 0) && shifts.some((shift) => shift < 0)).toBe(true)
  })

  test('leaves only a year of partial dates, of births and deaths, and of what is nobody’s or two people’s', () => {
    const of = (patient: object | undefined, date: string): unknown =>
      (masked({ resourceType: 'Condition', ...(patient && { patient }), onsetDateTime: date }, expert) as { onsetDateTime: string })
        .onsetDateTime
    expect(of({ reference: 'Patient/1' }, '2010')).toMatch(/^\d{4}$/)
    expect(of({ reference: 'Patient/1' }, '2010-05')).toMatch(/^\d{4}$/)
    expect(of(undefined, '2010-05-06T10:00:00Z')).toBe('2010')
    expect(
      masked({ resourceType: 'Patient', id: '1', birthDate: '1980-05-06', deceasedDateTime: '2019-01-02T03:04:05Z' }, expert),
    ).toMatchObject({
      birthDate: '1980',
      deceasedDateTime: '2019',
    })
    const two = {
      resourceType: 'Observation',
      status: 'final',
      effectiveDateTime: '2010-05-06',
      subject: { reference: 'Patient/1' },
      performer: [{ reference: 'Patient/2' }],
    }
    expect(masked(two, expert).effectiveDateTime).toBe('2010')
  })

  test('another key moves dates otherwise', () => {
    const resource = encounter('1', '2010-05-06', '2010-05-07')
    const outs = ['a', 'b', 'c', 'd'].map((key) => JSON.stringify(aMasker(expert, { key }).mask(resource).resource))
    expect(new Set(outs).size).toBe(4)
  })
})

describe('safe-harbor', () => {
  test('leaves the year of a date and nothing else', () => {
    const masker = aMasker(safeHarbor)
    fc.assert(
      fc.property(patientId, dateTime, day, (patient, start, end) => {
        const { period } = masker.mask(encounter(patient, start, end)).resource as { period: object }
        const years = { start: start.slice(0, 4), end: end.slice(0, 4) }
        // Across a new year in another zone the years alone would run backwards.
        expect(period).toEqual(years.start <= years.end || isAfter(start, end) ? years : undefined)
      }),
    )
  })

  test('removes what is no date, and instants, which cannot be years', () => {
    for (const date of [
      '2010-02-29',
      '2010-13-01',
      '10/05/2010',
      '2010-1-5',
      'May 2010',
      '20100506',
      '2010-05-06 10:00',
      '',
      5,
      null,
      ['2010'],
    ]) {
      expect(masked({ resourceType: 'Condition', clinicalStatus: 'active', onsetDateTime: date })).not.toHaveProperty('onsetDateTime')
    }
    const observation = { resourceType: 'Observation', status: 'final', issued: '2010-05-06T10:00:00Z', valueTime: '10:00:00' }
    expect(masked(observation)).toEqual({ resourceType: 'Observation', status: 'final' })
    const rows = aMasker(safeHarbor, { form: 'rows' }).mask(observation).resource
    expect(rows).toEqual({ resourceType: 'Observation', status: 'final', issued: '2010' })
  })

  test('lastUpdated and versionId never leave, under any policy', () => {
    for (const policy of [safeHarbor, expert]) {
      expect(
        masked({ resourceType: 'Patient', id: '1', meta: { lastUpdated: '2010-05-06T10:00:00Z', versionId: '7' } }, policy),
      ).not.toHaveProperty('meta')
    }
  })
})
