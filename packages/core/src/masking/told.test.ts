import { describe, expect, test } from 'vitest'
import { traceResource } from './index.js'
import { aMasker, asOfYear, hmacWith, masked } from './test/masked.js'
import { height, policyWith, valid } from './test/policies.js'

const v3 = 'http://hl7.org/fhir/v3/ObservationValue'
const codes = (resource: { meta?: { security?: { code: string }[] } }): string[] => (resource.meta?.security ?? []).map(({ code }) => code)
const patient = { resourceType: 'Patient', id: 'p', name: [{ family: ['Roe'] }], birthDate: '1980-01-02', active: true }

describe('security labels', () => {
  test('name the methods that were applied to a resource, where a policy has them told', () => {
    const policy = policyWith([], { securityLabels: 'fhir' })
    expect(codes(valid(patient, policy))).toEqual(['REDACTED', 'PSEUDED', 'ABSTRED'])
    expect(codes(valid({ resourceType: 'Patient', id: 'p' }, policy))).toEqual(['PSEUDED'])
    expect(valid({ resourceType: 'Patient', active: true }, policy)).toEqual({ resourceType: 'Patient', active: true })
    expect(
      codes(valid({ ...height, issued: '2011-05-06T07:08:09Z' }, policyWith([], { extends: 'expert', securityLabels: 'fhir' }))),
    ).toEqual(['PSEUDED', 'MASKED'])
    expect(masked(patient)).not.toHaveProperty('meta')
    expect(aMasker(policy, { form: 'rows' }).mask(patient).resource).not.toHaveProperty('meta')
    expect(aMasker({ ...policy, securityLabels: 'always' }, { form: 'rows' }).mask(patient).resource).toHaveProperty('meta')
  })

  test('stand beside those that were there, once each', () => {
    const policy = policyWith([], { securityLabels: 'fhir' })
    const security = [
      { system: v3, code: 'REDACTED' },
      { system: 'http://hl7.org/fhir/v3/Confidentiality', code: 'R' },
    ]
    expect(codes(valid({ ...patient, meta: { security } }, policy))).toEqual(['REDACTED', 'R', 'PSEUDED', 'ABSTRED'])
  })

  test('are each entry’s own, and a container’s for what it contains', () => {
    const policy = policyWith([], { securityLabels: 'fhir' })
    const entry = [{ resource: patient }, { resource: { resourceType: 'Patient', active: true } }]
    const bundle = masked({ resourceType: 'Bundle', type: 'collection', entry }, policy)
    expect(bundle.entry.map(({ resource }: { resource: object }) => codes(resource))).toEqual([['REDACTED', 'PSEUDED', 'ABSTRED'], []])
    const outer = masked({ resourceType: 'Observation', status: 'final', contained: [patient], subject: { reference: '#p' } }, policy)
    expect(codes(outer)).toEqual(['REDACTED', 'PSEUDED', 'ABSTRED'])
    expect(outer.contained[0]).not.toHaveProperty('meta')
  })
})

describe('provenance by element', () => {
  const rules = [{ match: { path: 'Patient.birthDate' }, method: 'dateGeneralize', to: 'decade' }]
  test('names path, method and rule of what did not stay as it was, and no value', () => {
    const policy = policyWith(rules, { provenance: 'elements' })
    const { resource, provenance } = aMasker(policy).mask(patient)
    expect(provenance).toEqual([
      { path: 'id', method: 'pseudonym', rule: null },
      { path: 'name', method: 'remove', rule: null },
      { path: 'birthDate', method: 'dateGeneralize decade', rule: 'r1' },
    ])
    expect(valid(patient, policy)).toEqual(resource)
    expect(JSON.stringify(resource)).toContain('"valueString":"birthDate"')
    expect(JSON.stringify(resource)).not.toMatch(/Roe|1980-01/)
    const rows = aMasker(policy, { form: 'rows' })
    expect(rows.mask(patient).provenance).toEqual(provenance)
    expect(rows.mask(patient).resource).not.toHaveProperty('meta')
    expect(aMasker().mask(patient)).not.toHaveProperty('provenance')
  })

  test('is asked of each resource anew, after one that is held too', () => {
    const masker = aMasker(policyWith(rules, { provenance: 'elements' }))
    expect(masker.mask({ resourceType: 'Patient', modifierExtension: [{ url: 'u' }] }).held).toBe('unknown-modifier-extension')
    expect(masker.mask({ resourceType: 'Patient', id: 'p' }).provenance).toHaveLength(1)
  })
})

test('a trace names the rule of each element, also of those that their object writes', () => {
  const policy = policyWith([
    { match: { path: 'Patient.address.postalCode' }, method: 'redact' },
    { match: { path: 'Patient.gender' }, method: 'redact', where: [{ path: 'active', equals: true }] },
    { match: { path: 'Patient.contact' }, method: 'redact' },
  ])
  const resource = { ...patient, gender: 'male', address: [{ postalCode: '02743', state: 'MA' }], contact: [{ gender: 'male' }] }
  const { steps } = traceResource(policy, { hmac: hmacWith('k'), asOfYear }, resource)
  expect(
    steps.filter(({ rule }) => rule !== null).map(({ path, rule, method, outcome }) => `${path} ${rule} ${method} ${outcome}`),
  ).toEqual(['gender r2 redact removed', 'address.0.postalCode r1 redact removed', 'contact r3 redact removed'])
})

test('a narrative is written anew from what is masked', () => {
  const policy = policyWith([{ match: { type: 'Narrative' }, method: 'regenerate' }])
  const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Jane Roe, 178.4 cm</div>' }
  const out = valid({ ...height, text, valueQuantity: { value: 178.4, unit: 'cm' }, effectiveDateTime: '2011-05-06' }, policy)
  expect(out.text.status).toBe('generated')
  expect(out.text.div).toBe(
    '<div xmlns="http://www.w3.org/1999/xhtml"><p>Observation</p><ul><li>status: final</li><li>code: 8302-2</li><li>valueQuantity: 178.4 cm</li><li>effectiveDateTime: 2011</li></ul></div>',
  )
  expect(valid(height, policy)).not.toHaveProperty('text')
  const composition = masked({ resourceType: 'Composition', section: [{ text }] }, policy)
  expect(composition).not.toHaveProperty('section')
  const contained = masked({ ...height, contained: [{ ...patient, text }], subject: { reference: '#p' } }, policy).contained[0]
  expect(contained).not.toHaveProperty('text')
})
