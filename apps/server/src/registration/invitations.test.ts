// Invitations from the list to the person's own decision: codes that work once and run out, and letters that arrive.
import { createHmac } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { isRefusal } from '@aquifer/core/refusal'
import { openPlatformWorld, patient, type Json, type Sent, type World } from '../platform/test/world.js'
import { armFaults, disarmFaults } from '../storage/index.js'

interface Post {
  headers: Record<string, unknown>
  body: string
}
const posts: Post[] = []
const answers: number[] = []
let arrived: () => void = () => undefined
let sink: Server
let world: World
let manager: string
const secretFile = path.join(tmpdir(), `aquifer-webhook-${process.pid}`)
const secret = 'a secret of both sides'

beforeAll(async () => {
  sink = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      posts.push({ headers: request.headers, body })
      response.writeHead(answers.shift() ?? 204).end()
      arrived()
    })
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  writeFileSync(secretFile, secret)
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`
  const env = { AQUIFER_WEBHOOK_URL: url, AQUIFER_WEBHOOK_SECRET_FILE: secretFile }
  world = await openPlatformWorld({ roles: 'api,scheduler', settings: env })
  await world.study({ id: 'S', name: 'Harbor', sites: ['A', 'B'], required: ['share-data'] })
  await world.study({ id: 'T', sites: ['A'] })
  manager = await world.token('study-manager', ['S'])
})
afterAll(async () => {
  await world.close()
  sink.close()
  rmSync(secretFile)
})
afterEach(() => {
  disarmFaults()
  world.clock.at = null
})

const base = '/registration/api/v1'
const list = `${base}/studies/S/invitations`
const post = (at: string, token: string | null, body: Json, correlation?: string): Promise<Sent> =>
  world.send({
    method: 'POST',
    path: at,
    token,
    body,
    ...(correlation === undefined ? {} : { headers: { 'x-correlation-id': correlation } }),
  })
const csv = (text: string, token = manager): Promise<Sent> =>
  world.send({ method: 'POST', path: `${list}/csv`, token, body: text, headers: { 'content-type': 'text/csv' } })
async function invited(more: Json = {}): Promise<{ id: string; code: string; subject: string }> {
  const sent = await post(list, manager, { site: 'A', ...more })
  if (sent.status !== 201) throw new Error(sent.text)
  return sent.json as { id: string; code: string; subject: string }
}
const { id: _id, ...me } = patient('x')
const accept = (code: string, more: Json = {}, correlation?: string): Promise<Sent> =>
  post(`${base}/acceptPatientInvitation`, null, { code, decision: 'accept', consents: ['share-data'], patient: me, ...more }, correlation)
async function stateOf(id: string): Promise<Json | undefined> {
  const { json } = await world.send({ path: list, token: manager })
  return (json['invitations'] as Json[]).find((each) => each['id'] === id)
}
const rows = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await world.owner().query(text, values)).rows

test('the invited person decides: consents, enrolment under the same subject number, a Communication, an account', async () => {
  const { id, code, subject } = await invited({ language: 'de' })
  expect(await stateOf(id)).toMatchObject({ state: 'sent', delivery: 'by-hand', communication: { status: 'in-progress', language: 'de' } })
  expect((await world.send({ path: `/consent/api/v1/studies/S/participants/${subject}`, token: manager })).json).toMatchObject({
    state: 'invited',
  })
  const opened = await post(`${base}/openInvitation`, null, { code })
  expect(opened).toMatchObject({ status: 200, json: { study: 'S', name: 'Harbor', required: ['share-data'], patientNeeded: true } })
  expect(await stateOf(id)).toMatchObject({ state: 'opened' })
  expect(await accept(code, { consents: [] })).toMatchObject({ status: 403, json: { missing: ['share-data'] } })
  expect((await accept(code, { patient: undefined })).status).toBe(400)
  const sent = await accept(code, { account: { user: 'invited-one', display: 'One' } }, 'my-decision')
  expect(sent).toMatchObject({ status: 201, json: { study: 'S', site: 'A', subject, account: { user: 'invited-one' } } })
  // The same answer again, the code to a password with it, which nobody has used.
  const again = await accept(code, { account: { user: 'invited-one', display: 'One' } }, 'my-decision')
  expect(again.text).toBe(sent.text)
  expect((await accept(code)).status).toBe(410)
  expect(await stateOf(id)).toMatchObject({ state: 'accepted' })
  const token = await world.token('investigator', ['S'])
  expect((await world.fhir('GET', `/Communication/${id}`, token)).json).toMatchObject({ status: 'completed' })
  const session = await world.platform.identity.mint({ role: 'patient', user: 'invited-one', requestedBy: 'tests' })
  if (isRefusal(session)) throw new Error(session.detail)
  expect((await world.fhir('GET', `/Patient/${String(sent.json['patient'])}`, session.token)).status).toBe(200)
})

test('a decision that breaks off leaves the code as it was; of many at once one counts', async () => {
  const { id, code } = await invited()
  armFaults('registration.settled=fail@1')
  expect((await accept(code)).status).toBe(500)
  expect(await stateOf(id)).toMatchObject({ state: 'sent' })
  disarmFaults()
  const all = await Promise.all(Array.from({ length: 20 }, () => accept(code)))
  expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, ...Array.from({ length: 19 }, () => 410)])
})

test('who declines is told of as discontinued, and nothing of him is stored', async () => {
  const { id, code, subject } = await invited()
  expect((await accept(code, { decision: 'decline' })).status).toBe(201)
  expect(await stateOf(id)).toMatchObject({ state: 'declined', communication: { status: 'rejected' } })
  const log = await world.send({ path: `/consent/api/v1/studies/S/participants/${subject}`, token: manager })
  expect(log.json).toMatchObject({ state: 'discontinued' })
  expect((await accept(code)).status).toBe(410)
})

test('a code runs out at its instant, is worth nothing after a reminder or a revocation, and is stored nowhere', async () => {
  const begun = Date.now()
  world.clock.at = begun
  const { id, code } = await invited({ days: 1 })
  world.clock.at = begun + 86_400_000 - 1
  expect((await post(`${base}/openInvitation`, null, { code })).status).toBe(200)
  world.clock.at += 1
  expect((await accept(code)).status).toBe(410)
  manager = await world.token('study-manager', ['S'])
  expect(await stateOf(id)).toMatchObject({ state: 'expired' })
  const reminded = await post(`${list}/${id}/remind`, manager, {})
  expect(reminded).toMatchObject({ status: 200, json: { state: 'sent' } })
  expect((await accept(code)).status).toBe(404)
  const next = String(reminded.json['code'])
  const stored = await rows(
    `select i::text as t from invitation i union all select r::text from registration r union all select a::text from audit a`,
  )
  for (const secretPart of [code.slice(32), next.slice(32)]) expect(stored.filter(({ t }) => String(t).includes(secretPart))).toEqual([])
  expect((await world.send({ method: 'DELETE', path: `${list}/${id}`, token: manager })).json).toMatchObject({ state: 'revoked' })
  expect((await accept(next)).status).toBe(410)
  expect((await post(`${list}/${id}/remind`, manager, {})).status).toBe(422)
  world.clock.at = null
  manager = await world.token('study-manager', ['S'])
})

test('a list is invited whole, or every wrong line is named and nobody is', async () => {
  const before = (await rows(`select count(*)::int as n from invitation`))[0]?.['n']
  const wrong = await csv('email,language,site\none@example.org,en,A\nno address,en,A\nthree@example.org,english,C\none@example.org,,B\n')
  expect(wrong.status).toBe(400)
  expect((wrong.json['issues'] as Json[]).map(({ path: at }) => at)).toEqual(['line 3', 'line 4', 'line 4', 'line 5'])
  expect(wrong.text).not.toContain('example.org')
  expect((await csv('name\nAnna\n')).status).toBe(400)
  const atB = await world.token('study-manager', ['S'], { sites: ['B'] })
  expect((await csv('email,site\none@example.org,A\n', atB)).status).toBe(400)
  expect((await rows(`select count(*)::int as n from invitation`))[0]?.['n']).toBe(before)
  expect((await world.send({ path: list, token: atB })).json).toMatchObject({
    invitations: [],
    counts: { sent: 0, undelivered: 0 },
    next: null,
  })
  expect((await world.send({ method: 'POST', path: `${list}/csv`, token: manager, body: '{}' })).status).toBe(415)
})

test('letters go to the webhook signed, are tried again, and carry the only copy of the code', async () => {
  posts.length = 0
  answers.push(500)
  const arrivedAre = (count: number) => new Promise<void>((resolve) => (arrived = () => void (posts.length >= count && resolve())))
  const both = arrivedAre(2)
  const sent = await csv('email;language;site\r\n"one@example.org";fr-CH;A\r\ntwo@example.org;xx;B\r\n')
  expect(sent.status).toBe(201)
  const made = sent.json['invitations'] as Json[]
  expect(made.map(({ code }) => code)).toEqual([null, null])
  await both
  // One after the other: with the second the first is on its list of what is tried again.
  const again = arrivedAre(3)
  world.clock.at = Date.now() + 60_000
  await again
  const told = posts.map(({ body }) => JSON.parse(body) as Json)
  // Whoever came first was told of twice.
  expect(told.map(({ to }) => to)).toEqual([told[0]?.['to'], told[1]?.['to'], told[0]?.['to']])
  expect(new Set(told.map(({ to }) => to))).toEqual(new Set(['one@example.org', 'two@example.org']))
  for (const { headers, body } of posts) {
    const [, t, mark] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-aquifer-signature'])) ?? []
    expect(mark).toBe(createHmac('sha256', secret).update(`${t}.${body}`).digest('hex'))
  }
  const first = told.find(({ to }) => to === 'one@example.org')
  expect(first).toMatchObject({ study: 'S', subject: 'Une invitation à participer' })
  const code = String(first?.['link']).split('/').at(-1) ?? ''
  expect((await accept(code)).status).toBe(201)
})

test('a care manager takes on the patient he was invited for', async () => {
  const { code } = await invited()
  const { json } = await accept(code)
  const ward = String(json['patient'])
  expect((await post(list, manager, { kind: 'care-manager', patient: 'nobody' })).status).toBe(404)
  const asked = await post(list, manager, { kind: 'care-manager', patient: ward })
  await world.platform.identity.putUser({
    name: 'carer',
    display: 'Carer',
    password: null,
    grant: { role: 'care-manager', studies: [], sites: [], people: null },
  })
  const session = await world.platform.identity.mint({ role: 'care-manager', user: 'carer', requestedBy: 'tests' })
  if (isRefusal(session)) throw new Error(session.detail)
  expect((await world.fhir('GET', `/Patient/${ward}`, session.token)).status).toBe(404)
  const take = () => post(`${base}/acceptCareManagerInvitation`, session.token, { code: String(asked.json['code']) })
  expect(await take()).toMatchObject({ status: 201, json: { study: 'S', patient: ward } })
  expect((await world.fhir('GET', `/Patient/${ward}`, session.token, undefined, { 'x-aquifer-study': 'S' })).status).toBe(200)
  expect((await take()).status).toBe(410)
  expect((await accept(String(asked.json['code']))).status).toBe(410)
})

test('people out of reach cannot be invited by their id, nor invitations be told of', async () => {
  const inT = await world.token('integrator', ['T'])
  expect((await world.fhir('PUT', '/Patient/of-t', inT, patient('of-t'))).status).toBe(201)
  expect((await post(list, manager, { site: 'A', patient: 'of-t' })).status).toBe(404)
  const { id } = await invited()
  const atB = await world.token('study-manager', ['S'], { sites: ['B'] })
  expect((await post(`${list}/${id}/remind`, atB, {})).status).toBe(404)
  expect((await world.send({ method: 'DELETE', path: `${list}/${id}`, token: atB })).status).toBe(404)
})

test('wrong codes close an invitation, and who sends many is made to wait', async () => {
  const { id, code } = await invited()
  for (let i = 0; i < 10; i += 1) expect((await accept(`${code.slice(0, 32)}${'A'.repeat(21)}${i}`)).status).toBe(404)
  expect((await accept(code)).status).toBe(404)
  const reminded = await post(`${list}/${id}/remind`, manager, {})
  for (let i = 0; i < 30; i += 1) await accept('nothing')
  const held = await accept(String(reminded.json['code']))
  expect(held.status).toBe(429)
  expect(Number(held.headers['retry-after'])).toBeGreaterThan(0)
  world.clock.at = Date.now() + 10 * 60_000
  expect((await accept(String(reminded.json['code']))).status).toBe(201)
})
