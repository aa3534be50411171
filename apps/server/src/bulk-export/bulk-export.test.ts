// The conventions of bulk data export, and that it shows nothing which a search would not show, then or later.
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
let atA: string
const later = { prefer: 'respond-async' }
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  await world.study({ id: 'S', sites: ['A', 'B'], required: ['share-data'] })
  feed = await world.token('integrator', ['S'])
  atA = await world.token('investigator', ['S'], { sites: ['A'] })
  for (const [id, site] of [
    ['pa', 'A'],
    ['pb', 'B'],
    ['pc', 'A'],
  ] as const)
    await world.fhir('POST', '', feed, bundleOf('transaction', contract(`c-${id}`, id, 'S'), patient(id), weight(`o-${id}`, id)), {
      'x-aquifer-site': site,
    })
  await world.fhir(
    'PUT',
    '/Organization/org',
    feed,
    { resourceType: 'Organization', id: 'org', name: 'Clinic' },
    { 'x-aquifer-study': 'S' },
  )
  await world.fhir('PUT', '/Group/some', feed, {
    resourceType: 'Group',
    id: 'some',
    type: 'person',
    actual: true,
    member: [{ entity: { reference: 'Patient/pa' } }],
  })
})
afterAll(() => world.close())

const local = (url: string): string => url.replace(/^http:\/\/[^/]+/, '')
const begin = (query: string, token = feed, headers: Record<string, string> = later) => world.fhir('GET', query, token, undefined, headers)
async function finished(begun: Sent, token = feed): Promise<Sent> {
  expect(begun.status).toBe(202)
  for (;;) {
    const status = await world.send({ path: local(begun.headers['content-location'] ?? ''), token })
    if (status.status !== 202) return status
    await sleep(20)
  }
}
interface Output {
  type: string
  url: string
  count: number
}
const outputOf = ({ json }: Sent): Output[] => json['output'] as Output[]
async function namesIn(status: Sent, token = feed): Promise<string[]> {
  const names: string[] = []
  for (const { url, count } of outputOf(status)) {
    const file = await world.send({ path: local(url), token })
    const lines = file.text.trimEnd().split('\n')
    expect([file.status, file.headers['content-type'], lines.length]).toEqual([200, 'application/fhir+ndjson', count])
    for (const line of lines) {
      const resource = JSON.parse(line) as Json
      names.push(`${String(resource['resourceType'])}/${String(resource['id'])}`)
    }
  }
  return names.toSorted()
}

test('a study is exported in files by type, as its resources are served', async () => {
  const status = await finished(await begin('/$export'))
  expect([status.status, status.json]).toMatchObject([200, { requiresAccessToken: true, error: [] }])
  expect(status.json['request']).toMatch(/\/fhir-server\/api\/v1\/\$export$/)
  const people = ['pa', 'pb', 'pc'].flatMap((id) => [`Contract/c-${id}`, `Observation/o-${id}`, `Patient/${id}`])
  expect(await namesIn(status)).toEqual([...people, 'Group/some', 'Organization/org'].toSorted())
  const observations = outputOf(status).find(({ type }) => type === 'Observation')
  const file = await world.send({ path: local(observations?.url ?? ''), token: feed })
  expect(file.text).toContain((await world.fhir('GET', '/Observation/o-pa', feed)).text)
  const folder = path.join(world.platform.config.dataDir, 'files', 'bulk-export')
  for (const id of readdirSync(folder))
    for (const name of readdirSync(path.join(folder, id))) expect(statSync(path.join(folder, id, name)).mode & 0o777).toBe(0o600)
})
test('people only, people of a Group, some types, and what changed since', async () => {
  expect(await namesIn(await finished(await begin('/Patient/$export?_type=Patient,Organization')))).toEqual([
    'Patient/pa',
    'Patient/pb',
    'Patient/pc',
  ])
  expect(await namesIn(await finished(await begin('/Group/some/$export')))).toEqual([
    'Contract/c-pa',
    'Group/some',
    'Observation/o-pa',
    'Patient/pa',
  ])
  expect((await namesIn(await finished(await begin('/Group/S/$export?_type=Patient')))).length).toBe(3)
  const last = await world.fhir('PUT', '/Observation/late', feed, weight('late', 'pa'), { 'x-aquifer-site': 'A' })
  const since = String((last.json['meta'] as Json)['lastUpdated'])
  expect(await namesIn(await finished(await begin(`/$export?_type=Observation&_since=${since}`)))).toEqual(['Observation/late'])
})
test('what is asked wrongly is refused before anything runs', async () => {
  expect((await begin('/$export', feed, {})).status).toBe(400)
  expect((await begin('/$export?_type=Nonsense')).status).toBe(404)
  expect((await begin('/$export?_since=soon')).status).toBe(400)
  expect((await begin('/$export?_outputFormat=text/csv')).status).toBe(400)
  expect((await begin('/$export?_outputFormat=application/fhir+ndjson&_type=Group')).status).toBe(202)
  expect((await begin('/$export?_typeFilter=x')).status).toBe(400)
  expect((await begin('/Group/none/$export')).status).toBe(404)
  for (const role of ['study-manager', 'analyst', 'device'] as const)
    expect((await begin('/$export', await world.token(role, ['S']))).status).toBe(403)
})
test('an export has no more than the caller’s reach, and is his alone', async () => {
  const begun = await begin('/Patient/$export?_type=Patient,Observation', atA)
  const status = await finished(begun, atA)
  expect(await namesIn(status, atA)).toEqual(['Observation/late', 'Observation/o-pa', 'Observation/o-pc', 'Patient/pa', 'Patient/pc'])
  const at = local(begun.headers['content-location'] ?? '')
  const anotherReach = await world.token('investigator', ['S'], { sites: ['B'] })
  const elsewhere = await world.send({ path: at, token: anotherReach })
  expect(elsewhere.status).toBe(410)
  const narrower = await world.send({
    path: local(outputOf(status)[0]?.url ?? ''),
    token: await world.token('integrator', ['S'], { sites: ['A'] }),
  })
  expect(narrower.status).toBe(410)
  expect((await world.send({ path: at.replace(/[^/]+$/, 'none'), token: atA })).status).toBe(404)
})
test('what was exported can be removed', async () => {
  const begun = await begin('/$export?_type=Patient')
  const status = await finished(begun)
  expect((await world.send({ method: 'DELETE', path: local(begun.headers['content-location'] ?? ''), token: feed })).status).toBe(202)
  expect((await world.send({ path: local(outputOf(status)[0]?.url ?? ''), token: feed })).status).toBe(404)
})
test('files are gone once somebody of the study withdrew, and after a day', async () => {
  const old = await finished(await begin('/$export?_type=Patient'))
  world.clock.at = Date.now() + 25 * 3_600_000
  expect((await world.send({ path: local(outputOf(old)[0]?.url ?? ''), token: await world.token('integrator', ['S']) })).status).toBe(410)
  world.clock.at = null
  const status = await finished(await begin('/$export?_type=Patient,Observation'))
  const withdrawn = await world.send({
    method: 'POST',
    path: '/consent/api/v1/studies/S/withdrawals',
    token: await world.token('study-manager', ['S']),
    body: { patient: 'pc', act: 'stop-use', reason: 'asked', evidence: 'letter' },
  })
  expect(withdrawn.status).toBe(201)
  const url = local(outputOf(status)[0]?.url ?? '')
  expect((await world.send({ path: url, token: feed })).status).toBe(410)
  const [, , , , , id = ''] = url.split('/')
  expect(existsSync(path.join(world.platform.config.dataDir, 'files', 'bulk-export', id))).toBe(false)
  expect(await namesIn(await finished(await begin('/Patient/$export?_type=Patient')))).toEqual(['Patient/pa', 'Patient/pb'])
})
