// http://hl7.org/fhir/DSTU2/bundle.html: a Bundle is a resource too. Nobody's data enters inside of one without his consent.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,replicator,masker,compactor,query' })
  await world.study({ id: 'S', sites: ['A', 'B'], required: ['share-data'] })
  feed = await world.token('integrator', ['S'])
  for (const [id, site] of [
    ['pa', 'A'],
    ['pb', 'B'],
  ] as const) {
    const entered = await world.fhir(
      'POST',
      '',
      feed,
      {
        ...bundleOf('transaction'),
        entry: [contract(`c-${id}`, id, 'S'), patient(id)].map((resource) => ({
          resource,
          request: { method: 'PUT', url: `${String(resource['resourceType'])}/${String(resource['id'])}` },
        })),
      },
      { 'x-aquifer-site': site },
    )
    expect(entered.status).toBe(200)
  }
})
afterAll(() => world.close())

const collection = (...resources: Json[]): Json => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource, place) => ({ fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${place}`, resource })),
})
const put = (id: string, bundle: Json, token = feed, headers: Record<string, string> = {}): Promise<Sent> =>
  world.fhir('PUT', `/Bundle/${id}`, token, { ...bundle, id }, { 'x-aquifer-site': 'A', ...headers })
const header: Json = {
  resourceType: 'MessageHeader',
  timestamp: '2026-01-02T10:00:00Z',
  event: { system: 'http://hl7.org/fhir/message-events', code: 'observation-provide' },
  source: { endpoint: 'urn:a' },
}
const nobody: Json = { resourceType: 'Goal', status: 'accepted', description: 'a' }

test('a Bundle is stored, read, found and deleted like any resource, byte for byte', async () => {
  const bundle = collection(patient('pa'), weight('w', 'pa'), { resourceType: 'Organization', name: 'o' })
  expect((await put('b1', bundle)).status).toBe(201)
  const read = await world.fhir('GET', '/Bundle/b1', feed)
  expect([read.status, read.json['entry']]).toEqual([200, bundle['entry']])
  expect((await world.fhir('GET', '/Bundle?type=collection', feed)).json['total']).toBe(1)
  expect((await world.fhir('GET', '/Observation?patient=pa', feed)).json['total']).toBe(0)
  const made = await world.fhir('POST', '/Bundle', feed, collection(weight('w', 'pa')), { 'x-aquifer-site': 'A' })
  expect(made.status).toBe(201)
  expect((await world.fhir('DELETE', '/Bundle/b1', feed)).status).toBe(204)
})

test('what its entries hold is validated where it stands', async () => {
  const wrong = await put('b2', collection(weight('w', 'pa'), { ...weight('x', 'pa'), status: 'done' }))
  const [issue] = wrong.json['issue'] as { diagnostics: string }[]
  expect([wrong.status, issue?.diagnostics]).toEqual([400, 'Bundle.entry[1].resource.status: not a code of the required value set'])
  expect((await put('b2', { ...collection(weight('w', 'pa')), total: 1 })).status).toBe(400)
})

test.each<[string, Json[]]>([
  ['a Patient', [patient('stranger')]],
  ['data', [weight('w', 'pa'), weight('x', 'stranger')]],
  ['a consent', [weight('w', 'pa'), contract('c', 'stranger', 'S')]],
  ['a message about him', [weight('w', 'pa'), { resourceType: 'Communication', recipient: [{ reference: 'Patient/stranger' }] }]],
  ['another Bundle', [collection(weight('w', 'stranger'))]],
])('nobody without consent comes in with %s', async (_name, resources) => {
  const sent = await put('b3', collection(...resources))
  expect(sent.status).toBe(403)
  expect((await world.fhir('GET', '/Bundle/b3', feed)).status).toBe(404)
})

test('everyone named gives his consent; who cannot be told is not taken', async () => {
  expect((await put('b4', collection(weight('w', 'pa'), weight('x', 'pb'), header))).status).toBe(201)
  expect((await put('b5', collection(weight('w', 'pa'), nobody))).status).toBe(201)
  for (const hidden of [
    [weight('w', 'pa'), weight('x', 'pb'), nobody],
    [nobody],
    [weight('w', 'pa'), { ...weight('x', 'pa'), subject: { reference: 'Patient?identifier=1' } }],
  ]) {
    expect((await put('b6', collection(...hidden))).status).toBe(422)
  }
  const unnamed = collection(weight('w', 'pa'), { resourceType: 'Patient', gender: 'male' })
  expect((await put('b6', unnamed)).status).toBe(403)
  expect((await put('b7', collection({ resourceType: 'Organization', name: 'o' }))).status).toBe(201)
})

test('who reaches only one of its people does not see it', async () => {
  const atA = await world.token('integrator', ['S'], { sites: ['A'] })
  expect((await world.fhir('GET', '/Bundle/b5', atA)).status).toBe(200)
  expect((await world.fhir('GET', '/Bundle/b4', atA)).status).toBe(404)
  const own = await world.token('patient', ['S'], { patient: 'pa' })
  expect((await world.fhir('GET', '/Bundle/b5', own)).status).toBe(200)
  expect((await world.fhir('GET', '/Bundle/b4', own)).status).toBe(404)
  expect((await world.fhir('GET', '/Bundle', own)).text).not.toContain('Patient/pb')
})

test('references within it are its own, in a transaction too; what is signed is not mended', async () => {
  const inner = collection({ ...weight('w', 'pa'), performer: [{ reference: 'Practitioner/made' }] })
  const sent = await world.fhir(
    'POST',
    '',
    feed,
    {
      ...bundleOf('transaction'),
      entry: [
        { resource: { resourceType: 'Practitioner', id: 'made', active: true }, request: { method: 'POST', url: 'Practitioner' } },
        { resource: { ...inner, id: 'b8' }, request: { method: 'PUT', url: 'Bundle/b8' } },
      ],
    },
    { 'x-aquifer-site': 'A' },
  )
  expect(sent.status).toBe(200)
  expect((await world.fhir('GET', '/Bundle/b8', feed)).text).toContain('"Practitioner/made"')
  const signature = {
    type: [{ system: 'urn:a', code: 'a' }],
    when: '2026-01-02T10:00:00Z',
    whoUri: 'urn:a',
    contentType: 'application/jose',
    blob: 'AAAA',
  }
  const loud = collection({ ...weight('w', 'pa'), status: 'FINAL' })
  expect((await put('b9', loud)).status).toBe(201)
  expect((await put('b10', { ...loud, signature })).status).toBe(400)
})

test('behind the masking nobody is named in it', async () => {
  const named = patient('pa', { name: [{ family: ['Musterfrau'] }], birthDate: '1970-02-03' })
  expect((await put('b11', collection(named, { ...weight('w', 'pa'), comments: 'Musterfrau says' }))).status).toBe(201)
  const body = { timeoutS: 60 }
  const waited = await world.send({ method: 'POST', path: '/pipeline/api/v1/wait', token: await world.token('operator'), body })
  expect(waited.json['done']).toBe(true)
  const answer = await world.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    token: await world.token('analyst', ['S']),
    body: { study: 'S', sql: 'select * from "Bundle"' },
    headers: { accept: 'application/json' },
  })
  const rows = answer.json['rows'] as unknown[]
  expect(rows.length).toBeGreaterThan(3)
  expect(answer.text).not.toMatch(/Musterfrau|1970-02-03|Patient\/pa|"pa"/)
})

test('an outcome is a resource, Parameters are not', async () => {
  const outcome = {
    resourceType: 'OperationOutcome',
    id: 'oo',
    extension: [{ url: 'urn:aquifer:patient-id', valueString: 'pa' }],
    issue: [{ severity: 'error', code: 'invalid' }],
  }
  expect((await world.fhir('PUT', '/OperationOutcome/oo', feed, outcome, { 'x-aquifer-site': 'A' })).status).toBe(201)
  const parameters = { resourceType: 'Parameters', id: 'p', parameter: [{ name: 'a', valueString: 'b' }] }
  expect((await world.fhir('PUT', '/Parameters/p', feed, parameters)).status).toBe(400)
})
