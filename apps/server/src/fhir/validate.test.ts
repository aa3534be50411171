// http://hl7.org/fhir/DSTU2/validation.html, resource-operations.html#validate; what is mended is told, by whom it may be refused.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { validate } from '@aquifer/core/fhir'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  for (const id of ['S', 'STRICT']) await world.study({ id, sites: ['A'] })
  const manager = await world.token('study-manager')
  const applied = await world.send({
    method: 'POST',
    path: '/study/api/v1/apply',
    token: manager,
    body: { id: 'STRICT', strict: true },
  })
  expect([applied.status, applied.json['applied']]).toEqual([200, true])
  feed = await world.token('integrator', ['S'])
  expect((await world.fhir('PUT', '/Patient/pa', feed, patient('pa'))).status).toBe(201)
})
afterAll(() => world.close())

const issuesOf = ({ json }: Sent): { severity: string; code: string; diagnostics: string; location?: string[] }[] => json['issue'] as never
const told = (sent: Sent): string[] => issuesOf(sent).map(({ severity, code, diagnostics }) => `${severity} ${code} ${diagnostics}`)
const loud = (id: string): Json => ({ ...weight(id, 'pa'), status: 'FINAL', comments: '' })
const mended = [
  'information informational Observation.status: mended by code-case',
  'information informational Observation.comments: mended by drop-empty-value',
]
const lastDetail = async (): Promise<Json> =>
  (await world.owner().query<{ detail: Json }>('select detail from audit order by id desc limit 1')).rows[0]?.detail ?? {}

describe('what was mended', () => {
  test('is told in the answer, by rule and place, and stands in the trail by count', async () => {
    const sent = await world.fhir('PUT', '/Observation/m1', feed, loud('m1'), { prefer: 'return=OperationOutcome' })
    expect([sent.status, sent.headers['warning'], told(sent)]).toEqual([201, '214 aquifer "code-case 1, drop-empty-value 1"', mended])
    expect(await lastDetail()).toMatchObject({ repaired: 'code-case 1, drop-empty-value 1' })
    const stored = await world.fhir('GET', '/Observation/m1', feed)
    expect([stored.json['status'], 'comments' in stored.json]).toEqual(['final', false])
  })

  test('what was valid is told to be well, and carries no warning', async () => {
    const sent = await world.fhir('POST', '/Observation', feed, weight('x', 'pa'), { prefer: 'return=OperationOutcome' })
    expect([sent.status, sent.headers['warning'], told(sent)]).toEqual([201, undefined, ['information informational All OK']])
  })

  test.each(['transaction', 'batch'] as const)('is told entry by entry of a %s', async (type) => {
    const entry = (resource: Json): Json => ({ resource, request: { method: 'PUT', url: `Observation/${String(resource['id'])}` } })
    const bundle = { ...bundleOf(type), entry: [entry(loud(`${type}1`)), entry(weight(`${type}2`, 'pa'))] }
    const sent = await world.fhir('POST', '', feed, bundle, { prefer: 'return=OperationOutcome' })
    const outcomes = (sent.json['entry'] as { resource: Json }[]).map(({ resource }) => told({ ...sent, json: resource }))
    expect(outcomes).toEqual([mended, ['information informational All OK']])
    expect(await lastDetail()).toMatchObject({ repaired: 'code-case 1, drop-empty-value 1' })
  })

  test('is refused instead for who asks for strictness, and in a study that does', async () => {
    const refusal = ['Observation.status: would need the repair code-case', 'Observation.comments: would need the repair drop-empty-value']
    const strict = await world.fhir('PUT', '/Observation/m2', feed, loud('m2'), { prefer: 'handling=strict' })
    expect([strict.status, issuesOf(strict).map(({ diagnostics }) => diagnostics)]).toEqual([400, refusal])
    const other = await world.token('integrator', ['STRICT'])
    expect((await world.fhir('PUT', '/Patient/pa', other, patient('pa'))).status).toBe(200)
    const inStudy = await world.fhir('PUT', '/Observation/m2', other, loud('m2'))
    expect([inStudy.status, issuesOf(inStudy).map(({ diagnostics }) => diagnostics)]).toEqual([400, refusal])
    const entry = { resource: loud('m2'), request: { method: 'PUT', url: 'Observation/m2' } }
    expect((await world.fhir('POST', '', other, { ...bundleOf('transaction'), entry: [entry] })).status).toBe(400)
    const line = await world.send({
      method: 'POST',
      path: '/fhir-server/api/v1/$import',
      token: other,
      body: JSON.stringify(loud('m2')),
      headers: { 'content-type': 'application/x-ndjson' },
    })
    expect([line.status, line.json['refused'], line.json['stored']]).toEqual([200, 1, 0])
    expect((await world.fhir('GET', '/Observation/m2', other)).status).toBe(404)
    expect((await world.fhir('PUT', '/Observation/m2', other, weight('m2', 'pa'))).status).toBe(201)
  })
})

test('all that is wrong is told at once, with the places and the invariants by name', async () => {
  const wrong = { ...weight('w', 'pa'), nonsense: 1, status: 'done', dataAbsentReason: { text: 'a' }, referenceRange: [{ id: 'a' }] }
  const sent = await world.fhir('PUT', '/Observation/w', feed, wrong)
  expect([sent.status, issuesOf(sent).map(({ code, location }) => [code, location?.[0]])]).toEqual([
    400,
    [
      ['code-invalid', '/f:Observation/f:status'],
      ['structure', '/f:Observation/f:nonsense'],
      ['invariant', '/f:Observation/f:referenceRange[1]'],
      ['invariant', '/f:Observation'],
    ],
  ])
  expect(issuesOf(sent).at(-1)?.diagnostics).toBe('Observation: obs-6: SHALL only be present if Observation.value[x] is not present')
})

test('what the server itself says is valid', async () => {
  const said = await Promise.all([
    world.fhir('GET', '/metadata', null),
    world.fhir('GET', '/Observation?patient=pa', feed),
    world.fhir('GET', '/Patient/pa/_history', feed),
    world.fhir('GET', '/Observation/none', feed),
  ])
  expect(said.map(({ json }) => [json['resourceType'], validate(json)])).toEqual([
    ['Conformance', []],
    ['Bundle', []],
    ['Bundle', []],
    ['OperationOutcome', []],
  ])
})

describe('$validate', () => {
  const asked = (path: string, body: unknown, headers: Record<string, string> = {}, token = feed): Promise<Sent> =>
    world.fhir('POST', path, token, body, headers)
  const parameters = (...parameter: Json[]): Json => ({ resourceType: 'Parameters', parameter })

  test('tells all of a resource, sent itself or in Parameters, and stores nothing', async () => {
    const bad = { ...weight('v1', 'pa'), nonsense: 1, code: undefined }
    for (const body of [bad, parameters({ name: 'resource', resource: bad })]) {
      const sent = await asked('/Observation/$validate', body)
      expect([sent.status, told(sent)]).toEqual([
        200,
        ['error structure Observation.nonsense: unknown element', 'error required Observation.code: a required element is missing'],
      ])
    }
    expect(told(await asked('/Observation/v1/$validate', weight('v1', 'pa')))).toEqual(['information informational All OK'])
    expect((await world.fhir('GET', '/Observation/v1', feed)).status).toBe(404)
    expect(await lastDetail()).toMatchObject({ route: expect.stringContaining('GET') as unknown })
  })

  test('tells what would be mended as a warning, and as what is wrong to who is strict', async () => {
    expect(told(await asked('/Observation/$validate', loud('v2')))).toEqual([
      'warning value Observation.status: mended by code-case',
      'warning value Observation.comments: mended by drop-empty-value',
    ])
    const strict = await asked('/Observation/$validate', loud('v2'), { prefer: 'handling=strict' })
    expect(issuesOf(strict).map(({ severity, code }) => `${severity} ${code}`)).toEqual(['error code-invalid', 'error value'])
  })

  test('tells what the specification only advises', async () => {
    const order = { resourceType: 'NutritionOrder', patient: { reference: 'Patient/pa' }, dateTime: '2020' }
    expect(issuesOf(await asked('/NutritionOrder/$validate', order))).toMatchObject([{ severity: 'warning', code: 'invariant' }])
  })

  test('takes the mode, and says what it does not check', async () => {
    const resource = { name: 'resource', resource: weight('v3', 'pa') }
    const mode = (valueCode: string): Json => ({ name: 'mode', valueCode })
    expect(told(await asked('/Observation/v4/$validate', parameters(resource, mode('update'))))).toEqual([
      'error invalid Observation: the id in the resource has to be the id in the address',
    ])
    expect(told(await asked('/Observation/$validate', parameters(resource, mode('create'))))).toEqual(['information informational All OK'])
    expect(told(await asked('/Observation/v3/$validate', parameters(mode('delete'))))).toHaveLength(1)
    expect((await asked('/Observation/v3/$validate', parameters(mode('delete')))).status).toBe(200)
    expect((await asked('/Observation/$validate', parameters(resource, mode('store')))).status).toBe(400)
    expect(told(await asked('/Patient/$validate', weight('v3', 'pa')))).toEqual([
      'error invalid Observation: the resourceType has to be the type in the address, Patient',
    ])
    const profiled = await asked('/Observation/$validate', parameters(resource, { name: 'profile', valueUri: 'urn:p' }))
    expect(issuesOf(profiled)).toMatchObject([{ severity: 'warning', code: 'not-supported' }])
    expect((await asked('/Observation/$validate', parameters({ name: 'mode', valueCode: 'create' }))).status).toBe(400)
    expect((await asked('/Nonsense/$validate', {})).status).toBe(404)
  })

  test('is for who may write the type', async () => {
    const analyst = await world.token('analyst', ['S'])
    expect((await asked('/Observation/$validate', weight('v', 'pa'), {}, analyst)).status).toBe(403)
  })
})
