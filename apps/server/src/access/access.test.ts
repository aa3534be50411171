// Role AND relationship: what a named user reaches, how it narrows what he reads, and how the explanation agrees with the decision.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '@aquifer/core/access'
import type { WhyAnswer } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
let manager: string
const reason = { 'x-aquifer-reason': 'duty roster' }
const inS = { 'x-aquifer-study': 'S' }

beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A', 'B'], zone: 'Europe/Berlin' })
  await world.study({ id: 'T', sites: ['A', 'B'] })
  manager = await world.token('study-manager', ['S'])
  for (const [study, site, people] of [
    ['S', 'A', ['sa1', 'sa2']],
    ['S', 'B', ['sb1', 'sb2']],
    ['T', 'A', ['ta1']],
    ['T', 'B', ['tb1']],
  ] as const) {
    const feed = await world.token('integrator', [study])
    const resources = people.flatMap((id) => [patient(id, { birthDate: '2010-06-15' }), weight(`w-${id}`, id)])
    const sent = await world.fhir('POST', '', feed, bundleOf('transaction', ...resources), { 'x-aquifer-site': site })
    if (sent.status !== 200) throw new Error(sent.text)
  }
})
afterAll(() => world.close())

interface Account {
  actor?: string
  studies?: string[]
  sites?: string[]
}
async function user(name: string, role: Role, { actor, studies = [], sites = [] }: Account = {}): Promise<string> {
  await world.platform.identity.putUser({
    name,
    display: name,
    grant: { role, studies, sites, people: null },
    ...(actor === undefined ? {} : { actor }),
    password: null,
  })
  return tokenOf(name, role)
}
async function tokenOf(name: string, role: Role, claims: { studies?: string[]; sites?: string[]; patient?: string } = {}): Promise<string> {
  const session = await world.platform.identity.mint({ role, user: name, requestedBy: 'tests', ...claims })
  if (isRefusal(session)) throw new Error(session.detail)
  return session.token
}
async function relate(body: Json, token = manager): Promise<string> {
  const added = await world.send({ method: 'POST', path: '/access/api/v1/relationships', token, body, headers: reason })
  if (added.status !== 201) throw new Error(added.text)
  return String(added.json['id'])
}
const end = (id: string, token = manager) =>
  world.send({ method: 'DELETE', path: `/access/api/v1/relationships/${id}`, token, headers: reason })
const found = async (path: string, token: string, study?: string): Promise<string[]> => {
  const answer = await world.fhir('GET', path, token, undefined, study === undefined ? {} : { 'x-aquifer-study': study })
  const ids = ((answer.json['entry'] ?? []) as { resource: Json }[]).map(({ resource }) => String(resource['id']))
  if (answer.status === 200) expect(answer.json['total']).toBe(ids.length)
  return answer.status === 200 ? ids.toSorted() : [String(answer.status)]
}
const status = async (path: string, token: string): Promise<number> => (await world.fhir('GET', path, token)).status
async function why(token: string, query: Record<string, string>): Promise<WhyAnswer> {
  const answer = await world.send({ path: `/access/api/v1/why?${new URLSearchParams(query).toString()}`, token })
  expect(answer.status).toBe(200)
  return answer.json as unknown as WhyAnswer
}

test('a role that needs a relationship and has none reaches nobody', async () => {
  const token = await user('nora', 'practitioner', { actor: 'Practitioner/nora' })
  expect(await status('/Patient/sa1', token)).toBe(404)
  expect(await found('/Patient', token, 'S')).toEqual(['404'])
  const me = await world.send({ path: '/identity/api/v1/me', token })
  expect(me.json['studies']).toEqual([])
})
test('a site reaches its people in its study only; ending the relationship ends it at once', async () => {
  const token = await user('sam', 'practitioner', { actor: 'Practitioner/sam' })
  const id = await relate({ kind: 'practitioner-site', holder: 'Practitioner/sam', study: 'S', site: 'A' })
  expect(await found('/Patient', token)).toEqual(['sa1', 'sa2'])
  expect(await found('/Observation', token)).toEqual(['w-sa1', 'w-sa2'])
  const admin = await world.token('administrator')
  await relate({ kind: 'practitioner-site', holder: 'User/sam', study: 'T', site: 'B' }, admin)
  expect([await found('/Patient', token, 'S'), await found('/Patient', token, 'T')]).toEqual([['sa1', 'sa2'], ['tb1']])
  expect([await status('/Observation/w-sa1', token), await status('/Observation/w-sb1', token)]).toEqual([200, 404])
  expect([await status('/Observation/w-tb1', token), await status('/Observation/w-ta1', token)]).toEqual([200, 404])
  expect((await end(id)).status).toBe(200)
  expect([await status('/Patient/sa1', token), await status('/Patient/tb1', token)]).toEqual([404, 200])
})
test('one patient beside a site widens by that patient and by nobody else', async () => {
  const token = await user('pia', 'investigator', { actor: 'Practitioner/pia' })
  await relate({ kind: 'practitioner-site', holder: 'Practitioner/pia', study: 'S', site: 'A' })
  await relate({ kind: 'patient-practitioner', holder: 'Practitioner/pia', study: 'S', patient: 'sb1' })
  expect(await found('/Patient', token)).toEqual(['sa1', 'sa2', 'sb1'])
  expect(await found('/Observation?_count=50', token)).toEqual(['w-sa1', 'w-sa2', 'w-sb1'])
  const narrowed = await tokenOf('pia', 'investigator', { sites: ['A'] })
  expect(await found('/Patient', narrowed)).toEqual(['sa1', 'sa2'])
  const onlyOne = await tokenOf('pia', 'investigator', { patient: 'sb1' })
  expect(await found('/Observation', onlyOne)).toEqual(['w-sb1'])
})
test('a guardian sees exactly his wards, until the very instant of majority', async () => {
  const token = await user('gus', 'guardian', { actor: 'RelatedPerson/gus' })
  await relate({ kind: 'guardian', holder: 'RelatedPerson/gus', patient: 'sa1', study: 'S' })
  await relate({ kind: 'guardian', holder: 'RelatedPerson/gus', patient: 'sb2', study: 'S' })
  expect(await found('/Patient', token)).toEqual(['sa1', 'sb2'])
  const [majority] = [Date.parse('2028-06-14T22:00:00Z')]
  const statuses: number[] = []
  for (const at of [majority - 1, majority]) {
    world.clock.at = at
    statuses.push(await status('/Patient/sa1', await tokenOf('gus', 'guardian')))
  }
  world.clock.at = null
  expect(statuses).toEqual([200, 404])
})
test('the explanation names rule and relationship and agrees with what is answered', async () => {
  const token = await user('wim', 'investigator', { actor: 'Practitioner/wim' })
  const id = await relate({ kind: 'practitioner-site', holder: 'Practitioner/wim', study: 'S', site: 'A' })
  const yes = await why(manager, { user: 'wim', act: 'read', resource: 'Patient/sa1', study: 'S' })
  expect([yes.allowed, yes.relationships.map((each) => [each.id, each.counts])]).toEqual([true, [[id, true]]])
  const no = await why(manager, { user: 'wim', act: 'read', resource: 'Patient/sb1', study: 'S' })
  expect([no.allowed, no.decidedBy, await status('/Patient/sb1', token)]).toEqual([false, 'relationship', 404])
  const narrowed = await why(manager, { user: 'wim', act: 'read', resource: 'Patient/sa1', study: 'S', tokenSites: 'B' })
  expect([narrowed.allowed, narrowed.decidedBy, narrowed.narrowedBy]).toEqual([false, 'token', ['aquifer_sites']])
  await end(id)
  const ended = await why(manager, { user: 'wim', act: 'write', resource: 'Observation/w-sa1', study: 'S' })
  expect([ended.allowed, ended.decidedBy]).toEqual([false, 'study'])
  const forbidden = await why(manager, { user: 'wim', act: 'write', resource: 'Group', study: 'S' })
  expect(forbidden.decidedBy).toBe('role')
  const elsewhere = await world.send({ path: '/access/api/v1/why?user=wim&resource=Patient/ta1&study=T', token: manager })
  const nowhere = await world.send({ path: '/access/api/v1/why?user=wim&resource=Patient/ta1&study=NONE', token: manager })
  expect([elsewhere.status, elsewhere.json['detail']]).toEqual([404, nowhere.json['detail']])
})
test('relationships are changed by those who answer for the study, with a reason, and are audited', async () => {
  const body = { kind: 'practitioner-site', holder: 'Practitioner/x', study: 'T', site: 'A' }
  const send = async (token: string, headers: Record<string, string>, more: Json = {}) =>
    (await world.send({ method: 'POST', path: '/access/api/v1/relationships', token, body: { ...body, ...more }, headers })).status
  expect(await send(manager, reason)).toBe(404)
  const managerOfT = await world.token('study-manager', ['T'])
  expect(await send(managerOfT, {})).toBe(400)
  expect(await send(managerOfT, reason, { site: 'Z' })).toBe(404)
  expect(await send(managerOfT, reason, { kind: 'organization-study', patient: 'ta1' })).toBe(400)
  expect(await send(await world.token('investigator', ['T']), reason)).toBe(403)
  const mia = await user('mia', 'study-manager', { studies: ['T'] })
  expect(await send(mia, reason, { kind: 'person-study', holder: 'User/mia', site: undefined })).toBe(422)
  expect(await send(mia, reason)).toBe(201)
  const page = await world.send({ path: '/audit/api/v1/records?limit=1', token: await world.token('auditor') })
  expect((page.json['records'] as Json[])[0]).toMatchObject({ actor: 'mia', action: 'access', study: 'T', reason: 'duty roster' })
  const list = await world.send({ path: '/access/api/v1/relationships?study=T&holder=Practitioner/x', token: mia })
  expect((list.json['relationships'] as Json[]).map((each) => each['site'])).toEqual(['A'])
})
test('nobody gives beyond his own sites and studies, nor to the person he is himself', async () => {
  const send = (token: string, body: Json) =>
    world.send({ method: 'POST', path: '/access/api/v1/relationships', token, body: { study: 'S', ...body }, headers: reason })
  const atA = await user('mara', 'study-manager', { studies: ['S'], sites: ['A'] })
  const nurse = { kind: 'practitioner-site', holder: 'Practitioner/y' }
  const colleague = { kind: 'person-study', holder: 'User/colleague' }
  const treats = { kind: 'patient-practitioner', holder: 'Practitioner/y' }
  const tried = []
  for (const body of [
    { ...nurse, site: 'B' },
    { ...colleague, site: 'B' },
    colleague,
    { ...nurse, site: 'A' },
    { ...treats, patient: 'sa2' },
  ])
    tried.push((await send(atA, body)).status)
  expect(tried).toEqual([403, 403, 403, 201, 201])
  const said = async (id: string) => {
    const { status: code, json } = await send(atA, { ...treats, patient: id })
    return { ...json, status: code, correlationId: null }
  }
  expect(await said('sb1')).toEqual(await said('none'))
  expect(await said('sb1')).toMatchObject({ status: 404 })
  const elsewhere = await relate({ ...treats, study: 'S', patient: 'sb1' })
  const wide = await relate({ ...colleague, study: 'S' })
  const listed = await world.send({ path: '/access/api/v1/relationships?study=S', token: atA })
  const ids = new Set((listed.json['relationships'] as Json[]).map(({ id }) => id))
  expect([ids.has(elsewhere), ids.has(wide)]).toEqual([false, true])
  expect((await end(elsewhere, atA)).status).toBe(404)
  expect((await end(wide, atA)).status).toBe(404)
  const answered = async (id: string) => {
    const { steps, relationships } = await why(atA, { user: 'mara', study: 'S', resource: `Patient/${id}` })
    return { steps, relationships: relationships.map(({ says }) => says) }
  }
  expect(await answered('sb1')).toEqual(await answered('none'))
  const ofS = await user('adam', 'administrator', { studies: ['S'], actor: 'Practitioner/adam' })
  const everywhere = { ...treats, study: undefined, patient: 'ta1' }
  expect((await send(ofS, everywhere)).status).toBe(403)
  expect((await send(ofS, { ...treats, holder: 'Practitioner/adam', patient: 'sa1' })).status).toBe(422)
  const ofAll = await user('alma', 'administrator', { studies: ['*'] })
  expect((await send(ofAll, everywhere)).status).toBe(201)
})
test('an integrator who is a person sees the study but nobody in it, until identified data is granted for a time', async () => {
  const token = await user('ines', 'integrator', { studies: ['S'] })
  await world.fhir('PUT', '/Organization/org', await world.token('integrator', ['S']), {
    resourceType: 'Organization',
    id: 'org',
    name: 'x',
  })
  expect([await status('/Organization/org', token), await status('/Patient/sa1', token), await found('/Patient', token)]).toEqual([
    200,
    404,
    [],
  ])
  expect((await world.fhir('PUT', '/Observation/n', token, weight('n', 'sa1'), { 'x-aquifer-site': 'A' })).status).toBe(404)
  const to = new Date(Date.now() + 86_400_000).toISOString()
  const asked = { kind: 'integrator-study', holder: 'User/ines', study: 'S', phi: true }
  const admin = await world.token('administrator')
  const refused = await world.send({
    method: 'POST',
    path: '/access/api/v1/relationships',
    token: admin,
    body: { ...asked, to },
    headers: reason,
  })
  expect(refused.status).toBe(403)
  await relate({ ...asked, to })
  expect([await status('/Patient/sa1', token), (await found('/Patient', token)).length]).toEqual([200, 4])
})
test('a write that rests on a relationship ended meanwhile is refused, even before this process has noticed', async () => {
  const token = await user('wes', 'investigator', { actor: 'Practitioner/wes' })
  const id = await relate({ kind: 'practitioner-site', holder: 'Practitioner/wes', study: 'S', site: 'A' })
  const write = async () => (await world.fhir('PUT', '/Observation/by-wes', token, weight('by-wes', 'sa1'), inS)).status
  expect(await write()).toBe(201)
  const { repository } = world.platform
  await repository.transact((tx) => tx.endRelationships([id], Date.now()))
  expect(await write()).toBe(409)
  world.platform.access.relationships.changed()
  expect(await write()).toBe(404)
})
test('an end that was answered is not overtaken by writes under way', async () => {
  const token = await user('rae', 'investigator', { actor: 'Practitioner/rae' })
  const id = await relate({ kind: 'practitioner-site', holder: 'Practitioner/rae', study: 'S', site: 'A' })
  const write = async (n: number): Promise<{ status: number; at: number }> => {
    const { status: told, json } = await world.fhir('PUT', `/Observation/rae-${n}`, token, weight(`rae-${n}`, 'sa1'), inS)
    return { status: told, at: told === 201 ? Date.parse(String((json['meta'] as Json)['lastUpdated'])) : 0 }
  }
  const racing = Promise.all(Array.from({ length: 20 }, (_, n) => write(n)))
  await end(id)
  const after = await Promise.all(Array.from({ length: 10 }, (_, n) => write(100 + n)))
  expect(new Set(after.map((each) => each.status))).toEqual(new Set([404]))
  expect((await racing).every((each) => [201, 404, 409].includes(each.status))).toBe(true)
})
