// Kill -9 of a real server while a policy is put in force and a key is changed, at each named point; then a restart: act and record are both there
// or neither is, every snapshot was made by one policy and one key, and in the end every row is.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MaskingKeyList, MaskingPolicyVersion } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { readConfig } from '../config/index.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'
import { openPlatform, type Platform } from '../platform.js'
import { packageRoot } from '../storage/index.js'

const roles = 'api,scheduler,replicator,masker,compactor,query'
const people = ['ka', 'kb', 'kc']
const password = 'correct horse battery'
const why = 'a test of what is left'
const reachedWithinMs = 200_000
let root = ''
let folder = ''
let policyId = ''
let firstKey = ''
const tokens = new Map<string, string>()

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'aquifer-governed-'))
  const world = await openPlatformWorld({ roles })
  await fill(world)
  await world.platform.close()
  folder = path.join(root, 'before')
  await cp(world.platform.config.dataDir, folder, { recursive: true })
  await rm(world.platform.config.dataDir, { recursive: true, force: true })
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** A study that is masked and shown, and a policy that lacks one signature. */
async function fill(world: World): Promise<void> {
  const { identity } = world.platform
  for (const [name, role] of [
    ['priya', 'privacy-officer'],
    ['paul', 'privacy-officer'],
    ['audra', 'auditor'],
    ['ana', 'analyst'],
  ] as const) {
    await identity.putUser({ name, display: `${name} example`, grant: { role, studies: ['S'], sites: [], people: null }, password })
    const session = await identity.mint({ role, user: name, requestedBy: 'tests', ttlS: 3_600 })
    if (isRefusal(session)) throw new Error(session.detail)
    tokens.set(name, session.token)
  }
  await world.study({ id: 'S', enrolment: 'open', required: ['share-data'], sites: ['A'] })
  const stored = people.flatMap((id) => [
    contract(`c-${id}`, id, 'S'),
    patient(id, { address: [{ state: 'OH', postalCode: '44101' }] }),
    weight(`w-${id}`, id),
  ])
  const sent = await world.fhir('POST', '', await world.token('integrator', ['S']), bundleOf('transaction', ...stored))
  expect([sent.status, sent.status === 200 ? '' : sent.text]).toEqual([200, ''])
  await world.platform.flow?.pipeline.wait({ study: 'S', timeoutS: 60 })
  firstKey = world.platform.flow?.reservoir.opened('S')?.snapshot()?.maskingKey ?? ''
  const text = JSON.stringify({ name: 'quiet', version: 1, extends: 'safe-harbor', classes: { STATE: 'remove' } })
  const body = { study: 'S', text, reason: why }
  const proposed = await world.send({ method: 'POST', path: '/masking/api/v1/policies', token: tokens.get('priya') ?? '', body })
  policyId = String(proposed.json['id'])
  const at = `/masking/api/v1/policies/${policyId}/signatures`
  const signed = await world.send({ method: 'POST', path: at, token: tokens.get('priya') ?? '', body: { meaning: 'approval', password } })
  expect([signed.status, signed.json['state']]).toEqual([201, 'in-review'])
}

interface Call {
  who: string
  at: string
  body?: Json
}
const signing = (): Call => ({
  who: 'paul',
  at: `/masking/api/v1/policies/${policyId}/signatures`,
  body: { meaning: 'approval', password },
})
const rotating = (): Call => ({ who: 'priya', at: '/masking/api/v1/keys/rotate', body: { study: 'S', reason: why } })

/** A server of its own that signs and then rotates, until it has killed itself. */
async function killed(dataDir: string, faults: string): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AQUIFER_'))
  const child = spawn(
    process.execPath,
    [path.join(packageRoot, 'bin/aquifer.mjs'), 'serve', '--data', dataDir, '--port', '0', '--roles', roles],
    { env: { ...Object.fromEntries(inherited), AQUIFER_FAULTS: faults }, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
  // A point that is not reached fails the test and leaves no server behind.
  const tooLong = setTimeout(() => child.kill('SIGTERM'), reachedWithinMs)
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text: Buffer) => {
      const found = /^ready (http\S+)$/m.exec(text.toString())?.[1]
      if (found !== undefined) resolve(found)
    })
    void ended.then(() => reject(new Error('it ended before it was ready')))
  })
  for (const { who, at, body } of [signing(), rotating()]) {
    const headers = { authorization: `Bearer ${tokens.get(who) ?? ''}`, 'content-type': 'application/json' }
    const status = await fetch(`${url}${at}`, { method: 'POST', headers, body: JSON.stringify(body) }).then(
      (answer) => answer.status,
      () => null,
    )
    if (status === null) break
    expect(status).toBe(201)
  }
  const signal = await ended
  clearTimeout(tooLong)
  expect(signal).toBe('SIGKILL')
}

function doorOf(platform: Platform) {
  const send = async (call: Call, accept = 'application/json'): Promise<{ status: number; json: Json }> => {
    const headers = { authorization: `Bearer ${tokens.get(call.who) ?? ''}`, 'content-type': 'application/json', accept }
    const { at: url, body: payload } = call
    const answer = await platform.app.inject({ method: payload ? 'POST' : 'GET', url, headers, ...(payload ? { payload } : {}) })
    return { status: answer.statusCode, json: JSON.parse(answer.body) as Json }
  }
  return {
    send,
    state: async () =>
      ((await send({ who: 'priya', at: `/masking/api/v1/policies/${policyId}` })).json as unknown as MaskingPolicyVersion).state,
    keys: async () => (await send({ who: 'priya', at: '/masking/api/v1/keys?study=S' })).json as unknown as MaskingKeyList,
    async records(did: string): Promise<Json[]> {
      const { json } = await send({ who: 'audra', at: '/audit/api/v1/records?study=S&limit=300' })
      return (json['records'] as { outcome: string; detail: Json }[])
        .filter(({ detail, outcome }) => outcome === 'done' && (detail['did'] === did || detail[did] !== undefined))
        .map(({ detail }) => detail)
        .toReversed()
    },
    /** What analysts see: each policy with its states, and how many rows and people there are. */
    async shown() {
      const sql =
        "select masking_policy, string_agg(distinct coalesce(state, '-')) as states, count(*)::int as people, (select count(*)::int from observations) as weights, (select count(distinct patient_key)::int from observations join patients using (patient_key)) as joined from patients group by 1"
      const { json } = await send({ who: 'ana', at: '/query/api/v1/statements', body: { study: 'S', sql, purpose: 'tests' } })
      return json['rows']
    },
  }
}

// One of these takes seconds, most of it starting processes: the rest is for the long suite.
const points = [
  'privacy.rotation-recorded',
  'repository.policy-signed',
  'privacy.policy-activated',
  'privacy.key-prepared',
  'privacy.old-keys-dropped',
  'privacy.key-in-use',
  'masking.segments-read',
  'masking.masked',
  'masking.noted',
  'reservoir.files-written',
  'reservoir.manifest-written',
  'reservoir.manifest-written@2',
  'reservoir.manifest-written@3',
  'repository.publication-noted',
  'repository.publication-noted@2',
  'reservoir.generation-written',
  'reservoir.generation-published',
]

test.runIf(process.env['AQUIFER_TEST_LONG'] === '1').each(points)('killed at %s', async (point) => {
  const [name, hit = '1'] = point.split('@')
  const dataDir = path.join(root, point.replaceAll(/[.@]/g, '-'))
  await cp(folder, dataDir, { recursive: true })
  await killed(dataDir, `${name}=kill@${hit}`)
  const config = readConfig({ AQUIFER_LOG_LEVEL: 'silent' }, { data: dataDir, port: '0', roles })
  if ('faults' in config) throw new Error(config.faults.join())
  const platform = await openPlatform(config)
  try {
    const door = doorOf(platform)
    expect([
      ['safe-harbor v1', 'OH', 3, 3, 3],
      ['quiet v1', '-', 3, 3, 3],
    ]).toContainEqual(((await door.shown()) as unknown[])[0])
    // Act and record go together, whichever of both it is.
    const active = (await door.state()) === 'active'
    expect((await door.records('did')).filter(({ did }) => did === 'activate').length).toBe(active ? 1 : 0)
    const { keys } = await door.keys()
    expect((await door.records('rotate-key')).map(({ key }) => key)).toEqual(keys.map(({ id }) => id).filter((id) => id !== firstKey))
    // Who got no answer asks again, where it is not done.
    if (!active) expect((await door.send(signing())).status).toBe(201)
    if (keys.length === 1) expect((await door.send(rotating())).status).toBe(201)
    expect(await platform.flow?.pipeline.wait({ study: 'S', timeoutS: 60 })).toMatchObject({ done: true })
    const used = (await door.keys()).keys.find(({ retiredAt }) => retiredAt === null)?.id
    const snapshot = platform.flow?.reservoir.opened('S')?.snapshot()
    expect([snapshot?.maskingPolicy, snapshot?.maskingKey, (await door.keys()).keys.length]).toEqual(['quiet v1', used, 2])
    expect(await door.shown()).toEqual([['quiet v1', '-', 3, 3, 3]])
    const expected = (await platform.flow!.patientKeys('S', people)).toSorted()
    const body = { study: 'S', sql: 'select patient_key from observations order by 1', purpose: 'tests' }
    const { json } = await door.send({ who: 'ana', at: '/query/api/v1/statements', body })
    expect((json['rows'] as string[][]).flat()).toEqual(expected)
    const told = (await door.records('published')).map(({ published, key }) => `${String(published)} ${String(key)}`)
    const { sid } = (await platform.studies.byId('S'))!
    const noted = (await platform.repository.maskingPolicies.published(sid)).map(({ policy, maskingKey }) => `${policy} ${maskingKey}`)
    expect([told, new Set(told).size, told.at(-1)]).toEqual([noted.toReversed(), told.length, `quiet v1 ${used}`])
  } finally {
    await platform.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})
