// Conformance tells exactly what is served: every claim of interactions, conditions and operations is tried.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
let feed: string
let rest: {
  resource: Json[]
  interaction: { code: string }[]
  operation: { name: string; definition: { reference: string } }[]
}
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,scheduler' })
  await world.study({ id: 'S', sites: ['A'] })
  feed = await world.token('integrator', ['S'])
  await world.fhir('PUT', '/Patient/pa', feed, patient('pa'))
  rest = ((await world.fhir('GET', '/metadata', null)).json['rest'] as (typeof rest)[])[0] as typeof rest
})
afterAll(() => world.close())

const statusOf = async (...asked: Parameters<World['fhir']>): Promise<number> => (await world.fhir(...asked)).status
const o = '/Observation/conf'
const body = (more: Json = {}): Json => ({ ...weight('conf', 'pa'), identifier: [{ system: 'urn:x', value: 'conf' }], ...more })

test('interactions of types: each that is told is answered, and no other', async () => {
  const observation = rest.resource.find(({ type }) => type === 'Observation') as { interaction: { code: string }[] } | undefined
  const told = observation?.interaction.map(({ code }) => code) ?? []
  const tried: Record<string, number> = {
    update: await statusOf('PUT', o, feed, body()),
    create: await statusOf('POST', '/Observation', feed, body({ identifier: undefined })),
    read: await statusOf('GET', o, feed),
    vread: await statusOf('GET', `${o}/_history/1`, feed),
    'history-instance': await statusOf('GET', `${o}/_history`, feed),
    'history-type': await statusOf('GET', '/Observation/_history', feed),
    'search-type': await statusOf('GET', '/Observation?_id=conf', feed),
  }
  tried['delete'] = await statusOf('DELETE', o, feed)
  expect(told.toSorted()).toEqual(Object.keys(tried).toSorted())
  for (const [name, status] of Object.entries(tried)) expect([name, status]).toEqual([name, expect.toBeOneOf([200, 201, 204])])
})
test('versions and conditions are as told for every type', async () => {
  for (const resource of rest.resource)
    expect(resource).toMatchObject({
      versioning: 'versioned',
      readHistory: true,
      updateCreate: true,
      conditionalCreate: true,
      conditionalUpdate: true,
      conditionalDelete: 'single',
    })
  // After a delete the old version is read, and a client’s id comes back under the next number.
  expect(await statusOf('GET', `${o}/_history/1`, feed)).toBe(200)
  expect(await statusOf('GET', o, feed)).toBe(410)
  const back = await world.fhir('PUT', o, feed, body())
  expect([back.status, back.headers['etag']]).toEqual([201, 'W/"3"'])
  expect(await statusOf('POST', '/Observation', feed, body(), { 'if-none-exist': 'identifier=urn:x|conf' })).toBe(200)
  expect(await statusOf('PUT', '/Observation?identifier=urn:x|conf', feed, body())).toBe(200)
  await world.fhir('PUT', '/Observation/conf2', feed, body({ id: 'conf2' }))
  expect(await statusOf('DELETE', '/Observation?identifier=urn:x|conf', feed)).toBe(412)
  expect(await statusOf('DELETE', '/Observation?_id=conf2', feed)).toBe(204)
})
test('interactions of the system', async () => {
  expect(rest.interaction.map(({ code }) => code).toSorted()).toEqual(['history-system', 'transaction'])
  expect(await statusOf('POST', '', feed, { resourceType: 'Bundle', type: 'transaction' })).toBe(200)
  expect(await statusOf('GET', '/_history', feed)).toBe(200)
})
test('operations: each that is told is answered', async () => {
  const meta = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { profile: ['urn:p'] } }] }
  const tried: Record<string, () => Promise<number>> = {
    everything: () => statusOf('GET', '/Patient/pa/$everything', feed),
    meta: () => statusOf('GET', '/$meta', feed),
    'meta-add': () => statusOf('POST', `${o}/$meta-add`, feed, meta),
    'meta-delete': () => statusOf('POST', `${o}/$meta-delete`, feed, meta),
    expand: () => statusOf('GET', '/ValueSet/administrative-gender/$expand', feed),
    'validate-code': () => statusOf('GET', '/ValueSet/administrative-gender/$validate-code?code=male', feed),
    export: () => statusOf('GET', '/$export', feed, undefined, { prefer: 'respond-async' }),
    import: () => statusOf('POST', '/$import', feed, '', { 'content-type': 'application/x-ndjson' }),
  }
  for (const { name, definition } of rest.operation) {
    const expected = name === 'export' ? 202 : 200
    // Told by others’ tests where it is not tried here.
    if (name in tried) expect([name, await tried[name]?.()]).toEqual([name, expected])
    expect(definition.reference).toMatch(
      name === 'import' || name === 'export' ? /\/fhir-server\/api\/v1\/\$/ : /^http:\/\/hl7\.org\/fhir\/OperationDefinition\//,
    )
  }
  expect(rest.operation.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(tried)))
})
