// Faults planted in a small study are each found where they were planted, by site and feed; clean data has none.
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { QualityReport } from '@aquifer/core/contract'
import { generateBundles } from '@aquifer/core/generate'
import { contract, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

const real = `${process.env['AQUIFER_TEST_DATA'] ?? ''}/synthea-dstu2.bundles.ndjson.gz`
const dayMs = 86_400_000
const now = Date.parse('2026-11-01T12:00:00Z')
const daysAgo = (days: number, more = 0): string => new Date(now - days * dayMs + more).toISOString()

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  world.clock.at = now - 40 * dayMs
  await world.study({ id: 'S', sites: ['A', 'B'], required: ['share-data'] })
  await world.study({ id: 'CLEAN', sites: ['A'], required: ['share-data'] })
  await world.study({ id: 'REAL', sites: ['A'], required: [] })
}, 60_000)
afterAll(() => world.close())

async function put(study: string, site: string, resources: readonly Json[]): Promise<void> {
  const token = await world.token('integrator', [study])
  const entry = resources.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${String(resource['resourceType'])}/${String(resource['id'])}` },
  }))
  const answer = await world.fhir('POST', '', token, { resourceType: 'Bundle', type: 'transaction', entry }, { 'x-aquifer-site': site })
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, ''])
}
async function load(study: string, body: Buffer | string): Promise<void> {
  const path = `/fhir-server/api/v1/$import?studyid=${study}&consentOnFile=share-data&siteid=A`
  const token = await world.token('study-manager', [study])
  const answer = await world.send({ method: 'POST', path, token, body, headers: { 'content-type': 'application/x-ndjson' } })
  expect(answer.status).toBe(200)
  expect(answer.json['refused']).toBe(0)
}
async function look(study: string): Promise<QualityReport> {
  const token = await world.token('study-manager', [study])
  const begun = await world.send({ method: 'POST', path: '/pipeline/api/v1/quality', token, body: { study } })
  expect(begun.status).toBe(202)
  for (;;) {
    const { json } = await world.send({ path: `/jobs/api/v1/${String(begun.json['id'])}`, token })
    expect(json['state']).not.toBe('failed')
    if (json['state'] === 'done') break
    await new Promise((resolve) => setImmediate(resolve))
  }
  return await report(study)
}
async function report(study: string, site?: string, sites?: string[]): Promise<QualityReport> {
  const token = await world.token(sites === undefined ? 'study-manager' : 'cro-admin', [study], sites === undefined ? {} : { sites })
  const { status, json } = await world.send({
    path: `/pipeline/api/v1/quality?study=${study}${site === undefined ? '' : `&site=${site}`}`,
    token,
  })
  expect(status).toBe(200)
  return json as unknown as QualityReport
}
const heart = (id: string, of: string, at: string, value = 70, more: Json = {}): Json => ({
  ...weight(id, of),
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
  effectiveDateTime: at,
  valueQuantity: { value, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
  device: { reference: 'Device/d1' },
  ...more,
})
const found = ({ findings }: QualityReport): string[] =>
  findings.map(({ check, site, type, code, count }) => `${check} ${site} ${type} ${code} ${count}`).toSorted()

test('before anything was looked at, the report is empty and says so', async () => {
  const { computedAt, current, findings, sites } = await report('S')
  expect([computedAt, current, findings, sites.map(({ site, resources }) => [site, resources])]).toEqual([
    null,
    false,
    [],
    [
      ['A', 0],
      ['B', 0],
    ],
  ])
})

test('each planted fault is found at its site, and nothing beside', async () => {
  await put('S', 'A', [contract('c1', 'p1', 'S'), patient('p1')])
  await put('S', 'B', [contract('c2', 'p2', 'S'), patient('p2', { deceasedDateTime: daysAgo(10).slice(0, 10) })])
  await put('S', 'B', [contract('c3', 'p3', 'S'), patient('p3')])
  world.clock.at = now
  const each = [20, 19, 18, 17, 16]
  await put('S', 'A', [
    // in time, in either unit
    {
      ...weight('ok', 'p1', 150),
      effectiveDateTime: daysAgo(1),
      valueQuantity: { value: 150, unit: 'lb', system: 'http://unitsofmeasure.org', code: '[lb_av]' },
    },
    // ten times what can be, a unit that is none of a weight, and a temperature in the wrong unit
    { ...weight('w1', 'p1', 7000), effectiveDateTime: daysAgo(1) },
    {
      ...weight('w2', 'p1'),
      effectiveDateTime: daysAgo(1),
      valueQuantity: { value: 70, unit: 'mm', system: 'http://unitsofmeasure.org', code: 'mm' },
    },
    heart('t1', 'p1', daysAgo(1), 98, {
      code: { coding: [{ system: 'http://loinc.org', code: '8310-5' }] },
      valueQuantity: { value: 98, system: 'http://unitsofmeasure.org', code: 'Cel' },
      device: { reference: 'Device/d2' },
    }),
    // the same reading three times, and at the same instant another value, which is none
    ...['r1', 'r2', 'r3'].map((id) => heart(id, 'p1', daysAgo(2), 71, { device: { reference: 'Device/d2' } })),
    heart('r4', 'p1', daysAgo(2), 72, { device: { reference: 'Device/d2' } }),
    heart('f1', 'p1', daysAgo(-3), 71, { device: { reference: 'Device/d2' } }),
    heart('b1', 'p1', '1960-01-01T10:00:00Z', 71, { device: { reference: 'Device/d3' } }),
    // a device that read daily until 16 days ago: five late readings
    ...each.map((days) => heart(`s${days}`, 'p1', daysAgo(days))),
  ])
  await put('S', 'B', [
    heart('d1', 'p2', daysAgo(5), 71, { device: { reference: 'Device/d9' } }),
    { ...weight('n1', 'p2'), effectiveDateTime: undefined, valueQuantity: undefined },
  ])
  const made = await look('S')
  expect(found(made)).toEqual(
    [
      'after-death B Observation 8867-4 1',
      'before-birth A Observation 8867-4 1',
      'future-date A Observation 8867-4 1',
      'implausible-value A Observation 29463-7 1',
      'implausible-value A Observation 8310-5 1',
      'late-arrival A Observation 8867-4 5',
      'missing-element B Observation effective[x] 1',
      'missing-element B Observation value 1',
      'repeated-reading A Observation 8867-4 2',
      'silent-device A Device  1',
      'unexpected-unit A Observation 29463-7 1',
    ].toSorted(),
  )
  const [a, b] = made.sites
  expect([a?.people, a?.withoutData, b?.people, b?.withoutData]).toEqual([1, 0, 2, 1])
  expect([a?.completeness, (b?.completeness ?? 1) < 1, made.current]).toEqual([1, true, true])
  expect([a?.delay.measured, a?.delay.most]).toEqual([14, '30d'])
  // Nothing in it is of a person.
  for (const told of ['p1', 'd1', 'Device/', '7000', '1960']) expect(JSON.stringify(made)).not.toContain(`"${told}`)
})

test('who reaches one site reads of that site, and of another nothing', async () => {
  const mine = await report('S', undefined, ['B'])
  expect(mine.sites.map(({ site }) => site)).toEqual(['B'])
  expect(new Set(mine.findings.map(({ site }) => site))).toEqual(new Set(['B']))
  expect((await report('S', 'A')).sites.map(({ site }) => site)).toEqual(['A'])
  const token = await world.token('cro-admin', ['S'], { sites: ['B'] })
  const [hidden, missing] = [
    await world.send({ path: '/pipeline/api/v1/quality?study=S&site=A', token }),
    await world.send({ path: '/pipeline/api/v1/quality?study=S&site=NONE', token }),
  ]
  expect([hidden.status, hidden.json['detail']]).toEqual([404, missing.json['detail']])
})

test('a silent feed stands in the report, and what was mended is gone from it', async () => {
  const token = await world.token('operator', ['S'])
  const path = '/pipeline/api/v1/feeds/lab?study=S'
  expect((await world.send({ method: 'PUT', path, token, body: { within: '1h' } })).status).toBe(200)
  world.clock.at = now + 2 * 3_600_000
  await world.platform.feeds.run()
  await put('S', 'A', [{ ...weight('w1', 'p1', 70), effectiveDateTime: daysAgo(1) }])
  const before = await report('S')
  expect([before.current, before.silentFeeds.map(({ sender }) => sender)]).toEqual([false, ['lab']])
  expect(found(await look('S'))).not.toContain('implausible-value A Observation 29463-7 1')
})

test('of generated people, readings that were sent twice and devices that were laid aside are found, and nothing else', async () => {
  world.clock.at = now
  const bundles = [
    ...generateBundles({ patients: 30, seed: 'quality', study: { id: 'CLEAN', consents: ['share-data'] }, asOf: '2026-11-01' }),
  ]
  await load('CLEAN', bundles.map((bundle) => JSON.stringify(bundle)).join('\n'))
  const made = await look('CLEAN')
  expect(made.resources).toBeGreaterThan(1_000)
  const sum = (check: string) => made.findings.reduce((all, each) => all + (each.check === check ? each.count : 0), 0)
  expect(new Set(made.findings.map(({ check }) => check))).toEqual(new Set(['repeated-reading', 'silent-device']))
  const expected = planted(bundles)
  expect([sum('repeated-reading'), sum('silent-device')]).toEqual([expected.repeats, expected.silent])
}, 120_000)

test.runIf(existsSync(real) && process.env['AQUIFER_TEST_LONG'] === '1')(
  'of 1,014 synthetic people all is counted',
  async () => {
    await load('REAL', readFileSync(real))
    const made = await look('REAL')
    const [a] = made.sites
    expect([made.people, made.resources, a?.withoutData, a?.completeness]).toEqual([1_014, 91_483, 1, 1])
    // Counted in the file by another program: HbA1c twice at each visit, vaccines of years before the birth, visits after the death.
    expect(a?.checks).toEqual({ 'repeated-reading': 1_407, 'before-birth': 2_487, 'after-death': 4 })
    const types = new Set(made.findings.map(({ check, type }) => `${check} ${type}`))
    expect(types).toEqual(new Set(['repeated-reading Observation', 'before-birth Immunization', 'after-death Encounter']))
  },
  300_000,
)

/** What the generator planted, counted in what it made. */
function planted(bundles: readonly { entry: { resource: Json }[] }[]): { repeats: number; silent: number } {
  let [repeats, silent] = [0, 0]
  for (const { entry } of bundles) {
    const resources = entry.map(({ resource }) => resource)
    const isDead = resources.some(({ deceasedDateTime }) => deceasedDateTime !== undefined)
    const seen = new Set<string>()
    const times = new Map<string, number[]>()
    for (const { resourceType, code, effectiveDateTime: at, device, component, ...rest } of resources) {
      const value = Object.entries(rest).filter(([name]) => name.startsWith('value'))
      if (resourceType !== 'Observation' || typeof at !== 'string' || at.length < 16) continue
      if (device !== undefined && !isDead) times.set(JSON.stringify(device), [...(times.get(JSON.stringify(device)) ?? []), Date.parse(at)])
      if (value.length === 0 && component === undefined) continue
      const key = JSON.stringify([code, Date.parse(at), device, value, component])
      if (seen.has(key)) repeats += 1
      seen.add(key)
    }
    for (const each of times.values()) {
      const [first, last] = [Math.min(...each), Math.max(...each)]
      if (each.length >= 5 && now - last > Math.max(7 * dayMs, (5 * (last - first)) / (each.length - 1))) silent += 1
    }
  }
  return { repeats, silent }
}
