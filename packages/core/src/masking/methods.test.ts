import { describe, expect, test } from 'vitest'
import { expert, lowPopulationZip3, readJson } from './index.js'
import type { Policy } from './index.js'
import { aMasker, absent, asOfYear, masked } from './test/masked.js'
import { height, loinc, policyWith, valid } from './test/policies.js'

const over = (path: string, method: string, more: object = {}, base: object = {}): Policy =>
  policyWith([{ match: { path }, method, ...more }], base)
const measured = (value: number, policy: Policy, subject = '1'): number =>
  valid({ ...height, subject: { reference: `Patient/${subject}` }, valueQuantity: { value, unit: 'cm' } }, policy).valueQuantity?.value

describe('dates', () => {
  const onset = (date: string, policy: Policy): unknown =>
    masked({ resourceType: 'Condition', patient: { reference: 'Patient/1' }, onsetDateTime: date }, policy).onsetDateTime
  test('become month, quarter, year or decade, as exact as they were at most', () => {
    const to = (unit: string, date: string): unknown => onset(date, over('Condition.onset', 'dateGeneralize', { to: unit }))
    for (const date of ['2011-05-06', '2011-05-06T07:08:09Z', '2011-05']) {
      expect(to('month', date)).toBe('2011-05')
      expect(to('quarter', date)).toBe('2011-04')
      expect(to('year', date)).toBe('2011')
      expect(to('decade', date)).toBe('2010')
    }
    expect(to('month', '2011')).toBe('2011')
    expect(to('month', 'soon')).toBeUndefined()
    expect(to('month', `${asOfYear - 90}-05-06`)).toBeUndefined()
  })

  test('where a policy moves dates, a month is that of the moved one: none stands beside it unmoved', () => {
    const policy = over('Condition.onsetDateTime', 'dateGeneralize', { to: 'month' }, { extends: 'expert' })
    const whole = String(onset('2011-05-06', expert))
    expect(onset('2011-05-06', policy)).toBe(whole.slice(0, 7))
    expect(masked({ resourceType: 'Condition', onsetDateTime: '2011-05-06' }, policy).onsetDateTime).toBe('2011')
  })

  test('move within other bounds, one person’s by the same days', () => {
    const policy = over('Encounter.period', 'dateShift', { maxDays: 30 })
    const masker = aMasker(policy)
    const shifts = Array.from({ length: 60 }, (_, patient) => {
      const resource = {
        resourceType: 'Encounter',
        status: 'finished',
        patient: { reference: `Patient/${patient}` },
        period: { start: '2011-05-06T07:08:09+02:00', end: '2011-05-09' },
      }
      const { start, end } = (masker.mask(resource).resource as { period: { start: string; end: string } }).period
      expect(start.slice(10)).toBe('T07:08:09+02:00')
      const days = (date: string, from: string): number => (Date.parse(date.slice(0, 10)) - Date.parse(from)) / 86_400_000
      expect(days(start, '2011-05-06')).toBe(days(end, '2011-05-09'))
      return days(start, '2011-05-06')
    })
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThanOrEqual(30)
    expect(shifts).not.toContain(0)
    expect(new Set(shifts).size).toBeGreaterThan(20)
  })
})

describe('numbers', () => {
  test('are not left in bins or rounded so finely that an identifier is told by them', () => {
    for (const more of [{ to: 'bins', width: 1 }, { to: 'roundTo', unit: 1 }, { to: 'decade' }])
      expect(measured(998_877_665, over('Observation.value.ofType(Quantity)', 'generalize', more))).toBeUndefined()
    expect(measured(998_877_665, over('Observation.value.ofType(Quantity)', 'generalize', { to: 'roundTo', unit: 1000 }))).toBe(998_878_000)
  })

  test('become bins, by width or by edges, or round', () => {
    const value = (number: number, more: object): number => measured(number, over('Observation.value', 'generalize', more))
    expect([0, 4.9, 5, 178.4, -1].map((number) => value(number, { to: 'bins', width: 5 }))).toEqual([0, 0, 5, 175, -5])
    expect([0.3, 0.7].map((number) => value(number, { to: 'bins', width: 0.1 }))).toEqual([0.3, 0.7])
    expect([17, 18, 64, 65, 99].map((number) => value(number, { to: 'bins', edges: [18, 40, 65] }))).toEqual([undefined, 18, 40, 65, 65])
    expect([178.4, 182.5, 0.04].map((number) => value(number, { to: 'roundTo', unit: 5 }))).toEqual([180, 185, 0])
    expect(value(1.27, { to: 'roundTo', unit: 0.1 })).toBe(1.3)
    expect([7, 78.4].map((number) => value(number, { to: 'decade' }))).toEqual([0, 70])
  })

  test('as written text become a range', () => {
    const policy = policyWith([
      { match: { path: 'Observation.valueString' }, method: 'generalize', to: 'bins', edges: [10, 20], output: 'range' },
    ])
    const text = (valueString: string): unknown => valid({ ...height, valueString }, policy).valueString
    expect(['7', '12.5', '20', '12 of Jane'].map(text)).toEqual(['<10', '10 to <20', '>=20', undefined])
  })

  test('move by noise that is one person’s at one place, within its span', () => {
    const policy = over('Observation.valueQuantity.value', 'perturb', { span: 3, mode: 'absolute', roundTo: 0.5 })
    expect(measured(178, policy)).toBe(measured(178, policy))
    expect(measured(180, policy) - measured(178, policy)).toBe(2)
    const moved = Array.from({ length: 60 }, (_, patient) => measured(178, policy, String(patient)) - 178)
    expect(Math.max(...moved.map(Math.abs))).toBeLessThanOrEqual(3)
    expect(new Set(moved).size).toBeGreaterThan(5)
    expect(moved.every((by) => Number.isInteger(by * 2))).toBe(true)
    const shares = over('Observation.value', 'perturb', { span: 0.1, mode: 'proportional' })
    expect(Math.abs(measured(200, shares) - 200)).toBeLessThanOrEqual(20)
    const nobodys = { resourceType: 'Observation', status: 'final', code: loinc('1-8'), valueQuantity: { value: 7, unit: 'cm' } }
    expect(masked(nobodys, policy).valueQuantity).toEqual({ unit: 'cm' })
    const other = aMasker(policy, { key: 'another key' }).mask({ ...height, valueQuantity: { value: 178 } }).resource
    expect(other).not.toEqual(masked({ ...height, valueQuantity: { value: 178 } }, policy))
  })

  test('with digits as written are numbers too', () => {
    const resource = readJson('{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50}}') as object
    expect(masked(resource, over('Observation.value', 'generalize', { to: 'roundTo', unit: 1 })).valueQuantity.value).toBe(2)
  })

  test('ages from the cap on become the cap, also where no code says that they are ages', () => {
    const policy = over('Observation.value', 'generalize', { to: 'ages' })
    const age = (valueQuantity: object): unknown => valid({ ...height, valueQuantity }, policy).valueQuantity
    expect(age({ value: 1140, code: 'mo', unit: 'months' })).toMatchObject({ value: 90, comparator: '>=', unit: 'years' })
    expect(age({ value: 64, unit: 'years' })).toEqual({ value: 64, unit: 'years' })
    expect(age({ value: 94 })).toBeUndefined()
  })
})

test('a number that could be an identifier, or tells an age over the cap, is not told by its rounded value either', () => {
  const answer = (question: object, rule: object): unknown =>
    masked(
      { resourceType: 'QuestionnaireResponse', status: 'completed', group: { question: [question] } },
      policyWith([{ match: { path: 'QuestionnaireResponse.group.question.answer.value' }, method: 'generalize', ...rule }]),
    ).group?.question[0].answer
  const numbers = { linkId: 'weight', answer: [{ valueInteger: 999_347_518 }, { valueInteger: 83 }] }
  expect(answer(numbers, { to: 'roundTo', unit: 1 })).toEqual([{ valueInteger: 83 }])
  expect(answer({ linkId: 'age', answer: [{ valueInteger: 97 }, { valueInteger: 63 }] }, { to: 'bins', width: 5 })).toEqual([
    { valueInteger: 60 },
  ])
  expect(answer({ linkId: 'age', answer: [{ valueInteger: 97 }] }, { to: 'ages' })).toEqual([{ valueInteger: 90 }])
  const policy = policyWith([{ match: { path: 'Observation.valueString' }, method: 'generalize', to: 'bins', width: 1, output: 'range' }])
  expect(masked({ ...height, valueString: '999347518' }, policy)).not.toHaveProperty('valueString')
})

test('a display does not tell of the code that a rule put another in the place of', () => {
  const displays = new Map([['http://loinc.org|8302-2', 'Body height']])
  const policy = policyWith([{ match: { path: 'Observation.code.coding.code' }, method: 'pseudonym' }])
  const out = aMasker(policy, { displays }).mask(height).resource
  expect(out?.['code']).toEqual({ coding: [{ system: 'http://loinc.org', code: expect.stringMatching(/^cod-/) }] })
})

describe('places and codes', () => {
  test('zip3 needs the country beside it, and the census list', () => {
    const policy = policyWith([{ match: { type: 'Address.postalCode' }, method: 'generalize', to: 'zip3' }], {
      classes: { ZIP: 'remove' },
    })
    const zip = (address: object): unknown =>
      valid({ resourceType: 'Patient', address: [{ use: 'home', state: 'MA', ...address }] }, policy).address[0].postalCode
    expect([
      zip({ postalCode: '02743' }),
      zip({ postalCode: `${lowPopulationZip3.codes[0]}12` }),
      zip({ postalCode: '10115', country: 'DE' }),
    ]).toEqual(['027', '000', undefined])
  })

  const system = 'http://hl7.org/fhir/sid/icd-10'
  const concept = { text: 'Diabetes of Jane', coding: [{ system, code: 'E11.65', display: 'Diabetes of Jane' }] }
  const code = (more: object, displays: ReadonlyMap<string, string> | null = null): unknown => {
    const policy = over('Condition.code', 'generalize', { to: 'codeCategory', ...more })
    const condition = { resourceType: 'Condition', patient: { reference: 'Patient/1' }, verificationStatus: 'confirmed', code: concept }
    return (aMasker(policy, { displays }).mask(condition).resource as { code?: unknown }).code
  }
  test('codes become their category, with its display and none of the finer one', () => {
    const displays = new Map([
      [`${system}|E11.65`, 'Type 2 diabetes with hyperglycaemia'],
      [`${system}|E11`, 'Type 2 diabetes'],
    ])
    expect(code({ scheme: 'icd-10' }, displays)).toEqual({
      text: 'Type 2 diabetes',
      coding: [{ system, code: 'E11', display: 'Type 2 diabetes' }],
    })
    expect(code({ scheme: 'icd-10', level: 'chapter' })).toEqual({ coding: [{ system, code: 'E00-E90' }] })
    expect(code({ map: { 'E11.65': 'metabolic' } })).toEqual({ coding: [{ system, code: 'metabolic' }] })
    expect(code({ map: { I10: 'heart' } }, displays)).toEqual(absent)
    expect(code({ map: { I10: 'heart' }, otherwise: 'keep' })).toEqual({ coding: [{ system, code: 'E11.65' }] })
  })
})

describe('pseudonyms and substitutes', () => {
  test('names may become pseudonyms: equal names stay equal, under another key they are others', () => {
    const policy = policyWith([{ match: { type: 'HumanName.family' }, method: 'pseudonym' }])
    const family = (name: string, key = 'k'): unknown =>
      (
        aMasker(policy, { key }).mask({ resourceType: 'Patient', name: [{ family: [name], given: ['Jane'] }] }).resource as {
          name: { family: string[] }[]
        }
      ).name
    expect(family('Roe')).toEqual([{ family: [expect.stringMatching(/^nam-/)] }])
    expect(family('Roe')).toEqual(family('Roe'))
    expect(family('Roe')).not.toEqual(family('Row'))
    expect(family('Roe')).not.toEqual(family('Roe', 'l'))
  })

  test('references and identifiers join by the same pseudonym as everywhere', () => {
    const plain = masked({ ...height, identifier: [{ system: 'urn:mrn', value: '4471923' }] })
    const policy = policyWith(
      [
        { match: { path: 'Observation.identifier.value' }, method: 'pseudonym' },
        { match: { type: 'Reference.reference' }, method: 'pseudonym' },
      ],
      {
        classes: { IDENTIFIER: 'remove', REFERENCE: 'remove' },
      },
    )
    expect(masked({ ...height, identifier: [{ system: 'urn:mrn', value: '4471923' }] }, policy)).toEqual(plain)
  })

  test('of a reference in any of its forms a rule makes what is made of it without one', () => {
    const policy = policyWith([{ match: { type: 'Reference.reference' }, method: 'pseudonym' }], { classes: { REFERENCE: 'remove' } })
    const [plain, ruled] = [aMasker(), aMasker(policy)]
    const id = '099e7de7-c952-40e2-9b4e-0face78c9d80'
    const forms = [
      'Patient/1',
      'Patient/1/_history/3',
      'https://clinic.example.org/fhir/Patient/1',
      'https://clinic.example.org/fhir/Patient/1/_history/3',
      'Patient?identifier=urn:mrn|4471923',
      'https://clinic.example.org/fhir/Patient?_id=1',
      `urn:uuid:${id}`,
      'urn:oid:1.2.3.4471923',
      '#p',
      '#nobody',
      'Patient?name=Roe',
    ]
    const contained = [{ resourceType: 'Patient', id: 'p' }]
    for (const reference of forms) {
      const source = { ...height, contained, subject: { reference } }
      expect(ruled.mask(source).resource, reference).toEqual(plain.mask(source).resource)
    }
    const subjects = forms
      .slice(0, 4)
      .map((reference) => (ruled.mask({ ...height, subject: { reference } }).resource as { subject: object }).subject)
    expect(new Set(subjects.map((subject) => JSON.stringify(subject))).size).toBe(1)
  })

  test('a substitute stands for every value', () => {
    expect(valid({ resourceType: 'Patient', gender: 'male' }, over('Patient.gender', 'substitute', { value: 'unknown' })).gender).toBe(
      'unknown',
    )
    const quantity = { value: 1, unit: 'kg' }
    expect(measured(178, over('Observation.valueQuantity', 'substitute', { value: quantity }))).toBe(1)
    expect(valid({ ...height, comments: 'about Jane' }, over('Observation.comments', 'substitute', { value: 'see record' })).comments).toBe(
      'see record',
    )
  })

  test('keep gives back what a class would have removed, and nothing that identifies', () => {
    const policy = policyWith(
      [
        { match: { path: 'Patient.gender' }, method: 'keep' },
        { match: { path: 'Patient.address.state' }, method: 'keep' },
      ],
      {
        classes: { QUASI: 'remove', STATE: 'remove' },
      },
    )
    const patient = {
      resourceType: 'Patient',
      gender: 'male',
      multipleBirthBoolean: true,
      address: [{ state: 'MA', country: 'US' }, { state: 'Mitte' }],
    }
    expect(valid(patient, policy)).toEqual({ resourceType: 'Patient', gender: 'male', address: [{ state: 'MA' }] })
  })
})
