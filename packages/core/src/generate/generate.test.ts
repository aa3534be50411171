import { expect, test } from 'vitest'
import {
  compartmentPatients,
  isConsentExempt,
  isReferenceData,
  repair,
  validate,
  type JsonObject,
  type Resource as FhirResource,
} from '../fhir/index.js'
import { readConsentContract } from '../consent/index.js'
import { generateBundles, generateResources, identifierClasses, plantedIdentifiers, type GenerateOptions, type Resource } from './index.js'

const lines = (options: GenerateOptions) => [...generateResources(options)].map((resource) => JSON.stringify(resource))
const parsed = (options: GenerateOptions) => lines(options).map((line) => JSON.parse(line) as Resource & JsonObject)
const study = { id: 'S1', consents: ['share-data', 'terms-of-use'] }
const twoHundred = parsed({ patients: 200, seed: '1', study })

test('the same seed gives the same bytes, another seed others', () => {
  const first = lines({ patients: 6, seed: 'a' })
  expect(lines({ patients: 6, seed: 'a' })).toEqual(first)
  expect(lines({ patients: 6, seed: 'b' }).filter((line) => first.includes(line))).toEqual([])
})

test('a person is the same whoever else is made', () => {
  const few = [...generateBundles({ patients: 3, seed: 'a' })]
  const more = [...generateBundles({ patients: 5, seed: 'a' })]
  expect(JSON.stringify(more.slice(0, 4))).toBe(JSON.stringify(few))
})

test('every resource is valid DSTU2, needs no repair, and names its one person in both forms of reference', () => {
  const kinds = new Set<string>()
  for (const form of ['relative', 'urn'] as const) {
    for (const bundle of generateBundles({ patients: form === 'urn' ? 12 : 50, seed: 'valid', study }, form)) {
      for (const { resource, fullUrl } of bundle.entry) {
        const copy = JSON.parse(JSON.stringify(resource)) as FhirResource
        kinds.add(resource.resourceType)
        expect({ resource: resource.id, issues: validate(copy), repairs: repair(copy) }).toEqual({
          resource: resource.id,
          issues: [],
          repairs: [],
        })
        expect(fullUrl).toBe(`urn:uuid:${resource.id}`)
        const shared =
          resource.resourceType !== 'Contract' && (isConsentExempt(resource.resourceType) || isReferenceData(resource.resourceType))
        if (!shared && resource.resourceType !== 'Patient' && resource.resourceType !== 'Communication') {
          expect([resource.resourceType, compartmentPatients(copy).length]).toEqual([resource.resourceType, 1])
        }
      }
    }
  }
  expect(kinds.size).toBeGreaterThanOrEqual(26)
})

test('every reference finds its resource', () => {
  const resources = twoHundred
  const known = new Set(resources.map((resource) => `${resource.resourceType}/${resource.id}`))
  expect(known.size).toBe(resources.length)
  for (const resource of resources) {
    const text = JSON.stringify(resource)
    const lost = [...text.matchAll(/"reference":"([^"]+)"/g)]
      .map((match) => match[1] ?? '')
      .filter((reference) => !reference.startsWith('#') && !known.has(reference))
    expect(lost).toEqual([])
    for (const [, local] of text.matchAll(/"reference":"#([^"]+)"/g))
      expect(JSON.stringify(resource['contained'])).toContain(`"id":"${local}"`)
  }
})

test('two hundred people hold every kind that screens and maskers need', () => {
  const resources = twoHundred
  const of = (type: string) => resources.filter((resource) => resource.resourceType === type)
  const patients = of('Patient')
  const year = (resource: Resource) => Number(String(resource['birthDate']).slice(0, 4))
  const people = new Map(patients.map((patient) => [patient.id, patient]))
  const guarded = of('RelatedPerson').filter((related) => JSON.stringify(related['relationship']).includes('"guardian"'))
  const unitsOf = (code: string) =>
    new Set(
      of('Observation')
        .filter((one) => JSON.stringify(one['code']).includes(`"${code}"`))
        .map((one) => (one['valueQuantity'] as { unit: string }).unit),
    )
  expect(patients.length).toBe(200)
  expect(patients.filter((patient) => year(patient) <= 1935).length).toBeGreaterThanOrEqual(6)
  const minors = patients.filter((patient) => year(patient) >= 2010)
  expect(minors.length).toBeGreaterThanOrEqual(12)
  for (const minor of minors) expect(guarded.some((related) => JSON.stringify(related['patient']).includes(minor.id))).toBe(true)
  expect(guarded.filter((related) => 'end' in (related['period'] as object)).length).toBeLessThan(guarded.length)
  expect(patients.filter((patient) => patient['multipleBirthInteger'] === 2).length).toBeGreaterThanOrEqual(2)
  expect(patients.filter((patient) => 'deceasedDateTime' in patient).length).toBeGreaterThanOrEqual(5)
  expect(
    patients.filter((patient) => /\p{Script=Han}|\p{Script=Cyrillic}|\p{Script=Arabic}/u.test(JSON.stringify(patient['name']))).length,
  ).toBeGreaterThan(0)
  expect(new Set(patients.map((patient) => JSON.stringify(patient['managingOrganization']))).size).toBeGreaterThanOrEqual(7)
  expect([...unitsOf('29463-7')].toSorted()).toEqual(['kg', 'lb'])
  expect([...unitsOf('8310-5')].toSorted()).toEqual(['Cel', 'degF'])
  expect([...unitsOf('2339-0'), ...unitsOf('15074-8')]).toEqual(expect.arrayContaining(['mg/dL', 'mmol/L']))
  expect(
    of('Observation').some((one) => 'device' in one && people.has(String(JSON.stringify(one['subject']).match(/[0-9a-f-]{36}/)?.[0]))),
  ).toBe(true)
  expect(of('MedicationOrder').every((order) => 'expectedSupplyDuration' in (order['dispenseRequest'] as object))).toBe(true)
})

test('home devices send some readings twice and miss days', () => {
  const readings = twoHundred.filter((resource) => 'device' in resource)
  const moments = readings.map((reading) => `${JSON.stringify(reading['device'])} ${String(reading['effectiveDateTime'])}`)
  expect(new Set(moments).size).toBeLessThan(moments.length)
  const days = new Map<string, Set<string>>()
  for (const reading of readings) {
    const device = JSON.stringify(reading['device'])
    days.set(device, (days.get(device) ?? new Set()).add(String(reading['effectiveDateTime']).slice(0, 10)))
  }
  const gaps = [...days.values()].map((set) => {
    const all = [...set].toSorted()
    return (Date.parse(all.at(-1) ?? '') - Date.parse(all[0] ?? '')) / 86_400_000 + 1 - all.length
  })
  expect(Math.max(...gaps)).toBeGreaterThan(3)
})

test('there are Contracts with a study only, in every state, of the form that consent reads', () => {
  expect(parsed({ patients: 5, seed: '1' }).some((resource) => resource.resourceType === 'Contract')).toBe(false)
  const contracts = twoHundred.filter((resource) => resource.resourceType === 'Contract')
  const statements = contracts
    .map((contract) => readConsentContract(contract, 'UTC'))
    .filter((one) => one !== null && typeof one !== 'string')
  expect(statements.length).toBe(contracts.length)
  const count = (status: string) => statements.filter((one) => one.status === status).length
  const ended = statements.filter((one) => one.hi !== null && one.hi < Date.UTC(2026, 10, 1)).length
  expect(count('active')).toBeGreaterThan(300)
  expect([count('proposed'), count('withdrawn'), ended].every((found) => found >= 4)).toBe(true)
})

test('each class of identifier stands in the records, thousands in all', () => {
  const options = { patients: 200, seed: '1' }
  const records = new Map<string, string>()
  for (const bundle of generateBundles(options)) {
    const text = JSON.stringify(bundle)
    const patient = bundle.entry.find(({ resource }) => resource.resourceType === 'Patient')?.resource.id
    if (patient) records.set(patient, text)
  }
  const digits = new Map([...records].map(([id, text]) => [id, text.replace(/(?<=\d)[-. )(]+(?=\d)/g, '')]))
  const found = new Map<string, number>()
  for (const { patientId, class: key, value } of plantedIdentifiers(options)) {
    const text = (/^\d{9,10}$/.test(value) ? digits : records).get(patientId) ?? ''
    if (text.includes(JSON.stringify(value).slice(1, -1))) found.set(key, (found.get(key) ?? 0) + 1)
  }
  expect([...found.keys()].toSorted()).toEqual(Object.keys(identifierClasses))
  for (const [key, count] of found) expect([key, count > 15]).toEqual([key, true])
  expect([...found.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(4000)
})

test('the reference date bounds every date', () => {
  for (const resource of parsed({ patients: 15, seed: 'dates', asOf: '2024-02-29' })) {
    for (const element of ['effectiveDateTime', 'dateWritten', 'authored', 'whenHandedOver']) {
      const value = resource[element]
      if (typeof value === 'string') expect([element, value < '2024-03-02']).toEqual([element, true])
    }
  }
  expect(() => [...generateBundles({ patients: 1, seed: '1', asOf: '2023-02-29' })]).toThrow(RangeError)
})
