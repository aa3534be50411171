import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { canonicalJson } from '@aquifer/core/consent'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { armFaults, disarmFaults, openVerifier } from '../storage/index.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
})
afterAll(() => world.close())
afterEach(() => disarmFaults())

const api = '/consent/api/v1/studies'

async function study(id: string, kind: 'regulated' | 'registry' | 'program', people: readonly string[]): Promise<void> {
  await world.study({ id, kind, required: ['share-data', 'terms-of-use'] })
  const token = await world.token('integrator', [id])
  for (const person of people) {
    const consents = ['share-data', 'terms-of-use'].map((type) => contract(`${person}-${type}`, person, id, 'active', { type }))
    const sent = await world.fhir('POST', '', token, bundleOf('transaction', patient(person), ...consents, weight(`${person}-w`, person)))
    expect(sent.status).toBe(200)
  }
}
async function manager(id: string, method: 'GET' | 'POST', path: string, body?: Json): Promise<Sent> {
  return await world.send({ method, path: `${api}/${id}${path}`, token: await world.token('study-manager', [id]), body })
}
const word = { reason: 'asked', evidence: 'letter' }
async function ended(id: string, withdrawal: string): Promise<Json> {
  for (;;) {
    const { json } = await manager(id, 'GET', `/withdrawals/${withdrawal}`)
    if (json['state'] !== 'requested' && json['state'] !== 'running') return json
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a withdrawal racing a hundred writers lets none through after its answer', async () => {
  await study('RACE', 'program', ['anna'])
  const token = await world.token('integrator', ['RACE'])
  let answered = false
  const late: number[] = []
  const early: number[] = []
  // The withdrawal is asked for once a write has gone through, and each writer goes on until two of its writes began after the answer.
  let firstWritten = (): void => {}
  const written = new Promise<void>((resolve) => (firstWritten = resolve))
  const writers = Array.from({ length: 100 }, async (_, n) => {
    for (let i = 0, afterwards = 0; afterwards < 2; i += 1) {
      const begunAfter = answered
      if (begunAfter) afterwards += 1
      const sent = await world.fhir('PUT', `/Observation/race-${n}-${i}`, token, weight(`race-${n}-${i}`, 'anna'))
      ;(begunAfter ? late : early).push(sent.status)
      if (sent.status === 201) firstWritten()
    }
  })
  await written
  const withdrawal = manager('RACE', 'POST', '/withdrawals', { patient: 'anna', ...word }).finally(() => {
    answered = true
  })
  expect((await withdrawal).status).toBe(201)
  const { sid } = (await world.platform.studies.byId('RACE'))!
  const stored = async (): Promise<number> => (await world.platform.repository.counts(sid))['Observation'] ?? 0
  const atAnswer = await stored()
  await Promise.all(writers)
  expect(await stored()).toBe(atAnswer)
  expect(new Set([...early, 403])).toEqual(new Set([201, 403]))
  expect(new Set(late)).toEqual(new Set([403]))
})

test('a job that broke off at any point goes on and removes all', async () => {
  for (const [place, point] of ['erasure.step-begun', 'erasure.step-acted', 'erasure.step-done'].entries()) {
    const id = `BROKEN${place}`
    await study(id, 'program', [`berta${place}`])
    armFaults(`${point}=fail@2`)
    const { json } = await manager(id, 'POST', '/withdrawals', { patient: `berta${place}`, act: 'erase', ...word })
    const withdrawal = String(json['id'])
    const broken = await ended(id, withdrawal)
    expect(broken).toMatchObject({ state: 'failed', certificate: false, cancellable: false })
    expect((await manager(id, 'GET', `/withdrawals/${withdrawal}/certificate`)).status).toBe(503)
    expect((await manager(id, 'POST', `/withdrawals/${withdrawal}/resume`)).status).toBe(200)
    expect(await ended(id, withdrawal)).toMatchObject({ state: 'done', certificate: true })
    const { sid } = (await world.platform.studies.byId(id))!
    expect(await world.platform.repository.counts(sid)).toEqual({})
    expect(await world.platform.repository.read({ sid: 0, type: 'Patient', id: `berta${place}` })).toBeNull()
  }
})

test('outside the database stands who withdrew, by the mark of the id and signed, for copies that do not know it', async () => {
  await study('OUTSIDE', 'program', ['oda'])
  const { json } = await manager('OUTSIDE', 'POST', '/withdrawals', { patient: 'oda', act: 'erase', ...word })
  await ended('OUTSIDE', String(json['id']))
  const { dataDir } = world.platform.config
  const text = readFileSync(path.join(dataDir, 'ledger', 'withdrawals.ndjson'), 'utf8')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
  const { signature, ...entry } = lines.find(({ id }) => id === json['id']) ?? {}
  const mark = createHmac('sha256', readFileSync(path.join(dataDir, 'keys', 'withdrawal-ledger.key')))
  expect(entry).toMatchObject({ study: 'OUTSIDE', act: 'erase', person: mark.update(`${String(entry['sid'])}/Patient/oda`).digest('hex') })
  const key = openVerifier(readFileSync(path.join(dataDir, 'keys', 'audit-signing.pub.pem'), 'utf8'))
  expect(key.verify(Buffer.from(canonicalJson(entry)), Buffer.from(String(signature), 'base64'))).toBe(true)
  expect(text).not.toContain('oda')
})

test('erasing in one study leaves profile and data in another', async () => {
  await study('ONE', 'program', ['carla'])
  await study('TWO', 'program', ['carla'])
  const { json } = await manager('ONE', 'POST', '/withdrawals', { patient: 'carla', act: 'erase', ...word })
  expect(await ended('ONE', String(json['id']))).toMatchObject({ state: 'done' })
  expect((await world.fhir('GET', '/Patient/carla', await world.token('investigator', ['ONE']))).status).toBe(404)
  expect((await world.fhir('GET', '/Patient/carla', await world.token('investigator', ['TWO']))).status).toBe(200)
  expect((await world.fhir('GET', '/Observation/carla-w', await world.token('investigator', ['TWO']))).status).toBe(200)
})

test('consent given anew brings a person back who stopped use, and nobody who had himself erased', async () => {
  await study('BACK', 'program', ['dora'])
  const token = await world.token('integrator', ['BACK'])
  await manager('BACK', 'POST', '/withdrawals', { patient: 'dora', ...word })
  expect((await world.fhir('PUT', '/Observation/dora-w2', token, weight('dora-w2', 'dora'))).status).toBe(403)
  const anew = ['share-data', 'terms-of-use'].map((type) => contract(`dora-anew-${type}`, 'dora', 'BACK', 'active', { type }))
  const back = await world.fhir('POST', '', token, bundleOf('transaction', ...anew, weight('dora-w2', 'dora')))
  expect(back.status).toBe(200)
  expect((await world.fhir('GET', '/Patient/dora', await world.token('investigator', ['BACK']))).status).toBe(200)
  const { json } = await manager('BACK', 'POST', '/withdrawals', { patient: 'dora', act: 'erase', ...word })
  expect(await ended('BACK', String(json['id']))).toMatchObject({ state: 'done' })
  const erased = await world.fhir('POST', '', token, bundleOf('transaction', patient('dora'), ...anew, weight('dora-w3', 'dora')))
  expect(erased.status).toBe(403)
})

test('a person sees what his own withdrawal would do, and nobody else’s; withdrawing stays with the study', async () => {
  await study('OWN', 'registry', ['olaf', 'pola'])
  const send = (token: string, path: string, body: Json): Promise<Sent> =>
    world.send({ method: 'POST', path: `${api}/OWN/withdrawals${path}`, token, body })
  for (const role of ['patient', 'guardian'] as const) {
    const token = await world.token(role, ['OWN'], { patient: 'olaf' })
    const own = await send(token, '/preview', { patient: 'olaf', act: 'stop-new' })
    expect(own).toMatchObject({ status: 200, json: { act: 'stop-new', allowed: ['stop-new', 'stop-use'] } })
    const others = await Promise.all(['pola', 'nobody'].map((patientId) => send(token, '/preview', { patient: patientId })))
    expect(others.map(({ status, json }) => [status, json['detail']])).toEqual(others.map(() => [404, others[0]?.json['detail']]))
    expect((await send(token, '', { patient: 'olaf', ...word })).status).toBe(403)
  }
})

test('a preview counts what is touched, changes nothing, and a stranger is not there', async () => {
  await study('PRE', 'registry', ['elsa'])
  const preview = await manager('PRE', 'POST', '/withdrawals/preview', { patient: 'elsa' })
  expect(preview.json).toMatchObject({ act: 'stop-use', allowed: ['stop-new', 'stop-use'], seenNoMoreWithinMs: 1000 })
  expect(preview.json['stores']).toEqual([
    { store: 'exports', effect: 'remove', counts: { exports: 0 }, expectedMs: 0 },
    { store: 'files', effect: 'withhold', counts: { files: 0 }, expectedMs: 0 },
    { store: 'repository', effect: 'withhold', counts: { resources: 3, versions: 3, profiles: 1 }, expectedMs: 0 },
  ])
  const subject = preview.json['subject']
  expect((await manager('PRE', 'POST', '/withdrawals/preview', { subject: subject as string })).json['subject']).toBe(subject)
  expect((await manager('PRE', 'POST', '/withdrawals/preview', { patient: 'nobody' })).status).toBe(404)
  expect((await manager('PRE', 'POST', '/withdrawals', { patient: 'elsa', act: 'erase', ...word })).status).toBe(422)
  expect((await world.fhir('GET', '/Patient/elsa', await world.token('investigator', ['PRE']))).status).toBe(200)
  const analyst = await world.token('analyst', ['PRE'])
  expect((await world.send({ path: `${api}/PRE/withdrawals`, token: analyst })).status).toBe(403)
  expect((await world.send({ path: `${api}/PRE/withdrawals`, token: await world.token('study-manager', ['RACE']) })).status).toBe(404)
})
