// What nobody should send, and somebody will: each is answered by a status of its kind and an outcome that names the place, quotes
// nothing, and leaves no trace; others are served meanwhile.
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
  await world.fhir('PUT', '/Patient/pa', feed, patient('pa'))
})
afterAll(() => world.close())

const json = { 'content-type': 'application/json+fhir' }
const xml = { 'content-type': 'application/xml+fhir', accept: 'application/xml+fhir' }
const zipped = { ...json, 'content-encoding': 'gzip' }
const megabytes = (count: number): number => count * 1024 * 1024
const fhirXml = (inner: string, root = 'Patient'): string => `<${root} xmlns="http://hl7.org/fhir">${inner}</${root}>`
const patientWith = (field: string): string => `{"resourceType":"Patient",${field}}`
const utf16 = (text: string, order: 'le' | 'be'): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return order === 'le' ? bytes : bytes.swap16()
}

interface Case {
  name: string
  body: string | Buffer
  headers: Record<string, string>
  status: number
  /** what the outcome says, by which the place is found */
  says: RegExp
}

const ofJson: Case[] = [
  { name: 'cut off', body: '{"resourceType":"Patient",\n"name":[', headers: json, status: 400, says: /line 2, column 9/ },
  { name: 'a comma too many', body: '{"resourceType":"Patient","active":true,}', headers: json, status: 400, says: /column 41/ },
  { name: 'two documents', body: '{"resourceType":"Patient"}{}', headers: json, status: 400, says: /column 27/ },
  { name: 'no object', body: '[1,2]', headers: json, status: 400, says: /JSON object/ },
  { name: 'a bare number of 40 digits', body: '9'.repeat(40), headers: json, status: 400, says: /JSON object/ },
  { name: 'nothing', body: ' ', headers: json, status: 400, says: /line 1, column 2/ },
  { name: 'a key twice', body: '{"resourceType":"Patient","id":"a","id":"b"}', headers: json, status: 400, says: /twice.*column 36/ },
  {
    name: 'a key twice, once escaped',
    body: '{"resourceType":"Patient","i\\u0064":"a","id":"b"}',
    headers: json,
    status: 400,
    says: /twice/,
  },
  {
    name: '__proto__',
    body: '{"resourceType":"Patient","__proto__":{"admin":true}}',
    headers: json,
    status: 400,
    says: /forbidden.*column 27/,
  },
  { name: '__proto__ escaped', body: '{"resourceType":"Patient","\\u005f_proto__":{}}', headers: json, status: 400, says: /forbidden/ },
  {
    name: 'constructor',
    body: '{"resourceType":"Patient","constructor":{"prototype":{}}}',
    headers: json,
    status: 400,
    says: /Patient\.constructor/,
  },
  { name: 'toString as a type', body: '{"resourceType":"toString"}', headers: json, status: 400, says: /resource type/ },
  {
    name: 'nested 100,000 deep',
    body: `{"resourceType":"Patient","a":${'['.repeat(100_000)}`,
    headers: json,
    status: 400,
    says: /deeply, line 1, column 130/,
  },
  {
    name: '10,000 siblings',
    body: `{"resourceType":"Patient","name":[${'{},'.repeat(10_000)}{}]}`,
    headers: json,
    status: 400,
    says: /Patient\.name\[0\]/,
  },
  {
    name: '300,000 siblings',
    body: `{"resourceType":"Patient","name":[${'{},'.repeat(300_000)}{}]}`,
    headers: json,
    status: 400,
    says: /values than a resource can have, line 1, column \d/,
  },
  {
    name: '300,000 keys',
    body: `{${Array.from({ length: 300_000 }, (_, n) => `"k${n}":1`).join(',')}}`,
    headers: json,
    status: 400,
    says: /more properties/,
  },
  {
    name: 'a key of a megabyte',
    body: `{"resourceType":"Patient","${'k'.repeat(megabytes(1))}":1}`,
    headers: json,
    status: 400,
    says: /Patient\.\?/,
  },
  {
    name: 'a lone surrogate',
    body: '{"resourceType":"Patient","name":[{"given":["a","\\ud800"]}]}',
    headers: json,
    status: 400,
    says: /Patient\.name\[0\]\.given\[1\]/,
  },
  {
    name: 'NUL in a string',
    body: '{"resourceType":"Patient","name":[{"text":"a\\u0000b"}]}',
    headers: json,
    status: 400,
    says: /Patient\.name\[0\]\.text/,
  },
  { name: 'NUL in the text', body: '{"resourceType":"Patient"\u0000}', headers: json, status: 400, says: /column 26/ },
  {
    name: '1e400',
    body: patientWith('"extension":[{"url":"urn:x","valueDecimal":"1e400"}]'),
    headers: json,
    status: 400,
    says: /extension\[0\]\.valueDecimal/,
  },
  {
    name: 'an integer of 40 digits',
    body: `{"resourceType":"Patient","multipleBirthInteger":${'9'.repeat(40)}}`,
    headers: json,
    status: 400,
    says: /multipleBirthInteger/,
  },
  {
    name: 'Latin-1',
    body: Buffer.from('{"resourceType":"Patient","name":[{"text":"Müller"}]}', 'latin1'),
    headers: json,
    status: 400,
    says: /UTF-8/,
  },
  { name: 'UTF-16', body: utf16('{"resourceType":"Patient"}', 'le'), headers: json, status: 400, says: /UTF-8/ },
  { name: 'an overlong form', body: Buffer.from([0x7b, 0xc0, 0xa2, 0x7d]), headers: json, status: 400, says: /UTF-8/ },
  { name: 'larger than is taken', body: Buffer.alloc(megabytes(32) + 1, 32), headers: json, status: 413, says: /larger/ },
  { name: 'a gzip bomb', body: gzipSync(Buffer.alloc(megabytes(64), 32)), headers: zipped, status: 413, says: /unpacked/ },
  { name: 'gzip cut off', body: gzipSync(JSON.stringify(weight('x', 'pa'))).subarray(0, 40), headers: zipped, status: 400, says: /gzip/ },
  { name: 'gzip within gzip', body: gzipSync(gzipSync('{}')), headers: zipped, status: 400, says: /UTF-8/ },
  { name: 'no gzip at all', body: '{}', headers: zipped, status: 400, says: /gzip/ },
  { name: 'gzip that is not said', body: gzipSync('{}'), headers: json, status: 400, says: /UTF-8/ },
  { name: 'another encoding', body: '{}', headers: { ...json, 'content-encoding': 'br' }, status: 415, says: /Content-Encoding/ },
  { name: 'two encodings', body: '{}', headers: { ...json, 'content-encoding': 'gzip, gzip' }, status: 415, says: /Content-Encoding/ },
  {
    name: 'a slow date',
    body: patientWith(`"birthDate":"2026-01-01T00:00:00.${'1'.repeat(megabytes(1))}x"`),
    headers: json,
    status: 400,
    says: /Patient\.birthDate/,
  },
  {
    name: 'a slow uri',
    body: patientWith(`"implicitRules":"${'a:'.repeat(megabytes(1))} x"`),
    headers: json,
    status: 400,
    says: /implicitRules/,
  },
  { name: 'a slow code', body: patientWith(`"gender":"${'a '.repeat(megabytes(1))} b"`), headers: json, status: 400, says: /gender/ },
  {
    name: 'a slow narrative',
    body: patientWith(`"text":{"status":"generated","div":"<div>${'<a on'.repeat(megabytes(1) / 5)}</div> x"}`),
    headers: json,
    status: 400,
    says: /text\.div/,
  },
]

const ofXml: Case[] = [
  { name: 'cut off', body: '<Patient xmlns="http://hl7.org/fhir">\n<active', headers: xml, status: 400, says: /line 2/ },
  {
    name: 'entities within entities',
    body: `<!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 30 }, (_, n) => `<!ENTITY b${n} "${`&b${n - 1};`.repeat(10)}">`).join('')}]>${fhirXml('<language value="&b29;"/>')}`,
    headers: xml,
    status: 400,
    says: /document type/,
  },
  {
    name: 'a file as an entity',
    body: `<!DOCTYPE p [<!ENTITY f SYSTEM "file:///etc/passwd">]>${fhirXml('<language value="&f;"/>')}`,
    headers: xml,
    status: 400,
    says: /document type/,
  },
  {
    name: 'a DTD elsewhere',
    body: `<!DOCTYPE p SYSTEM "http://127.0.0.1:1/x.dtd">${fhirXml('')}`,
    headers: xml,
    status: 400,
    says: /document type/,
  },
  {
    name: 'a parameter entity',
    body: `<!DOCTYPE p [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]>${fhirXml('')}`,
    headers: xml,
    status: 400,
    says: /document type/,
  },
  { name: 'a DTD of 30 MB', body: `<!DOCTYPE p [${'<!ENTITY a "b">'.repeat(2_000_000)}`, headers: xml, status: 400, says: /document type/ },
  { name: 'an entity nobody declared', body: fhirXml('<language value="&nbsp;"/>'), headers: xml, status: 400, says: /well-formed/ },
  {
    name: 'XInclude',
    body: fhirXml('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'),
    headers: xml,
    status: 400,
    says: /Patient\.include/,
  },
  { name: 'nested 100,000 deep', body: fhirXml('<extension url="a">'.repeat(100_000)), headers: xml, status: 400, says: /deeply, line 1/ },
  {
    name: 'a narrative nested 100,000 deep',
    body: fhirXml(`<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(100_000)}`),
    headers: xml,
    status: 400,
    says: /deeply/,
  },
  { name: '100,000 siblings', body: fhirXml('<x/>'.repeat(100_000)), headers: xml, status: 400, says: /Patient\.x/ },
  {
    name: '50,000 attributes',
    body: fhirXml(`<name ${Array.from({ length: 50_000 }, (_, n) => `a${n}="1"`).join(' ')}/>`),
    headers: xml,
    status: 400,
    says: /Patient\.name\[0\]/,
  },
  {
    name: 'an attribute of 2 MB',
    body: fhirXml(`<gender value="${'x'.repeat(megabytes(2))}"/>`),
    headers: xml,
    status: 400,
    says: /Patient\.gender/,
  },
  {
    name: 'an element twice',
    body: fhirXml('<active value="true"/><active value="true"/>'),
    headers: xml,
    status: 400,
    says: /Patient\.active/,
  },
  { name: 'an attribute twice', body: fhirXml('<active value="true" value="false"/>'), headers: xml, status: 400, says: /well-formed/ },
  {
    name: '__proto__',
    body: fhirXml('<__proto__ value="x"/><constructor value="y"/>'),
    headers: xml,
    status: 400,
    says: /Patient\.constructor/,
  },
  { name: '__proto__ as the root', body: '<__proto__ xmlns="http://hl7.org/fhir"/>', headers: xml, status: 400, says: /no DSTU2 resource/ },
  { name: 'another namespace', body: '<Patient xmlns="urn:hl7-org:v3"/>', headers: xml, status: 400, says: /namespace/ },
  { name: 'NUL by reference', body: fhirXml('<language value="&#0;"/>'), headers: xml, status: 400, says: /well-formed/ },
  { name: 'half a pair by reference', body: fhirXml('<language value="&#xD800;"/>'), headers: xml, status: 400, says: /well-formed/ },
  { name: 'UTF-16', body: utf16(`<?xml version="1.0" encoding="UTF-16"?>${fhirXml('')}`, 'be'), headers: xml, status: 400, says: /UTF-8/ },
  {
    name: 'UTF-16 that is said only',
    body: `<?xml version="1.0" encoding="UTF-16"?>${fhirXml('')}`,
    headers: xml,
    status: 400,
    says: /UTF-8, line 1/,
  },
  { name: 'UTF-7', body: `<?xml version="1.0" encoding="UTF-7"?>+ADw-Patient+AD4-`, headers: xml, status: 400, says: /UTF-8, line 1/ },
  {
    name: 'a script in the narrative',
    body: fhirXml('<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div></text>'),
    headers: xml,
    status: 400,
    says: /Patient\.text\.div/,
  },
  {
    name: 'a gzip bomb',
    body: gzipSync(fhirXml(' '.repeat(megabytes(40)))),
    headers: { ...xml, 'content-encoding': 'gzip' },
    status: 413,
    says: /unpacked/,
  },
]

const outcomeOf = (answer: Sent): string => {
  expect(answer.text).toContain('OperationOutcome')
  expect(answer.text).not.toMatch(/at \w+ \(|node_modules|select /i)
  return answer.text
}

describe.each([
  ['JSON', ofJson],
  ['XML', ofXml],
])('%s', (_form, cases) => {
  test.each(cases)('$name: $status', async ({ body, headers, status, says }) => {
    const before = process.memoryUsage.rss()
    const hostile = world.fhir('POST', '/Patient', feed, body, headers)
    const other = await world.fhir('GET', '/Patient/pa', feed)
    const answer = await hostile
    expect([answer.status, other.status]).toEqual([status, 200])
    expect(outcomeOf(answer)).toMatch(says)
    expect(process.memoryUsage.rss() - before).toBeLessThan(megabytes(700))
  })
})

test('what is odd and yet right is stored to the digit', async () => {
  const text = `{"resourceType":"Observation","id":"odd","status":"final","code":{"text":"\\u00e9 \\ud83e\\uddea \u2028"},"subject":{"reference":"Patient/pa"},"component":[${['-0', '1e400', '1E-400', '0.1234567890123456789012345678901234567890', '9'.repeat(40)].map((value) => `{"code":{"text":"x"},"valueQuantity":{"value":${value}}}`).join(',')}]}`
  expect((await world.fhir('PUT', '/Observation/odd', feed, `\ufeff${text}`)).status).toBe(201)
  const read = await world.fhir('GET', '/Observation/odd', feed)
  expect(read.text.replace(/"meta":\{[^}]*\},/, '')).toBe(text.replace('\\u00e9 \\ud83e\\uddea', 'é 🧪'))
  const again = await world.fhir('GET', '/Observation/odd', feed, undefined, { accept: 'application/xml+fhir' })
  expect((await world.fhir('PUT', '/Observation/odd', feed, again.text, xml)).status).toBe(200)
  expect((await world.fhir('GET', '/Observation/odd', feed)).text.replace(/"meta":\{[^}]*\},/, '')).toBe(
    text.replace('\\u00e9 \\ud83e\\uddea', 'é 🧪'),
  )
})

describe('Bundles', () => {
  const entry = (n: number): Json => ({ resource: weight(`b${n}`, 'pa'), request: { method: 'PUT', url: `Observation/b${n}` } })
  const send = (entries: unknown[], type = 'transaction'): Promise<Sent> =>
    world.fhir('POST', '', feed, { resourceType: 'Bundle', type, entry: entries })

  test('of 100,000 entries are too large, in JSON and in XML', async () => {
    const entries = Array.from({ length: 100_000 }, () => ({ request: { method: 'DELETE', url: 'Patient/pa' } }))
    expect((await send(entries)).status).toBe(413)
    const inXml = `<entry><request><method value="DELETE"/><url value="Patient/pa"/></request></entry>`.repeat(100_000)
    const answer = await world.fhir('POST', '', feed, fhirXml(`<type value="batch"/>${inXml}`, 'Bundle'), xml)
    expect([answer.status, outcomeOf(answer).includes('10000')]).toEqual([413, true])
    expect((await world.fhir('GET', '/Patient/pa', feed)).status).toBe(200)
  })

  test('with one bad entry leave nothing, and say which', async () => {
    const answer = await send([entry(1), { ...entry(2), resource: { ...weight('b2', 'pa'), status: 'Nonsense' } }])
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('entry[1]')])
    expect((await world.fhir('GET', '/Observation/b1', feed)).status).toBe(404)
    for (const wrong of [null, 7, [], {}, { resource: null, request: entry(1)['request'] }])
      expect((await send([entry(1), wrong])).status).toBe(400)
  })

  test('that name themselves, go round in circles or use one id twice end in an answer', async () => {
    const [one, two] = ['0192d0f0-0000-7000-8000-000000000001', '0192d0f0-0000-7000-8000-000000000002']
    const circle = [one, two].map((id, n) => ({
      fullUrl: `urn:uuid:${id}`,
      resource: { ...weight('', 'pa'), id: undefined, related: [{ target: { reference: `urn:uuid:${n === 0 ? two : one}` } }] },
      request: { method: 'POST', url: 'Observation' },
    }))
    expect((await send(circle)).status).toBe(200)
    expect(
      (await send([{ ...circle[0], resource: { ...circle[0]?.resource, related: [{ target: { reference: `urn:uuid:${one}` } }] } }]))
        .status,
    ).toBe(200)
    expect((await send([entry(5), entry(5)])).status).toBe(400)
    expect((await send([entry(6), { request: { method: 'DELETE', url: 'Observation/b6' } }])).status).toBe(400)
    expect((await send([{ resource: { resourceType: 'Parameters' }, request: { method: 'POST', url: 'Parameters' } }])).status).toBe(400)
  })
})

// What the parsers make of such bodies by the thousand is told in core's mutation.test.ts.
test('a resource changed on its way is stored or refused, and never an error of the server', async () => {
  const texts = [weight('m', 'pa'), patient('m')].map((resource) => JSON.stringify(resource))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...texts), fc.nat(200), fc.string({ unit: 'binary', maxLength: 4 }), async (text, at, instead) => {
      const body = text.slice(0, at) + instead + text.slice(at + 3)
      const answer = await world.fhir('POST', text.includes('Patient/') ? '/Observation' : '/Patient', feed, body)
      expect([201, 400, 403, 422]).toContain(answer.status)
    }),
    { numRuns: 60 },
  )
})

describe('addresses and headers', () => {
  test.each([
    ['/__proto__/x', 404],
    ['/constructor', 404],
    ['/Patient?__proto__=x', 400],
    ['/Patient?constructor=x', 400],
    ['/Patient?toString:exact=x', 400],
    ['/Patient/..%2f..%2fetc%2fpasswd', 404],
    ['/Patient/%252e%252e', 404],
    [`/Patient/${'x'.repeat(200)}`, 404],
    [`/Patient/${'x'.repeat(2000)}`, 400],
    ['/Patient/pa/_history/1e3', 404],
    [`/Patient?_id=${'9,'.repeat(4000)}`, 200],
    ['/Patient?_count=-1', 400],
    ['/Patient?_format[x]=json', 400],
  ])('%s: %i', async (path, status) => {
    const answer = await world.fhir('GET', path, feed)
    expect(answer.status).toBe(status)
    outcomeOf({ ...answer, text: status === 200 ? 'OperationOutcome' : answer.text })
  })

  test.each([
    ['x-aquifer-reason', 'a'.repeat(256)],
    ['x-aquifer-reason', 'na\u00efve'],
    ['x-correlation-id', 'two words'],
    ['x-correlation-id', 'a'.repeat(129)],
  ])('%s out of bounds', async (name, value) => {
    const answer = await world.fhir('GET', '/Patient/pa', feed, undefined, { [name]: value })
    expect([answer.status, answer.headers['x-correlation-id']]).toEqual([400, expect.stringMatching(/^[0-9a-f-]{36}$/)])
    outcomeOf(answer)
  })
})
