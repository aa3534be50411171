// Accounts and relationships together: who may manage whom, who is listed in a review, and what a session sees at once.
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isRefusal } from '@aquifer/core/refusal'
import { openPlatformWorld, patient, type Json, type World } from '../platform/test/world.js'

const password = 'grey geese over water'
let world: World
let root: string
let small: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A', 'B'] })
  await world.study({ id: 'T', sites: ['A', 'B'] })
  const inS = { 'x-aquifer-site': 'A' }
  await world.fhir('PUT', '/Patient/p1', await world.token('integrator', ['S']), patient('p1'), inS)
  root = await world.token('administrator')
  small = await world.token('administrator', ['T'])
})
afterAll(() => world.close())

const base = '/identity/api/v1'
const send = (method: 'GET' | 'POST' | 'PUT', path: string, token: string, body?: Json) =>
  world.send({ method, path: base + path, token, ...(body === undefined ? {} : { body }) })
async function signedIn(name: string, role: string, more: Json = {}): Promise<string> {
  const made = await send('POST', '/users', root, { name, role, ...more })
  expect([name, made.status]).toEqual([name, 201])
  const code = { user: name, code: made.json['code'], password }
  expect((await world.send({ method: 'POST', path: `${base}/codes`, body: code })).status).toBe(204)
  const session = await world.send({ method: 'POST', path: `${base}/sign-in`, body: { user: name, password } })
  return String(session.json['access_token'])
}
async function relate(body: Json, study = 'S'): Promise<string> {
  const manager = await world.token('study-manager', [study])
  const headers = { 'x-aquifer-reason': 'duty roster' }
  const added = await world.send({
    method: 'POST',
    path: '/access/api/v1/relationships',
    token: manager,
    body: { study, ...body },
    headers,
  })
  expect(added.status).toBe(201)
  return String(added.json['id'])
}
const end = async (id: string) =>
  world.send({
    method: 'DELETE',
    path: `/access/api/v1/relationships/${id}`,
    token: await world.token('study-manager', ['S', 'T']),
    headers: { 'x-aquifer-reason': 'duty roster' },
  })
const studiesOf = async (token: string) => ((await send('GET', '/me', token)).json['studies'] as Json[]).map((study) => study['id'])

test('a session claims its role only, so relationships that come or go count in it at once', async () => {
  const token = await signedIn('dora', 'practitioner')
  expect(decodeJwt(token)).not.toHaveProperty('aquifer_studies')
  expect(await studiesOf(token)).toEqual([])
  const id = await relate({ kind: 'practitioner-site', holder: 'User/dora', site: 'A' })
  expect(await studiesOf(token)).toEqual(['S'])
  const renewed = String((await send('POST', '/refresh', token)).json['access_token'])
  expect(await studiesOf(renewed)).toEqual(['S'])
  expect((await end(id)).status).toBe(200)
  expect([await studiesOf(token), await studiesOf(renewed)]).toEqual([[], []])
})

test('a patient’s account holds in the studies it names; a guardian’s alone reaches nobody', async () => {
  expect(await studiesOf(await signedIn('pia', 'patient', { patient: 'p1' }))).toEqual(['S'])
  expect(await studiesOf(await signedIn('pit', 'patient', { patient: 'p1', studies: ['T'] }))).toEqual([])
  const guardian = await signedIn('gil', 'guardian', { patient: 'p1', studies: ['S'] })
  expect(await studiesOf(guardian)).toEqual([])
  expect((await world.fhir('GET', '/Patient/p1', guardian)).status).toBe(404)
})

test('an auditor’s account without studies sees none', async () => {
  expect(await studiesOf(await signedIn('ned', 'auditor'))).toEqual([])
})

test('an administrator of one study manages nobody who reaches another, by account or by relationship', async () => {
  await signedIn('otto', 'practitioner', { studies: ['T'] })
  expect((await send('POST', '/users/otto/reset', small)).status).toBe(201)
  const id = await relate({ kind: 'practitioner-site', holder: 'User/otto', site: 'A' })
  for (const act of [
    await send('POST', '/users/otto/reset', small),
    await send('PUT', '/users/otto/status', small, { status: 'disabled' }),
    await send('PUT', '/users/otto/grant', small, { role: 'analyst', studies: ['T'] }),
  ])
    expect(act.status).toBe(404)
  await end(id)
  expect((await send('PUT', '/users/otto/status', small, { status: 'disabled' })).status).toBe(200)
})

test('and gives nobody more than he has: no person of a study to come, no name for which a relationship waits', async () => {
  expect((await send('POST', '/users', small, { name: 'pam', role: 'patient', patient: 'p1' })).status).toBe(400)
  expect((await send('POST', '/users', small, { name: 'pam', role: 'patient', patient: 'p1', studies: ['T'] })).status).toBe(201)
  expect((await send('PUT', '/users/pam/grant', small, { role: 'patient', patient: 'p1', studies: [] })).status).toBe(403)
  await relate({ kind: 'practitioner-site', holder: 'User/later', site: 'A' })
  expect((await send('POST', '/users', small, { name: 'later', role: 'practitioner', studies: ['T'] })).status).toBe(400)
  expect((await send('POST', '/users', small, { name: 'later', role: 'analyst', studies: ['T'] })).status).toBe(201)
  expect((await send('PUT', '/users/later/grant', small, { role: 'practitioner', studies: ['T'] })).status).toBe(403)
})

test('a review lists who reaches a site by relationships; revoking leaves no way to the study', async () => {
  const officer = await world.token('privacy-officer')
  const site = await signedIn('rosa', 'practitioner', { studies: ['T'], sites: ['A'] })
  const single = await signedIn('saul', 'practitioner')
  await relate({ kind: 'practitioner-site', holder: 'User/rosa', site: 'A' })
  await relate({ kind: 'patient-practitioner', holder: 'User/saul', patient: 'p1' })
  const holders = async (at: string) =>
    ((await send('GET', `/access-review?study=S&site=${at}`, officer)).json['holders'] as Json[]).map((each) => each['holder'])
  const ours = ['rosa', 'saul']
  expect((await holders('A')).filter((name) => ours.includes(String(name)))).toEqual(ours)
  expect((await holders('B')).filter((name) => ours.includes(String(name)))).toEqual([])
  await signedIn('tom', 'practitioner')
  await relate({ kind: 'practitioner-site', holder: 'User/tom', site: 'B' })
  const later = await relate({ kind: 'site-study', holder: 'Organization/b', site: 'B', from: '2090-01-01T00:00:00Z' })
  const whom = async (name: string) =>
    ((await send('GET', '/access-review?study=S', officer)).json['holders'] as Json[]).find((each) => each['holder'] === name)
  expect(await whom('rosa')).toMatchObject({ reaches: 'sites', sites: ['A'] })
  expect(await whom('saul')).toMatchObject({ reaches: 'persons', sites: [] })
  // A site that is not at work yet leads to nobody, which must not read as every site.
  expect(await whom('tom')).toMatchObject({ reaches: 'nobody', sites: [] })
  expect((await end(later)).status).toBe(200)
  const review = String((await send('POST', '/access-reviews', officer, { study: 'S' })).json['id'])
  for (const holder of ours)
    expect((await send('POST', `/access-reviews/${review}/decisions`, officer, { holder, decision: 'revoke' })).status).toBe(200)
  expect([(await send('GET', '/me', site)).status, (await send('GET', '/me', single)).status]).toEqual([401, 401])
})

test('revoking one study keeps the sites of the others', async () => {
  await world.study({ id: 'U', sites: ['C'] })
  const officer = await world.token('privacy-officer')
  await signedIn('vera', 'investigator', { studies: ['S', 'U'], sites: ['B', 'C'] })
  const review = String((await send('POST', '/access-reviews', officer, { study: 'S' })).json['id'])
  await send('POST', `/access-reviews/${review}/decisions`, officer, { holder: 'vera', decision: 'revoke' })
  const users = (await send('GET', '/users', root)).json['users'] as Json[]
  expect(users.find((user) => user['user'] === 'vera')).toMatchObject({ status: 'active', studies: ['U'], sites: ['C'] })
})

test('re-authentication passes the same gate as a sign-in: tries count together, and a lock holds for both', async () => {
  const { identity } = world.platform
  await signedIn('walt', 'analyst', { studies: ['S'] })
  expect(await identity.confirmations.confirm('walt', { password })).toBe(true)
  for (let tries = 0; tries < 4; tries += 1)
    expect(await identity.confirmations.confirm('walt', { password: 'wrong' })).toMatchObject({ refusal: 'sign-in-failed' })
  expect(isRefusal(await identity.signIn('walt', 'wrong'))).toBe(true)
  expect(await identity.confirmations.confirm('walt', { password })).toMatchObject({ refusal: 'locked-out' })
})
