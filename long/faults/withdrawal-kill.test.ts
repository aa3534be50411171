// Kill -9 during withdrawals under load, at every named point and at random moments: what was answered is in force after the restart,
// the job goes on by itself to a valid certificate, nobody sees the person, nothing is left half, and whoever stays is whole.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyCertificate } from '../../apps/server/src/erasure/index.js'
import { bundleOf, contract, patient, weight, type Json } from '../../apps/server/src/platform/test/world.js'
import { aquifer, startServer, type Server } from './server.js'
import { storesOf } from './stores.js'

const study = 'WORD'
const weights = 40
// All points, and others with them, are gone through by seeds.test.ts; here it is a real process that is killed.
const points = ['erasure.step-acted=kill@3', 'reservoir.compacted=kill@1', 'repository.round-removed=kill@1']
const random = 2
const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 1e9))

interface Case {
  person: string
  act: 'erase' | 'stop-use'
  faults?: string
  momentMs?: number
}
const cases: Case[] = [
  ...points.map((faults, n) => ({ person: `point-${n}-gone`, act: 'erase' as const, faults })),
  { person: 'kept-0-gone', act: 'stop-use', faults: 'erasure.step-acted=kill@2' },
  ...Array.from({ length: random }, (_, n) => ({
    person: `random-${n}-gone`,
    act: n % 2 === 1 ? ('stop-use' as const) : ('erase' as const),
    momentMs: ((seed * (n + 1) * 7919) % 6_000) + 50,
  })),
]
const stays = ['stays-1', 'stays-2', 'stays-3']

let folder = ''
let token = { manager: '', integrator: '', investigator: '', analyst: '' }

beforeAll(async () => {
  console.log(`seed ${seed} (KILL_SEED=${seed} repeats the moments)`)
  folder = await mkdtemp(path.join(os.tmpdir(), 'aquifer-faults-'))
  const server = await startServer(folder)
  const made = await aquifer(folder, ['study', 'create', study, '--name', 'Word', '--site', 'A', '--consents', 'share-data'])
  expect(made.code).toBe(0)
  const lines = [...stays, ...cases.map(({ person }) => person)].map((id) => JSON.stringify(whole(id)))
  const file = path.join(folder, 'people.ndjson')
  await writeFile(file, `${lines.join('\n')}\n`)
  expect((await aquifer(folder, ['import', file, '--study', study, '--site', 'A'])).code).toBe(0)
  await rm(file)
  const minted = async (role: string): Promise<string> =>
    (await aquifer(folder, ['token', '--role', role, '--study', study, '--ttl', '8h'])).stdout.trim()
  token = {
    manager: await minted('study-manager'),
    integrator: await minted('integrator'),
    investigator: await minted('investigator'),
    analyst: await minted('analyst'),
  }
  expect((await aquifer(folder, ['pipeline', 'wait', '--timeout', '240'])).code).toBe(0)
  await server.stop()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function whole(id: string): Json {
  const data = Array.from({ length: weights }, (_, n) => weight(`${id}-w${n}`, id, 50 + n))
  return bundleOf('transaction', patient(id), contract(`${id}-c`, id, study), ...data)
}

interface Answer {
  status: number
  json: Json
}
async function send(server: Server, as: keyof typeof token, method: string, at: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${server.url}${at}`, {
    method,
    headers: {
      authorization: `Bearer ${token[as]}`,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, json: text === '' ? {} : (JSON.parse(text) as Json) }
}
const ledger = `/consent/api/v1/studies/${study}/withdrawals`

/** Writers about the one who goes and those who stay, until the server is gone. */
async function load(server: Server, person: string): Promise<void> {
  let alive = true
  void server.exited.then(() => (alive = false))
  for (let n = 0; alive; n += 1)
    for (const id of [person, ...stays])
      await send(
        server,
        'integrator',
        'PUT',
        `/fhir-server/api/v1/Observation/${id}-w${n % weights}`,
        weight(`${id}-w${n % weights}`, id, n),
      ).catch(() => null)
}

async function nobodySees(server: Server, person: string): Promise<void> {
  const read = await send(server, 'investigator', 'GET', `/fhir-server/api/v1/Observation/${person}-w0`)
  const found = await send(server, 'investigator', 'GET', `/fhir-server/api/v1/Observation?patient=${person}`)
  expect([person, read.status, found.json['total'] ?? 0]).toEqual([person, 404, 0])
}

/** Through the kill to the end: what was answered holds at once, what was not is said again. */
async function withdraw({ person, act, faults, momentMs }: Case): Promise<void> {
  const asked = { patient: person, act, reason: 'asked', evidence: 'letter' }
  const first = await startServer(folder, faults)
  const writing = load(first, person)
  const answered = send(first, 'manager', 'POST', ledger, asked).then(
    ({ status }) => status === 201,
    () => false,
  )
  if (momentMs !== undefined) await sleep(momentMs).then(() => first.kill())
  // A point that is never passed is told, not waited for.
  const isKilled = await Promise.race([first.exited.then(() => true), answered.then(() => endsUnkilled(first))])
  await first.kill()
  await writing
  expect([faults, isKilled || momentMs !== undefined]).toEqual([faults, true])
  const second = await startServer(folder)
  const again = load(second, person)
  if (await answered) await nobodySees(second, person)
  const repeated = await send(second, 'manager', 'POST', ledger, asked)
  expect([201, 404, 409]).toContain(repeated.status)
  if (await answered) expect(repeated.status).not.toBe(201)
  await nobodySees(second, person)
  const [newest] = (await send(second, 'manager', 'GET', ledger)).json['withdrawals'] as Json[]
  const end = await ended(second, String(newest?.['id']))
  expect([person, end['act'], end['state'], end['problem']]).toEqual([person, act, 'done', null])
  const certificate = await send(second, 'manager', 'GET', `${ledger}/${String(end['id'])}/certificate`)
  expect(verifyCertificate(certificate.json, null)).toBeNull()
  await nobodySees(second, person)
  await second.stop()
  await again
}

async function endsUnkilled(server: Server): Promise<boolean> {
  for (;;) {
    const list = await send(server, 'manager', 'GET', ledger).catch(() => null)
    if (list === null) return true
    const [newest] = list.json['withdrawals'] as Json[]
    if (newest?.['state'] === 'done') return false
    await sleep(200)
  }
}

async function ended(server: Server, id: string): Promise<Json> {
  for (;;) {
    const { json } = await send(server, 'manager', 'GET', `${ledger}/${id}`)
    if (json['state'] !== 'requested' && json['state'] !== 'running') return json
    await sleep(100)
  }
}

test.each(cases)('$person: $act, killed at $faults $momentMs', withdraw)

test('in the end the erased are in no store, the others whole in every one', async () => {
  const server = await startServer(folder)
  expect((await aquifer(folder, ['pipeline', 'wait', '--timeout', '240'])).code).toBe(0)
  const sql = `SELECT (SELECT count(*) FROM patients) AS people, (SELECT count(*) FROM observations) AS observations`
  const { json } = await send(server, 'analyst', 'POST', '/query/api/v1/statements', { study, sql, purpose: 'analysis' })
  const counts = Object.values((json['rows'] as Json[])[0] ?? {}).map(Number)
  expect(counts).toEqual([stays.length, stays.length * weights])
  expect((await send(server, 'manager', 'GET', ledger)).json['withdrawals']).toHaveLength(cases.length)
  await server.stop()
  const { repository, lake } = await storesOf(folder, study)
  const erased = cases.filter(({ act }) => act === 'erase').map(({ person }) => person)
  expect([...repository, ...lake].filter((line) => erased.some((id) => line.includes(`/${id}`)))).toEqual([])
  expect(lake.filter((line) => stays.some((id) => line.includes(`/${id}`)))).toEqual(
    repository.filter((line) => stays.some((id) => line.includes(`/${id}`))),
  )
})
