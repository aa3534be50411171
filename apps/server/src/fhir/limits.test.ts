// What a caller is not to see or change, tried by every way that leads there.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
let feed: string
let elsewhere: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A', 'B'] })
  await world.study({ id: 'T', sites: ['A'] })
  await world.study({ id: 'OPEN', enrolment: 'open' })
  await world.study({ id: 'OPEN2', enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
  elsewhere = await world.token('integrator', ['T'])
  for (const [id, site] of [
    ['pa', 'A'],
    ['pb', 'B'],
  ] as const) {
    const person = patient(id, { identifier: [{ system: 'urn:mrn', value: id }], careProvider: [{ reference: 'Practitioner/dr' }] })
    await world.fhir('PUT', `/Patient/${id}`, feed, person, { 'x-aquifer-site': site })
    await world.fhir('PUT', `/Observation/o-${id}`, feed, { ...weight(`o-${id}`, id), performer: [{ reference: 'Practitioner/dr' }] })
  }
  await world.fhir('PUT', '/Practitioner/dr', feed, { resourceType: 'Practitioner', id: 'dr' })
  await world.fhir('PUT', '/Patient/pt', elsewhere, patient('pt'))
})
afterAll(() => world.close())

const found = (json: Json): string[] =>
  ((json['entry'] ?? []) as { resource: Json }[]).map(({ resource }) => `${String(resource['resourceType'])}/${String(resource['id'])}`)
const post = (resource: Json, ifNoneExist: string) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [{ resource, request: { method: 'POST', url: resource['resourceType'], ifNoneExist } }],
})

test('what refers to a practitioner is included as far as its own limits reach', async () => {
  const own = await world.token('patient', ['S'], { patient: 'pa' })
  const atA = await world.token('investigator', ['S'], { sites: ['A'] })
  for (const token of [own, atA]) {
    const observations = await world.fhir('GET', '/Practitioner?_revinclude=Observation:performer', token)
    expect(found(observations.json)).toEqual(['Practitioner/dr', 'Observation/o-pa'])
    expect(found((await world.fhir('GET', '/Practitioner?_revinclude=Patient:careprovider', token)).json)).toEqual([
      'Practitioner/dr',
      'Patient/pa',
    ])
    expect(found((await world.fhir('GET', '/Observation?_include=Observation:performer', token)).json)).toEqual([
      'Observation/o-pa',
      'Practitioner/dr',
    ])
  }
})
test('a token for a person that names none reaches nobody', async () => {
  for (const role of ['patient', 'guardian'] as const) {
    const token = await world.token(role, ['S'])
    expect((await world.fhir('GET', '/Patient/pa', token)).status).toBe(404)
    expect((await world.fhir('GET', '/Observation', token)).json['total']).toBe(0)
    expect((await world.fhir('PUT', '/Observation/o-pa', token, weight('o-pa', 'pa'))).status).toBe(404)
  }
})
test('a version about somebody else stays hidden from who may see the newest', async () => {
  await world.fhir('PUT', '/Observation/moved', feed, { ...weight('moved', 'pa'), comments: 'of pa' })
  await world.fhir('PUT', '/Observation/moved', feed, weight('moved', 'pb'))
  for (const token of [
    await world.token('patient', ['S'], { patient: 'pb' }),
    await world.token('investigator', ['S'], { sites: ['B'] }),
  ]) {
    expect((await world.fhir('GET', '/Observation/moved', token)).status).toBe(200)
    expect((await world.fhir('GET', '/Observation/moved/_history/1', token)).status).toBe(404)
    expect((await world.fhir('GET', '/Observation/moved/_history', token)).text).not.toContain('of pa')
  }
  expect((await world.fhir('GET', '/Observation/moved/_history/1', feed)).status).toBe(200)
})
test('a group is seen by those who may see all its members', async () => {
  const group = (id: string, ...members: string[]) =>
    world.fhir('PUT', `/Group/${id}`, feed, {
      resourceType: 'Group',
      id,
      type: 'person',
      actual: true,
      member: members.map((member) => ({ entity: { reference: `Patient/${member}` } })),
    })
  await group('both', 'pa', 'pb')
  await group('one', 'pa')
  const own = await world.token('patient', ['S'], { patient: 'pa' })
  expect((await world.fhir('GET', '/Group/both', own)).status).toBe(404)
  expect((await world.fhir('GET', '/Group/one', own)).status).toBe(200)
  expect(found((await world.fhir('GET', '/Group?_include=Group:member', own)).json)).toEqual(['Group/one', 'Patient/pa'])
})
test('a Person that names several Patients is seen by those who may see each', async () => {
  const links = ['pa', 'pb'].map((id) => ({ target: { reference: `Patient/${id}` } }))
  expect((await world.fhir('PUT', '/Person/two', feed, { resourceType: 'Person', id: 'two', link: links })).status).toBe(201)
  const own = await world.token('patient', ['S'], { patient: 'pa' })
  expect((await world.fhir('GET', '/Person/two', own)).status).toBe(404)
  expect((await world.fhir('GET', '/Person/two', feed)).status).toBe(200)
})
test('a condition tells nothing to who may not read what meets it', async () => {
  const total = async () => (await world.fhir('GET', '/Patient?_summary=count', feed)).json['total']
  const before = await total()
  for (const role of ['analyst', 'study-manager', 'operator'] as const) {
    const token = await world.token(role, ['S'])
    const byCondition = { ...weight('by', ''), subject: { reference: 'Patient?identifier=urn:mrn|pb' } }
    const byNone = { ...weight('by', ''), subject: { reference: 'Patient?identifier=urn:mrn|none' } }
    for (const bundle of [
      post(patient('x'), 'identifier=urn:mrn|pb'),
      bundleOf('transaction', byCondition),
      bundleOf('transaction', byNone),
    ])
      expect((await world.fhir('POST', '', token, bundle)).status).toBe(403)
  }
  const atA = await world.token('investigator', ['S'], { sites: ['A'] })
  const byCondition = { ...weight('by', ''), subject: { reference: 'Patient?identifier=urn:mrn|pb' } }
  expect((await world.fhir('POST', '', atA, bundleOf('transaction', byCondition))).status).toBe(412)
  const device = await world.token('device', ['S'], { patient: 'pa' })
  expect((await world.fhir('POST', '', device, post(weight('x', 'pa'), 'patient=pb'))).status).toBe(403)
  expect(await total()).toBe(before)
})
test('a profile is not changed or deleted from a study in which its person is not', async () => {
  const relative = (id: string, of: string) => ({ resourceType: 'RelatedPerson', id, patient: { reference: `Patient/${of}` } })
  expect((await world.fhir('PUT', '/RelatedPerson/r', feed, relative('r', 'pa'))).status).toBe(201)
  expect((await world.fhir('DELETE', '/Patient/pa', elsewhere)).status).toBe(404)
  expect((await world.fhir('PUT', '/RelatedPerson/r', elsewhere, relative('r', 'pt'))).status).toBe(404)
  expect((await world.fhir('DELETE', '/RelatedPerson/r', elsewhere)).status).toBe(404)
  expect((await world.fhir('GET', '/RelatedPerson/r', feed)).headers['etag']).toBe('W/"1"')
  expect((await world.fhir('GET', '/Patient/pa', feed)).status).toBe(200)
  expect((await world.fhir('PUT', '/Patient/pa', elsewhere, patient('pa'))).status).toBe(200)
  expect((await world.fhir('PUT', '/RelatedPerson/r', elsewhere, relative('r', 'pa'))).status).toBe(200)
  expect((await world.fhir('DELETE', '/RelatedPerson/r', feed)).status).toBe(204)
})
test('a Person that names no Patient, and a practitioner nobody named, are found where they were written', async () => {
  const open = await world.token('integrator', ['OPEN'])
  for (const type of ['Person', 'Practitioner']) {
    expect((await world.fhir('PUT', `/${type}/alone`, open, { resourceType: type, id: 'alone' })).status).toBe(201)
    expect((await world.fhir('GET', `/${type}/alone`, open)).status).toBe(200)
    expect((await world.fhir('GET', `/${type}?_id=alone`, open)).json['total']).toBe(1)
    expect((await world.fhir('GET', `/${type}?_id=alone`, elsewhere)).json['total']).toBe(0)
  }
  const grant = { role: 'investigator' as const, studies: ['OPEN'], sites: [], people: null }
  await world.platform.identity.putUser({ name: 'ina', display: 'Ina', grant, password: null })
  const session = await world.platform.identity.mint({ role: 'investigator', user: 'ina', requestedBy: 'tests' })
  const named = 'refusal' in session ? '' : session.token
  expect((await world.fhir('GET', '/Person/alone', named)).status).toBe(200)
  expect((await world.fhir('GET', '/Person?_id=alone', named)).json['total']).toBe(1)
  expect((await world.fhir('GET', '/Person/alone', elsewhere)).status).toBe(404)
  expect((await world.fhir('DELETE', '/Person/alone', elsewhere)).status).toBe(404)
  const second = await world.token('integrator', ['OPEN2'])
  expect((await world.fhir('PUT', '/Person/alone', second, { resourceType: 'Person', id: 'alone' })).status).toBe(200)
  expect((await world.fhir('GET', '/Person/alone', second)).status).toBe(200)
  expect((await world.fhir('DELETE', '/Person/alone', open)).status).toBe(204)
})
test('a page token is opaque and of use to its user only', async () => {
  const first = await world.fhir('GET', '/Observation?_count=1', feed)
  const next = (first.json['link'] as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url ?? ''
  const path = next.replace(/^http:\/\/[^/]+/, '')
  expect((await world.send({ path, token: feed })).status).toBe(200)
  expect((await world.send({ path, token: await world.token('investigator', ['S']) })).status).toBe(400)
  const token = new URL(next).searchParams.get('_page') ?? ''
  expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('o-pa')
  const forged = Buffer.from(token, 'base64url').map((byte, place) => (place === 40 ? byte ^ 1 : byte))
  for (const page of [Buffer.from(forged).toString('base64url'), 'abc', '%00'])
    expect((await world.fhir('GET', `/Observation?_count=1&_page=${page}`, feed)).status).toBe(400)
})
test('a study’s Group is written by those who define studies, and its status follows what was stored', async () => {
  const manager = await world.token('study-manager', ['T'])
  const group = (id: string, status?: string) => ({
    resourceType: 'Group',
    id,
    type: 'person',
    actual: true,
    ...(status === undefined ? {} : { extension: [{ url: 'urn:aquifer:study-status', valueCode: status }] }),
  })
  expect((await world.fhir('PUT', '/Group/T', elsewhere, group('T'))).status).toBe(403)
  expect((await world.fhir('PUT', '/Group/T', manager, group('T'))).status).toBe(400)
  expect((await world.fhir('PUT', '/Group/t', manager, group('t', 'open'))).status).toBe(422)
  expect((await world.fhir('PUT', '/Group/T', manager, group('T', 'frozen'), { 'if-match': 'W/"99"' })).status).toBe(412)
  const half = bundleOf('transaction', group('T', 'frozen'))
  ;(half['entry'] as Json[]).push({ request: { method: 'DELETE', url: 'Organization/none' } })
  expect((await world.fhir('POST', '', manager, half)).status).toBe(404)
  expect((await world.fhir('PUT', '/Observation/still', elsewhere, weight('still', 'pt'))).status).toBe(201)
})
