// The leak gate through the server's own door: what stops a study, what lets it on, and what an answer for one finding does not answer for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LeakList, LeakView } from '@aquifer/core/contract'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
const why = 'a ward of the house, and nobody'
const policy = (name: string): string =>
  JSON.stringify({ name, version: 1, extends: 'safe-harbor', codeSystems: ['http://loinc.org', 'urn:ward'] })

beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler,replicator,masker,compactor,query' })
})
afterAll(() => world.close())

const named = (id: string, family: string): Json => patient(id, { name: [{ family: [family], given: ['Anna'] }] })
const coded = (id: string, person: string, code: string): Json => ({
  ...weight(id, person),
  code: { coding: [{ system: 'urn:ward', code }] },
})
const answers = (id: string, person: string, linkId: string): Json => ({
  resourceType: 'QuestionnaireResponse',
  id,
  status: 'completed',
  subject: { reference: `Patient/${person}` },
  group: { linkId },
})

async function begin(study: string): Promise<void> {
  const body = { id: study, name: study, required: ['share-data'], sites: ['A'], enrolment: 'open', policy: policy('trusting') }
  const made = await world.send({ method: 'POST', path: '/study/api/v1/studies', token: await world.token('administrator'), body })
  expect([made.status, made.status === 201 ? '' : made.text]).toEqual([201, ''])
}
async function store(study: string, ...resources: Json[]): Promise<void> {
  const sent = await world.fhir('POST', '', await world.token('integrator', [study]), bundleOf('transaction', ...resources))
  expect([sent.status, sent.status === 200 ? '' : sent.text]).toEqual([200, ''])
}
const person = (study: string, id: string, family: string): Json[] => [named(id, family), contract(`c-${id}`, id, study)]
const officer = async (study: string, method: 'GET' | 'POST', at: string, body?: Json): Promise<Sent> =>
  world.send({ method, path: at, token: await world.token('privacy-officer', [study]), ...(body === undefined ? {} : { body }) })
const leaks = async (study: string): Promise<LeakView[]> =>
  ((await officer(study, 'GET', `/masking/api/v1/leaks?study=${study}`)).json as unknown as LeakList).leaks
const accept = async (study: string, id: string): Promise<number> =>
  (await officer(study, 'POST', '/masking/api/v1/leaks/acceptances', { study, id, reason: why })).status
/** Resolves with the findings, once there are some that were not there before. */
async function stopped(study: string, known: readonly LeakView[] = []): Promise<LeakView[]> {
  const fresh = async () => (await leaks(study)).filter(({ id }) => !known.some((each) => each.id === id))
  await expect.poll(async () => (await fresh()).length, { timeout: 30_000 }).toBeGreaterThan(0)
  return fresh()
}
async function goesOn(study: string): Promise<void> {
  expect(await world.platform.flow?.pipeline.wait({ study, timeoutS: 60 })).toMatchObject({ done: true })
  expect(await leaks(study)).toEqual([])
}
const snapshot = (study: string) => world.platform.flow!.reservoir.opened(study)?.snapshot() ?? null
async function told(study: string, sql: string): Promise<unknown[]> {
  const token = await world.token('analyst', [study])
  const body = { study, sql, purpose: 'tests' }
  const sent = await world.send({ method: 'POST', path: '/query/api/v1/statements', token, body, headers: { accept: 'application/json' } })
  expect([sent.status, sent.status === 200 ? '' : sent.text]).toEqual([200, ''])
  return (JSON.parse(sent.text) as { rows: unknown[][] }).rows.map(([value]) => value)
}
const codes = (study: string) => told(study, 'select code from observations order by 1')

const isLong = process.env['AQUIFER_TEST_LONG'] === '1'

test.runIf(isLong)(
  'who answers for a word in one element under one policy has not answered for it in another, nor under another policy',
  async () => {
    await begin('WORD')
    await store('WORD', ...person('WORD', 'wa', 'Quickenborn'), weight('wa-1', 'wa'))
    await goesOn('WORD')
    await store('WORD', coded('wa-2', 'wa', 'Quickenborn'))
    const [first] = await stopped('WORD')
    expect(first).toMatchObject({ kind: 'name', place: 'Observation code', late: false })
    expect(await codes('WORD')).toEqual(['29463-7'])
    expect([await accept('WORD', 'none'), await accept('WORD', first!.id)]).toEqual([404, 200])
    // Who answered for what, and why, stood in the trail before anything was let through; once.
    const { rows: trail } = await world
      .owner()
      .query<{ outcome: string; detail: Json }>(`select outcome, detail from audit where detail ->> 'leak' is not null order by id`)
    expect(trail.map(({ outcome, detail }) => [outcome, detail['status'], detail['leak'], detail['reason']])).toEqual([
      [expect.any(String), 404, 'none', why],
      ['done', 200, first!.id, why],
    ])
    await goesOn('WORD')
    expect(await codes('WORD')).toEqual(['29463-7', 'Quickenborn'])
    // The same word of the same person, and again: answered for. In another element: not.
    await store('WORD', coded('wa-3', 'wa', 'QUICKENBORN'))
    await goesOn('WORD')
    await store('WORD', answers('wa-4', 'wa', 'Quickenborn'))
    const [second] = await stopped('WORD')
    expect([second!.place, second!.id === first!.id, await accept('WORD', first!.id)]).toEqual(['QuestionnaireResponse linkId', false, 404])
    expect(await accept('WORD', second!.id)).toBe(200)
    await goesOn('WORD')
    // Masked anew by the same policy all stands, by another nothing does.
    expect((await officer('WORD', 'POST', '/pipeline/api/v1/held/release', { study: 'WORD', reason: why })).status).toBeLessThan(300)
    await goesOn('WORD')
    await activate('WORD', policy('other'))
    const again = await stopped('WORD')
    expect(again.map(({ place }) => place).toSorted()).toEqual(['Observation code', 'QuestionnaireResponse linkId'])
    expect(snapshot('WORD')?.maskingPolicy).toBe('trusting v1')
    expect([await accept('WORD', first!.id), await accept('WORD', second!.id)]).toEqual([404, 404])
    for (const { id } of again) expect(await accept('WORD', id)).toBe(200)
    await goesOn('WORD')
    expect([snapshot('WORD')?.maskingPolicy, await codes('WORD')]).toEqual(['other v1', ['29463-7', 'QUICKENBORN', 'Quickenborn']])
  },
)

async function activate(study: string, text: string): Promise<void> {
  const proposed = await officer(study, 'POST', '/masking/api/v1/policies', { study, text })
  const password = 'correct horse battery'
  for (const name of ['paula', 'petra']) {
    const { identity } = world.platform
    const grant = { role: 'privacy-officer' as const, studies: [study], sites: [], people: null }
    await identity.putUser({ name, display: `${name} example`, grant, password })
    const session = (await identity.mint({ role: 'privacy-officer', user: name, requestedBy: 'tests' })) as { token: string }
    const path = `/masking/api/v1/policies/${String(proposed.json['id'])}/signatures`
    const signed = await world.send({ method: 'POST', path, token: session.token, body: { meaning: 'approval', password } })
    expect([signed.status, signed.status === 201 ? '' : signed.text]).toEqual([201, ''])
  }
}

test.runIf(isLong)('a word that stood in two elements before its person came is told of in both', async () => {
  await begin('LATE')
  await store('LATE', ...person('LATE', 'la', 'Ost'), coded('la-1', 'la', 'Wiesengrund'), answers('la-2', 'la', 'Wiesengrund'))
  await goesOn('LATE')
  await store('LATE', ...person('LATE', 'lb', 'Wiesengrund'))
  const found = await stopped('LATE')
  expect(found.map(({ place, late }) => `${place} ${late}`).toSorted()).toEqual([
    'Observation code true',
    'QuestionnaireResponse linkId true',
  ])
  expect(await accept('LATE', found[0]!.id)).toBe(200)
  await expect.poll(async () => (await leaks('LATE')).map(({ id }) => id), { timeout: 30_000 }).toEqual([found[1]!.id])
  expect(await world.platform.flow?.pipeline.wait({ study: 'LATE', timeoutS: 0.5 })).toMatchObject({ done: false })
  expect(await accept('LATE', found[1]!.id)).toBe(200)
  await goesOn('LATE')
})

test.runIf(isLong)(
  'another key while the gate stops a study lets nothing through, and what was answered under the old one is asked anew',
  async () => {
    await begin('TURN')
    await store('TURN', ...person('TURN', 'ta', 'Feuerstein'), coded('ta-1', 'ta', 'Feuerstein'))
    const [answered] = await stopped('TURN')
    expect(await accept('TURN', answered!.id)).toBe(200)
    await goesOn('TURN')
    const before = snapshot('TURN')!
    await store('TURN', answers('ta-2', 'ta', 'Feuerstein'))
    const [open] = await stopped('TURN')
    expect((await officer('TURN', 'POST', '/masking/api/v1/keys/rotate', { study: 'TURN', reason: why })).status).toBe(201)
    const found = await stopped('TURN', [open!])
    expect(found.map(({ place }) => place).toSorted()).toEqual(['Observation code', 'QuestionnaireResponse linkId'])
    expect([await accept('TURN', open!.id), await accept('TURN', answered!.id)]).toEqual([404, 404])
    // Masked anew in the midst of it, and after a restart, nothing else: analysts stay where they were.
    expect((await officer('TURN', 'POST', '/pipeline/api/v1/held/release', { study: 'TURN', reason: why })).status).toBe(409)
    await world.restart()
    expect((await stopped('TURN')).map(({ id }) => id).toSorted()).toEqual(found.map(({ id }) => id).toSorted())
    expect([snapshot('TURN')?.maskingKey, snapshot('TURN')?.snapshot]).toEqual([before.maskingKey, before.snapshot])
    for (const { id } of found) expect(await accept('TURN', id)).toBe(200)
    await goesOn('TURN')
    expect([snapshot('TURN')!.maskingKey === before.maskingKey, await codes('TURN')]).toEqual([false, ['Feuerstein']])
  },
)

test.runIf(isLong)('a study that is stopped may be masked anew: it is stopped there, too, and shows what it showed', async () => {
  await begin('AGAIN')
  await store('AGAIN', ...person('AGAIN', 'aa', 'Himmelreich'), weight('aa-1', 'aa'))
  await goesOn('AGAIN')
  const before = snapshot('AGAIN')!.snapshot
  await store('AGAIN', coded('aa-2', 'aa', 'Himmelreich'))
  const [open] = await stopped('AGAIN')
  expect((await officer('AGAIN', 'POST', '/pipeline/api/v1/held/release', { study: 'AGAIN', reason: why })).status).toBeLessThan(300)
  expect(await world.platform.flow?.pipeline.wait({ study: 'AGAIN', timeoutS: 2 })).toMatchObject({ done: false })
  expect([snapshot('AGAIN')!.snapshot, (await leaks('AGAIN')).map(({ id }) => id)]).toEqual([before, [open!.id]])
  expect(await accept('AGAIN', open!.id)).toBe(200)
  await goesOn('AGAIN')
})

async function erased(study: string, id: string): Promise<void> {
  const at = `/consent/api/v1/studies/${study}/withdrawals`
  const token = await world.token('study-manager', [study])
  const body = { patient: id, act: 'erase', reason: 'asked for it', evidence: 'letter of today' }
  const begun = await world.send({ method: 'POST', path: at, token, body })
  expect([begun.status, begun.status < 300 ? '' : begun.text]).toEqual([begun.status, ''])
  const state = async () => (await world.send({ path: `${at}/${String(begun.json['id'])}`, token })).json['state']
  await expect.poll(state, { timeout: 180_000 }).toBe('done')
}

test.runIf(isLong)(
  'who is erased takes his words with him: nobody has to answer for them, whether they were known before or have come just now',
  async () => {
    await begin('GONE')
    await store('GONE', ...person('GONE', 'ga', 'Sperling'), ...person('GONE', 'gb', 'Drosselbart'), weight('gb-1', 'gb'))
    await goesOn('GONE')
    await store('GONE', coded('gb-2', 'gb', 'Sperling'))
    await stopped('GONE')
    await erased('GONE', 'ga')
    await goesOn('GONE')
    expect(await codes('GONE')).toEqual(['29463-7', 'Sperling'])
    // What has come just now is late: his name stood in a code before.
    await store('GONE', ...person('GONE', 'gc', 'Sperling'))
    expect(await stopped('GONE')).toMatchObject([{ kind: 'name', late: true }])
    await erased('GONE', 'gc')
    await goesOn('GONE')
    expect(await told('GONE', 'select count(*)::int from patients')).toEqual([1])
  },
)

test.runIf(isLong)('who is erased does not wait for what is decided of others', async () => {
  await begin('APART')
  const people = [...person('APART', 'pa', 'Sperling'), ...person('APART', 'pb', 'Star'), ...person('APART', 'pc', 'Kiebitz')]
  await store('APART', ...people, weight('pb-1', 'pb'), weight('pc-1', 'pc'))
  await goesOn('APART')
  await store('APART', coded('pb-2', 'pb', 'Sperling'), weight('pc-2', 'pc'))
  const [open] = await stopped('APART')
  await erased('APART', 'pc')
  expect((await leaks('APART')).map(({ id }) => id)).toEqual([open!.id])
  const shown = async () => [await told('APART', 'select count(*)::int from patients'), await codes('APART')]
  expect(await shown()).toEqual([[2], ['29463-7']])
  expect(snapshot('APART')!.types['Patient']).toMatchObject({ rows: 2 })
  expect(await accept('APART', open!.id)).toBe(200)
  await goesOn('APART')
  expect(await shown()).toEqual([[2], ['29463-7', 'Sperling']])
})

test.runIf(isLong)('nor while the study is stopped as it is masked anew by another policy', async () => {
  await begin('ANEW')
  await store('ANEW', ...person('ANEW', 'na', 'Sperling'), ...person('ANEW', 'nb', 'Star'), ...person('ANEW', 'nc', 'Kiebitz'))
  await store('ANEW', coded('nb-1', 'nb', 'Sperling'), weight('nc-1', 'nc'))
  const [first] = await stopped('ANEW')
  expect(await accept('ANEW', first!.id)).toBe(200)
  await goesOn('ANEW')
  await activate('ANEW', policy('stricter'))
  await stopped('ANEW')
  await erased('ANEW', 'nc')
  expect([await told('ANEW', 'select count(*)::int from patients'), snapshot('ANEW')!.maskingPolicy]).toEqual([[2], 'trusting v1'])
  const [again] = await stopped('ANEW')
  expect(await accept('ANEW', again!.id)).toBe(200)
  await goesOn('ANEW')
  expect([await told('ANEW', 'select count(*)::int from patients'), snapshot('ANEW')!.maskingPolicy]).toEqual([[2], 'stricter v1'])
})

test.runIf(isLong)('who is erased takes the text along that names another', async () => {
  await begin('TEXT')
  await store('TEXT', ...person('TEXT', 'xa', 'Amselfeld'), ...person('TEXT', 'xb', 'Star'), weight('xb-1', 'xb'))
  await goesOn('TEXT')
  await store('TEXT', coded('xb-2', 'xb', 'Amselfeld'))
  await stopped('TEXT')
  await erased('TEXT', 'xb')
  await goesOn('TEXT')
  expect([await codes('TEXT'), await told('TEXT', 'select count(*)::int from patients')]).toEqual([[], [1]])
})
