// http://hl7.org/fhir/DSTU2/http.html for the verbs; the consent rules are the platform's own.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'TRIAL', sites: ['A'], required: ['share-data'] })
  await world.study({ id: 'OTHER', sites: ['A'], required: ['share-data'] })
  await world.study({ id: 'FREE', sites: ['A'] })
  await world.study({ id: 'SANDBOX', enrolment: 'open' })
  feed = await world.token('integrator', ['TRIAL'])
})
afterAll(() => world.close())

const enter = async (id: string, token = feed, study = 'TRIAL') =>
  world.fhir('POST', '', token, bundleOf('transaction', contract(`c-${id}`, id, study), patient(id)))
const diagnostics = (json: Json): string => (json['issue'] as { diagnostics?: string }[])[0]?.diagnostics ?? ''

test('a write without consent stores nothing and names what is missing', async () => {
  const refused = await world.fhir('PUT', '/Patient/p0', feed, patient('p0'))
  expect(refused.status).toBe(403)
  expect(refused.json['resourceType']).toBe('OperationOutcome')
  expect(diagnostics(refused.json)).toContain('share-data')
  expect((await world.fhir('GET', '/Patient/p0', feed)).status).toBe(404)
  expect((await world.fhir('GET', '/Patient/p0/_history', feed)).status).toBe(404)
  const manager = await world.token('study-manager', ['TRIAL'])
  const list = await world.send({ path: '/consent/api/v1/studies/TRIAL/refusals', token: manager })
  expect((list.json['rows'] as Json[])[0]).toMatchObject({
    resourceType: 'Patient',
    cause: 'no-consent',
    missing: ['share-data'],
    count: 1,
    site: 'A',
  })
  expect(list.text).not.toContain('p0')
})
test('access is asked before consent: a role without the right is told so, and of another study nothing', async () => {
  const analyst = await world.token('analyst', ['TRIAL'])
  const forbidden = await world.fhir('PUT', '/Patient/p0', analyst, patient('p0'))
  expect([forbidden.status, diagnostics(forbidden.json).includes('analyst')]).toEqual([403, true])
  const elsewhere = await world.token('integrator', ['FREE'])
  const hidden = await world.fhir('PUT', '/Patient/p0', elsewhere, patient('p0'), { 'x-aquifer-study': 'TRIAL' })
  const missing = await world.fhir('PUT', '/Patient/p0', elsewhere, patient('p0'), { 'x-aquifer-study': 'NOWHERE' })
  expect([hidden.status, hidden.json]).toEqual([400, missing.json])
  const two = await world.token('integrator', ['FREE', 'OTHER'])
  const foreign = await Promise.all(
    ['TRIAL', 'NOWHERE'].map((study) => world.fhir('PUT', '/Patient/p0', two, patient('p0'), { 'x-aquifer-study': study })),
  )
  expect([foreign[0]?.status, foreign[0]?.json]).toEqual([404, foreign[1]?.json])
  expect((await world.fhir('GET', '/Patient/p0', null)).status).toBe(401)
})
test('a person enters with his consents in one transaction, and then his data may follow', async () => {
  const entered = await enter('p1')
  expect([entered.status, (entered.json['entry'] as { response: Json }[]).map((entry) => entry.response['status'])]).toEqual([
    200,
    ['201 Created', '201 Created'],
  ])
  const written = await world.fhir('POST', '/Observation', feed, weight('ignored', 'p1'))
  expect(written.status).toBe(201)
  expect(written.headers['location']).toMatch(/\/fhir-server\/api\/v1\/Observation\/[0-9a-f-]{36}\/_history\/1$/)
  expect(written.json['id']).not.toBe('ignored')
})
test('a Contract says nothing of another study’s Contract of the same id, even where one transaction writes in both', async () => {
  for (const id of ['NORTH', 'SOUTH']) await world.study({ id, sites: ['A'], required: ['share-data'] })
  const both = await world.token('integrator', ['NORTH', 'SOUTH'])
  const inStudy = (study: string) => ({ 'x-aquifer-study': study })
  for (const study of ['NORTH', 'SOUTH']) {
    const entered = await world.fhir(
      'POST',
      '',
      both,
      bundleOf('transaction', contract('same', 'twin', study), patient('twin')),
      inStudy(study),
    )
    expect(entered.status).toBe(200)
  }
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      n % 2 === 0
        ? world.fhir('PUT', '/Contract/same', both, contract('same', 'twin', 'NORTH', 'active', { end: `${2100 + n}` }), inStudy('NORTH'))
        : world.fhir('PUT', `/Observation/twin-${n}`, both, weight(`twin-${n}`, 'twin'), inStudy('SOUTH')),
    ),
  )
  expect(answers.map(({ status }) => status).filter((status) => status > 201)).toEqual([])
})
test('consents sent first are found when the Patient comes', async () => {
  expect((await world.fhir('PUT', '/Contract/c-late', feed, contract('c-late', 'late', 'TRIAL'))).status).toBe(201)
  expect((await world.fhir('PUT', '/Observation/o-late', feed, weight('o-late', 'late'))).status).toBe(403)
  expect((await world.fhir('PUT', '/Patient/late', feed, patient('late'))).status).toBe(201)
  expect((await world.fhir('PUT', '/Observation/o-late', feed, weight('o-late', 'late'))).status).toBe(201)
})
test('a withdrawal that was answered is never overtaken', async () => {
  await enter('p2')
  expect((await world.fhir('PUT', '/Contract/c-p2', feed, contract('c-p2', 'p2', 'TRIAL', 'withdrawn'))).status).toBe(200)
  const late = await Promise.all(
    Array.from({ length: 8 }, (_, n) => world.fhir('PUT', `/Observation/late-${n}`, feed, weight(`late-${n}`, 'p2'))),
  )
  expect(late.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 403))
  expect(diagnostics(late[0]?.json ?? {})).toContain('Stop sending')
})
test('the start of the period is included, its end excluded, and a date-only end lasts through the day', async () => {
  const start = Date.UTC(2026, 2, 1)
  const tries = [start - 1, start, Date.UTC(2026, 2, 31, 23, 59, 59, 999), Date.UTC(2026, 3, 1)]
  await world.fhir('PUT', '/Contract/c-p3', feed, contract('c-p3', 'p3', 'TRIAL', 'active', { start: '2026-03-01', end: '2026-03-31' }))
  const statuses: number[] = []
  for (const at of tries) {
    world.clock.at = at
    const token = await world.token('integrator', ['TRIAL'])
    statuses.push((await world.fhir('PUT', '/Patient/p3', token, patient('p3'))).status)
  }
  world.clock.at = null
  expect(statuses).toEqual([403, 201, 200, 403])
})
test('one refused person refuses the whole transaction, and two people of one resource are both asked', async () => {
  await enter('p4')
  const refused = await world.fhir('POST', '', feed, bundleOf('transaction', weight('t-1', 'p4'), weight('t-2', 'nobody')))
  expect(refused.status).toBe(403)
  expect((await world.fhir('GET', '/Observation/t-1', feed)).status).toBe(404)
  const two = { ...weight('t-3', 'p4'), performer: [{ reference: 'Patient/nobody' }] }
  expect((await world.fhir('PUT', '/Observation/t-3', feed, two)).status).toBe(403)
})
test('a batch stores what may be stored and tells why the rest was not', async () => {
  const answer = await world.fhir('POST', '', feed, bundleOf('batch', weight('b-1', 'p4'), weight('b-2', 'nobody')))
  const entries = answer.json['entry'] as { response: { status: string }; resource?: Json }[]
  expect([answer.status, entries.map(({ response }) => response.status)]).toEqual([200, ['201 Created', '403']])
  expect(entries[1]?.resource?.['resourceType']).toBe('OperationOutcome')
})
test('what is told of consent is told to those who may write about the person', async () => {
  const device = await world.token('device', ['TRIAL'], { patient: 'p4' })
  const other = await world.fhir('PUT', '/Observation/dev', device, weight('dev', 'p1'))
  const nobody = await world.fhir('PUT', '/Observation/dev', device, weight('dev', 'nobody'))
  expect([other.status, other.json]).toEqual([404, nobody.json])
})
test('in a batch nothing rests on a consent or a Patient whose condition failed', async () => {
  const stale = (resource: Json) => ({
    resource,
    request: { method: 'PUT', url: `${String(resource['resourceType'])}/${String(resource['id'])}`, ifMatch: 'W/"99"' },
  })
  const batch = (token: string, ...entry: unknown[]) => world.fhir('POST', '', token, { resourceType: 'Bundle', type: 'batch', entry })
  const statuses = (json: Json) => (json['entry'] as { response: Json }[]).map(({ response }) => String(response['status']).slice(0, 3))
  const [observation] = bundleOf('batch', weight('after', 'p2'))['entry'] as unknown[]
  const revived = await batch(feed, stale(contract('c-p2', 'p2', 'TRIAL')), observation)
  expect(statuses(revived.json)).toEqual(['412', '403'])
  const free = await world.token('integrator', ['FREE'])
  const [of] = bundleOf('batch', weight('after', 'q9'))['entry'] as unknown[]
  expect(statuses((await batch(free, stale(patient('q9')), of)).json)).toEqual(['412', '403'])
})
test('a consent is per study: the same person stays out of another one', async () => {
  const both = await world.token('integrator', ['TRIAL', 'OTHER'])
  const other = await world.fhir('PUT', '/Observation/x', both, weight('x', 'p4'), { 'x-aquifer-study': 'OTHER' })
  expect(other.status).toBe(403)
  expect((await world.fhir('PUT', '/Observation/x', both, weight('x', 'p4'))).status).toBe(400)
})
test('a study that requires nothing enrols by the Patient; an open one by the first word of a person', async () => {
  const free = await world.token('integrator', ['FREE'])
  expect((await world.fhir('PUT', '/Observation/f1', free, weight('f1', 'q1'))).status).toBe(403)
  expect((await world.fhir('PUT', '/Patient/q1', free, patient('q1'))).status).toBe(201)
  expect((await world.fhir('PUT', '/Observation/f1', free, weight('f1', 'q1'))).status).toBe(201)
  const open = await world.token('integrator', ['SANDBOX'])
  expect((await world.fhir('PUT', '/Observation/s1', open, weight('s1', 'q2'))).status).toBe(201)
  const ofNobody = { resourceType: 'Goal', id: 'g1', description: 'walk', status: 'proposed' }
  expect((await world.fhir('PUT', '/Goal/g1', open, ofNobody)).status).toBe(201)
  expect((await world.fhir('PUT', '/Goal/g1', free, ofNobody)).status).toBe(422)
})
test('the figures of consent agree with what was recorded', async () => {
  const manager = await world.token('study-manager', ['TRIAL'])
  const summary = await world.send({ path: '/consent/api/v1/studies/TRIAL/summary', token: manager })
  expect(summary.json).toMatchObject({
    required: ['share-data'],
    total: { enrolled: 5, byStatus: { active: 3, withdrawn: 1, expired: 1 } },
  })
  expect((summary.json['bySite'] as Json[])[0]).toMatchObject({ site: 'A', enrolled: 5 })
  expect((await world.send({ path: '/consent/api/v1/studies/TRIAL/summary', token: await world.token('analyst', ['TRIAL']) })).status).toBe(
    403,
  )
})
