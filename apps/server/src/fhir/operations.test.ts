// http://hl7.org/fhir/DSTU2/operations.html: $everything, $meta, $meta-add, $meta-delete
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
let atA: string
const inA = { 'x-aquifer-site': 'A' }
const inB = { 'x-aquifer-site': 'B' }
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A', 'B'], required: ['share-data'] })
  feed = await world.token('integrator', ['S'])
  atA = await world.token('investigator', ['S'], { sites: ['A'] })
  await world.fhir('PUT', '/Practitioner/doc', feed, { resourceType: 'Practitioner', id: 'doc' })
  await world.fhir('PUT', '/Organization/org', feed, { resourceType: 'Organization', id: 'org', name: 'Clinic' })
  for (const [id, headers] of [
    ['pa', inA],
    ['pb', inB],
  ] as const) {
    const seen = { ...weight(`o-${id}`, id), performer: [{ reference: 'Practitioner/doc' }, { reference: 'Organization/org' }] }
    const old = { ...weight(`old-${id}`, id), effectiveDateTime: '2001-05-06' }
    const allergy = { resourceType: 'AllergyIntolerance', id: `a-${id}`, patient: { reference: `Patient/${id}` }, substance: { text: 'x' } }
    await world.fhir('POST', '', feed, bundleOf('transaction', contract(`c-${id}`, id, 'S'), patient(id), seen, old, allergy), headers)
  }
})
afterAll(() => world.close())

interface Entry {
  resource: Json
  search: { mode: string }
}
const entriesIn = ({ json }: Sent): Entry[] => (json['entry'] ?? []) as Entry[]
const names = (sent: Sent): string[] =>
  entriesIn(sent).map(({ resource }) => `${String(resource['resourceType'])}/${String(resource['id'])}`)
const labels = ({ json }: Sent) => (json['parameter'] as { name: string; valueMeta: Json }[])[0]?.valueMeta
const nextOf = ({ json }: Sent): string | undefined =>
  (json['link'] as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url.replace(/^http:\/\/[^/]+/, '')

test('$everything has the person first, all that is about him, and what that refers to', async () => {
  const all = await world.fhir('GET', '/Patient/pa/$everything', feed)
  expect([all.status, all.json['type'], names(all)[0]]).toEqual([200, 'searchset', 'Patient/pa'])
  expect(names(all).toSorted()).toEqual([
    'AllergyIntolerance/a-pa',
    'Contract/c-pa',
    'Observation/o-pa',
    'Observation/old-pa',
    'Organization/org',
    'Patient/pa',
    'Practitioner/doc',
  ])
  const included = entriesIn(all).filter(({ search }) => search.mode === 'include')
  expect(included.map(({ resource }) => String(resource['id'])).toSorted()).toEqual(['doc', 'org'])
})
test('$everything by time of care, asked by address or by Parameters; what has no time stays', async () => {
  const recent = await world.fhir('GET', '/Patient/pa/$everything?start=2020-01-01', feed)
  expect(names(recent)).toEqual(expect.arrayContaining(['Observation/o-pa', 'AllergyIntolerance/a-pa']))
  expect(names(recent)).not.toContain('Observation/old-pa')
  const posted = await world.fhir('POST', '/Patient/pa/$everything', feed, {
    resourceType: 'Parameters',
    parameter: [{ name: 'end', valueDate: '2001' }],
  })
  expect([posted.status, names(posted).filter((name) => name.startsWith('Observation'))]).toEqual([200, ['Observation/old-pa']])
  expect((await world.fhir('GET', '/Patient/pa/$everything?start=soon', feed)).status).toBe(400)
  expect((await world.fhir('POST', '/Patient/pa/$everything', feed, { resourceType: 'Patient' })).status).toBe(400)
})
test('$everything in pages shows each resource of the record once', async () => {
  const seen: string[] = []
  let next: string | undefined = '/fhir-server/api/v1/Patient/pa/$everything?_count=2'
  while (next !== undefined) {
    const page: Sent = await world.send({ path: next, token: feed })
    seen.push(...entriesIn(page).flatMap(({ resource, search }) => (search.mode === 'match' ? [String(resource['id'])] : [])))
    next = nextOf(page)
  }
  expect(seen.toSorted()).toEqual(['a-pa', 'c-pa', 'o-pa', 'old-pa', 'pa'])
})
test('$everything shows nothing that a search would hide', async () => {
  const [hidden, missing] = [
    await world.fhir('GET', '/Patient/pb/$everything', atA),
    await world.fhir('GET', '/Patient/none/$everything', atA),
  ]
  expect([hidden.status, hidden.text]).toEqual([404, missing.text])
  // About two people, one of whom is out of reach.
  await world.fhir('PUT', '/Group/both', feed, {
    resourceType: 'Group',
    id: 'both',
    type: 'person',
    actual: true,
    member: [{ entity: { reference: 'Patient/pa' } }, { entity: { reference: 'Patient/pb' } }],
  })
  expect(names(await world.fhir('GET', '/Patient/pa/$everything', feed))).toContain('Group/both')
  expect(names(await world.fhir('GET', '/Patient/pa/$everything', atA))).not.toContain('Group/both')
  const own = await world.token('patient', ['S'], { patient: 'pa' })
  expect(names(await world.fhir('GET', '/Patient/pa/$everything', own))).toContain('Observation/o-pa')
})

const meta = (valueMeta: Json): Json => ({ resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta }] })
const red = { system: 'urn:t', code: 'red' }
test('$meta-add and $meta-delete are sets by system and code; the rest of the resource keeps its bytes', async () => {
  const text =
    '{"resourceType":"Observation","id":"m1","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/pa"},"valueQuantity":{"value":1.50}}'
  await world.fhir('PUT', '/Observation/m1', feed, text, inA)
  expect(labels(await world.fhir('GET', '/Observation/m1/$meta', feed))).toEqual({})
  const added = await world.fhir(
    'POST',
    '/Observation/m1/$meta-add',
    feed,
    meta({ tag: [red, { ...red, display: 'twice' }], profile: ['urn:p'] }),
  )
  expect([added.status, labels(added)]).toEqual([200, { profile: ['urn:p'], tag: [red] }])
  const read = await world.fhir('GET', '/Observation/m1', feed)
  expect([read.headers['etag'], read.text.replace(/"meta":\{.*?\]\},/, '')]).toEqual(['W/"2"', text])
  // What is there already makes no further version.
  await world.fhir('POST', '/Observation/m1/$meta-add', feed, meta({ tag: [red] }))
  expect((await world.fhir('GET', '/Observation/m1', feed)).headers['etag']).toBe('W/"2"')
  expect(labels(await world.fhir('GET', '/Observation/m1/_history/1/$meta', feed))).toEqual({})
  const less = await world.fhir('POST', '/Observation/m1/$meta-delete', feed, meta({ tag: [{ ...red, version: '9' }] }))
  expect([labels(less), (await world.fhir('GET', '/Observation/m1', feed)).headers['etag']]).toEqual([{ profile: ['urn:p'] }, 'W/"3"'])
  expect((await world.fhir('POST', '/Observation/m1/$meta-add', feed, { resourceType: 'Parameters' })).status).toBe(400)
})
test('$meta of a type and of the study tells the labels of what the caller may see', async () => {
  await world.fhir('PUT', '/Observation/m2', feed, { ...weight('m2', 'pb'), meta: { tag: [{ system: 'urn:t', code: 'hidden' }] } }, inB)
  await world.fhir('PUT', '/Patient/pa', feed, patient('pa', { meta: { security: [{ system: 'urn:s', code: 'R' }] } }))
  expect(labels(await world.fhir('GET', '/Observation/$meta', feed))?.['tag']).toEqual([{ system: 'urn:t', code: 'hidden' }])
  expect(labels(await world.fhir('GET', '/Observation/$meta', atA))).toEqual({ profile: ['urn:p'] })
  expect(labels(await world.fhir('GET', '/$meta', atA))).toEqual({ profile: ['urn:p'], security: [{ system: 'urn:s', code: 'R' }] })
  expect((await world.fhir('GET', '/Nonsense/$meta', atA)).status).toBe(404)
})
test('racing labels are all kept', async () => {
  await world.fhir('PUT', '/Observation/m3', feed, weight('m3', 'pa'), inA)
  const race = await Promise.all(
    ['a', 'b', 'c', 'd'].map((code) => world.fhir('POST', '/Observation/m3/$meta-add', feed, meta({ tag: [{ system: 'urn:t', code }] }))),
  )
  expect(race.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  const kept = labels(await world.fhir('GET', '/Observation/m3/$meta', feed))?.['tag'] as { code: string }[] | undefined
  expect(kept?.map(({ code }) => code).toSorted()).toEqual(['a', 'b', 'c', 'd'])
})
