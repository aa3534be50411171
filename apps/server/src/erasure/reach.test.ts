// Withdrawals meet relationships: what is withheld or erased stays so whoever is tied to the person, and only who reaches a site sees
// its people in figures, log and withdrawals.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '@aquifer/core/access'
import { isRefusal } from '@aquifer/core/refusal'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let manager: string
const tokens = new Map<string, string>()
const api = '/consent/api/v1/studies/S'
const word = { reason: 'asked', evidence: 'letter' }

beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  await world.study({ id: 'S', kind: 'program', required: ['share-data'], sites: ['A', 'B'] })
  manager = await world.token('study-manager', ['S'])
  for (const [site, id] of [
    ['A', 'anna'],
    ['B', 'bert'],
    ['B', 'cora'],
  ] as const)
    await world.fhir('POST', '', await world.token('integrator', ['S']), whole(id), { 'x-aquifer-site': site })
  await user('pia', 'investigator', { kind: 'practitioner-site', site: 'A' }, { kind: 'patient-practitioner', patient: 'bert' })
})
afterAll(() => world.close())

const whole = (id: string): Json => bundleOf('transaction', patient(id), contract(`${id}-c`, id, 'S'), weight(`${id}-w`, id))
async function user(name: string, role: Role, ...ties: Json[]): Promise<void> {
  const { identity } = world.platform
  const grant = { role, studies: [], sites: [], people: null }
  await identity.putUser({ name, display: name, grant, actor: `Practitioner/${name}`, password: null })
  for (const tie of ties) {
    const body = { holder: `Practitioner/${name}`, study: 'S', ...tie }
    const headers = { 'x-aquifer-reason': 'duty roster' }
    const tied = await world.send({ method: 'POST', path: '/access/api/v1/relationships', token: manager, body, headers })
    if (tied.status !== 201) throw new Error(tied.text)
  }
  const session = await identity.mint({ role, user: name, requestedBy: 'tests' })
  if (isRefusal(session)) throw new Error(session.detail)
  tokens.set(name, session.token)
}
const asked = (token: string, method: 'GET' | 'POST', path: string, body?: Json): Promise<Sent> =>
  world.send({ method, path, token, ...(body === undefined ? {} : { body }) })
const pia = (): string => tokens.get('pia') ?? ''
const found = async (token: string, path: string): Promise<string[]> => {
  const { json } = await world.fhir('GET', path, token)
  return ((json['entry'] ?? []) as { resource: Json }[]).map(({ resource }) => String(resource['id'])).toSorted()
}
async function withdraw(id: string, act: string): Promise<Sent> {
  const { json, status } = await asked(manager, 'POST', `${api}/withdrawals`, { patient: id, act, ...word })
  expect(status).toBe(201)
  for (;;) {
    const seen = await asked(manager, 'GET', `${api}/withdrawals/${String(json['id'])}`)
    if (seen.json['state'] !== 'requested' && seen.json['state'] !== 'running') return seen
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('figures and log hold who is within reach: a site as a whole, and in decisions also the people one is tied to', async () => {
  const people = (await asked(pia(), 'GET', `${api}/people`)).json['people'] as Json[]
  expect(people.map(({ site }) => site)).toEqual(['A', 'B'])
  const log = (await asked(pia(), 'GET', `${api}/participants`)).json['participants'] as Json[]
  expect(log.map(({ site }) => site)).toEqual(['A'])
  const all = (await asked(manager, 'GET', `${api}/participants`)).json['participants'] as Json[]
  const ofB = String(all.find(({ site }) => site === 'B')?.['subject'])
  expect((await asked(pia(), 'GET', `${api}/participants/${ofB}`)).status).toBe(404)
  expect((await asked(pia(), 'POST', `${api}/participants/${ofB}/steps`, { state: 'completed' })).status).toBe(404)
  expect((await asked(pia(), 'POST', `${api}/participants`, { site: 'B' })).status).toBe(400)
  const onePerson = await world.token('investigator', ['S'], { patient: 'anna' })
  expect((await asked(onePerson, 'GET', `${api}/participants`)).json['participants']).toEqual([])
  const atB = await world.token('study-manager', ['S'], { sites: ['B'] })
  expect((await asked(atB, 'POST', `${api}/withdrawals/preview`, { patient: 'anna' })).status).toBe(404)
})

test('no relationship, no emergency and no explanation reaches past a withdrawal', async () => {
  expect(await found(pia(), '/Observation')).toEqual(['anna-w', 'bert-w'])
  expect((await withdraw('bert', 'stop-use')).json['state']).toBe('done')
  expect(await found(pia(), '/Observation')).toEqual(['anna-w'])
  expect([await found(pia(), '/Contract?patient=bert'), await found(manager, '/Contract?patient=bert')]).toEqual([[], ['bert-c']])
  expect((await world.fhir('GET', '/Observation/bert-w', pia())).status).toBe(404)
  const emergency = { study: 'S', patient: 'bert', reason: 'unconscious, no chart here' }
  expect((await asked(pia(), 'POST', '/access/api/v1/break-glass', emergency)).status).toBe(404)
  const why = await asked(manager, 'GET', '/access/api/v1/why?user=pia&resource=Observation/bert-w&study=S')
  expect([why.json['allowed'], why.json['decidedBy']]).toEqual([false, 'relationship'])
})

test('erasure takes the person’s relationships along; access is asked before the ledger of the erased', async () => {
  const targets = async (): Promise<unknown[]> =>
    ((await asked(manager, 'GET', '/access/api/v1/relationships?study=S')).json['relationships'] as Json[]).map(({ target }) => target)
  await user('kim', 'practitioner', { kind: 'patient-practitioner', patient: 'cora' })
  expect(await targets()).toContain('Patient/cora')
  expect((await withdraw('cora', 'erase')).json['state']).toBe('done')
  expect(await targets()).not.toContain('Patient/cora')
  const again = await world.fhir('POST', '', await world.token('integrator', ['S']), whole('cora'), { 'x-aquifer-site': 'B' })
  expect(again.status).toBe(403)
  const stranger = await world.fhir('PUT', '/Observation/cora-w', pia(), weight('cora-w', 'cora'), { 'x-aquifer-site': 'B' })
  expect(stranger.status).toBe(404)
})
