// http://hl7.org/fhir/DSTU2/http.html#history
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
const inA = { 'x-aquifer-site': 'A' }
const inB = { 'x-aquifer-site': 'B' }
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A', 'B'], required: ['share-data'] })
  await world.study({ id: 'T', sites: ['A', 'B'] })
  feed = await world.token('integrator', ['S'])
  for (const [id, headers] of [
    ['pa', inA],
    ['pb', inB],
  ] as const)
    await world.fhir('POST', '', feed, bundleOf('transaction', contract(`c-${id}`, id, 'S'), patient(id), weight(`o-${id}`, id)), headers)
  const other = await world.token('integrator', ['T'])
  await world.fhir('POST', '', other, bundleOf('transaction', patient('pt'), weight('o-pt', 'pt')), inA)
})
afterAll(() => world.close())

interface Entry {
  resource?: Json
  request: { method: string; url: string }
}
const entriesIn = ({ json }: Sent): Entry[] => (json['entry'] ?? []) as Entry[]
const told = (sent: Sent): string[] =>
  entriesIn(sent).map(({ resource, request }) =>
    resource === undefined
      ? `${request.method} ${request.url}`
      : `${String(resource['id'])}/${String((resource['meta'] as Json)['versionId'])}`,
  )
const nextOf = ({ json }: Sent): string | undefined =>
  (json['link'] as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url.replace(/^http:\/\/[^/]+/, '')

test('the history of a type has every version, newest first, and a delete without content', async () => {
  await world.fhir('PUT', '/Observation/h1', feed, weight('h1', 'pa', 1), inA)
  await world.fhir('PUT', '/Observation/h1', feed, weight('h1', 'pa', 2))
  await world.fhir('DELETE', '/Observation/h1', feed)
  await world.fhir('PUT', '/Observation/h1', feed, weight('h1', 'pa', 3), inA)
  const history = await world.fhir('GET', '/Observation/_history?_count=4', feed)
  expect([history.status, history.json['type'], told(history)]).toEqual([200, 'history', ['h1/4', 'DELETE Observation/h1', 'h1/2', 'h1/1']])
  expect(entriesIn(history).map(({ request }) => request)).toEqual([
    { method: 'POST', url: 'Observation' },
    { method: 'DELETE', url: 'Observation/h1' },
    { method: 'PUT', url: 'Observation/h1' },
    { method: 'POST', url: 'Observation' },
  ])
  expect((await world.fhir('GET', '/Nonsense/_history', feed)).status).toBe(404)
})
test('the history of the system is that of the study: profiles of its people, nothing of another study', async () => {
  const everything = told(await world.fhir('GET', '/_history?_count=1000', feed))
  expect(everything).toEqual(expect.arrayContaining(['pa/1', 'pb/1', 'c-pa/1', 'o-pa/1', 'o-pb/1']))
  expect(everything.filter((name) => /pt\//.test(name))).toEqual([])
  expect(told(await world.fhir('GET', '/Patient/_history', feed))).toEqual(['pb/1', 'pa/1'])
  const both = await world.token('integrator', ['S', 'T'])
  expect((await world.fhir('GET', '/_history', both)).status).toBe(400)
  expect(told(await world.fhir('GET', '/Patient/_history?studyid=T', both))).toEqual(['pt/1'])
  await world.fhir('PUT', '/Organization/free', both, { resourceType: 'Organization', id: 'free', name: 'Free' })
  expect(told(await world.fhir('GET', '/Organization/_history', both))).toEqual(['free/1'])
  expect((await world.fhir('GET', '/_history', await world.token('device', ['S']))).status).toBe(403)
})
test('_since cuts off what is older, of a type, of all and of one resource', async () => {
  const [last] = entriesIn(await world.fhir('GET', '/_history?_count=1', feed))
  const at = String((last?.resource?.['meta'] as Json | undefined)?.['lastUpdated'])
  expect(told(await world.fhir('GET', `/_history?_since=${at}`, feed))).toEqual(['h1/4'])
  expect(told(await world.fhir('GET', `/Observation/h1/_history?_since=${at}`, feed))).toEqual(['h1/4'])
  expect(told(await world.fhir('GET', '/_history?_since=2999-01-01T00:00:00Z', feed))).toEqual([])
  for (const wrong of ['_since=yesterday', '_count=x', '_at=2020', '_page=x', '_count=0'])
    expect([wrong, (await world.fhir('GET', `/_history?${wrong}`, feed)).status]).toEqual([wrong, 400])
})
test('pages have no doubles and no gaps while others write', async () => {
  const whole = told(await world.fhir('GET', '/_history?_count=1000', feed))
  const seen: string[] = []
  let next: string | undefined = '/fhir-server/api/v1/_history?_count=3'
  for (let n = 0; next !== undefined; n += 1) {
    const page: Sent = await world.send({ path: next, token: feed })
    seen.push(...told(page))
    next = nextOf(page)
    await world.fhir('PUT', `/Observation/w${n}`, feed, weight(`w${n}`, 'pa'), inA)
  }
  expect(seen).toEqual(whole)
})
test('what is out of reach leaves no trace, whichever way it is asked, and a page belongs to who got it', async () => {
  const atA = await world.token('investigator', ['S'], { sites: ['A'] })
  const seen = told(await world.fhir('GET', '/_history?_count=1000', atA))
  expect(seen).toEqual(expect.arrayContaining(['pa/1', 'o-pa/1']))
  expect(seen.filter((name) => /pb\//.test(name))).toEqual([])
  const own = await world.token('patient', ['S'], { patient: 'pb' })
  expect(told(await world.fhir('GET', '/Observation/_history', own))).toEqual(['o-pb/1'])
  const first = await world.fhir('GET', '/_history?_count=2', feed)
  expect((await world.send({ path: nextOf(first) ?? '', token: atA })).status).toBe(400)
  // A version from before the resource was about somebody one may see stays hidden.
  await world.fhir('PUT', '/Observation/moved', feed, weight('moved', 'pb'), inB)
  await world.fhir('PUT', '/Observation/moved', feed, weight('moved', 'pa'), inA)
  expect(told(await world.fhir('GET', '/Observation/_history?_count=1', atA))).toEqual(['moved/2'])
  expect(told(await world.fhir('GET', '/Observation/_history?_count=1000', atA))).not.toContain('moved/1')
})
test('a person whose data is withheld has no history', async () => {
  const manager = await world.token('study-manager', ['S'])
  const withdrawn = await world.send({
    method: 'POST',
    path: '/consent/api/v1/studies/S/withdrawals',
    token: manager,
    body: { patient: 'pb', act: 'stop-use', reason: 'asked', evidence: 'letter' },
  })
  expect(withdrawn.status).toBe(201)
  const seen = told(await world.fhir('GET', '/_history?_count=1000', feed))
  expect(seen.filter((name) => /pb\//.test(name))).toEqual([])
  expect(seen).not.toContain('moved/1')
})
