// http://hl7.org/fhir/DSTU2/http.html#mime-type and #binary: what a client says it sends and wants, and what it gets.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalJson, parseJson, readXml, type Resource } from '@aquifer/core/fhir'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
  await world.fhir('PUT', '/Patient/pa', feed, patient('pa'))
})
afterAll(() => world.close())

const xmlType = { 'content-type': 'application/xml+fhir' }
const asXml = { accept: 'application/xml+fhir' }
const get = (path: string, headers: Record<string, string> = {}): Promise<Sent> => world.fhir('GET', path, feed, undefined, headers)
const typeOf = (answer: Sent): string => answer.headers['content-type'] ?? ''
function content(answer: Sent): Resource {
  if (!typeOf(answer).includes('xml')) return parseJson(answer.text).resource as Resource
  const read = readXml(answer.text)
  if (read.problem !== undefined || read.issues.length > 0) throw new Error(JSON.stringify(read))
  return read.resource
}

const weightXml = (id: string, value = '71.10'): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<!-- scale 7 -->\n<Observation xmlns="http://hl7.org/fhir"><id value="${id}"/>` +
  '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">\n <p>a&#160;b</p></div></text>' +
  '<status value="final"/><code><text value="weight &amp; more"/></code><subject><reference value="Patient/pa"/></subject>' +
  `<valueQuantity><value value="${value}"/><unit value="kg"/></valueQuantity></Observation>`

test('a resource sent as XML is read as JSON and as XML, with its digits and its narrative', async () => {
  const made = await world.fhir('PUT', '/Observation/x1', feed, weightXml('x1'), { ...xmlType, ...asXml })
  expect([made.status, typeOf(made)]).toEqual([201, 'application/xml+fhir; charset=utf-8'])
  const json = await get('/Observation/x1')
  expect(json.text).toContain('"valueQuantity":{"value":71.10,"unit":"kg"}')
  expect((json.json['text'] as Json)['div']).toBe('<div xmlns="http://www.w3.org/1999/xhtml">\n <p>a&#160;b</p></div>')
  const xml = await get('/Observation/x1', asXml)
  expect(xml.text).toContain('<value value="71.10"/>')
  expect(canonicalJson(content(xml))).toBe(canonicalJson(content(json)))
  expect(xml.headers['etag']).toBe(json.headers['etag'])
  expect(xml.headers['content-security-policy']).toContain('sandbox')
})

test('every answer comes in XML: Bundles, history, transactions, Conformance, refusals', async () => {
  const search = content(await get('/Observation?code=29463-7&_format=xml'))
  expect(search).toMatchObject({ resourceType: 'Bundle', type: 'searchset' })
  expect(content(await get('/Observation/x1/_history', asXml))).toMatchObject({ type: 'history', entry: [{ resource: { id: 'x1' } }] })
  expect(content(await get('/metadata', asXml))).toMatchObject({ resourceType: 'Conformance', fhirVersion: '1.0.2' })
  expect(content(await get('/Observation/none', asXml))).toMatchObject({ resourceType: 'OperationOutcome' })
  expect(content(await get('/nothing/here/at/all', asXml))).toMatchObject({ resourceType: 'OperationOutcome' })
  const open = await world.fhir('GET', '/Observation/x1', null, undefined, asXml)
  expect([open.status, content(open).resourceType]).toEqual([401, 'OperationOutcome'])
  const transaction =
    '<Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/><entry><resource>' +
    weightXml('x2').replace(/^[^]*?<Observation xmlns="[^"]*"/, '<Observation') +
    '</resource><request><method value="PUT"/><url value="Observation/x2"/></request></entry></Bundle>'
  const answer = await world.fhir('POST', '', feed, transaction, { ...xmlType, ...asXml })
  expect([answer.status, content(answer)]).toMatchObject([
    200,
    { type: 'transaction-response', entry: [{ response: { status: '201 Created' } }] },
  ])
})

describe('what is asked for is what is answered', () => {
  test.each([
    [{}, 'application/json+fhir'],
    [{ accept: '*/*' }, 'application/json+fhir'],
    [{ accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }, 'application/json+fhir'],
    [{ accept: 'application/fhir+json' }, 'application/fhir+json'],
    [{ accept: 'application/json' }, 'application/json'],
    [{ accept: 'text/json' }, 'text/json'],
    [{ accept: 'application/fhir+xml' }, 'application/fhir+xml'],
    [{ accept: 'application/xml' }, 'application/xml'],
    [{ accept: 'text/xml; charset=utf-8' }, 'text/xml'],
    [{ accept: 'APPLICATION/XML+FHIR' }, 'application/xml+fhir'],
    [{ accept: 'application/json;q=0.5, application/xml+fhir' }, 'application/xml+fhir'],
    [{ accept: 'application/xml;q=0.5, application/json+fhir;q=0.6' }, 'application/json+fhir'],
    [{ accept: '*/*, application/xml+fhir' }, 'application/xml+fhir'],
    [{ accept: 'application/json;q=0, */*' }, 'application/json+fhir'],
    [{ accept: 'image/png, application/fhir+xml;q=0.001' }, 'application/fhir+xml'],
  ] as [Record<string, string>, string][])('%j → %s', async (headers, type) => {
    const answer = await get('/Patient/pa', headers)
    expect([answer.status, typeOf(answer)]).toEqual([200, `${type}; charset=utf-8`])
    expect(content(answer)).toMatchObject({ resourceType: 'Patient', id: 'pa' })
  })

  test.each([
    ['json', 'application/json+fhir'],
    ['xml', 'application/xml+fhir'],
    ['application/xml+fhir', 'application/xml+fhir'],
    ['application%2Fjson%2Bfhir', 'application/json+fhir'],
    ['text/xml', 'text/xml'],
  ])('_format=%s goes before Accept', async (format, type) => {
    const accept = type.includes('xml') ? 'application/json' : 'application/xml'
    expect(typeOf(await get(`/Patient/pa?_format=${format}`, { accept }))).toBe(`${type}; charset=utf-8`)
  })

  test('a posted search says it in its form', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await world.fhir('POST', '/Patient/_search', feed, '_id=pa&_format=xml&_pretty=true', form)
    expect([answer.status, typeOf(answer)]).toEqual([200, 'application/xml+fhir; charset=utf-8'])
    expect(content(answer)).toMatchObject({ total: 1 })
    expect(answer.text).toContain('\n    <resource>\n')
  })

  test('_pretty breaks lines and changes nothing', async () => {
    const plain = canonicalJson(content(await get('/Observation/x1')))
    for (const format of ['json', 'xml']) {
      const pretty = await get(`/Observation/x1?_pretty=true&_format=${format}`)
      expect(pretty.text.split('\n').length).toBeGreaterThan(20)
      expect(canonicalJson(content(pretty))).toBe(plain)
    }
  })

  test('what is none of ours is refused, in what the client can read', async () => {
    for (const [path, headers, readable] of [
      ['/Patient/pa', { accept: 'image/png' }, 'json'],
      ['/Patient/pa', { accept: 'application/json;q=0' }, 'json'],
      ['/Patient/pa?_format=ttl', { accept: 'application/xml' }, 'json'],
    ] as const) {
      const answer = await get(path, headers)
      expect([answer.status, typeOf(answer).includes(readable)]).toEqual([406, true])
      expect(content(answer)).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'not-supported' }] })
    }
  })

  test('bodies are taken under every name of their form, and no other', async () => {
    const json = JSON.stringify(weight('ct', 'pa'))
    for (const type of ['application/json', 'application/json+fhir;charset=UTF-8', 'application/fhir+json; charset="utf-8"', 'text/json'])
      expect((await world.fhir('PUT', '/Observation/ct', feed, json, { 'content-type': type })).status).toBeLessThan(300)
    for (const type of ['application/xml', 'application/fhir+xml; charset=utf-8', 'text/xml'])
      expect((await world.fhir('PUT', '/Observation/ct', feed, weightXml('ct'), { 'content-type': type })).status).toBe(200)
    for (const type of ['text/plain', 'application/pdf', 'json', '', 'application/json+fhir; charset=utf-16', 'application/x-ndjson'])
      expect([type, (await world.fhir('PUT', '/Observation/ct', feed, json, { 'content-type': type })).status]).toEqual([type, 415])
    for (const [type, body] of [
      ['application/xml', json],
      ['application/json', weightXml('ct')],
    ] as const)
      expect((await world.fhir('PUT', '/Observation/ct', feed, body, { 'content-type': type })).status).toBe(400)
  })
})

test('an import takes XML, plain or packed: one resource, or one Bundle', async () => {
  const token = await world.token('integrator', ['S'])
  const load = (body: Buffer | string): Promise<Sent> =>
    world.send({ method: 'POST', path: '/fhir-server/api/v1/$import', token, body, headers: { 'content-type': 'application/xml+fhir' } })
  expect((await load(weightXml('i1', '1.50'))).json).toMatchObject({ read: 1, stored: 1, refused: 0 })
  expect((await get('/Observation/i1')).text).toContain('"value":1.50')
  expect((await get('/Observation/i1')).json['text']).toMatchObject({
    div: '<div xmlns="http://www.w3.org/1999/xhtml">\n <p>a&#160;b</p></div>',
  })
  expect((await load(gzipSync(weightXml('i1', '1.50')))).json).toMatchObject({ unchanged: 1 })
  const bundle =
    '<Bundle xmlns="http://hl7.org/fhir">\n<type value="collection"/>\n' +
    ['i2', 'i3']
      .map((id) => `<entry><resource>${weightXml(id).replace(/^[^]*?<Observation/, '<Observation')}</resource></entry>`)
      .join('\n') +
    '\n</Bundle>\n'
  expect((await load(bundle)).json).toMatchObject({ read: 2, stored: 2 })
  expect((await load('<Observation xmlns="http://hl7.org/fhir"><nickname value="x"/></Observation>')).json).toMatchObject({
    refused: 1,
    refusals: [{ reason: 'invalid', lines: [1] }],
  })
})

describe('Binary', () => {
  const page = Buffer.from('<script>alert(1)</script>\u0000\u00ff', 'latin1')

  test('raw content becomes a Binary, and comes back as it was', async () => {
    const made = await world.fhir('POST', '/Binary', feed, page, { 'content-type': 'text/html' })
    expect([made.status, made.json]).toMatchObject([201, { resourceType: 'Binary', contentType: 'text/html' }])
    const path = (made.headers['location'] ?? '').replace(/^.*\/api\/v1/, '')
    for (const headers of [{}, { accept: '*/*' }, { accept: 'text/html' }, { accept: 'image/*' }]) {
      const raw = await world.platform.app.inject({
        url: `/fhir-server/api/v1${path}`,
        headers: { ...headers, authorization: `Bearer ${feed}` },
      })
      expect([raw.statusCode, raw.headers['content-type'], raw.rawPayload.equals(page)]).toEqual([200, 'text/html', true])
      expect(raw.headers).toMatchObject({
        'content-disposition': 'attachment',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
      })
    }
    for (const accept of ['application/json+fhir', 'application/xml+fhir'])
      expect(content(await get(path, { accept }))).toMatchObject({ resourceType: 'Binary', content: page.toString('base64') })
    expect(content(await get(`${path}?_format=json`))).toMatchObject({ resourceType: 'Binary' })
  })

  test('is put under an id, and a content type that no header may hold is not said', async () => {
    expect((await world.fhir('PUT', '/Binary/b1', feed, Buffer.from([1, 2, 3]), { 'content-type': 'image/png' })).status).toBe(201)
    expect((await get('/Binary/b1')).headers['content-type']).toBe('image/png')
    const odd = { resourceType: 'Binary', id: 'b2', contentType: 'text/html x', content: 'QQ==' }
    expect((await world.fhir('PUT', '/Binary/b2', feed, odd)).status).toBe(201)
    expect((await get('/Binary/b2')).headers['content-type']).toBe('application/octet-stream')
  })

  test('is nobody’s: a study that knows its people takes it only with one of them', async () => {
    await world.study({ id: 'CLOSED', sites: ['A'] })
    const closed = await world.token('integrator', ['CLOSED'])
    expect((await world.fhir('POST', '/Binary', closed, page, { 'content-type': 'text/html' })).status).toBe(422)
    const { headers } = await world.fhir('PUT', '/Binary/b3', feed, Buffer.from('a'), { 'content-type': 'text/plain' })
    expect(headers['location']).toContain('/Binary/b3/')
    expect((await world.fhir('GET', '/Binary/b3', closed)).status).toBe(404)
    expect((await world.fhir('GET', '/Binary/b3', null)).status).toBe(401)
  })
})

test('a batch of XML answers each of its entries', async () => {
  const batch = bundleOf('batch', weight('bx', 'pa'))
  ;(batch['entry'] as Json[]).push({ request: { method: 'GET', url: 'Observation/none' } })
  const answer = await world.fhir('POST', '', feed, batch, asXml)
  expect(content(answer)).toMatchObject({
    entry: [{ response: { status: '201 Created' } }, { resource: { resourceType: 'OperationOutcome' } }],
  })
})
