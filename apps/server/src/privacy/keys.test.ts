// Keys of pseudonyms: another key masks all anew beside what is shown; several people together bring a lost one back; one person alone
// never learns who stands behind a pseudonym.
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '@aquifer/core/access'
import type { KeyEscrowView, MaskingKeyList, MaskingProgressList, ReidentificationList, ReidentificationView } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { openKeyring } from '../lake/index.js'
import { openPlatform } from '../platform.js'
import { contract, bundleOf, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'
import { armFaults, disarmFaults } from '../storage/fault-points.js'

let world: World
const tokens = new Map<string, string>()
const password = 'correct horse battery'
const why = 'a laboratory value that needs care'

beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler,replicator,masker,compactor,query' })
  for (const [name, role] of [
    ['priya', 'privacy-officer'],
    ['paul', 'privacy-officer'],
    ['robin', 'administrator'],
    ['stu', 'study-manager'],
    ['ana', 'analyst'],
    ['rhea', 'researcher'],
    ['audra', 'auditor'],
  ] as const)
    await user(name, role, ['S', 'T'])
  await user('pol', 'privacy-officer', ['T'])
  await world.study({ id: 'S', enrolment: 'open', required: ['share-data'], sites: ['A'] })
  await world.study({ id: 'T', enrolment: 'open' })
  const token = await world.token('integrator', ['S'])
  for (const id of ['ann', 'bob', 'cyd']) {
    const sent = await world.fhir(
      'POST',
      '',
      token,
      bundleOf('transaction', contract(`c-${id}`, id, 'S'), patient(id), weight(`w-${id}`, id)),
    )
    expect([sent.status, sent.status === 200 ? '' : sent.text]).toEqual([200, ''])
  }
  await caughtUp()
})
afterAll(async () => {
  disarmFaults()
  await world.close()
})

async function user(name: string, role: Role, studies: string[]): Promise<void> {
  const { identity } = world.platform
  await identity.putUser({ name, display: `${name} example`, grant: { role, studies, sites: [], people: null }, password })
  const session = await identity.mint({ role, user: name, requestedBy: 'tests' })
  if (isRefusal(session)) throw new Error(session.detail)
  tokens.set(name, session.token)
}
const send = (name: string, method: 'GET' | 'POST', at: string, body?: unknown): Promise<Sent> =>
  world.send({ method, path: `/masking/api/v1${at}`, token: tokens.get(name) ?? '', ...(body === undefined ? {} : { body }) })
const caughtUp = () => world.platform.flow?.pipeline.wait({ study: 'S', timeoutS: 60 })
const keyList = async (): Promise<MaskingKeyList> => (await send('priya', 'GET', '/keys?study=S')).json as unknown as MaskingKeyList
async function patientKeys(): Promise<string[]> {
  const body = { study: 'S', sql: 'select distinct patient_key from observations order by 1', purpose: 'tests' }
  const token = await world.token('analyst', ['S'])
  const sent = await world.send({ method: 'POST', path: '/query/api/v1/statements', token, body, headers: { accept: 'application/json' } })
  expect([sent.status, sent.status === 200 ? '' : sent.text]).toEqual([200, ''])
  return (JSON.parse(sent.text) as { rows: string[][] }).rows.map(([key]) => key ?? '')
}
const pseudonym = async (id: string): Promise<string> => (await world.platform.flow?.patientKeys('S', [id]))?.at(-1) ?? ''
const records = async (): Promise<{ action: string; actor: string; outcome: string; detail: Json }[]> => {
  const { json } = await world.send({ path: '/audit/api/v1/records?study=S&limit=300', token: tokens.get('audra') ?? '' })
  return (json['records'] as { action: string; actor: string; outcome: string; detail: Json }[]).toReversed()
}
const done = async (action: string): Promise<unknown[][]> =>
  (await records())
    .filter((each) => each.action === action && each.detail['did'] !== undefined)
    .map((each) => [each.actor, each.detail['did'], each.outcome])

test('another key masks all anew: what is shown has the old pseudonyms until the new ones are whole, and none of both', async () => {
  const before = await patientKeys()
  const { keys } = await keyList()
  expect([before.length, keys.map(({ retiredAt }) => retiredAt)]).toEqual([3, [null]])
  expect((await send('robin', 'POST', '/keys/rotate', { study: 'S', reason: why })).status).toBe(403)
  expect((await send('pol', 'POST', '/keys/rotate', { study: 'S', reason: why })).status).toBe(404)
  expect((await send('priya', 'POST', '/keys/rotate', { study: 'S', reason: 'short' })).status).toBe(400)
  armFaults('masking.noted=fail')
  const rotated = await send('priya', 'POST', '/keys/rotate', { study: 'S', reason: why })
  const after = rotated.json as unknown as MaskingKeyList
  expect([rotated.status, after.keys.length, after.keys[0]?.retiredAt === null, after.keys[1]?.retiredAt]).toEqual([201, 2, false, null])
  expect([Date.parse(keys[0]?.since ?? '') > 0, after.keys[1]?.since]).toEqual([true, after.keys[0]?.retiredAt])
  const progress = async () =>
    ((await send('stu', 'GET', '/progress?study=S')).json as unknown as MaskingProgressList).studies.map(({ shown, next }) => [
      shown?.key,
      next?.key,
    ])
  await expect.poll(progress, { timeout: 30_000 }).toEqual([[keys[0]?.id, after.keys[1]?.id]])
  expect(await patientKeys()).toEqual(before)
  // Whoever withdraws now is not seen under his old pseudonym either.
  expect((await world.platform.flow?.patientKeys('S', ['ann']))?.length).toBe(2)
  disarmFaults()
  await caughtUp()
  const now = await patientKeys()
  expect([now.length, now.filter((key) => before.includes(key))]).toEqual([3, []])
  expect(await done('masking')).toEqual([['priya', 'rotate-key', 'done']])
  const published = (await records()).filter(({ actor }) => actor === 'masking').map(({ detail }) => [detail['published'], detail['key']])
  expect(published).toEqual(after.keys.map(({ id }) => ['safe-harbor v1', id]))
})

test('of shares some bring the key back, too few do not, and each is told once, to its holder', async () => {
  const request = { study: 'S', holders: ['paul', 'robin', 'audra'], needed: 2, reason: why }
  expect((await send('priya', 'POST', '/keys/escrows', { ...request, needed: 4 })).status).toBe(400)
  expect((await send('priya', 'POST', '/keys/escrows', { ...request, holders: ['paul', 'nobody'] })).status).toBe(400)
  expect((await send('stu', 'POST', '/keys/escrows', request)).status).toBe(403)
  const made = (await send('priya', 'POST', '/keys/escrows', request)).json as unknown as KeyEscrowView
  expect(made.shares.map(({ holder, collectedAt }) => [holder, collectedAt])).toEqual([
    ['paul', null],
    ['robin', null],
    ['audra', null],
  ])
  const fetch = (name: string, more: Json = {}) => send(name, 'POST', `/keys/escrows/${made.id}/share`, { password, ...more })
  expect((await fetch('paul', { password: 'something else entirely' })).status).toBe(401)
  const shares: string[] = []
  for (const name of ['paul', 'robin', 'audra']) shares.push(String((await fetch(name)).json['share']))
  expect([new Set(shares).size, (await fetch('paul')).status, (await fetch('stu')).status]).toEqual([3, 404, 404])
  const restore = (some: string[], more: Json = {}) =>
    send('priya', 'POST', `/keys/escrows/${made.id}/restore`, { shares: some, reason: why, ...more })
  expect((await restore([shares[0]!, shares[0]!])).status).toBe(422)
  expect((await restore([shares[0]!, shares[1]!.replace(/.$/, (last) => (last === '0' ? '1' : '0'))])).status).toBe(422)
  const same = await restore([shares[2]!, shares[0]!])
  expect(same.json).toMatchObject({ key: made.key, fingerprint: made.fingerprint, matches: true, present: true, used: true })
  // No byte of a share or of the key is left, in no table and in no record.
  const owner = world.owner()
  const { rows } = await owner.query<{ text: string }>(
    `select (select string_agg(a::text, '') from audit a) || (select coalesce(string_agg(s::text, ''), '') from key_escrow_share s) as text`,
  )
  await owner.end()
  for (const share of shares) expect(rows[0]?.text).not.toContain(share.split(':')[3])
  expect((await done('masking')).slice(1)).toContainEqual(['priya', 'escrow-key', 'done'])
  expect((await done('masking')).filter(([, did]) => did === 'fetch-share').length).toBe(5)
})

test('a key that is gone comes back by its shares, and is the one that was escrowed', async () => {
  const before = await patientKeys()
  const made = (await send('priya', 'POST', '/keys/escrows', { study: 'S', holders: ['paul', 'robin'], needed: 2, reason: why }))
    .json as unknown as KeyEscrowView
  const shares: string[] = []
  for (const name of ['paul', 'robin'])
    shares.push(String((await send(name, 'POST', `/keys/escrows/${made.id}/share`, { password })).json['share']))
  // The key is lost, and another one is in use.
  const dir = path.join(world.platform.config.dataDir, 'keys')
  const ring = world.platform.flow!.keyring
  await ring.use('S', await ring.prepare('S', 'masking', 0), 0)
  await ring.drop('S', [made.key])
  expect((await ring.studyKeys('S', 'masking')).map(({ id }) => id)).not.toContain(made.key)
  const back = await send('priya', 'POST', `/keys/escrows/${made.id}/restore`, { shares, reason: why, use: true })
  expect(back.json).toMatchObject({ key: made.key, matches: true, present: false, used: true })
  await caughtUp()
  expect(await patientKeys()).toEqual(before)
  // As another process reads the folder.
  const again = await openKeyring({ dir })
  expect((await again.studyKey('S', 'masking')).id).toBe(made.key)
})

const ask = async (name: string, key: string): Promise<Sent> =>
  send(name, 'POST', '/reidentifications', { study: 'S', pseudonym: key, reason: why })
const decide = (name: string, id: string, more: Json = {}): Promise<Sent> =>
  send(name, 'POST', `/reidentifications/${id}/decision`, { approve: true, password, ...more })
const answer = (name: string, id: string): Promise<Sent> => send(name, 'POST', `/reidentifications/${id}/answer`)
const idOf = (sent: Sent): string => (sent.json as unknown as ReidentificationView).id

test('one pseudonym takes two people, a reason and a record, and is told once', async () => {
  const key = await pseudonym('bob')
  for (const name of ['ana', 'rhea', 'audra', 'robin']) expect([name, (await ask(name, key)).status]).toEqual([name, 403])
  expect((await ask('pol', key)).status).toBe(404)
  const asked = await ask('priya', key)
  const id = idOf(asked)
  expect([asked.status, asked.json['state'], asked.text.includes(key)]).toEqual([201, 'requested', false])
  // Not without a decision, not by the same person, not without a proof, not by who may not.
  expect((await answer('priya', id)).status).toBe(409)
  expect([(await decide('priya', id)).status, (await decide('stu', id)).status]).toEqual([403, 403])
  expect((await decide('paul', id, { password: 'something else entirely' })).status).toBe(401)
  expect((await decide('paul', id)).json).toMatchObject({ state: 'approved', decidedBy: 'paul' })
  // The answer is for who asked, and who decides gets none.
  expect([(await answer('paul', id)).status, (await answer('stu', id)).status]).toEqual([409, 409])
  const told = await answer('priya', id)
  expect([told.status, told.json]).toEqual([200, { id, type: 'Patient', patient: 'bob' }])
  expect((await answer('priya', id)).status).toBe(409)
  const { requests } = (await send('audra', 'GET', '/reidentifications?study=S')).json as unknown as ReidentificationList
  expect(requests.map(({ state, outcome, reason }) => [state, outcome, reason])).toEqual([['answered', 'told', why]])
  const trail = (await records())
    .filter(({ action, outcome }) => action === 'reidentify' && outcome === 'done')
    .map(({ actor, detail }) => [actor, detail['did']])
  expect(trail.filter(([, did]) => did !== undefined)).toEqual([
    ['priya', 'request'],
    ['paul', 'approve'],
    ['priya', 'answer'],
  ])
  const owner = world.owner()
  const { rows } = await owner.query<{ text: string }>(
    `select (select string_agg(a::text, '') from audit a where action = 'reidentify') || (select string_agg(r::text, '') from reidentification r) as text`,
  )
  await owner.end()
  expect([rows[0]?.text.includes(key), rows[0]?.text.includes('bob')]).toEqual([false, false])
  // The person sees it among who looked.
  const { json } = await world.send({ path: '/audit/api/v1/disclosures?patient=bob', token: tokens.get('audra') ?? '' })
  expect((json['disclosures'] as Json[]).map(({ what, reason }) => [what, reason])).toContainEqual([
    'was told who stands behind a pseudonym of Patient',
    why,
  ])
})

test('an approval counts for a quarter of an hour, a request for a week, and a denial ends it', async () => {
  const key = await pseudonym('bob')
  const [late, old, denied] = [idOf(await ask('stu', key)), idOf(await ask('stu', key)), idOf(await ask('stu', key))]
  expect((await decide('paul', denied, { approve: false, note: 'not needed' })).json).toMatchObject({ state: 'denied', note: 'not needed' })
  expect([(await answer('stu', denied)).status, (await decide('priya', denied)).status]).toEqual([409, 409])
  await decide('paul', late)
  world.clock.at = Date.now() + 16 * 60_000
  const token = await world.platform.identity.mint({ role: 'study-manager', user: 'stu', requestedBy: 'tests' })
  if (isRefusal(token)) throw new Error(token.detail)
  const path_ = `/masking/api/v1/reidentifications/${late}/answer`
  expect((await world.send({ method: 'POST', path: path_, token: token.token })).status).toBe(409)
  world.clock.at = Date.now() + 8 * 86_400_000
  const later = await world.platform.identity.mint({ role: 'privacy-officer', user: 'paul', requestedBy: 'tests' })
  if (isRefusal(later)) throw new Error(later.detail)
  const decision = `/masking/api/v1/reidentifications/${old}/decision`
  expect((await world.send({ method: 'POST', path: decision, token: later.token, body: { approve: true, password } })).status).toBe(409)
  world.clock.at = null
})

test('who withdrew is not named, and nobody by a made-up pseudonym', async () => {
  const key = await pseudonym('cyd')
  const sent = await world.send({
    method: 'POST',
    path: '/consent/api/v1/studies/S/withdrawals',
    token: tokens.get('stu') ?? '',
    body: { patient: 'cyd', act: 'stop-new', reason: 'asked for it', evidence: 'letter of today' },
  })
  expect([sent.status < 300, sent.status < 300 ? '' : sent.text]).toEqual([true, ''])
  const answers: string[] = []
  for (const named of [key, `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`]) {
    const id = idOf(await ask('priya', named))
    await decide('paul', id)
    const told = await answer('priya', id)
    expect(told.status).toBe(404)
    answers.push(told.text.replaceAll(/"correlationId":"[^"]*"|"instance":"[^"]*"/g, ''))
  }
  // What is told does not say which of both it is.
  expect(new Set(answers).size).toBe(1)
})

test('a process that ends while all is masked anew leaves what is shown, and the next one goes on', async () => {
  const { config } = world.platform
  const before = (await keyList()).keys.at(-1)?.id
  armFaults('reservoir.files-written=fail')
  const rotated = (await send('priya', 'POST', '/keys/rotate', { study: 'S', reason: why })).json as unknown as MaskingKeyList
  const after = rotated.keys.at(-1)?.id
  const state = async () => ((await send('stu', 'GET', '/progress?study=S')).json as unknown as MaskingProgressList).studies[0]
  await expect.poll(async () => (await state())?.next?.key, { timeout: 30_000 }).toBe(after)
  expect((await state())?.shown?.key).toBe(before)
  await world.platform.close()
  disarmFaults()
  const again = await openPlatform(config)
  try {
    await again.flow?.pipeline.wait({ study: 'S', timeoutS: 60 })
    expect(again.flow?.reservoir.opened('S')?.snapshot()?.maskingKey).toBe(after)
    const study = await again.studies.byId('S')
    const published = await again.repository.maskingPolicies.published(study?.sid ?? -1)
    expect([before, after]).toEqual([published[1]?.maskingKey, published[0]?.maskingKey])
  } finally {
    await again.close()
  }
})
