import { expect, test } from 'vitest'
import { createLeakGate, maskRows, safeHarbor, type GateBatch, type Policy } from './index.js'
import { aMasker } from './test/masked.js'

const careless: Policy = { ...safeHarbor, codeSystems: ['urn:ward'] }

const kowalczyk = {
  resourceType: 'Patient',
  id: 'mrn-4471923',
  name: [{ family: ['Kowalczyk'], given: ['Żaneta'] }],
  identifier: [{ system: 'urn:mrn', value: 'MRN 447-1924' }],
  telecom: [{ system: 'phone', value: '+1 (555) 201-7788' }],
  address: [{ line: ['12 Long Lane'], city: 'Boston' }],
}
const coded = (code: string, more: object = {}) => ({
  resourceType: 'Observation',
  id: `o-${code}`,
  status: 'final',
  code: { coding: [{ system: 'urn:ward', code }] },
  subject: { reference: 'Patient/mrn-4471923' },
  ...more,
})

/** What the gate gets of resources masked under a policy. */
function gateBatch(resources: readonly { resourceType: string; id: string }[], policy = careless): GateBatch {
  const rows = resources.map((resource) =>
    JSON.stringify({ type: resource.resourceType, id: resource.id, v: 1, op: 'C', patient: 'mrn-4471923', site: 'A', resource }),
  )
  return maskRows(aMasker(policy, { form: 'rows' }), rows).gate
}
const found = (...batches: GateBatch[]): string[] => {
  const gate = createLeakGate()
  const last = batches.pop()!
  for (const batch of batches) gate.pass([batch])
  return gate.check([last]).map(({ kind, place, late }) => `${kind} in ${place}${late ? ', late' : ''}`)
}

test.each([
  ['name in Observation code', 'KOWALCZYK'],
  ['name in Observation code', 'kowalczyk-2'],
  ['name in Observation code', 'zaneta'],
  ['contact in Observation code', '5552017788'],
  ['identifier in Observation code', 'MRN4471924'],
  ['address in Observation code', '12-long-lane'],
])('%s: %s', (leak, code) => {
  const leaks = found(gateBatch([kowalczyk, coded(code)]))
  expect(leaks).toContain(leak)
})

test('a name is found whichever comes first, the text or its person', () => {
  const person = gateBatch([kowalczyk])
  const text = gateBatch([coded('Kowalczyk')])
  expect(found(person, text)).toEqual(['name in Observation code'])
  expect(found(text, person)).toEqual(['name in Observation code, late'])
})

test('what a policy masks gives no alarm', () => {
  expect(found(gateBatch([kowalczyk, coded('hb'), coded('8302-2', { comments: 'Kowalczyk called' })], safeHarbor))).toEqual([])
})

test('a short number of a public list is no identifier of a patient', () => {
  const bearer = { ...kowalczyk, identifier: [{ system: 'urn:mrn', value: '38341003' }] }
  const snomed = { ...coded('x'), code: { coding: [{ system: 'http://snomed.info/sct', code: '38341003' }] } }
  expect(found(gateBatch([bearer, snomed], safeHarbor))).toEqual([])
  expect(found(gateBatch([bearer, coded('38341003')]))).toEqual(['identifier in Observation code'])
})

test('terms cannot be read, and a person who is forgotten is looked for no more', () => {
  const batch = gateBatch([kowalczyk, coded('hb')])
  expect(JSON.stringify(batch)).not.toMatch(/kowalczyk|447192|lane/i)
  const gate = createLeakGate()
  const [noted] = [gate.pass([batch])]
  const again = createLeakGate()
  again.restore(noted)
  const late = gateBatch([coded('Kowalczyk')])
  expect(again.check([late])).toHaveLength(1)
  for (const { patient } of batch.needles) again.forget(patient)
  expect(again.check([late])).toEqual([])
  expect(again.state().people).toEqual([])
})
