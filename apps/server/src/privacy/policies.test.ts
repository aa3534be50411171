// A study's own masking policy from proposal to force: two people sign, the study is masked anew beside what is shown, and every row and
// record names its version.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '@aquifer/core/access'
import type { MaskingPolicyList, MaskingPolicyVersion, MaskingPolicyWhole, MaskingProgressList } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'
import { armFaults, disarmFaults } from '../storage/fault-points.js'

let world: World
const tokens = new Map<string, string>()
const password = 'correct horse battery'

beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler,replicator,masker,compactor,query' })
  for (const [name, role] of [
    ['priya', 'privacy-officer'],
    ['paul', 'privacy-officer'],
    ['robin', 'administrator'],
    ['stu', 'study-manager'],
    ['audra', 'auditor'],
  ] as const)
    await user(name, role, ['S', 'T', 'LIVE', 'OWN', 'PARTS'])
  await user('pol', 'privacy-officer', ['T'])
  for (const id of ['S', 'T', 'LIVE']) await world.study({ id, enrolment: 'open' })
})
afterAll(() => world.close())

async function user(name: string, role: Role, studies: string[]): Promise<void> {
  const { identity } = world.platform
  await identity.putUser({ name, display: `${name} example`, grant: { role, studies, sites: [], people: null }, password })
  const session = await identity.mint({ role, user: name, requestedBy: 'tests' })
  if (isRefusal(session)) throw new Error(session.detail)
  tokens.set(name, session.token)
}
const send = (name: string, method: 'GET' | 'POST', path: string, body?: unknown): Promise<Sent> =>
  world.send({ method, path: `/masking/api/v1${path}`, token: tokens.get(name) ?? '', ...(body === undefined ? {} : { body }) })
const policy = (name: string, version: number, more: Json = {}): string =>
  JSON.stringify({ name, version, extends: 'safe-harbor', classes: { STATE: 'remove' }, ...more }, null, 2)
const propose = async (by: string, study: string, text: string, more: Json = {}): Promise<MaskingPolicyVersion> =>
  (await send(by, 'POST', '/policies', { study, text, ...more })).json as unknown as MaskingPolicyVersion
const sign = (by: string, id: string, more: Json = {}): Promise<Sent> =>
  send(by, 'POST', `/policies/${id}/signatures`, { meaning: 'approval', password, ...more })
const records = async (study: string): Promise<Json[]> =>
  (await world.send({ path: `/audit/api/v1/records?study=${study}&limit=200`, token: tokens.get('audra') ?? '' })).json['records'] as Json[]
const inForce = async (study: string): Promise<string | null> =>
  ((await send('priya', 'GET', `/policies?study=${study}`)).json as unknown as MaskingPolicyList).inForce[0]?.label ?? null
const caughtUp = (study: string) => world.platform.flow?.pipeline.wait({ study, timeoutS: 60 })
const rowsOf = async (study: string): Promise<Json[]> => {
  const asked = { study, sql: 'select id, state, masking_policy from patients order by id', purpose: 'tests' }
  const headers = { accept: 'application/json' }
  const token = await world.token('analyst', [study])
  const { status, text } = await world.send({ method: 'POST', path: '/query/api/v1/statements', token, body: asked, headers })
  expect([status, status === 200 ? '' : text]).toEqual([200, ''])
  const { rows } = JSON.parse(text) as { rows: unknown[][] }
  return rows.map(([id, state, label]) => ({ id, state, masking_policy: label }))
}
async function people(study: string, ids: string[]): Promise<void> {
  const token = await world.token('integrator', [study])
  for (const id of ids) {
    const { status } = await world.fhir('PUT', `/Patient/${id}`, token, patient(id, { address: [{ state: 'OH', postalCode: '44101' }] }))
    expect(status).toBe(201)
    expect((await world.fhir('PUT', `/Observation/w-${id}`, token, weight(`w-${id}`, id))).status).toBe(201)
  }
}

test('a text is checked at once in all it has wrong, and nothing of it is kept', async () => {
  const text = policy('wrong', 1, { classes: { NAME: 'keep' }, paths: { 'Patient.nothing': 'remove' } })
  const checked = await send('audra', 'POST', '/policies/check', { text })
  expect((checked.json['problems'] as Json[]).map(({ path, line }) => [path, line])).toEqual([
    ['classes.NAME', 6],
    ['paths.Patient.nothing', 9],
  ])
  const refused = await send('priya', 'POST', '/policies', { study: 'S', text })
  expect([refused.status, refused.text.includes('classes.NAME'), refused.text.includes('Patient.nothing')]).toEqual([422, true, true])
  const builtIn = await send('priya', 'POST', '/policies', { study: 'S', text: policy('safe-harbor', 9) })
  expect([builtIn.status, builtIn.text.includes('is built in')]).toEqual([422, true])
  expect((await send('stu', 'POST', '/policies', { study: 'S', text: policy('mine', 1) })).status).toBe(403)
})

test('two people sign, and then the study is masked anew beside what is shown until it is whole', async () => {
  await people('S', ['p1', 'p2', 'p3'])
  await caughtUp('S')
  const before = await rowsOf('S')
  expect(before.map((row) => [row['state'], row['masking_policy']])).toEqual([1, 2, 3].map(() => ['OH', 'safe-harbor v1']))
  const proposed = await propose('priya', 'S', policy('quiet', 1), { reason: 'states of few people' })
  expect([proposed.state, proposed.label, proposed.changes]).toEqual([
    'proposed',
    'quiet v1',
    [{ path: 'classes.STATE', from: 'keep', to: 'remove' }],
  ])
  const first = await sign('priya', proposed.id)
  expect([first.status, first.json['state'], await inForce('S')]).toEqual([201, 'in-review', 'safe-harbor v1'])
  // The same person again, a wrong password, a service token, and who may not.
  expect((await sign('priya', proposed.id)).status).toBe(409)
  expect((await sign('paul', proposed.id, { password: 'something else entirely' })).status).toBe(401)
  const service = await world.token('privacy-officer', ['S'])
  const path = `/masking/api/v1/policies/${proposed.id}/signatures`
  expect((await world.send({ method: 'POST', path, token: service, body: { meaning: 'approval', password } })).status).toBe(403)
  expect((await sign('audra', proposed.id)).status).toBe(403)
  expect((await sign('pol', proposed.id)).status).toBe(404)
  // What is made anew does not get its first rows in, as long as the test will.
  armFaults('masking.noted=fail')
  const second = await sign('robin', proposed.id)
  expect([second.status, second.json['state'], await inForce('S')]).toEqual([201, 'active', 'quiet v1'])
  const progress = async () =>
    ((await send('priya', 'GET', '/progress?study=S')).json as unknown as MaskingProgressList).studies.map((each) => [
      each.state,
      each.shown?.policy,
      each.next?.policy,
    ])
  await expect.poll(progress, { timeout: 30_000 }).toEqual([['failed', 'safe-harbor v1', 'quiet v1']])
  expect(await rowsOf('S')).toEqual(before)
  disarmFaults()
  await caughtUp('S')
  expect((await rowsOf('S')).map((row) => [row['state'], row['masking_policy']])).toEqual([1, 2, 3].map(() => [null, 'quiet v1']))
  const done = (await send('priya', 'GET', '/progress?study=S')).json as unknown as MaskingProgressList
  expect(done.studies.map(({ state, shown, total }) => [state, shown?.policy, total > 0])).toEqual([['current', 'quiet v1', true]])
  const trail = await records('S')
  const details = trail.map(({ action, actor, detail }) => [action, actor, detail as Json] as const)
  const named = details.filter(([, , detail]) => detail['did'] !== undefined && detail['policy'] === 'quiet v1')
  expect(
    named
      .map(([, actor, detail]) => [actor, detail['did']])
      .toReversed()
      .slice(0, 2),
  ).toEqual([
    ['priya', 'propose'],
    ['priya', 'sign'],
  ])
  expect(named.some(([, actor, detail]) => actor === 'robin' && detail['did'] === 'activate')).toBe(true)
  const published = details.filter(([, actor]) => actor === 'masking').map(([action, , detail]) => [action, detail['published']])
  expect(published).toEqual([
    ['masking', 'quiet v1'],
    ['masking', 'safe-harbor v1'],
  ])
})

test('what two people signed is changed by two people, and a version is spent once', async () => {
  const apply = (body: Json) =>
    world.send({ method: 'POST', path: '/study/api/v1/apply', token: tokens.get('robin') ?? '', body: { id: 'S', ...body } })
  expect((await apply({ masking: 'expert', publish: '24h' })).status).toBe(422)
  expect((await apply({ masking: 'quiet v1', name: 'Still quiet' })).status).toBe(200)
  expect((await apply({ partition: 'day' })).status).toBe(400)
  expect((await send('priya', 'POST', '/policies', { study: 'S', text: policy('quiet', 1) })).status).toBe(409)
  const next = await propose('priya', 'S', policy('quiet', 2, { classes: {} }))
  const rejected = await send('paul', 'POST', `/policies/${next.id}/reject`, { reason: 'states of three people are too few' })
  expect([rejected.status, rejected.json['state']]).toEqual([200, 'rejected'])
  expect([(await sign('priya', next.id)).status, (await sign('robin', next.id)).status]).toEqual([409, 409])
  const third = await propose('priya', 'S', policy('quiet', 3, { classes: {} }))
  await sign('paul', third.id)
  expect((await sign('robin', third.id)).json['state']).toBe('active')
  const { versions } = (await send('audra', 'GET', '/policies?study=S')).json as unknown as MaskingPolicyList
  expect(versions.map(({ label, state }) => [label, state])).toEqual([
    ['quiet v3', 'active'],
    ['quiet v2', 'rejected'],
    ['quiet v1', 'retired'],
  ])
  const whole = (await send('audra', 'GET', `/policies/${third.id}`)).json as unknown as MaskingPolicyWhole
  expect([whole.text, whole.genuine]).toEqual([policy('quiet', 3, { classes: {} }), true])
  expect((await world.send({ path: '/metrics' })).text).toMatch(/^aquifer_masking_policies\{state="retired"\} 1$/m)
  await caughtUp('S')
  expect(new Set((await rowsOf('S')).map((row) => row['masking_policy']))).toEqual(new Set(['quiet v3']))
})

test('dates that move are not published live unless that was signed for', async () => {
  const shifting = (version: number) => policy('moving', version, { extends: 'expert' })
  const plain = await propose('priya', 'LIVE', shifting(1))
  const refused = await sign('paul', plain.id)
  expect([refused.status, refused.text.includes('24h'), refused.text.includes('live-date-shift')]).toEqual([422, true, true])
  const accepted = await propose('priya', 'LIVE', shifting(2), { accepts: ['live-date-shift'] })
  expect((await sign('paul', accepted.id)).status).toBe(201)
  expect((await sign('robin', accepted.id)).json['state']).toBe('active')
  const settings = await world.send({ path: '/study/api/v1/studies/LIVE', token: tokens.get('stu') ?? '' })
  expect([settings.json['maskingPolicy'], settings.json['publish']]).toEqual(['moving v2', 'continuous'])
})

test('a study may begin with a policy of its own; who may not propose one brings none', async () => {
  const create = (token: string, body: Json) => world.send({ method: 'POST', path: '/study/api/v1/studies', token, body })
  const text = policy('first', 1)
  expect((await create(await world.token('study-manager'), { id: 'OWN', name: 'Own', policy: text })).status).toBe(403)
  const made = await create(await world.token('administrator'), { id: 'OWN', name: 'Own', enrolment: 'open', policy: text })
  expect([made.status, made.json['maskingPolicy']]).toEqual([201, 'first v1'])
  await people('OWN', ['o1'])
  await caughtUp('OWN')
  expect((await rowsOf('OWN')).map((row) => [row['state'], row['masking_policy']])).toEqual([[null, 'first v1']])
})

test('what was changed past the server masks nothing', async () => {
  const owner = world.owner()
  await owner.query(`update masking_policy set document = jsonb_set(document, '{classes,STATE}', '"keep"') where name = 'first'`)
  world.clock.at = Date.now() + 10_000
  expect(await inForce('OWN')).toBeNull()
  await people('OWN', ['o2'])
  await expect
    .poll(async () => ((await send('priya', 'GET', '/progress?study=OWN')).json['studies'] as Json[])[0]?.['state'], { timeout: 30_000 })
    .toBe('failed')
  expect((await rowsOf('OWN')).map((row) => row['masking_policy'])).toEqual(['first v1'])
  await expect(world.platform.postgres.pool('app', { max: 1 }).query(`update masking_policy set document = '{}'`)).rejects.toThrow()
  await expect(world.platform.postgres.pool('app', { max: 1 }).query(`delete from masking_policy`)).rejects.toThrow()
  world.clock.at = null
  await owner.end()
})

test('a trace tells what becomes of each field: of a made example with its values, of what was sent without any', async () => {
  const example = await send('stu', 'POST', '/policies/trace', { policy: { name: 'safe-harbor' }, type: 'Patient' })
  expect([
    example.status,
    (example.json['steps'] as Json[]).some(({ outcome, phiClass }) => outcome === 'removed' && phiClass === 'NAME'),
  ]).toEqual([200, true])
  const secret = patient('zz-9', { name: [{ family: 'Marigoldsson' }] })
  const sent = { policy: { text: policy('tried', 1) }, resource: secret }
  expect((await send('stu', 'POST', '/policies/trace', sent)).status).toBe(403)
  const own = await send('priya', 'POST', '/policies/trace', sent)
  expect([own.status, own.text.includes('Marigoldsson'), own.text.includes('zz-9')]).toEqual([200, false, false])
  expect(own.json['steps']).toContainEqual(
    expect.objectContaining({ path: 'name', phiClass: 'NAME', treatment: 'remove', outcome: 'removed' }),
  )
  const { rows } = await world.owner().query<{ text: string }>(`select string_agg(a::text, '') as text from audit a`)
  expect(rows[0]?.text).not.toContain('Marigoldsson')
  const diff = await send('audra', 'POST', '/policies/diff', { before: { name: 'safe-harbor' }, after: { name: 'expert' } })
  expect(diff.json['changes']).toEqual([{ path: 'classes.DATE', from: 'year', to: 'shift' }])
})
