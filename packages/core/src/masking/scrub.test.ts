import { describe, expect, test } from 'vitest'
import { wordsOf } from './words.js'
import { aMasker } from './test/masked.js'
import { height, policyWith, valid } from './test/policies.js'

const policy = policyWith([{ match: { path: 'Observation.comments' }, method: 'scrub', unknownNames: 'scrub' }])
const scrubbed = (comments: string, more: object = {}): string => valid({ ...height, comments, ...more }, policy).comments
const jane = {
  resourceType: 'Patient',
  id: 'p',
  name: [{ family: ['Żółkowska'], given: ['Jane', 'Bo'] }],
  address: [{ line: ['12 Gowanlock Way'], city: 'Mattapoisett' }],
  contact: [{ name: { text: 'Heinrich Feldmann' } }],
}
const withJane = { contained: [jane], subject: { reference: '#p' } }

describe('scrubbed text', () => {
  test('has no word by which people in the resource are known, however it is written', () => {
    for (const name of ['Jane', 'JANE', 'Zolkowska', 'ŻÓŁKOWSKA', 'Gowanlock', 'mattapoisett', 'Feldmann', 'zolkowskajane'])
      expect(scrubbed(`seen ${name} today, stable`, withJane), name).toBe('seen [name] today, stable')
    for (const name of ['Zol\u200bkowska', 'Ja\u00adne', 'Feld\u2060mann', '\ufeffJane'])
      expect(scrubbed(`seen ${name} today`, withJane), name).toBe('seen [name] today')
    expect(scrubbed('Jane Żółkowska-Roe and Bo; bo of all', withJane)).toBe('seen'.slice(4) + '[name]-Roe and [name]; bo of all')
    expect(scrubbed('came with Wilhelm', { subject: { reference: 'Patient/1', display: 'Wilhelm Ostrander' } })).toBe('came with [name]')
    expect(scrubbed('as Dr. Ostrander says, and Mrs Smith-Jones')).toBe('as Dr. [name] says, and Mrs [name]')
  })

  test('has no telephone, date, mail, number or address of the web', () => {
    for (const [text, label] of [
      ['433.867.2146', '[phone]'],
      ['(433) 867-2146', '[phone]'],
      ['433 867 2146', '[phone]'],
      ['+48 22 123 45 67', '[phone]'],
      ['999-34-7518', '[ssn]'],
      ['999347518', '[id]'],
      ['mrn4471923', '[id]'],
      ['ssn999347518', '[id]'],
      ['A12345B', '[id]'],
      ['jane.roe@example.org', '[email]'],
      ['http://example.org/jane', '[url]'],
      ['www.example.org/jane', '[url]'],
      ['02743', '[zip]'],
      ['02743-1234', '[zip]'],
      ['1954-12-11', '[date]'],
      ['12/11/1954', '[date]'],
      ['11.12.54', '[date]'],
      ['11 December 1954', '[date]'],
      ['Dec 11, 1954', '[date]'],
      ['December 1954', '[date]'],
      ['1954-Dec-11', '[date]'],
      ['11th of Dec', '[date]'],
      ['12/1954', '[date]'],
      ['10.1.2.33', '[id]'],
    ])
      expect(scrubbed(`noted ${text} here`), text).toBe(`noted ${label} here`)
    for (const age of ['94 years old', '94-year-old', '101 y.o.', '94 yo', 'aged 94', 'age: 94'])
      expect(scrubbed(`woman, ${age}`), age).toBe('woman, [age]')
  })

  test('keeps what medicine says', () => {
    for (const text of [
      'BP 120/80, HR 72, SpO2 98 %',
      '5 mg twice a day for 10 days',
      '89 years old, in 2011',
      'C3-C4, grade 2, T2N0M0',
      'Na 140.5, glucose 5.6 mmol/L',
    ])
      expect(scrubbed(text)).toBe(text)
  })

  test('goes as a whole where nobody knows whom it is about, unless the policy says otherwise', () => {
    const careful = policyWith([{ match: { path: 'Observation.comments' }, method: 'scrub' }])
    const resource = { ...height, comments: 'Jane is stable' }
    expect(valid(resource, careful)).not.toHaveProperty('comments')
    expect(valid({ ...resource, ...withJane }, careful).comments).toBe('[name] is stable')
  })

  test('is scrubbed of what the study knows of the person', () => {
    const careful = policyWith([{ match: { path: 'Observation.comments' }, method: 'scrub' }])
    const { pseudonyms } = aMasker(careful)
    const known = new Map([[pseudonyms.id('Patient', '1'), new Set(wordsOf('Jane Roe').map(pseudonyms.word))]])
    const masker = aMasker(careful, { knownWords: (patient) => known.get(patient) ?? null })
    const comments = (patient: string): unknown =>
      masker.mask({ ...height, subject: { reference: `Patient/${patient}` }, comments: 'roe came' }).resource?.['comments']
    expect([comments('1'), comments('2')]).toEqual(['[name] came', undefined])
  })

  test('is labelled, whatever the policy says of labels', () => {
    const labels = valid({ ...height, comments: 'stable' }, policy).meta.security
    expect(labels).toEqual([{ system: 'urn:aquifer:masking', code: 'scrubbed' }])
    expect(aMasker(policy, { form: 'rows' }).mask({ ...height, comments: 'stable' }).resource).toHaveProperty('meta')
    expect(valid(height, policy)).not.toHaveProperty('meta')
  })
})
