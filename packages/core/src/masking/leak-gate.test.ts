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
  ['name in Observation code', '%4Bowalczyk'],
  ['name in Observation code', 'ward4_kowalczyk_2014'],
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

test('a name of few letters is found beside the other one, in either order', () => {
  const boLi = { ...kowalczyk, name: [{ family: ['Li'], given: ['Bo'] }] }
  for (const code of ['Li-Bo', 'bo_li', 'Bo%20Li'])
    expect(found(gateBatch([boLi, coded(code)])), code).toEqual(['name in Observation code'])
  for (const code of ['li', 'bo', 'li-7']) expect(found(gateBatch([boLi, coded(code)])), code).toEqual([])
})

test('a name in two parts of a resource is found in each', () => {
  const code = {
    coding: [
      { system: 'urn:ward', code: 'Kowalczyk' },
      { system: 'urn:ward', code: 'zaneta' },
    ],
  }
  expect(found(gateBatch([kowalczyk, coded('x', { code })]))).toEqual(Array.from({ length: 2 }, () => 'name in Observation code'))
})

// Surnames and first names as people bear them, and what everybody's data says in the same words.
const everyday =
  'Young White May Long Day Brown Hand Price Final Active Black Green Page Stone Field Virginia Georgia York Washington Jordan Chad Group Person Order Flag Pound Foot Hour Race Plain Image Text Marital Laboratory Vital Sign Patient Location Married Male Female Score'
test('no one’s name stops what codes, units, states and types say', () => {
  const people = everyday
    .split(' ')
    .map((family, index) => ({ ...kowalczyk, id: `mrn-447192${index}`, name: [{ family: [family], given: [family] }] }))
  const hl7 = (system: string, code: string) => ({ coding: [{ system: `http://hl7.org/fhir/${system}`, code }] })
  const data = [
    ...['Virginia', 'Georgia', 'Washington', 'New York'].map((state) => ({
      ...kowalczyk, id: `p-${state}`, name: [], address: [{ state, country: 'US' }], maritalStatus: hl7('marital-status', 'M'),
    })),
    coded('8302-2', {
      code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] },
      category: hl7('observation-category', 'vital-signs'),
      valueQuantity: { value: 4_471_923, unit: 'pound' },
      performer: [{ reference: 'Group/1' }, { reference: 'Person/1' }, { reference: 'Location/1' }],
      contained: [{ resourceType: 'Basic', id: 'b', code: hl7('v3/Race', 'white') }],
      component: [{ code: hl7('v3/ActCode', 'LONG'), valueQuantity: { value: 3, unit: 'hour', code: 'foot' } }],
    }),
    {
      resourceType: 'QuestionnaireResponse', id: 'q', status: 'completed', subject: { reference: 'Patient/mrn-4471923' },
      group: { linkId: 'laboratory', question: [{ linkId: 'race', answer: [{ valueCoding: { code: 'final' } }, { valueString: 'Female' }] }] },
    },
  ] // prettier-ignore
  expect(found(gateBatch([...people, ...data], safeHarbor))).toEqual([])
  // The same words in a ward's own codes may be somebody.
  expect(found(gateBatch([...people, coded('Stone')]))).toEqual(['name in Observation code'])
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
