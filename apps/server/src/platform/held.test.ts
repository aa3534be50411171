// What cannot be masked, from the write to its release, and the displays that wait for somebody: both through the HTTP edge.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DisplayDecisionsResult, DisplayList, HeldGroups, HeldPreview, HeldResources, StatementRows } from '@aquifer/core/contract'
import type { Role } from '@aquifer/core/access'
import { packageRoot } from '../storage/index.js'
import { bundleOf, openPlatformWorld, patient, type Json, type Sent, type World } from './test/world.js'

const study = 'HELD'
const url = 'http://vocabulary.example.org/not-done'
const loinc = 'http://loinc.org'
let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,replicator,masker,compactor,query' })
  await world.study({ id: study, enrolment: 'open', sites: ['A'] })
  const people = Array.from({ length: 3 }, (_, n) => patient(`p${n}`, { name: [{ family: ['Quillfeather'], given: [`Given${n}x`] }] }))
  const heights = people.map(({ id }, n) => observation(`h${n}`, String(id), { code: '8302-2', display: 'Body height' }))
  const naming = observation('n0', 'p0', { code: '9999-1', display: 'Seen by Quillfeather' })
  const one = observation('held-1', 'p0', { code: '8302-2', display: 'Body height' })
  const two = observation('held-2', 'p1', { code: '8302-2', display: 'Body height' })
  await write(...people, ...heights, naming, { ...one, modifierExtension: [{ url, valueBoolean: true }] })
  await write({ ...two, modifierExtension: [{ url: 'http://example.org/people/quillfeather', valueBoolean: true }] })
  await wait()
})
afterAll(() => world.close())

function observation(id: string, patientId: string, coding: Json): Json {
  const code = { coding: [{ system: loinc, ...coding }] }
  return { resourceType: 'Observation', id, status: 'final', code, subject: { reference: `Patient/${patientId}` } }
}
async function write(...resources: Json[]): Promise<void> {
  const scope = { 'x-aquifer-study': study, 'x-aquifer-site': 'A' }
  const sent = await world.fhir('POST', '', await world.token('integrator', [study]), bundleOf('transaction', ...resources), scope)
  expect([sent.status, sent.text]).toEqual([200, expect.anything()])
}
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the schema that the endpoint promises
async function ask<T = Json>(role: Role, method: 'GET' | 'POST', at: string, body?: Json): Promise<Sent & { json: T }> {
  const sent = await world.send({ method, path: at, token: await world.token(role, [study]), ...(body === undefined ? {} : { body }) })
  return sent as Sent & { json: T }
}
async function wait(): Promise<void> {
  const waited = await ask('operator', 'POST', '/pipeline/api/v1/wait', { study, timeoutS: 120 })
  expect(waited.json['done']).toBe(true)
}
async function rows(sql: string): Promise<unknown[][]> {
  const token = await world.token('analyst', [study])
  const headers = { accept: 'application/json' }
  const answer = await world.send({ method: 'POST', path: '/query/api/v1/statements', token, body: { study, sql }, headers })
  return (answer.json as unknown as StatementRows).rows ?? Promise.reject(new Error(answer.text))
}
const groups = async (role: Role = 'privacy-officer') => (await ask<HeldGroups>(role, 'GET', `/pipeline/api/v1/held?study=${study}`)).json
const displays = async (state: string) =>
  (await ask<DisplayList>('privacy-officer', 'GET', `/masking/api/v1/displays?study=${study}&state=${state}`)).json
const decide = (...decisions: Json[]) =>
  ask<DisplayDecisionsResult>('privacy-officer', 'POST', '/masking/api/v1/displays/decisions', { study, decisions })
const heights = async () => (await rows(`select distinct code_text from observations where code = '8302-2'`)).flat()

test('what is held stands in groups by cause; who does not decide sees no resource, nobody sees an address that could be somebody’s', async () => {
  const seen = await groups()
  expect(seen).toMatchObject({ study, held: 2, rebuilding: null })
  expect(seen.groups.map(({ reason, detail, type, count }) => [reason, detail, type, count])).toEqual(
    expect.arrayContaining([
      ['unknown-modifier-extension', url, 'Observation', 1],
      ['unknown-modifier-extension', null, 'Observation', 1],
    ]),
  )
  for (const { ids, since, remedy } of seen.groups) {
    expect(ids).toHaveLength(1)
    expect(Date.parse(since ?? '')).toBeGreaterThan(0)
    expect(remedy).toContain('modifierExtensions')
  }
  for (const role of ['study-manager', 'operator', 'auditor'] as const)
    expect((await groups(role)).groups.map(({ ids }) => ids)).toEqual([null, null])
  const cause = seen.groups[0]!.cause
  const members = await ask<HeldResources>('privacy-officer', 'GET', `/pipeline/api/v1/held/resources?study=${study}&cause=${cause}`)
  expect(members.json).toMatchObject({
    count: 1,
    next: null,
    resources: [{ type: 'Observation', id: seen.groups[0]!.ids![0], version: 1 }],
  })
  expect((await ask('auditor', 'GET', `/pipeline/api/v1/held/resources?study=${study}&cause=${cause}`)).status).toBe(403)
  expect((await ask('privacy-officer', 'GET', `/pipeline/api/v1/held/resources?study=${study}&cause=none`)).status).toBe(404)
  expect(JSON.stringify([seen, members.json])).not.toMatch(/held-\d|quillfeather/)
  expect((await world.send({ path: '/metrics' })).text).toContain('aquifer_masking_held_by_reason{reason="unknown-modifier-extension"} 2')
})

test('a preview tells what another policy would let pass, and changes nothing', async () => {
  const preview = (policy: string | { id: string }) =>
    ask<HeldPreview>('privacy-officer', 'POST', '/pipeline/api/v1/held/preview', { study, policy })
  const rule = { url, values: ['boolean'] }
  const own = JSON.stringify({ name: 'with-not-done', version: 1, extends: 'safe-harbor', modifierExtensions: [rule] })
  const tried = (await preview(own)).json
  expect(tried).toMatchObject({ policy: 'with-not-done v1', passes: 1, stays: 1 })
  expect(tried.groups.find(({ detail }) => detail === url)).toMatchObject({ passes: 1, stays: 0, missing: 0 })
  expect(tried.groups.find(({ detail }) => detail === null)!.because).toEqual([
    { reason: 'unknown-modifier-extension', detail: null, count: 1 },
  ])
  expect((await preview('expert')).json).toMatchObject({ policy: 'expert v1', passes: 0, stays: 2 })
  const wrong = await preview('{\n "name": "x",\n "version": 0 }')
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('line 3')])
  expect((await preview('nonsense')).status).toBe(400)
  const proposal = { study, text: own }
  const stored = await ask<{ id: string }>('privacy-officer', 'POST', '/masking/api/v1/policies', proposal)
  expect((await preview({ id: stored.json.id })).json).toEqual(tried)
  expect((await preview({ id: 'none' })).status).toBe(404)
  expect(await groups()).toMatchObject({ held: 2 })
})

test('a release masks everything anew, beside what is shown; what is still held keeps its date', async () => {
  const before = await groups()
  const asked = await ask('privacy-officer', 'POST', '/pipeline/api/v1/held/release', { study, reason: 'program update' })
  expect([asked.status, asked.json]).toEqual([202, { study, held: 2, rows: expect.any(Number) }])
  expect(await rows('select count(*) from observations')).toEqual([[4]])
  await wait()
  expect(await groups()).toEqual(before)
  expect(await rows('select count(*) from observations')).toEqual([[4]])
  const { rows: trail } = await world.owner().query<{ detail: Json }>(`select detail from audit where action = 'masking'`)
  expect(trail.map(({ detail }) => detail)).toContainEqual(expect.objectContaining({ release: 'program update', held: 2 }))
  expect(await ask('study-manager', 'POST', '/pipeline/api/v1/held/release', { study, reason: 'x' })).toMatchObject({ status: 403 })
})

test('a display of few people waits; approved it stands in masked data, also after all is masked anew; rejected it goes', async () => {
  expect(await heights()).toEqual([null])
  const waiting = (await displays('pending')).displays
  const height = waiting.find(({ code }) => code === '8302-2')!
  expect(height).toMatchObject({ system: loinc, text: 'Body height', people: '<11', waits: 'too-few-people', shown: false, decided: null })
  const { system, code, text } = height
  const approved = await decide({ system, code, text, decision: 'approve', reason: 'LOINC’s own words' })
  expect(approved.json).toEqual({ study, recorded: 1, outcomes: ['recorded'] })
  await wait()
  expect(await heights()).toEqual(['Body height'])
  expect((await displays('approved')).displays).toMatchObject([{ code, shown: true, decided: { reason: 'LOINC’s own words' } }])
  await ask('privacy-officer', 'POST', '/pipeline/api/v1/held/release', { study, reason: 'again' })
  await wait()
  expect(await heights()).toEqual(['Body height'])
  await decide({ system, code, text, decision: 'reject', reason: 'a mistake' })
  await wait()
  expect(await heights()).toEqual([null])
  await decide({ system, code, text, decision: 'undo', reason: 'look again' })
  expect((await displays('pending')).displays.map((each) => each.code)).toContain(code)
})

test('a text with somebody’s word in it is approved only by who says so twice', async () => {
  const naming = (await displays('pending')).displays.find(({ code }) => code === '9999-1')!
  expect(naming).toMatchObject({ text: 'Seen by Quillfeather', waits: 'names-somebody' })
  const ruling = { system: loinc, code: '9999-1', text: naming.text, decision: 'approve', reason: 'a brand' }
  expect((await decide(ruling, { ...ruling, code: 'none' })).json).toEqual({
    study,
    recorded: 0,
    outcomes: ['needs-confirmation', 'unknown'],
  })
  expect((await displays('approved')).total).toBe(0)
  expect((await decide({ ...ruling, confirm: true })).json.outcomes).toEqual(['recorded'])
  await wait()
  expect((await rows(`select code_text from observations where code = '9999-1'`)).flat()).toEqual([naming.text])
})

test('texts that wait are for who decides about them, and stand in no log and no audit record', async () => {
  const at = `/masking/api/v1/displays?study=${study}`
  expect((await ask('privacy-officer', 'GET', at)).headers['cache-control']).toBe('no-store')
  expect((await ask('privacy-officer', 'GET', `${at}&state=odd`)).status).toBe(400)
  const { rows: trail } = await world.owner().query<{ detail: Json }>(`select detail from audit where action = 'masking'`)
  expect(JSON.stringify(trail)).toContain(`${loinc}|8302-2`)
  expect(JSON.stringify(trail)).not.toMatch(/Body height|Quillfeather|a mistake/)
  const lake = path.join(world.platform.config.storeDir, 'lake', study, 'display-decisions.journal')
  expect(readFileSync(lake).includes('Body height')).toBe(false)
})

const program = path.join(packageRoot, 'bin/aquifer.mjs')
/** The built program on the server’s machine. */
function aquifer(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { AQUIFER_URL: _url, AQUIFER_TOKEN: _token, ...inherited } = process.env
  const env = { ...inherited, AQUIFER_DATA: world.platform.config.dataDir }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
    child.stdin?.end()
  })
}

test('the same from a terminal: groups, a preview, displays as a file that goes out and comes in', async () => {
  await world.platform.listen()
  const file = path.join(world.platform.config.dataDir, 'displays.ndjson')
  const pending = await aquifer('policy', 'displays', '--study', study, '--json')
  const line = pending.out.split('\n').find((each) => each.includes('8302-2'))!
  writeFileSync(file, `${line}\n`)
  const [held, preview, approved] = await Promise.all([
    aquifer('pipeline', 'held', '--study', study),
    aquifer('pipeline', 'held', 'preview', '--study', study, '--policy', 'expert'),
    aquifer('policy', 'displays', '--study', study, '--approve', file, '--reason', 'LOINC'),
  ])
  expect([held.code, held.err]).toEqual([0, ''])
  expect(held.out).toContain(url)
  expect(preview.out).toContain('under expert v1: 0 would pass, 2 would stay held')
  expect([approved.code, approved.out]).toEqual([0, '1 recorded\n'])
  await wait()
  const out = await aquifer('policy', 'displays', '--study', study, '--state', 'approved', '--json')
  const entries = out.out
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each) as Json)
  expect(entries).toContainEqual({ system: loinc, code: '8302-2', text: 'Body height' })
  writeFileSync(file, out.out)
  expect((await aquifer('mask', '--displays', file)).code).toBe(0)
})
