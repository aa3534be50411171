import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
})
afterAll(() => world.close())

const post = async (path: string, body: Json): Promise<Sent> =>
  await world.send({ method: 'POST', path: `/study/api/v1/${path}`, token: await world.token('administrator'), body })
const get = async (path: string): Promise<Sent> =>
  await world.send({ path: `/study/api/v1/${path}`, token: await world.token('administrator') })
const form = (version: string, from: string, more: Json = {}): Json => ({
  type: 'share-data',
  version,
  document: `${version}.pdf`,
  language: 'en',
  approved: from,
  from,
  ...more,
})
const withForm = (id: string, person: string, study: string, version: string): Json => {
  const made = contract(id, person, study) as Json & { extension: Json[] }
  return { ...made, extension: [...made.extension, { url: 'urn:aquifer:form-version', valueString: version }] }
}
const enter = async (study: string, person: string, consent: Json, ...more: Json[]): Promise<Sent> =>
  world.fhir('POST', '', await world.token('integrator', [study]), bundleOf('transaction', patient(person), consent, ...more))

test('a file makes a study, shows what it would change, changes it, and every change is a version', async () => {
  const file = { id: 'FILED', name: 'Filed', kind: 'registry', sites: ['A'], required: ['share-data'], targets: { A: 10 } }
  expect((await post('diff', file)).json).toMatchObject({ exists: false, version: 0 })
  expect((await post('apply', file)).json).toMatchObject({ applied: true, version: 1 })
  expect((await post('apply', file)).json).toMatchObject({ applied: false, changes: [], version: 1 })
  const change = { id: 'FILED', targets: { A: 12, B: 5 }, sites: ['A', 'B'] }
  expect((await post('diff', change)).json['changes']).toEqual([
    { path: 'sites', from: ['A'], to: ['A', 'B'] },
    { path: 'targets.A', from: 10, to: 12 },
    { path: 'targets.B', from: null, to: 5 },
  ])
  expect((await get('studies/FILED/settings')).json['targets']).toEqual({ A: 10 })
  expect((await post('apply', change)).json).toMatchObject({ applied: true, version: 2 })
  expect((await get('studies/FILED/settings')).json).toMatchObject({ targets: { A: 12, B: 5 }, sites: ['A', 'B'] })
  const versions = (await get('studies/FILED/versions')).json['versions'] as Json[]
  expect(versions.map(({ version }) => version)).toEqual([2, 1])
  expect((await post('apply', { id: 'FILED', kind: 'program' })).status).toBe(422)
  expect((await post('apply', { id: 'FILED', targets: { C: 1 } })).status).toBe(400)
})

test('a wider scope holds from its version on: what is stored stays, what is written needs it', async () => {
  await post('apply', { id: 'SCOPE', name: 'Scope', required: ['share-data'] })
  expect((await enter('SCOPE', 'sam', contract('sam-c', 'sam', 'SCOPE'), weight('sam-w', 'sam'))).status).toBe(200)
  await post('apply', { id: 'SCOPE', required: ['share-data', 'cloud'] })
  const token = await world.token('integrator', ['SCOPE'])
  const refused = await world.fhir('PUT', '/Observation/sam-w2', token, weight('sam-w2', 'sam'))
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('cloud')
  expect((await world.fhir('GET', '/Observation/sam-w', token)).status).toBe(200)
  const auditor = await world.token('auditor')
  const { json } = await world.send({ path: '/audit/api/v1/records?study=SCOPE&limit=50', token: auditor })
  const stamped = (json['records'] as Json[])
    .map(({ detail }) => (detail as Json)['studyVersion'])
    .filter((version) => version !== undefined)
  expect(new Set(stamped)).toEqual(new Set([1, 2]))
})

test('a consent under an older form counts until the day to consent anew has passed', async () => {
  await post('apply', { id: 'FORMS', name: 'Forms', required: ['share-data'], zone: 'Europe/Berlin', forms: [form('1', '2025-01-01')] })
  expect((await enter('FORMS', 'fred', withForm('fred-c', 'fred', 'FORMS', '1'))).status).toBe(200)
  await post('apply', { id: 'FORMS', forms: [form('1', '2025-01-01'), form('2', '2026-01-01', { reconsentBy: '2026-06-30' })] })
  const token = await world.token('integrator', ['FORMS'])
  const write = async (at: string): Promise<number> => {
    world.clock.at = Date.parse(at)
    const { status } = await world.fhir('PUT', '/Observation/fred-w', await world.token('integrator', ['FORMS']), weight('fred-w', 'fred'))
    world.clock.at = null
    return status
  }
  expect(await write('2026-06-30T21:59:59.999Z')).toBe(201)
  expect(await write('2026-06-30T22:00:00.000Z')).toBe(403)
  await world.fhir('PUT', '/Contract/fred-c2', token, withForm('fred-c2', 'fred', 'FORMS', '2'))
  expect(await write('2026-07-01T00:00:00.000Z')).toBe(200)
})

test('a program sends as its rule says, by app and version', async () => {
  const apps = [{ app: 'scale', versions: ['1.2'], required: ['cloud'] }]
  await post('apply', { id: 'APPS', name: 'Apps', required: ['share-data'], apps })
  expect((await enter('APPS', 'gina', contract('gina-c', 'gina', 'APPS'))).status).toBe(200)
  const token = await world.token('integrator', ['APPS'])
  const sentBy = async (app: string): Promise<number> => {
    const body = { ...weight('gina-w', 'gina'), extension: [{ url: 'urn:aquifer:app', valueString: app }] }
    return (await world.fhir('PUT', '/Observation/gina-w', token, body)).status
  }
  expect(await sentBy('scale/1.2')).toBe(403)
  await world.fhir('PUT', '/Contract/gina-cloud', token, contract('gina-cloud', 'gina', 'APPS', 'active', { type: 'cloud' }))
  expect(await sentBy('scale/1.2')).toBe(201)
  expect(await sentBy('scale/1.1')).toBe(422)
  expect(await sentBy('other/1')).toBe(422)
})
