// Past the relationships for a while, and what roles may do changed by two signatures: both leave their trace and have their limits.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtInRolePolicy, type Role, type RolePolicyDocument } from '@aquifer/core/access'
import type { BreakGlassList, RolePolicyVersion } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
const tokens = new Map<string, string>()
const password = 'correct horse battery'

beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A', 'B'] })
  await world.study({ id: 'T', sites: ['A'] })
  const feed = await world.token('integrator', ['S'])
  for (const [id, site] of [
    ['pa', 'A'],
    ['pb', 'B'],
  ] as const)
    await world.fhir('PUT', `/Patient/${id}`, feed, patient(id), { 'x-aquifer-site': site })
  await user('ivo', 'investigator', ['S'], ['A'])
  await user('ines', 'investigator', ['S'], ['A'])
  await user('ana', 'analyst', ['S'])
  await user('priya', 'privacy-officer', ['S'])
  await user('pol', 'privacy-officer', ['T'])
  await user('robin', 'administrator', [])
  await user('sasha', 'administrator', [])
})
afterAll(() => world.close())

async function user(name: string, role: Role, studies: string[], sites: string[] = []): Promise<void> {
  const { identity } = world.platform
  await identity.putUser({ name, display: `${name} example`, grant: { role, studies, sites, people: null }, password })
  const session = await identity.mint({ role, user: name, requestedBy: 'tests' })
  if (isRefusal(session)) throw new Error(session.detail)
  tokens.set(name, session.token)
}
const as = (name: string): string => tokens.get(name) ?? ''
const send = (name: string, method: 'GET' | 'POST', path: string, body?: unknown) =>
  world.send({ method, path: `/access/api/v1${path}`, token: as(name), ...(body === undefined ? {} : { body }) })
const reads = async (name: string, id: string): Promise<number> => (await world.fhir('GET', `/Patient/${id}`, as(name))).status
const opening = (more: Json = {}): Json => ({ study: 'S', patient: 'pb', reason: 'unconscious, no chart here', ...more })

test('an emergency opens one person for some hours, raises the alarm, and ends at its time', async () => {
  expect(await reads('ivo', 'pb')).toBe(404)
  const opened = await send('ivo', 'POST', '/break-glass', opening({ hours: 2 }))
  expect([opened.status, opened.json['isOpen'], await reads('ivo', 'pb')]).toEqual([201, true, 200])
  expect((await world.send({ path: '/metrics' })).text).toMatch(/^aquifer_break_glass_open 1$/m)
  world.clock.at = Date.parse(String(opened.json['until']))
  const later = await world.platform.identity.mint({ role: 'investigator', user: 'ivo', requestedBy: 'tests' })
  if (isRefusal(later)) throw new Error(later.detail)
  expect((await world.fhir('GET', '/Patient/pb', later.token)).status).toBe(404)
  world.clock.at = null
  const trail = await world.send({ path: '/audit/api/v1/records?limit=50', token: await world.token('auditor') })
  const acts = (trail.json['records'] as Json[]).filter(({ action }) => action === 'break-glass')
  expect(acts.map(({ actor, outcome, study }) => [actor, outcome, study])).toEqual([['ivo', 'done', 'S']])
  expect(JSON.stringify(acts)).not.toContain('pb')
})
test('it is for those who treat, in their study, with a reason, and a few times a day', async () => {
  expect((await send('ana', 'POST', '/break-glass', opening())).status).toBe(403)
  expect((await send('ivo', 'POST', '/break-glass', opening({ reason: 'because' }))).status).toBe(400)
  const [elsewhere, nobody] = [
    await send('ivo', 'POST', '/break-glass', opening({ study: 'T' })),
    await send('ivo', 'POST', '/break-glass', opening({ patient: 'none' })),
  ]
  expect([elsewhere.status, nobody.status]).toEqual([404, 404])
  const service = await world.token('investigator', ['S'])
  expect((await world.send({ method: 'POST', path: '/access/api/v1/break-glass', token: service, body: opening() })).status).toBe(403)
  const statuses = []
  for (let n = 0; n < 5; n += 1) statuses.push((await send('ivo', 'POST', '/break-glass', opening())).status)
  expect(statuses).toEqual([201, 201, 201, 201, 429])
})
test('a privacy officer of the study reviews each case once, and the access is over', async () => {
  const list = (await send('priya', 'GET', '/break-glass')).json as unknown as BreakGlassList
  expect([list.unreviewed, list.cases.length]).toEqual([5, 5])
  expect(((await send('pol', 'GET', '/break-glass')).json as unknown as BreakGlassList).cases).toEqual([])
  for (const { id } of list.cases)
    expect((await send('priya', 'POST', `/break-glass/${id}/review`, { decision: 'unjustified', note: 'call me' })).status).toBe(200)
  expect([await reads('ivo', 'pb'), await reads('ivo', 'pa')]).toEqual([404, 200])
  const id = list.cases[0]?.id ?? ''
  expect((await send('priya', 'POST', `/break-glass/${id}/review`, { decision: 'justified' })).status).toBe(409)
  expect((await send('pol', 'POST', `/break-glass/${id}/review`, { decision: 'justified' })).status).toBe(404)
  expect((await world.send({ path: '/metrics' })).text).toMatch(/^aquifer_break_glass_open 0$/m)
})

const changed = (change: (roles: RolePolicyDocument['roles']) => void): RolePolicyDocument => {
  const document = structuredClone(builtInRolePolicy)
  change(document.roles)
  return { ...document, name: 'changed' }
}
const sign = (name: string, version: number, said = password) =>
  send(name, 'POST', `/policies/${version}/signatures`, { meaning: 'approval', password: said })

test('a role policy counts for the next request once two people have signed it, and not before', async () => {
  const document = changed((roles) => {
    roles['investigator'] = { rights: [], read: ['study', 'Observation'], write: [] }
  })
  const proposed = (await send('robin', 'POST', '/policies', { document })).json as unknown as RolePolicyVersion
  expect(proposed.state).toBe('proposed')
  expect(proposed.changes).toContainEqual({ role: 'investigator', kind: 'read', item: 'person', change: 'taken' })
  expect(proposed.changes).toContainEqual({ role: 'investigator', kind: 'read', item: 'Observation', change: 'granted' })
  expect((await sign('robin', proposed.version, 'wrong')).status).toBe(401)
  expect((await sign('ana', proposed.version)).status).toBe(403)
  expect((await sign('robin', proposed.version)).status).toBe(201)
  expect([(await sign('robin', proposed.version)).status, await reads('ivo', 'pa')]).toEqual([409, 200])
  const service = await world.token('administrator')
  const byService = { method: 'POST' as const, path: `/access/api/v1/policies/${proposed.version}/signatures`, token: service }
  expect((await world.send({ ...byService, body: { meaning: 'approval', password } })).status).toBe(403)
  const second = await sign('sasha', proposed.version)
  expect([second.status, second.json['state'], await reads('ivo', 'pa')]).toEqual([201, 'in-force', 403])
  expect((await world.fhir('GET', '/Observation', as('ivo'))).status).toBe(200)
  const back = (await send('sasha', 'POST', '/policies', { document: builtInRolePolicy })).json as unknown as RolePolicyVersion
  await sign('sasha', back.version)
  await sign('priya', back.version)
  expect(await reads('ivo', 'pa')).toBe(200)
})
test('a policy that locks everybody out or shows persons to analysts is not taken', async () => {
  const none = changed((roles) => {
    for (const entry of Object.values(roles)) entry.rights = entry.rights.filter((right) => right !== 'policy.sign')
  })
  const wide = changed((roles) => void roles['analyst']?.read.push('Patient'))
  for (const document of [none, wide, { roles: {} }, 'x']) expect((await send('robin', 'POST', '/policies', { document })).status).toBe(422)
})
test('it speaks for nobody’s consent and lets nobody else in', async () => {
  const feed = await world.token('integrator', ['S'])
  for (const id of ['pa', 'pb']) await world.fhir('PUT', `/Contract/c-${id}`, feed, contract(`c-${id}`, id, 'S'))
  expect((await send('ines', 'POST', '/break-glass', opening({ hours: 1 }))).status).toBe(201)
  expect((await world.fhir('PUT', '/Observation/seen', as('ines'), weight('seen', 'pb'))).status).toBe(201)
  const withdrawn = contract('c-pb', 'pb', 'S', 'withdrawn')
  const byBundle = bundleOf('transaction', { ...withdrawn, id: 'c-new' })
  const anybody = { study: 'S', patient: 'pb', kind: 'third-party', relatedPerson: { resourceType: 'RelatedPerson' } }
  const tried = [
    await world.fhir('PUT', '/Contract/c-pb', as('ines'), withdrawn),
    await world.fhir('POST', '', as('ines'), byBundle),
    await world.fhir('DELETE', '/Contract/c-pb', as('ines')),
    await world.send({ method: 'POST', path: '/registration/api/v1/registerThirdParty', token: as('ines'), body: anybody }),
  ]
  expect(tried.map(({ status }) => status)).toEqual([403, 403, 403, 404])
  expect((await world.fhir('GET', '/Contract/c-pb', feed)).json['meta']).toMatchObject({ versionId: '1' })
  expect((await world.fhir('PUT', '/Contract/c-pa', as('ines'), contract('c-pa', 'pa', 'S', 'withdrawn'))).status).toBe(200)
})
