import { describe, expect, test } from 'vitest'
import { validate } from '../fhir/index.js'
import { expert, lowPopulationZip3, readJson, safeHarbor } from './index.js'
import { aMasker, asOfYear, masked } from './test/masked.js'

const observation = { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] } }

describe('ages over 89', () => {
  const born = (birthDate: string, more: object = {}): unknown => masked({ resourceType: 'Patient', birthDate, ...more }).birthDate
  test('take the birth date away, of the living and of the dead', () => {
    expect(born(`${asOfYear - 89}-01-01`)).toBe(String(asOfYear - 89))
    expect(born(`${asOfYear - 90}-12-31`)).toBeUndefined()
    expect(born('1900-01-01', { deceasedDateTime: '1980-01-01T00:00:00Z' })).toBe('1900')
    expect(born('1900', { deceasedDateTime: '1990' })).toBeUndefined()
    expect(born('1900-01-01', { deceasedBoolean: true })).toBeUndefined()
    expect(born('1900-01-01', { deceasedDateTime: '1880-01-01' })).toBeUndefined()
    for (const type of ['Person', 'RelatedPerson', 'Practitioner'])
      expect(masked({ resourceType: type, birthDate: '1900-01-01' })).toEqual({ resourceType: type })
    const relative = { resourceType: 'FamilyMemberHistory', status: 'partial' }
    expect(masked({ ...relative, bornDate: '1900-01-01' })).toEqual(relative)
    expect(masked({ ...relative, bornPeriod: { start: '1900', end: '1980' } })).toEqual(relative)
    expect(masked({ ...relative, bornPeriod: { start: '1980', end: '1981' } }).bornPeriod).toEqual({ start: '1980', end: '1981' })
  })

  const years = (value: number): object => ({ value, unit: 'years', system: 'http://unitsofmeasure.org', code: 'a' })
  test('become 90 or more, in any unit an age can have', () => {
    const onset = (onsetQuantity: object): unknown => masked({ resourceType: 'Condition', onsetQuantity }).onsetQuantity
    expect(onset(years(89))).toEqual(years(89))
    expect(onset(years(94))).toEqual({ ...years(90), comparator: '>=' })
    expect(onset({ value: 1140, code: 'mo', unit: 'months' })).toEqual({ ...years(90), comparator: '>=' })
    expect(onset({ value: 40, code: 'mo' })).toEqual({ value: 40, code: 'mo' })
    expect(onset({ value: 94 })).toBeUndefined()
    expect(onset({ value: 94, unit: 'fortnights' })).toBeUndefined()
    expect(
      masked({ resourceType: 'FamilyMemberHistory', status: 'partial', ageRange: { low: years(85), high: years(97) } }).ageRange.high.value,
    ).toBe(90)
  })

  test('also as the value of an Observation, a component or an answer', () => {
    const age = { coding: [{ system: 'http://loinc.org', code: '30525-0' }] }
    expect(masked({ ...observation, valueQuantity: years(96), code: age }).valueQuantity).toEqual({ ...years(90), comparator: '>=' })
    expect(
      masked({ resourceType: 'Observation', status: 'final', valueQuantity: { value: 35_000, code: 'd' }, code: age }).valueQuantity.value,
    ).toBe(90)
    expect(
      masked({
        ...observation,
        component: [
          { valueQuantity: { value: 96 }, code: age },
          { code: observation.code, valueQuantity: { value: 196 } },
        ],
      }).component,
    ).toEqual([{ code: age }, { code: observation.code, valueQuantity: { value: 196 } }])
    expect(masked({ ...observation, valueQuantity: { value: 120, unit: 'd' } }).valueQuantity).toEqual({ value: 120, unit: 'd' })
  })
})

describe('places', () => {
  const address = (more: object): unknown => masked({ resourceType: 'Patient', address: [more] }).address?.[0]
  test('a zip code leaves three digits, 000 for the small areas of the census', () => {
    for (const code of lowPopulationZip3.codes) expect(address({ postalCode: `${code}12-3456` })).toEqual({ postalCode: '000' })
    expect(lowPopulationZip3.codes).toHaveLength(17)
    expect(address({ postalCode: '02743-1234', country: 'USA' })).toEqual({ postalCode: '027', country: 'USA' })
    for (const postalCode of ['SW1A 1AA', '2743', '027431', 'Boston 02743', '']) expect(address({ postalCode })).toBeUndefined()
    expect(address({ postalCode: '10115', country: 'DE' })).toEqual({ country: 'DE' })
  })

  test('a state is kept only if it is one', () => {
    expect(address({ state: 'Massachusetts' })).toEqual({ state: 'Massachusetts' })
    for (const state of ['Boston', '45 Main St', 'MA 02743']) expect(address({ state, country: 'US' })).toEqual({ country: 'US' })
    expect(address({ state: 'Mitte', country: 'Jane' })).toBeUndefined()
    expect(masked({ resourceType: 'Location', name: 'Dr Who', position: { longitude: -70.956, latitude: 41.722 } })).toEqual({
      resourceType: 'Location',
      name: expect.stringMatching(/^org-/),
    })
  })
})

describe('codes and displays', () => {
  test('codes stay; displays and texts come from the dictionary alone', () => {
    const displays = new Map([['http://loinc.org|8302-2', 'Body height']])
    const concept = {
      text: 'Jane’s height',
      coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Jane’s height', version: '2.5' }],
    }
    const code = aMasker(safeHarbor, { displays }).mask({ ...observation, code: concept, bodySite: { text: 'Jane' } }).resource
    expect(code).toEqual({
      ...observation,
      code: { text: 'Body height', coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body height' }] },
    })
    expect(masked({ ...observation, code: concept })).toEqual(observation)
  })

  test('of unknown systems the address goes, and what does not look like a code', () => {
    const coding = (system: string | undefined, code: string): unknown =>
      masked({ ...observation, code: { coding: [{ system, code, display: 'Jane' }] } }).code?.coding[0]
    expect(coding('http://clinic.example.org/jane', 'BP-1')).toEqual({
      system: expect.stringMatching(/^urn:uuid:[a-f\d-]{36}$/),
      code: 'BP-1',
    })
    expect(coding(undefined, '55284-4')).toEqual({ code: '55284-4' })
    expect(coding('http://clinic.example.org', 'Jane Roe')).toMatchObject({ code: expect.stringMatching(/^cod-/) })
    expect(coding('http://clinic.example.org', '999-34-7518')).toMatchObject({ code: expect.stringMatching(/^cod-/) })
    expect(coding('http://snomed.info/sct', '254837009')).toEqual({ system: 'http://snomed.info/sct', code: '254837009' })
  })

  test('units stay if they are units', () => {
    const quantity = (unit: string): unknown => masked({ ...observation, valueQuantity: { value: 1.5, unit } }).valueQuantity.unit
    for (const unit of [
      'mmHg',
      'mg/dL',
      '{T-score}',
      'mL/min/{1.73_m2}',
      '10*3/uL',
      'beats/min',
      '°F',
      'lbs',
      'kg/m2',
      '%',
      '(score)',
      'mm[Hg]',
    ])
      expect(quantity(unit)).toBe(unit)
    for (const unit of ['Jane', 'Jane Roe', '433.867.2146', '12/11/1954 mg', 'mg for Jane']) expect(quantity(unit)).toBeUndefined()
  })

  test('digits of numbers stay as written', () => {
    const text = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50}}'
    expect(aMasker().mask(readJson(text)).resource).toMatchObject({ valueQuantity: { value: { text: '1.50' } } })
  })

  test('the masked resource is valid DSTU2', () => {
    const patient = {
      resourceType: 'Patient',
      id: 'p',
      name: [{ family: ['Roe'] }],
      birthDate: '1980-01-02',
      active: true,
      link: [{ other: { reference: 'Patient/q' }, type: 'refer' }],
    }
    const full = {
      ...observation,
      subject: { reference: 'Patient/1' },
      effectivePeriod: { start: '2010-01-02T03:04:05Z' },
      issued: '2010-01-02T03:04:05Z',
      valueSampledData: { origin: { value: 1 }, period: 1, dimensions: 1, data: '1 2 3' },
    }
    for (const policy of [safeHarbor, expert])
      for (const resource of [patient, full]) expect(validate(masked(resource, policy))).toEqual([])
  })
})
