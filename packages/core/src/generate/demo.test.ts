import { expect, test } from 'vitest'
import { decideConsent, readConsentContract, type Consent } from '../consent/index.js'
import { isRefusal } from '../refusal/index.js'
import { completeStudy } from '../study/index.js'
import { validate, type JsonObject } from '../fhir/index.js'
import { demoClients, demoLoads, demoPeople, demoPersonalUsers, demoStudies, demoUsers } from './index.js'

const options = { patients: 60, seed: 'demo', asOf: '2026-11-01' }

test('the studies are ones that the platform accepts, one by each policy', () => {
  for (const { request } of demoStudies) expect(isRefusal(completeStudy(request))).toBe(false)
  expect(demoStudies.map(({ request }) => request.masking)).toEqual(['safe-harbor', 'expert'])
  const known = new Map(demoStudies.map(({ request, sites }) => [request.id, sites.map((site) => site.id)]))
  for (const user of demoUsers) for (const study of user.studies === 'all' ? [] : user.studies) expect(known.has(study)).toBe(true)
  for (const client of demoClients) expect(known.get(client.study)).toContain(client.site)
})

test('what is expected of each load is what its consents say', () => {
  const consents = new Map<string, Consent[]>()
  const now = Date.UTC(2026, 10, 2)
  let order = 0
  for (const { study, expect: expected, bundle, stage } of demoLoads(options)) {
    const person = new Set<string>()
    for (const { resource } of bundle.entry) {
      if (resource.resourceType === 'Contract') expect(validate(JSON.parse(JSON.stringify(resource)) as JsonObject)).toEqual([])
      else person.add(JSON.stringify(resource).match(/Patient\/([0-9a-f-]{36})/)?.[1] ?? '')
      const statement = resource.resourceType === 'Contract' ? readConsentContract(resource, 'UTC') : null
      if (statement === null || typeof statement === 'string') continue
      const key = `${study} ${statement.patientId}`
      const others = (consents.get(key) ?? []).filter((one) => one.type !== statement.types[0] || statement.status === 'withdrawn')
      consents.set(key, [...others, { ...statement, type: statement.types[0] ?? '', order: order++ }])
    }
    if (stage === 'shared' || stage === 'changes' || person.size === 0) continue
    const required = demoStudies.find(({ request }) => request.id === study)?.request.required ?? []
    const patient = [...person].find((id) => id !== '')
    expect(decideConsent(required, consents.get(`${study} ${patient}`) ?? [], now).given ? 'stored' : 'refused').toBe(expected)
  }
})

test('people are spread over sites and months, some are in both studies, some consents are not active', () => {
  const people = [...demoPeople({ ...options, patients: 300 })]
  const share = (count: number) => count / people.length
  const ids = people.map((person) => person.patientId)
  expect(new Set(ids).size).toBeLessThan(ids.length)
  expect(new Set(ids).size).toBe(300)
  expect(new Set(people.map((person) => `${person.study} ${person.site}`)).size).toBe(
    demoStudies.reduce((sum, study) => sum + study.sites.length, 0),
  )
  expect(new Set(people.map((person) => person.enrolledOn.slice(0, 7))).size).toBeGreaterThanOrEqual(9)
  for (const person of people) expect(person.enrolledOn > '2025-10' && person.enrolledOn <= '2026-11-01').toBe(true)
  for (const standing of ['proposed', 'expired', 'withdrawn', 'missing']) {
    const found = share(people.filter((person) => person.standing === standing).length)
    expect([standing, found > 0.01 && found < 0.1]).toEqual([standing, true])
  }
})

test('a consent that expires is the one that was given, with an end', () => {
  const contracts = (stage: string) =>
    new Map(
      [...demoLoads({ ...options, patients: 120 })]
        .filter((load) => load.stage === stage)
        .flatMap((load) => load.bundle.entry.map(({ resource }) => resource))
        .filter(({ resourceType }) => resourceType === 'Contract')
        .map((contract) => [contract.id, JSON.stringify(contract)]),
    )
  const given = contracts('people')
  const ended = [...contracts('changes')].filter(([, text]) => text.includes('"active"'))
  expect(ended.length).toBeGreaterThan(0)
  expect(ended.filter(([id]) => !given.has(id))).toEqual([])
})

test('who signs in for himself or for others is one of the people whose data is stored', () => {
  const active = new Map<string, string[]>()
  for (const { patientId, study, standing } of demoPeople(options))
    if (standing === 'active') active.set(patientId, [...(active.get(patientId) ?? []), study])
  const [patient, guardian] = demoPersonalUsers(options)
  expect(patient?.role).toBe('patient')
  expect(active.get(patient?.actor.slice('Patient/'.length) ?? '')).toEqual(patient?.studies)
  expect(guardian?.wards.map(({ basis }) => basis)).toEqual(['minority', 'non-competence'])
  for (const ward of guardian?.wards ?? []) expect(active.has(ward.patientId)).toBe(true)
  const stored = [...demoLoads(options)].flatMap((load) => load.bundle.entry.map(({ resource }) => resource))
  const told = stored.find(({ resourceType, id }) => `${resourceType}/${id}` === guardian?.actor)
  expect(JSON.stringify(told)).toContain(`Patient/${guardian?.wards[0]?.patientId ?? ''}`)
})
