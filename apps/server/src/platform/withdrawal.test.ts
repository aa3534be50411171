import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyCertificate } from '../erasure/index.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from './test/world.js'

// Every surface through which somebody may see a person, driven around one withdrawal. A store that joins adds its surface here.

const pipeline = 'api,replicator,masker,query,scheduler'
let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: pipeline })
})
afterAll(() => world.close())

const api = '/consent/api/v1/studies'
const weights = 3

async function people(study: string, kind: 'regulated' | 'registry' | 'program', ids: readonly string[]): Promise<void> {
  await world.study({ id: study, kind, required: ['share-data'], sites: ['BOS'] })
  const token = await world.token('integrator', [study])
  for (const id of ids) {
    const data = Array.from({ length: weights }, (_, i) => weight(`${id}-w${i}`, id, 60 + i))
    const sent = await world.fhir('POST', '', token, bundleOf('transaction', patient(id), contract(`${id}-c`, id, study), ...data))
    expect(sent.status).toBe(200)
  }
  await world.platform.flow?.pipeline.wait({ study, timeoutS: 60 })
}

/** What each surface shows of a person: how many of his resources, rows, entries. */
type Surface = (study: string, id: string) => Promise<number>
const counted = (sent: Sent): number => (sent.status === 200 ? 1 : 0)
const total = (sent: Sent): number => Number(sent.json['total'])
const reader = (study: string): Promise<string> => world.token('investigator', [study])
async function rowsOf(study: string, sql: string): Promise<Json[]> {
  const token = await world.token('analyst', [study])
  const sent = await world.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    token,
    headers: { accept: 'application/json' },
    body: { study, sql, purpose: 'analysis' },
  })
  expect(sent.status).toBe(200)
  return sent.json['rows'] as Json[]
}
async function keyOf(study: string, id: string): Promise<string> {
  const [key = ''] = (await world.platform.flow?.patientKeys(study, [id])) ?? []
  return key
}
const surfaces: Record<string, Surface> = {
  'read of the Patient': async (study, id) => counted(await world.fhir('GET', `/Patient/${id}`, await reader(study))),
  'read of a resource': async (study, id) => counted(await world.fhir('GET', `/Observation/${id}-w0`, await reader(study))),
  vread: async (study, id) => counted(await world.fhir('GET', `/Observation/${id}-w0/_history/1`, await reader(study))),
  history: async (study, id) => counted(await world.fhir('GET', `/Observation/${id}-w0/_history`, await reader(study))),
  'search of a type': async (study, id) => {
    const sent = await world.fhir('GET', '/Observation?_count=500', await reader(study))
    const entries = (sent.json['entry'] ?? []) as { resource: { id: string } }[]
    expect(total(sent)).toBe(entries.length)
    return entries.filter(({ resource }) => resource.id.startsWith(`${id}-`)).length
  },
  'search by the person': async (study, id) => total(await world.fhir('GET', `/Observation?patient=${id}`, await reader(study))),
  'search of Patients': async (study, id) => total(await world.fhir('GET', `/Patient?_id=${id}`, await reader(study))),
  'search with what refers to it': async (study, id) => {
    const sent = await world.fhir('GET', `/Patient?_id=${id}&_revinclude=Observation:subject`, await reader(study))
    return ((sent.json['entry'] ?? []) as unknown[]).length
  },
  'Contracts, for those who do not answer for consent': async (study, id) =>
    total(await world.fhir('GET', `/Contract?subject=Patient/${id}`, await reader(study))),
  'masked rows': async (study, id) => {
    const of = `WHERE patient_key = '${await keyOf(study, id)}'`
    const [row] = await rowsOf(study, `SELECT (SELECT count(*) FROM observations ${of}) + (SELECT count(*) FROM patients ${of}) AS n`)
    return Number(Object.values(row ?? {})[0])
  },
}
async function shown(study: string, id: string): Promise<Record<string, number>> {
  const seen: Record<string, number> = {}
  for (const [name, surface] of Object.entries(surfaces)) seen[name] = await surface(study, id)
  return seen
}
const nothing = Object.fromEntries(Object.keys(surfaces).map((name) => [name, 0]))

async function withdraw(study: string, id: string, act?: string): Promise<Sent> {
  return await world.send({
    method: 'POST',
    path: `${api}/${study}/withdrawals`,
    token: await world.token('study-manager', [study]),
    body: { patient: id, reason: 'asked by telephone', evidence: 'letter 12', ...(act === undefined ? {} : { act }) },
  })
}
async function ended(study: string, id: string): Promise<Json> {
  const token = await world.token('study-manager', [study])
  for (;;) {
    const { json } = await world.send({ path: `${api}/${study}/withdrawals/${id}`, token })
    if (json['state'] !== 'requested' && json['state'] !== 'running') return json
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('stop use: with the answer nobody sees the person on any surface, others stay, and a certificate proves it', async () => {
  await people('REG', 'registry', ['alice', 'berta'])
  const before = await shown('REG', 'alice')
  for (const [name, count] of Object.entries(before)) expect([name, count > 0]).toEqual([name, true])
  const answer = await withdraw('REG', 'alice')
  expect(answer.status).toBe(201)
  expect(answer.json).toMatchObject({ act: 'stop-use', study: 'REG' })
  expect(await shown('REG', 'alice')).toEqual(nothing)
  const end = await ended('REG', String(answer.json['id']))
  expect(end).toMatchObject({ state: 'done', certificate: true, problem: null })
  expect(await shown('REG', 'alice')).toEqual(nothing)
  expect(await shown('REG', 'berta')).toEqual(before)
  // What the law keeps is kept, and those who answer for consent see that the person withdrew.
  const manager = await world.token('study-manager', ['REG'])
  const contracts = await world.fhir('GET', '/Contract?subject=Patient/alice', manager)
  expect(contracts.json['total']).toBe(1)
  expect(contracts.text).toContain('withdrawn')
  const certificate = await world.send({ path: `${api}/REG/withdrawals/${String(end['id'])}/certificate`, token: manager })
  expect(verifyCertificate(certificate.json, null)).toBeNull()
  expect(certificate.text).not.toContain('alice')
  expect(verifyCertificate(JSON.parse(certificate.text.replace('stop-use', 'erase')), null)).toContain('altered')
})

test('erase: nothing of the person is left in any store, and the id is refused for ever', async () => {
  await people('PRG', 'program', ['clara-0001', 'doris-0001'])
  const answer = await withdraw('PRG', 'clara-0001', 'erase')
  expect(await shown('PRG', 'clara-0001')).toEqual(nothing)
  const end = await ended('PRG', String(answer.json['id']))
  expect(end).toMatchObject({ state: 'done' })
  for (const step of end['steps'] as Json[]) expect(step).toMatchObject({ effect: 'remove', state: 'done', verified: true })
  expect(await shown('PRG', 'clara-0001')).toEqual(nothing)
  expect((await shown('PRG', 'doris-0001'))['masked rows']).toBe(weights + 1)
  const token = await world.token('integrator', ['PRG'])
  const again = bundleOf('transaction', patient('clara-0001'), contract('clara-c2', 'clara-0001', 'PRG'))
  expect((await world.fhir('POST', '', token, again)).status).toBe(403)
  expect((await world.fhir('PUT', '/Contract/clara-c3', token, contract('clara-c3', 'clara-0001', 'PRG'))).status).toBe(403)
})

test('stop new: a regulated trial keeps and uses what it has, and takes nothing more', async () => {
  await people('TRIAL', 'regulated', ['erna'])
  const before = await shown('TRIAL', 'erna')
  expect((await withdraw('TRIAL', 'erna', 'erase')).status).toBe(422)
  const answer = await withdraw('TRIAL', 'erna')
  expect(answer.json).toMatchObject({ act: 'stop-new' })
  const token = await world.token('integrator', ['TRIAL'])
  expect((await world.fhir('PUT', '/Observation/erna-w9', token, weight('erna-w9', 'erna'))).status).toBe(403)
  expect(await shown('TRIAL', 'erna')).toEqual(before)
  expect(await ended('TRIAL', String(answer.json['id']))).toMatchObject({ state: 'done' })
  expect((await withdraw('TRIAL', 'erna')).status).toBe(409)
})
