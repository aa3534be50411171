// http://hl7.org/fhir/DSTU2/http.html: conditional create, update, delete and read; managing resource contention.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'] })
  feed = await world.token('integrator', ['S'])
  await world.fhir('PUT', '/Patient/pa', feed, patient('pa'))
})
afterAll(() => world.close())

const named = (value: string, weightOf = 70): Json => ({
  ...weight('x', 'pa', weightOf),
  id: undefined,
  identifier: [{ system: 'urn:x', value }],
})
const total = async (query: string) => (await world.fhir('GET', `/Observation?_summary=count&${query}`, feed)).json['total']
const idOf = ({ json }: Sent): string => String(json['id'])
const valueOf = ({ json }: Sent) => (json['valueQuantity'] as Json)['value']
const responses = ({ json }: Sent) => (json['entry'] as { response: Json }[]).map(({ response }) => response)

test('conditional update creates, updates, or refuses by how many meet it', async () => {
  const made = await world.fhir('PUT', '/Observation?identifier=urn:x|u1', feed, named('u1', 70))
  expect([made.status, made.headers['etag'], valueOf(made)]).toEqual([201, 'W/"1"', 70])
  const again = await world.fhir('PUT', '/Observation?identifier=urn:x%7Cu1&studyid=S', feed, named('u1', 71))
  expect([again.status, again.headers['etag'], idOf(again), valueOf(again)]).toEqual([200, 'W/"2"', idOf(made), 71])
  expect(again.headers['location']).toMatch(new RegExp(`/Observation/${idOf(made)}/_history/2$`))
  expect(again.headers['last-modified']).toBeDefined()
  const otherId = await world.fhir('PUT', '/Observation?identifier=urn:x|u1', feed, { ...named('u1'), id: 'another' })
  expect(otherId.status).toBe(400)
  await world.fhir('POST', '/Observation', feed, named('u1'))
  expect((await world.fhir('PUT', '/Observation?identifier=urn:x|u1', feed, named('u1'))).status).toBe(412)
  expect((await world.fhir('PUT', '/Observation', feed, named('u1'))).status).toBe(400)
  expect((await world.fhir('PUT', '/Observation?nonsense=1', feed, named('u1'))).status).toBe(400)
  expect((await world.fhir('PUT', '/Nonsense?_id=x', feed, named('u1'))).status).toBe(404)
})
test('conditional delete deletes one; none is no error, several are refused', async () => {
  await world.fhir('PUT', '/Observation/d1', feed, { ...named('d1'), id: 'd1' })
  const gone = await world.fhir('DELETE', '/Observation?identifier=urn:x|d1', feed)
  expect([gone.status, gone.headers['etag'], (await world.fhir('GET', '/Observation/d1', feed)).status]).toEqual([204, 'W/"2"', 410])
  expect((await world.fhir('DELETE', '/Observation?identifier=urn:x|d1', feed)).status).toBe(204)
  await world.fhir('POST', '/Observation', feed, named('d2'))
  await world.fhir('POST', '/Observation', feed, named('d2'))
  expect((await world.fhir('DELETE', '/Observation?identifier=urn:x|d2', feed)).status).toBe(412)
  expect(await total('identifier=urn:x|d2')).toBe(2)
  expect((await world.fhir('DELETE', '/Observation', feed)).status).toBe(400)
})
test('If-Match holds for conditional writes too', async () => {
  const made = await world.fhir('PUT', '/Observation?identifier=urn:x|m1', feed, named('m1'))
  const stale = { 'if-match': 'W/"7"' }
  expect((await world.fhir('PUT', '/Observation?identifier=urn:x|m1', feed, named('m1'), stale)).status).toBe(412)
  expect((await world.fhir('DELETE', '/Observation?identifier=urn:x|m1', feed, undefined, stale)).status).toBe(412)
  const current = { 'if-match': made.headers['etag'] ?? '' }
  expect((await world.fhir('PUT', '/Observation?identifier=urn:x|m1', feed, named('m1'), current)).headers['etag']).toBe('W/"2"')
  expect((await world.fhir('DELETE', `/Observation/${idOf(made)}`, feed, undefined, stale)).status).toBe(412)
})
test('conditional read: not modified by version or by time', async () => {
  const made = await world.fhir('PUT', '/Observation/r1', feed, { ...named('r1'), id: 'r1' })
  const read = (headers: Record<string, string>) => world.fhir('GET', '/Observation/r1', feed, undefined, headers)
  const modified = made.headers['last-modified'] ?? ''
  for (const [headers, status] of [
    [{ 'if-none-match': 'W/"1"' }, 304],
    [{ 'if-none-match': 'W/"9", W/"1"' }, 304],
    [{ 'if-none-match': 'W/"2"' }, 200],
    [{ 'if-modified-since': modified }, 304],
    [{ 'if-modified-since': new Date(Date.parse(modified) - 1000).toUTCString() }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    // By HTTP the version decides where both are asked.
    [{ 'if-none-match': 'W/"2"', 'if-modified-since': modified }, 200],
  ] as [Record<string, string>, number][])
    expect([headers, (await read(headers)).status]).toEqual([headers, status])
  const unchanged = await read({ 'if-none-match': 'W/"1"' })
  expect([unchanged.text, unchanged.headers['etag']]).toEqual(['', 'W/"1"'])
})
test('a conditional create tells what is there, and Prefer says how', async () => {
  const create = (prefer?: string) =>
    world.fhir('POST', '/Observation', feed, named('c1', 70), {
      'if-none-exist': 'identifier=urn:x|c1',
      ...(prefer === undefined ? {} : { prefer }),
    })
  const made = await create()
  expect([made.status, made.headers['etag'], valueOf(made)]).toEqual([201, 'W/"1"', 70])
  const met = await create('return=minimal')
  expect([met.status, met.text, met.headers['location'], met.headers['etag']]).toEqual([200, '', made.headers['location'], 'W/"1"'])
  const whole = await create('return=representation')
  expect([whole.status, idOf(whole)]).toEqual([200, idOf(made)])
  const told = await world.fhir(
    'PUT',
    `/Observation/${idOf(made)}`,
    feed,
    { ...named('c1'), id: idOf(made) },
    { prefer: 'return=OperationOutcome' },
  )
  expect([told.status, told.json['resourceType'], told.headers['etag']]).toEqual([200, 'OperationOutcome', 'W/"2"'])
})
test('Bundles: conditions in batch and transaction, in the order of the specification', async () => {
  const entry = (method: string, url: string, more: Json = {}): Json => ({ request: { method, url, ...more } })
  const before = await world.fhir('PUT', '/Observation?identifier=urn:x|b1', feed, named('b1', 1))
  for (const type of ['batch', 'transaction'] as const) {
    const sent = await world.fhir('POST', '', feed, {
      resourceType: 'Bundle',
      type,
      entry: [
        entry('GET', 'Observation?identifier=urn:x|b1'),
        { ...entry('PUT', 'Observation?identifier=urn:x|b1'), resource: named('b1', 2) },
        { ...entry('PUT', `Observation?identifier=urn:x|new-${type}`), resource: named(`new-${type}`) },
        { ...entry('POST', 'Observation', { ifNoneExist: 'identifier=urn:x|b1' }), resource: named('b1', 3) },
        entry('DELETE', 'Observation?identifier=urn:x|nothing'),
        entry('DELETE', 'Observation?identifier=urn:x|b1&status:not-in=http://hl7.org/fhir/ValueSet/observation-status'),
        entry('GET', `Observation/${idOf(before)}/_history/1`),
        entry('GET', `Observation/${idOf(before)}`, { ifNoneMatch: type === 'batch' ? 'W/"2"' : 'W/"3"' }),
      ],
    })
    expect(responses(sent).map(({ status }) => status)).toEqual([
      '200 OK',
      '200 OK',
      '201 Created',
      '200 OK',
      '204 No Content',
      '204 No Content',
      '200 OK',
      '304 Not Modified',
    ])
    expect(responses(sent)[3]?.['location']).toContain(`Observation/${idOf(before)}/`)
    // A GET sees what the Bundle stored.
    const found = (sent.json['entry'] as { resource: { entry: { resource: Json }[] } }[])[0]?.resource.entry[0]?.resource
    expect((found?.['valueQuantity'] as Json | undefined)?.['value']).toBe(2)
  }
})
test('a transaction is refused whole when a condition is met by several, or twice the same would be made', async () => {
  await world.fhir('POST', '/Observation', feed, named('many'))
  await world.fhir('POST', '/Observation', feed, named('many'))
  const put = (value: string): Json => ({
    resource: named(value),
    request: { method: 'PUT', url: `Observation?identifier=urn:x|${value}` },
  })
  const transaction = (...entry: Json[]) => world.fhir('POST', '', feed, { resourceType: 'Bundle', type: 'transaction', entry })
  expect((await transaction(put('t-new'), put('many'))).status).toBe(412)
  expect((await transaction(put('t-new'), put('t-new'))).status).toBe(400)
  expect(await total('identifier=urn:x|t-new')).toBe(0)
})
test('references in a transaction lead to what a condition met', async () => {
  const found = await world.fhir(
    'PUT',
    '/Patient?identifier=urn:mrn|r',
    feed,
    patient('x', { id: undefined, identifier: [{ system: 'urn:mrn', value: 'r' }] }),
    {
      'x-aquifer-site': 'A',
    },
  )
  const urn = 'urn:uuid:6f9619ff-8b86-4011-b42d-00c04fc964aa'
  const sent = await world.fhir('POST', '', feed, {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: urn,
        resource: patient('x', { id: undefined, identifier: [{ system: 'urn:mrn', value: 'r' }] }),
        request: { method: 'PUT', url: 'Patient?identifier=urn:mrn|r' },
      },
      { resource: { ...named('ref'), subject: { reference: urn } }, request: { method: 'POST', url: 'Observation' } },
    ],
  })
  expect(responses(sent).map(({ status }) => status)).toEqual(['200 OK', '201 Created'])
  const made = await world.fhir('GET', `/${String(responses(sent)[1]?.['location']).replace(/\/_history.*/, '')}`, feed)
  expect(made.json['subject']).toEqual({ reference: `Patient/${idOf(found)}` })
})
