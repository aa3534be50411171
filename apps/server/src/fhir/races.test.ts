// What many at once may do to conditions and versions; the whole of it runs in the long suites.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isRefusal } from '@aquifer/core/refusal'
import { openWriteQueue, update, type FhirRequest } from './index.js'
import { openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

const whole = process.env['AQUIFER_TEST_LONG'] === '1'
const rounds = whole ? 1_000 : 10
const updates = whole ? 10_000 : 60
const models = whole ? 200 : 8
const timeoutMs = whole ? 25 * 60_000 : 60_000

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'] })
  feed = await world.token('integrator', ['S'])
  await world.fhir('PUT', '/Patient/pa', feed, patient('pa'))
  await world.fhir('PUT', '/Observation/anchor', feed, weight('anchor', 'pa'))
})
afterAll(() => world.close())

const named = (value: string, kg = 70): Json => ({ ...weight('x', 'pa', kg), id: undefined, identifier: [{ system: 'urn:x', value }] })
const all = (query: string) => world.fhir('GET', `/Observation?_count=1000&${query}`, feed)
const resourcesIn = ({ json }: Sent): Json[] => ((json['entry'] ?? []) as { resource: Json }[]).map(({ resource }) => resource)

test(
  `${rounds} rounds of 16 identical conditional creates and updates make one resource each`,
  async () => {
    for (let round = 0; round < rounds; round += 1) {
      const value = `r${round}`
      const condition = `identifier=urn:x|${value}`
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          n % 4 === 3
            ? world.fhir('PUT', `/Observation?identifier=urn:x%7C${value}`, feed, named(value, n))
            : world.fhir('POST', '/Observation', feed, named(value), { 'if-none-exist': condition }),
        ),
      )
      const made = answers.filter(({ status }) => status === 201)
      expect([round, made.length, answers.every(({ status }) => status === 200 || status === 201)]).toEqual([round, 1, true])
      expect([round, (await all(condition)).json['total']]).toEqual([round, 1])
    }
  },
  timeoutMs,
)
test(
  `of ${updates} racing updates with If-Match none is lost`,
  async () => {
    const first = await world.fhir('PUT', '/Observation/counter', feed, weight('counter', 'pa', 0))
    let done = 0
    const add = async (): Promise<void> => {
      while (done < updates) {
        const read = await world.fhir('GET', '/Observation/counter', feed)
        const value = Number((read.json['valueQuantity'] as Json)['value'])
        const written = await world.fhir('PUT', '/Observation/counter', feed, weight('counter', 'pa', value + 1), {
          'if-match': read.headers['etag'] ?? '',
        })
        expect([200, 412]).toContain(written.status)
        if (written.status === 200) done += 1
      }
    }
    await Promise.all(Array.from({ length: 4 }, add))
    const last = await world.fhir('GET', '/Observation/counter', feed)
    expect([first.status, (last.json['valueQuantity'] as Json)['value'], last.headers['etag']]).toEqual([201, done, `W/"${done + 1}"`])
  },
  timeoutMs,
)

interface Step {
  method: 'PUT' | 'DELETE' | 'POST'
  key: number
  value: number
  ifMatch: boolean
}
const step: fc.Arbitrary<Step> = fc.record({
  method: fc.constantFrom('PUT', 'DELETE', 'POST'),
  key: fc.integer({ min: 0, max: 3 }),
  value: fc.integer({ min: 1, max: 99 }),
  ifMatch: fc.boolean(),
})
/** What a resource is in the model: its value, or null once deleted. */
type Model = Map<string, { value: number | null; version: number }>

/** The transaction on a plain map: all of it or none. Each key names one resource, by id and by identifier alike. */
function applied(model: Model, steps: readonly Step[]): Model | null {
  const next: Model = new Map([...model].map(([key, each]) => [key, { ...each }]))
  const order = { DELETE: 0, POST: 1, PUT: 2 } as const
  for (const { method, key, value, ifMatch } of [...steps].sort((a, b) => order[a.method] - order[b.method])) {
    const name = `k${key}`
    const now = next.get(name)
    const isThere = now !== undefined && now.value !== null
    if (method === 'POST') continue
    if (method === 'DELETE') {
      if (now === undefined) return null
      if (!isThere) continue
      if (ifMatch && now.version !== 1) return null
      next.set(name, { value: null, version: now.version + 1 })
      continue
    }
    if (ifMatch && (!isThere || now.version !== 1)) return null
    next.set(name, { value, version: (now?.version ?? 0) + 1 })
  }
  return next
}

test(
  `${models} random histories of transactions end where the model does`,
  async () => {
    let run = 0
    const byId = fc.array(fc.uniqueArray(step, { selector: ({ key }) => key, minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(byId, async (transactions) => {
        run += 1
        let model: Model = new Map()
        for (const steps of transactions) {
          const entry = steps.map(({ method, key, value, ifMatch }) => ({
            ...(method === 'DELETE'
              ? {}
              : { resource: { ...named(`m${run}-${key}`, value), ...(method === 'PUT' ? { id: `m${run}-${key}` } : {}) } }),
            request: {
              method,
              url: method === 'POST' ? 'Observation' : `Observation/m${run}-${key}`,
              // A create under a condition that is met never stores anything.
              ...(method === 'POST' ? { ifNoneExist: '_id=anchor' } : ifMatch ? { ifMatch: 'W/"1"' } : {}),
            },
          }))
          const sent = await world.fhir('POST', '', feed, { resourceType: 'Bundle', type: 'transaction', entry })
          const next = applied(model, steps)
          expect([JSON.stringify(transactions), sent.status < 300]).toEqual([JSON.stringify(transactions), next !== null])
          model = next ?? model
        }
        const living = [...model].filter(([, { value }]) => value !== null)
        for (const [name, { value, version }] of model) {
          const read = await world.fhir('GET', `/Observation/${name.replace('k', `m${run}-`)}`, feed)
          expect(read.status).toBe(value === null ? 410 : 200)
          if (value !== null)
            expect([(read.json['valueQuantity'] as Json)['value'], read.headers['etag']]).toEqual([value, `W/"${version}"`])
        }
        const found = await all(`identifier=${[0, 1, 2, 3].map((key) => `urn:x|m${run}-${key}`).join(',')}`)
        expect(resourcesIn(found).length).toBe(living.length)
      }),
      { numRuns: models, seed: 20261126 },
    )
  },
  timeoutMs,
)
test('more writes than can be kept are told to come again, and none of those that were taken is lost', async () => {
  const systems = world.platform.imports
  const queue = openWriteQueue(systems.repository, systems, { waitingMax: 5, bundlesMax: 1 })
  const request = (): FhirRequest => ({
    grant: { user: 'tests', role: 'integrator', studies: ['S'], sites: [], people: null },
    facts: {
      at: systems.now(),
      correlationId: systems.newId(),
      route: 'PUT',
      reason: null,
      actor: 'tests',
      role: 'integrator',
      act: 'update',
      sid: null,
      refusal: null,
      source: null,
      external: null,
      people: [],
      detail: {},
      entries: [],
      recorded: false,
    },
    asked: { studies: [], sites: [] },
    base: '',
    strict: false,
  })
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      update({ ...systems, queue }, request(), { type: 'Observation', id: `q${n}` }, JSON.stringify(weight(`q${n}`, 'pa'))),
    ),
  )
  const refused = answers.filter(isRefusal)
  expect(refused.length).toBeGreaterThan(0)
  for (const each of refused) expect(each).toMatchObject({ refusal: 'not-ready', retryAfterS: 1 })
  const ids = Array.from({ length: 200 }, (_, n) => `q${n}`).join(',')
  expect((await all(`_id=${ids}`)).json['total']).toBe(200 - refused.length)
  const leave = queue.enter()
  expect([isRefusal(leave), isRefusal(queue.enter())]).toEqual([false, true])
  if (!isRefusal(leave)) leave()
  expect(isRefusal(queue.enter())).toBe(false)
})
