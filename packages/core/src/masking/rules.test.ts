import { describe, expect, test } from 'vitest'
import { aMasker, masked } from './test/masked.js'
import { height as observation, loinc, policyWith, valid } from './test/policies.js'

const rule = (match: object, method: string, more: object = {}): object => ({ match, method, ...more })

describe('what a rule meets', () => {
  const addresses = [
    { use: 'home', postalCode: '02743', state: 'MA' },
    { use: 'work', postalCode: '02115', state: 'MA' },
  ]
  test('a path, where something holds of an object on it', () => {
    const policy = policyWith([rule({ path: "Patient.address.where(use='home').postalCode" }, 'redact')])
    expect(valid({ resourceType: 'Patient', address: addresses }, policy).address).toEqual([
      { use: 'home', state: 'MA' },
      { use: 'work', postalCode: '021', state: 'MA' },
    ])
    const whole = policyWith([rule({ path: "Patient.address.where(use = 'home' and state.exists())" }, 'redact')])
    expect(valid({ resourceType: 'Patient', address: addresses }, whole).address).toEqual([{ use: 'work', postalCode: '021', state: 'MA' }])
  })

  test('a choice by ofType, by its name in JSON, or all of its types', () => {
    const value = (valueQuantity: object, path: string): unknown =>
      valid({ ...observation, valueQuantity }, policyWith([rule({ path }, 'generalize', { to: 'roundTo', unit: 5 })])).valueQuantity.value
    for (const path of [
      'Observation.value.ofType(Quantity).value',
      'Observation.valueQuantity.value',
      'Observation.value',
      'Observation.value.ofType(Quantity)',
    ])
      expect(value({ value: 178.4, unit: 'cm' }, path), path).toBe(180)
  })

  test('a data type, and an element of one, wherever they stand', () => {
    const policy = policyWith([
      rule({ type: 'Address.state' }, 'redact'),
      { match: { type: 'HumanName' }, method: 'substitute', value: { text: 'A person' } },
    ])
    const out = valid(
      {
        resourceType: 'Patient',
        name: [{ family: ['Roe'] }],
        address: addresses,
        contact: [{ name: { text: 'Jo Roe' }, address: { state: 'MA', country: 'US' } }],
      },
      policy,
    )
    expect(out.name).toEqual([{ text: 'A person' }])
    expect(out.contact).toEqual([{ name: { text: 'A person' }, address: { country: 'US' } }])
    expect(out.address[0]).toEqual({ use: 'home', postalCode: '027' })
  })

  test('values of Observations, components and answers by code', () => {
    const code = [{ system: 'http://loinc.org', code: '29463-7' }]
    const policy = policyWith([rule({ code }, 'generalize', { to: 'bins', width: 10 })])
    const quantity = (value: number): object => ({ value, unit: 'kg' })
    expect(valid({ ...observation, code: loinc('29463-7'), valueQuantity: quantity(83) }, policy).valueQuantity.value).toBe(80)
    expect(valid({ ...observation, valueQuantity: quantity(83) }, policy).valueQuantity.value).toBe(83)
    const component = [
      { code: loinc('29463-7'), valueQuantity: quantity(83) },
      { code: loinc('8302-2'), valueQuantity: quantity(83) },
    ]
    expect(
      valid({ ...observation, code: loinc('85353-1'), component }, policy).component.map(
        (each: { valueQuantity: { value: number } }) => each.valueQuantity.value,
      ),
    ).toEqual([80, 83])
    const group = {
      question: [
        { linkId: '29463-7', answer: [{ valueInteger: 83 }, { valueDecimal: 83.5 }] },
        { linkId: '2', answer: [{ valueInteger: 83 }] },
      ],
    }
    expect(valid({ resourceType: 'QuestionnaireResponse', status: 'completed', group }, policy).group.question).toMatchObject([
      { answer: [{ valueInteger: 80 }, { valueDecimal: 80 }] },
      { answer: [{ valueInteger: 83 }] },
    ])
  })

  test('an extension by its url', () => {
    const url = 'http://hospital.example.org/admitted'
    const policy = policyWith([rule({ extension: url }, 'dateGeneralize', { to: 'month' })])
    const extension = [
      { url, valueDate: '2011-03-04' },
      { url, valueString: 'Jane' },
      { url: 'http://example.org/x', valueDate: '2011-03-04' },
    ]
    expect(valid({ resourceType: 'Patient', extension }, policy).extension).toEqual([{ url, valueDate: '2011-03' }])
  })

  test('under conditions on neighbours and on what is around', () => {
    const where = [{ path: 'Observation.status', in: ['preliminary', 'entered-in-error'] }]
    const policy = policyWith([
      rule({ path: 'Observation.component.valueQuantity.value' }, 'generalize', { to: 'roundTo', unit: 10, where }),
    ])
    const out = (status: string): number =>
      valid({ ...observation, status, component: [{ code: loinc('1-8'), valueQuantity: { value: 83, unit: 'kg' } }] }, policy).component[0]
        .valueQuantity.value
    expect([out('preliminary'), out('final')]).toEqual([80, 83])
    const beside = policyWith([
      rule({ path: 'Patient.contact.gender' }, 'redact', { where: [{ path: 'relationship.coding.code', equals: 'partner' }] }),
    ])
    const contact = (code: string): object => ({
      gender: 'male',
      relationship: [{ coding: [{ system: 'http://hl7.org/fhir/patient-contact-relationship', code }] }],
      organization: { reference: 'Organization/1' },
    })
    const genders = valid({ resourceType: 'Patient', contact: [contact('partner'), contact('guardian')] }, beside).contact.map(
      ({ gender }: { gender?: string }) => gender,
    )
    expect(genders).toEqual([undefined, 'male'])
  })

  test('in order: the first that fires decides, then paths, then classes', () => {
    const policy = policyWith([
      rule({ path: 'Condition.onsetDateTime' }, 'redact', { where: [{ path: 'clinicalStatus', equals: 'resolved' }] }),
      { match: { path: 'Condition.onsetDateTime' }, method: 'dateGeneralize', to: 'decade' },
    ])
    const onset = (clinicalStatus: string): unknown =>
      masked({ resourceType: 'Condition', clinicalStatus, onsetDateTime: '2013-04-05' }, policy).onsetDateTime
    expect([onset('resolved'), onset('active')]).toEqual([undefined, '2010'])
  })
})

test('rules hold in contained resources and entries, and one of another resource leaves nothing behind', () => {
  const policy = policyWith([rule({ path: 'Patient.gender' }, 'redact', { where: [{ path: 'active', equals: true }] })])
  const patient = (active: boolean): object => ({ resourceType: 'Patient', id: 'p', active, gender: 'male' })
  const masker = aMasker(policy)
  const out = masker.mask({ ...observation, contained: [patient(true)] }).resource as { contained: object[] }
  expect(out.contained[0]).not.toHaveProperty('gender')
  expect(masker.mask(patient(false)).resource).toHaveProperty('gender')
})
