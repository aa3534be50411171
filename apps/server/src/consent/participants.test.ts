import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
})
afterAll(() => world.close())

async function asked(study: string, method: 'GET' | 'POST', path: string, body?: Json, sites?: readonly string[]): Promise<Sent> {
  const token = await world.token('study-manager', [study], sites === undefined ? {} : { sites })
  return await world.send({ method, path: `/consent/api/v1/studies/${study}${path}`, token, body })
}

test('invited, screened, enrolled through data, withdrawn: one subject number, every step logged, a funnel that agrees', async () => {
  await world.study({ id: 'LOG', kind: 'registry', required: ['share-data'], sites: ['A', 'B'] })
  const invited = await asked('LOG', 'POST', '/participants', { patient: 'paula', site: 'A' })
  expect(invited.status).toBe(201)
  const subject = String(invited.json['subject'])
  expect((await asked('LOG', 'POST', '/participants', { patient: 'paula', site: 'A' })).status).toBe(409)
  expect((await asked('LOG', 'POST', `/participants/${subject}/steps`, { state: 'completed' })).status).toBe(422)
  expect((await asked('LOG', 'POST', `/participants/${subject}/steps`, { state: 'screened' })).status).toBe(200)
  const token = await world.token('integrator', ['LOG'], { sites: ['A'] })
  const sent = await world.fhir('POST', '', token, bundleOf('transaction', patient('paula'), contract('paula-c', 'paula', 'LOG')))
  expect(sent.status).toBe(200)
  await asked('LOG', 'POST', '/participants', { site: 'B' })
  await asked('LOG', 'POST', '/withdrawals', { patient: 'paula', reason: 'asked', evidence: 'letter' })
  const seen = await asked('LOG', 'GET', `/participants/${subject}`)
  expect((seen.json['steps'] as Json[]).map(({ state }) => state)).toEqual(['invited', 'screened', 'enrolled', 'discontinued'])
  expect(seen.json).toMatchObject({ state: 'discontinued', site: 'A' })
  const funnel = await asked('LOG', 'GET', '/funnel')
  expect(funnel.json['total']).toMatchObject({ reached: { invited: 2, screened: 1, enrolled: 1, completed: 0 } })
  expect(seen.text).not.toContain('paula')
})

test('limits of site hold in log and funnel', async () => {
  await world.study({ id: 'SITES', sites: ['A', 'B'] })
  await asked('SITES', 'POST', '/participants', { site: 'A' })
  const other = await asked('SITES', 'POST', '/participants', { site: 'B' })
  const list = await asked('SITES', 'GET', '/participants', undefined, ['A'])
  expect((list.json['participants'] as Json[]).map(({ site }) => site)).toEqual(['A'])
  expect((await asked('SITES', 'GET', `/participants/${String(other.json['subject'])}`, undefined, ['A'])).status).toBe(404)
  expect((await asked('SITES', 'GET', '/funnel', undefined, ['A'])).json['total']).toMatchObject({ reached: { invited: 1 } })
  expect((await asked('SITES', 'POST', '/participants', { site: 'B' }, ['A'])).status).toBe(400)
  await asked('SITES', 'POST', '/participants', { patient: 'berta', site: 'B' })
  const hidden = await asked('SITES', 'POST', '/participants', { patient: 'berta', site: 'A' }, ['A'])
  expect([hidden.status, hidden.text.includes('berta')]).toEqual([404, false])
  expect((await asked('SITES', 'POST', '/participants', { patient: 'berta', site: 'B' }, ['B'])).status).toBe(409)
})
