import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
let operator: string
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  await world.study({ id: 'S', enrolment: 'open' })
  await world.study({ id: 'OTHER', enrolment: 'open' })
})
afterAll(() => world.close())

const hour = 3_600_000
const start = Date.now()
/** Tokens are minted at the instant they are used. */
async function at(hours: number): Promise<void> {
  world.clock.at = start + hours * hour
  feed = await world.token('integrator', ['S', 'OTHER'])
  operator = await world.token('operator')
}
beforeEach(() => at(0))

const sender = 'local:tests'
const api = '/pipeline/api/v1/feeds'
const of = (study: string, app?: string): string =>
  `${api}/${encodeURIComponent(sender)}?study=${study}${app === undefined ? '' : `&app=${encodeURIComponent(app)}`}`
const expectIt = async (within: string | null, study = 'S', app?: string): Promise<Sent> =>
  await world.send({ method: 'PUT', path: of(study, app), token: operator, body: { within } })
const forget = async (study: string, app?: string): Promise<number> =>
  (await world.send({ method: 'DELETE', path: of(study, app), token: operator })).status
async function feeds(study = 'S'): Promise<Json[]> {
  const { json, status } = await world.send({ path: `${api}?study=${study}`, token: operator })
  expect(status).toBe(200)
  return json['feeds'] as Json[]
}
async function send(id: string, study = 'S', app?: string): Promise<void> {
  const said = app === undefined ? {} : { extension: [{ url: 'urn:aquifer:app', valueString: app }] }
  const sent = await world.fhir('PUT', `/Observation/${id}`, feed, { ...weight(id, `p-${id}`), ...said }, { 'x-aquifer-study': study })
  expect(sent.status).toBeLessThan(300)
}
const gauge = async (): Promise<string | undefined> =>
  /^aquifer_feeds_silent (\d+)$/m.exec((await world.send({ path: '/metrics' })).text)?.[1]
async function alarms(study: string): Promise<unknown[]> {
  const { json } = await world.send({ path: `/audit/api/v1/records?study=${study}&limit=100`, token: await world.token('auditor') })
  const details = (json['records'] as Json[]).map(({ detail }) => detail as Json)
  return details.flatMap(({ alarm }) => (alarm === undefined ? [] : [alarm])).toReversed()
}

test('a feed that stays away for longer than was declared alarms once, and its next arrival ends the alarm', async () => {
  await send('a')
  expect(await feeds()).toEqual([expect.objectContaining({ study: 'S', sender, app: null, within: null, silentSince: null })])
  await at(100)
  expect(await world.platform.feeds.run()).toEqual({ raised: 0, ended: 0 })
  await send('a')
  expect((await expectIt('24h')).json).toMatchObject({ within: '24h', lastAt: new Date(start + 100 * hour).toISOString() })
  await at(123.99)
  expect(await world.platform.feeds.run()).toEqual({ raised: 0, ended: 0 })
  await at(124)
  expect(await world.platform.feeds.run()).toEqual({ raised: 1, ended: 0 })
  expect(await world.platform.feeds.run()).toEqual({ raised: 0, ended: 0 })
  expect(await gauge()).toBe('1')
  expect(await feeds()).toEqual([expect.objectContaining({ sender, silentSince: new Date(start + 124 * hour).toISOString() })])
  await at(130)
  await send('a')
  expect(await feeds()).toEqual([expect.objectContaining({ sender, silentSince: null })])
  expect(await gauge()).toBe('0')
  expect(await alarms('S')).toEqual(['feed-silent', 'feed-heard'])
  expect(await forget('S')).toBe(204)
})

test('a program by its name is a feed of its own whatever its version; others of the sender do not stand in for it', async () => {
  await at(200)
  await send('b', 'OTHER', 'scale/1.0')
  expect((await expectIt('6h', 'OTHER', 'scale')).status).toBe(200)
  await at(205)
  await send('c', 'OTHER', 'cuff/2')
  await at(206)
  expect(await world.platform.feeds.run()).toEqual({ raised: 1, ended: 0 })
  const silent = (await feeds('OTHER')).filter(({ silentSince }) => silentSince !== null)
  expect(silent).toEqual([expect.objectContaining({ app: 'scale' })])
  await send('b', 'OTHER', 'scale/1.1')
  expect((await feeds('OTHER')).map(({ app, silentSince }) => [app, silentSince])).toEqual(
    expect.arrayContaining([
      [null, null],
      ['scale', null],
      ['cuff', null],
    ]),
  )
  expect(await forget('OTHER', 'scale')).toBe(204)
})

test('what was declared before the first arrival alarms too; a longer time, none at all, or forgetting ends it', async () => {
  await at(300)
  expect((await expectIt('2h', 'OTHER', 'never')).json).toMatchObject({ lastAt: null, dueAt: new Date(start + 302 * hour).toISOString() })
  await at(302)
  expect(await world.platform.feeds.run()).toEqual({ raised: 1, ended: 0 })
  expect((await expectIt('3h', 'OTHER', 'never')).json).toMatchObject({ silentSince: null })
  await at(303)
  expect(await world.platform.feeds.run()).toEqual({ raised: 1, ended: 0 })
  expect((await expectIt(null, 'OTHER', 'never')).json).toMatchObject({ within: null, dueAt: null, silentSince: null })
  expect([await forget('OTHER', 'never'), await forget('OTHER', 'never')]).toEqual([204, 404])
})

test('a refused write, a conflict and a dry run are no arrivals, a Bundle and an import are; a study that is closed is not waited for', async () => {
  await world.study({ id: 'CLOSING', enrolment: 'open' })
  await at(400)
  const into = { 'x-aquifer-study': 'CLOSING' }
  const integrator = await world.token('integrator', ['CLOSING'])
  await world.study({ id: 'ASKS', required: ['share-data'] })
  const asking = await world.token('integrator', ['ASKS'])
  expect((await world.fhir('PUT', '/Observation/d', asking, weight('d', 'd'))).status).toBe(403)
  expect(await feeds('ASKS')).toEqual([])
  const missed = await world.fhir('PUT', '/Observation/x', integrator, weight('x', 'x'), { ...into, 'if-match': 'W/"7"' })
  expect(missed.status).toBe(412)
  const manager = await world.token('study-manager')
  const made = await world.send({ method: 'POST', path: '/study/api/v1/studies', token: manager, body: { id: 'MADE', name: 'M' } })
  expect([made.status, await feeds('MADE')]).toEqual([201, []])
  const line = JSON.stringify(weight('e', 'e'))
  const load = async (more: string): Promise<Sent> =>
    await world.fhir('POST', `/$import?studyid=CLOSING${more}`, integrator, line, { 'content-type': 'application/x-ndjson' })
  expect((await load('&dryRun=true')).status).toBe(200)
  expect(await feeds('CLOSING')).toEqual([])
  expect((await load('')).json).toMatchObject({ stored: 1 })
  expect(await feeds('CLOSING')).toEqual([expect.objectContaining({ lastAt: new Date(start + 400 * hour).toISOString() })])
  for (const [hours, type] of [
    [401, 'batch'],
    [402, 'transaction'],
  ] as const) {
    await at(hours)
    const token = await world.token('integrator', ['CLOSING'])
    expect((await world.fhir('POST', '', token, bundleOf(type, weight(`f-${type}`, 'f')), into)).status).toBe(200)
    expect(await feeds('CLOSING')).toEqual([expect.objectContaining({ lastAt: new Date(start + hours * hour).toISOString() })])
  }
  await expectIt('1h', 'CLOSING')
  await at(410)
  expect(await world.platform.feeds.run()).toEqual({ raised: 1, ended: 0 })
  const study = await world.platform.studies.byId('CLOSING')
  if (study !== null) await world.platform.studies.changeStatus(study, 'frozen')
  expect(await world.platform.feeds.run()).toEqual({ raised: 0, ended: 1 })
})

test('people about themselves are no feeds, and a feed out of reach is as if it were not there', async () => {
  await at(500)
  const own = await world.token('patient', ['S'], { patient: 'pat' })
  expect((await world.fhir('PUT', '/Patient/pat', feed, patient('pat'), { 'x-aquifer-study': 'S' })).status).toBe(201)
  const before = await feeds('S')
  await at(501)
  await world.fhir('PUT', '/Observation/pat-w', own, weight('pat-w', 'pat'), { 'x-aquifer-study': 'S' })
  expect(await feeds('S')).toEqual(before)
  const elsewhere = await world.token('integrator', ['OTHER'])
  expect((await world.send({ path: `${api}?study=S`, token: elsewhere })).status).toBe(404)
  const { json } = await world.send({ path: api, token: elsewhere })
  expect(new Set((json['feeds'] as Json[]).map(({ study }) => study))).toEqual(new Set(['OTHER']))
  const body = { within: '1h' }
  expect((await world.send({ method: 'PUT', path: of('S'), token: elsewhere, body })).status).toBe(404)
  for (const within of ['', '10', '59s', '0h', '400d']) expect((await expectIt(within)).status, within).toBe(400)
})
