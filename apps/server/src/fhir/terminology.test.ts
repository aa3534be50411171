// http://hl7.org/fhir/DSTU2/valueset-operations.html
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S' })
  feed = await world.token('integrator', ['S'])
})
afterAll(() => world.close())

const base = 'http://hl7.org/fhir/ValueSet'
interface Expansion {
  total: number
  offset: number
  contains: { system: string; code: string; display?: string }[]
}
const expansionIn = ({ json }: Sent) => json['expansion'] as Expansion
const said = ({ json }: Sent) =>
  Object.fromEntries((json['parameter'] as Json[]).map((each) => [each['name'], each['valueBoolean'] ?? each['valueString']]))

test('$expand by id, by address and by Parameters tells the same codes, with displays', async () => {
  const byId = await world.fhir('GET', '/ValueSet/administrative-gender/$expand', feed)
  expect([byId.status, byId.json['resourceType'], expansionIn(byId).total]).toEqual([200, 'ValueSet', 4])
  expect(expansionIn(byId).contains[0]).toEqual({
    system: 'http://hl7.org/fhir/administrative-gender',
    version: '1.0.2',
    code: 'male',
    display: 'Male',
  })
  const byUrl = await world.fhir('GET', `/ValueSet/$expand?identifier=${base}/administrative-gender`, feed)
  const posted = await world.fhir('POST', '/ValueSet/$expand', feed, {
    resourceType: 'Parameters',
    parameter: [{ name: 'identifier', valueUri: `${base}/administrative-gender` }],
  })
  expect([expansionIn(byUrl).contains, expansionIn(posted).contains]).toEqual([expansionIn(byId).contains, expansionIn(byId).contains])
})
test('$expand is narrowed by words and told in pages', async () => {
  const filtered = await world.fhir('GET', '/ValueSet/v3-RouteOfAdministration/$expand?filter=injection%20intraven', feed)
  expect(expansionIn(filtered).contains.length).toBeGreaterThan(0)
  for (const { code, display } of expansionIn(filtered).contains) expect(`${code} ${display}`.toLowerCase()).toMatch(/injection.*intraven/)
  const whole = expansionIn(await world.fhir('GET', '/ValueSet/v3-ActCode/$expand', feed))
  const page = expansionIn(await world.fhir('GET', '/ValueSet/v3-ActCode/$expand?offset=10&count=5', feed))
  expect([page.total, page.offset, page.contains]).toEqual([whole.total, 10, whole.contains.slice(10, 15)])
})
test('what DSTU2 does not carry is refused by name; what is not there is not found', async () => {
  const snomed = await world.fhir('GET', '/ValueSet/condition-code/$expand', feed)
  expect([snomed.status, snomed.text.includes('http://snomed.info/sct')]).toEqual([400, true])
  expect((await world.fhir('GET', '/ValueSet/none/$expand', feed)).status).toBe(404)
  expect((await world.fhir('GET', '/ValueSet/$expand', feed)).status).toBe(400)
  expect((await world.fhir('GET', '/ValueSet/administrative-gender/$expand', await world.token('device', ['S']))).status).toBe(403)
})
test('$validate-code by code, Coding and CodeableConcept', async () => {
  const ask = async (query: string) => said(await world.fhir('GET', `/ValueSet/administrative-gender/$validate-code?${query}`, feed))
  expect(await ask('code=male')).toEqual({ result: true, display: 'Male' })
  expect(await ask('code=male&system=http://hl7.org/fhir/administrative-gender&display=male')).toEqual({ result: true, display: 'Male' })
  expect(await ask('code=male&display=Female')).toMatchObject({ result: false, display: 'Male' })
  expect(await ask('code=male&system=urn:other')).toMatchObject({ result: false })
  expect(await ask('code=Male')).toMatchObject({ result: false })
  const posted = await world.fhir('POST', '/ValueSet/$validate-code', feed, {
    resourceType: 'Parameters',
    parameter: [
      { name: 'identifier', valueUri: `${base}/marital-status` },
      {
        name: 'codeableConcept',
        valueCodeableConcept: { coding: [{ code: 'nonsense' }, { system: 'http://hl7.org/fhir/v3/MaritalStatus', code: 'M' }] },
      },
    ],
  })
  expect(said(posted)).toMatchObject({ result: true })
  expect((await world.fhir('GET', '/ValueSet/administrative-gender/$validate-code', feed)).status).toBe(400)
})
test('a stored value set is expanded too, with its own codes and with those it takes from DSTU2', async () => {
  await world.fhir('PUT', '/ValueSet/mine', feed, {
    resourceType: 'ValueSet',
    id: 'mine',
    url: 'urn:mine',
    status: 'active',
    codeSystem: { system: 'urn:mine:codes', concept: [{ code: 'a', display: 'A', concept: [{ code: 'b' }] }] },
    compose: { include: [{ system: 'http://hl7.org/fhir/administrative-gender', concept: [{ code: 'male' }] }] },
  })
  const expanded = await world.fhir('GET', '/ValueSet/mine/$expand', feed)
  expect(expansionIn(expanded).contains.map(({ code }) => code)).toEqual(['a', 'b', 'male'])
  expect(said(await world.fhir('GET', '/ValueSet/mine/$validate-code?code=b&system=urn:mine:codes', feed))).toEqual({ result: true })
})
