// http://hl7.org/fhir/DSTU2/http.html and http://hl7.org/fhir/DSTU2/search.html
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A', 'B'] })
  await world.study({ id: 'T', sites: ['A'] })
  feed = await world.token('integrator', ['S'])
  for (const [id, site] of [
    ['pa', 'A'],
    ['pb', 'B'],
  ] as const)
    await world.fhir('PUT', `/Patient/${id}`, feed, patient(id, { name: [{ family: [`Family ${id}`] }] }), { 'x-aquifer-site': site })
})
afterAll(() => world.close())

const total = async (path: string, token = feed) => (await world.fhir('GET', path, token)).json['total']

test('create, read, update, vread, history and delete give the versions that were stored', async () => {
  const made = await world.fhir('PUT', '/Observation/o1', feed, weight('o1', 'pa', 70))
  expect([made.status, made.headers['etag'], made.json['meta']]).toMatchObject([201, 'W/"1"', { versionId: '1' }])
  const again = await world.fhir('PUT', '/Observation/o1', feed, weight('o1', 'pa', 71), { 'if-match': 'W/"1"' })
  expect([again.status, again.headers['etag']]).toEqual([200, 'W/"2"'])
  expect((await world.fhir('PUT', '/Observation/o1', feed, weight('o1', 'pa', 72), { 'if-match': 'W/"1"' })).status).toBe(412)
  const first = await world.fhir('GET', '/Observation/o1/_history/1', feed)
  expect((first.json['valueQuantity'] as Json)['value']).toBe(70)
  expect((await world.fhir('DELETE', '/Observation/o1', feed)).status).toBe(204)
  expect((await world.fhir('GET', '/Observation/o1', feed)).status).toBe(410)
  const history = await world.fhir('GET', '/Observation/o1/_history', feed)
  expect((history.json['entry'] as { request: Json }[]).map(({ request }) => request['method'])).toEqual(['DELETE', 'PUT', 'POST'])
  expect((await world.fhir('PUT', '/Observation/o1', feed, weight('o1', 'pa'))).headers['etag']).toBe('W/"4"')
})
test('what is sent is what is served: digits, order and extensions stay', async () => {
  const text =
    '{"resourceType":"Observation","id":"exact","extension":[{"url":"urn:aquifer:site-id","valueString":"A"}],"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/pa"},"valueQuantity":{"value":1.50}}'
  expect((await world.fhir('PUT', '/Observation/exact', feed, text)).status).toBe(201)
  const read = await world.fhir('GET', '/Observation/exact', feed)
  expect(read.text.replace(/"meta":\{[^}]*\},/, '')).toBe(text)
})
test('broken and wrong bodies are refused with an outcome that quotes no value', async () => {
  const wrong = await world.fhir('PUT', '/Observation/bad', feed, {
    ...weight('bad', 'pa'),
    status: 'Secret Name',
    nonsense: 'Secret Name',
  })
  expect([wrong.status, wrong.text.includes('Secret Name')]).toEqual([400, false])
  expect((wrong.json['issue'] as Json[]).length).toBe(2)
  expect((await world.fhir('POST', '/Observation', feed, '{"resourceType":')).status).toBe(400)
  expect((await world.fhir('POST', '/Nonsense', feed, {})).status).toBe(404)
  expect((await world.fhir('POST', '/Patient', feed, { resourceType: 'Nonsense' })).status).toBe(400)
  expect((await world.fhir('PUT', '/Observation/other', feed, weight('o2', 'pa'))).status).toBe(400)
  expect((await world.fhir('POST', '/Observation', feed, 'a,b', { 'content-type': 'text/csv' })).status).toBe(415)
  expect((await world.fhir('POST', '/Observation', feed, Buffer.alloc(33 * 1024 * 1024, 32))).status).toBe(413)
})
test('bodies and addresses that cannot be read as they were sent are refused, and never an error of the server', async () => {
  const latin = Buffer.concat([
    Buffer.from('{"resourceType":"Patient","id":"latin","name":[{"text":"'),
    Buffer.from([0xe9]),
    Buffer.from('"}]}'),
  ])
  expect((await world.fhir('PUT', '/Patient/latin', feed, latin)).status).toBe(400)
  expect((await world.fhir('GET', '/Patient/latin', feed)).status).toBe(404)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await world.fhir('POST', '/Patient', feed, '{"resourceType":"Patient"}', form)).status).toBe(415)
  expect((await world.fhir('POST', '/Patient/_search', feed, '{}')).status).toBe(415)
  expect((await world.fhir('PUT', '/Patient/br', feed, patient('br'), { 'content-encoding': 'br' })).status).toBe(415)
  expect((await world.fhir('PUT', '/Patient/v0', feed, patient('v0'), { 'if-match': 'W/"0"', 'x-aquifer-site': 'A' })).status).toBe(400)
  expect((await world.fhir('POST', '/', feed, bundleOf('batch'))).status).toBe(200)
  for (const [path, status] of [
    ['/Patient/%00', 404],
    ['/Patient/%ff', 400],
    ['/Patient?_id=%00', 400],
    ['/Patient?name=%00', 400],
    ['/Patient?studyid=%00', 404],
  ] as const) {
    const answer = await world.fhir('GET', path, feed)
    expect([path, answer.status, answer.json['resourceType']]).toEqual([path, status, 'OperationOutcome'])
  }
})
test('a parameter or modifier that is not supported is refused with those that are', async () => {
  const told = async (query: string) => {
    const { status, json } = await world.fhir('GET', `/Observation?${query}`, feed)
    return [status, (json['issue'] as { diagnostics: string }[])[0]?.diagnostics]
  }
  expect(await told('nonsense=1')).toEqual([400, expect.stringMatching(/nonsense\. Supported: _id, .*\bdate\b.*_count/)])
  expect(await told('subject.nonsense=1')).toEqual([400, expect.stringContaining('Supported: _id')])
  expect(await told('code:exact=1')).toEqual([400, expect.stringContaining('Supported: :missing, :text, :not')])
  expect(await told('_include=Observation:nonsense')).toEqual([400, expect.stringContaining('performer')])
})
test('scope: all that name study or site agree, or nothing is stored', async () => {
  const both = await world.token('integrator', ['S', 'T'])
  const scoped = (id: string, study: string) => ({ ...weight(id, 'pa'), extension: [{ url: 'urn:aquifer:study-id', valueString: study }] })
  expect((await world.fhir('PUT', '/Observation/sc', both, scoped('sc', 'S'), { 'x-aquifer-study': 'T' })).status).toBe(400)
  expect((await world.fhir('PUT', '/Observation/sc?studyid=T', both, scoped('sc', 'S'))).status).toBe(400)
  expect((await world.fhir('PUT', '/Observation/sc', both, weight('sc', 'pa'))).status).toBe(400)
  expect((await world.fhir('PUT', '/Observation/sc?studyid=S&studyid=T', both, weight('sc', 'pa'))).status).toBe(400)
  expect((await world.fhir('PUT', '/Observation/sc', both, weight('sc', 'pa'), { 'x-aquifer-study': 'S, T' })).status).toBe(400)
  expect((await world.fhir('PUT', '/Observation/sc', feed, scoped('sc', 'T'))).status).toBe(400)
  expect((await world.fhir('PUT', '/Observation/sc', feed, weight('sc', 'pa'), { 'x-aquifer-site': 'Z' })).status).toBe(400)
  expect((await world.fhir('GET', '/Observation/sc', both, undefined, { 'x-aquifer-study': 'S' })).status).toBe(404)
  expect((await world.fhir('PUT', '/Observation/sc', both, scoped('sc', 's'), { 'x-aquifer-study': 'S' })).status).toBe(201)
})
test('two studies may hold the same id; a read that names neither is ambiguous', async () => {
  const both = await world.token('integrator', ['S', 'T'])
  await world.fhir('PUT', '/Patient/pa', both, patient('pa'), { 'x-aquifer-study': 'T' })
  for (const [study, value] of [
    ['S', 1],
    ['T', 2],
  ] as const)
    expect(
      (await world.fhir('PUT', '/Observation/same', both, weight('same', 'pa', value), { 'x-aquifer-study': study, 'x-aquifer-site': 'A' }))
        .status,
    ).toBe(201)
  const read = async (headers: Record<string, string>) => world.fhir('GET', '/Observation/same', both, undefined, headers)
  expect(((await read({ 'x-aquifer-study': 'T' })).json['valueQuantity'] as Json)['value']).toBe(2)
  expect((await read({})).status).toBe(400)
})
test('limits of site and person hold for reads, searches and writes, and tell nothing of what is behind them', async () => {
  const atA = await world.token('investigator', ['S'], { sites: ['A'] })
  await world.fhir('PUT', '/Observation/oa', feed, weight('oa', 'pa'), { 'x-aquifer-site': 'A' })
  await world.fhir('PUT', '/Observation/ob', feed, weight('ob', 'pb'), { 'x-aquifer-site': 'B' })
  expect((await world.fhir('GET', '/Observation/oa', atA)).status).toBe(200)
  const hidden = await world.fhir('GET', '/Observation/ob', atA)
  expect([hidden.status, hidden.text]).toEqual([404, (await world.fhir('GET', '/Observation/none', atA)).text])
  expect((await world.fhir('GET', '/Patient/pb', atA)).status).toBe(404)
  expect((await world.fhir('PUT', '/Observation/ob', atA, weight('ob', 'pa'))).status).toBe(404)
  expect(await total('/Observation?_id=oa,ob', atA)).toBe(1)
  const own = await world.token('patient', ['S'], { patient: 'pb' })
  expect([(await world.fhir('GET', '/Observation/ob', own)).status, (await world.fhir('GET', '/Observation/oa', own)).status]).toEqual([
    200, 404,
  ])
  expect(await total('/Patient', own)).toBe(1)
  const device = await world.token('device', ['S'], { patient: 'pb' })
  expect((await world.fhir('PUT', '/Observation/od', device, weight('od', 'pb'))).status).toBe(201)
  expect((await world.fhir('PUT', '/Observation/oe', device, weight('oe', 'pa'))).status).toBe(404)
  expect(
    (await world.fhir('PUT', '/Condition/c', device, { resourceType: 'Condition', id: 'c', patient: { reference: 'Patient/pb' } })).status,
  ).toBe(403)
})
test('search finds by id, identifier, patient, code and date, in pages that show each match once', async () => {
  const many = Array.from({ length: 25 }, (_, n) => ({
    ...weight(`m${n}`, 'pb', n),
    effectiveDateTime: `2025-01-${String((n % 28) + 1).padStart(2, '0')}`,
    identifier: [{ system: 'urn:x', value: `v${n}` }],
  }))
  expect((await world.fhir('POST', '', feed, bundleOf('transaction', ...many))).status).toBe(200)
  expect(await total('/Observation?identifier=urn:x|v3')).toBe(1)
  expect(await total('/Observation?patient=pb&code=http://loinc.org|29463-7&date=ge2025-01-01&date=lt2025-02-01')).toBe(25)
  expect(await total('/Observation?patient=Patient/pb&date=2025-01-02')).toBe(1)
  expect(await total('/Observation?_summary=count&date=2025')).toBe(25)
  const seen: string[] = []
  let next: string | undefined = '/fhir-server/api/v1/Observation?date=2025&_count=10&_sort:desc=date'
  while (next !== undefined) {
    const page: Json = (await world.send({ path: next, token: feed })).json
    for (const entry of page['entry'] as { resource: Json }[])
      seen.push(String(entry.resource['effectiveDateTime']) + String(entry.resource['id']))
    next = (page['link'] as { relation: string; url: string }[])
      .find(({ relation }) => relation === 'next')
      ?.url.replace(/^http:\/\/[^/]+/, '')
  }
  expect([seen.length, new Set(seen).size]).toEqual([25, 25])
  expect(seen.map((text) => text.slice(0, 10))).toEqual(
    seen
      .map((text) => text.slice(0, 10))
      .toSorted()
      .toReversed(),
  )
  for (const [asked, found] of [
    ['gt20', 4],
    ['gt20|http://unitsofmeasure.org|kg', 4],
    ['le20||kg', 21],
    ['gt20||lb', 15],
    ['gt20||[foo]', 0],
  ] as const)
    expect([asked, await total(`/Observation?date=2025&value-quantity=${asked}`)]).toEqual([asked, found])
  const posted = await world.send({
    method: 'POST',
    path: '/fhir-server/api/v1/Observation/_search',
    token: feed,
    body: 'identifier=urn:x%7Cv3',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  expect(posted.json['total']).toBe(1)
  const including = await world.fhir('GET', '/Observation?_id=m1&_include=Observation:patient', feed)
  expect((including.json['entry'] as { search: Json }[]).map(({ search }) => search['mode'])).toEqual(['match', 'include'])
  expect((await world.fhir('GET', '/Observation?nonsense=1', feed)).status).toBe(400)
  expect((await world.fhir('GET', '/Observation?code:below=x', feed)).status).toBe(400)
})
test('a transaction gives new ids, resolves references within it, and stores all or nothing', async () => {
  const entry = (fullUrl: string, resource: Json) => ({ fullUrl, resource, request: { method: 'POST', url: resource['resourceType'] } })
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      entry('urn:uuid:6f9619ff-8b86-4011-b42d-00c04fc964ff', {
        ...weight('w', ''),
        id: undefined,
        subject: { reference: 'urn:uuid:7f9619ff-8b86-4011-b42d-00c04fc964ff' },
      }),
      entry('urn:uuid:7f9619ff-8b86-4011-b42d-00c04fc964ff', patient('kept?', { identifier: [{ system: 'urn:mrn', value: '77' }] })),
    ],
  }
  const answer = await world.fhir('POST', '', feed, bundle, { 'x-aquifer-site': 'A' })
  const [observation, person] = (answer.json['entry'] as { response: { location: string } }[]).map(({ response }) =>
    response.location.replace(/\/_history.*/, ''),
  )
  expect(person).not.toContain('kept')
  expect((await world.fhir('GET', `/${observation}`, feed)).json['subject']).toEqual({ reference: person })
  const before = await total('/Observation?_summary=count')
  const invalid = { ...weight('inv', 'pa'), status: 'wrong' }
  expect((await world.fhir('POST', '', feed, bundleOf('transaction', weight('ok', 'pa'), invalid))).status).toBe(400)
  expect(await total('/Observation?_summary=count')).toBe(before)
  const twice = await world.fhir('POST', '/Patient', feed, patient('x', { identifier: [{ system: 'urn:mrn', value: '77' }] }), {
    'if-none-exist': 'identifier=urn:mrn|77',
  })
  expect([twice.status, twice.headers['location']?.includes(`${person}/_history/`)]).toEqual([200, true])
  const byCondition = { ...weight('cond', ''), subject: { reference: 'Patient?identifier=urn:mrn|77' } }
  expect((await world.fhir('POST', '', feed, bundleOf('transaction', byCondition), { 'x-aquifer-site': 'A' })).status).toBe(200)
  expect((await world.fhir('GET', '/Observation/cond', feed)).json['subject']).toEqual({ reference: person })
})
test('racing conditional creates make one resource', async () => {
  const race = await Promise.all(
    Array.from({ length: 8 }, () =>
      world.fhir('POST', '/Patient', feed, patient('x', { identifier: [{ system: 'urn:mrn', value: 'race' }] }), {
        'if-none-exist': 'identifier=urn:mrn|race',
        'x-aquifer-site': 'A',
      }),
    ),
  )
  expect(race.every(({ status }) => [200, 201, 409].includes(status))).toBe(true)
  expect(await total('/Patient?identifier=urn:mrn|race')).toBe(1)
})
test('racing updates give each answer a version of its own', async () => {
  const race = await Promise.all(
    Array.from({ length: 40 }, (_, n) => world.fhir('PUT', '/Observation/race', feed, weight('race', 'pa', n), { 'x-aquifer-site': 'A' })),
  )
  expect(new Set(race.map(({ headers }) => headers['etag'])).size).toBe(40)
})
test('bodies may be compressed, and Prefer asks for less', async () => {
  const sent = await world.fhir('PUT', '/Observation/gz', feed, gzipSync(JSON.stringify(weight('gz', 'pa'))), {
    'content-encoding': 'gzip',
    prefer: 'return=minimal',
    'x-aquifer-site': 'A',
  })
  expect([sent.status, sent.text]).toEqual([201, ''])
})
test('the study is a Group: its status is read and changed there, by those who may', async () => {
  const group = (await world.fhir('GET', '/Group/T', await world.token('study-manager', ['T']))).json
  expect(group['resourceType'] === 'Group' || group['resourceType'] === 'OperationOutcome').toBe(true)
  const frozen = {
    resourceType: 'Group',
    id: 'T',
    type: 'person',
    actual: true,
    extension: [{ url: 'urn:aquifer:study-status', valueCode: 'frozen' }],
  }
  expect((await world.fhir('PUT', '/Group/T', await world.token('integrator', ['T']), frozen)).status).toBe(403)
  expect((await world.fhir('PUT', '/Group/T', await world.token('study-manager', ['T']), frozen)).status).toBeLessThan(300)
  expect((await world.fhir('PUT', '/Observation/fr', await world.token('integrator', ['T']), weight('fr', 'pa'))).status).toBe(422)
})
