import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type Sent, type World } from '../platform/test/world.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api' })
})
afterAll(() => world.close())
afterEach(() => void (world.clock.at = null))

const manager = async (study: string, path: string): Promise<Sent> =>
  await world.send({ path: `/consent/api/v1/studies/${study}${path}`, token: await world.token('study-manager', [study]) })
const apply = async (body: Json): Promise<void> => {
  const sent = await world.send({ method: 'POST', path: '/study/api/v1/apply', token: await world.token('administrator'), body })
  expect(sent.status).toBe(200)
}
const enter = async (study: string, id: string, birthDate: string, end?: string): Promise<void> => {
  const made = contract(`${id}-c`, id, study, 'active', end === undefined ? {} : { end })
  const sent = await world.fhir(
    'POST',
    '',
    await world.token('integrator', [study]),
    bundleOf('transaction', patient(id, { birthDate }), made),
  )
  expect(sent.status).toBe(200)
}
async function writeAt(study: string, id: string, at: string): Promise<number> {
  world.clock.at = Date.parse(at)
  return (await world.fhir('PUT', `/Observation/${id}-w`, await world.token('integrator', [study]), weight(`${id}-w`, id))).status
}

test('what parents consented to ends at the instant of majority in the study’s zone; a consent of one’s own goes on', async () => {
  world.clock.at = Date.parse('2026-01-10T12:00:00Z')
  await apply({ id: 'KIDS', name: 'Kids', required: ['share-data'], jurisdiction: 'US-NE', zone: 'America/Chicago' })
  await enter('KIDS', 'kim', '2007-03-01')
  await enter('KIDS', 'old', '1950-01-01')
  const ahead = await manager('KIDS', '/ahead?days=90')
  expect(ahead.json['rows']).toEqual([
    expect.objectContaining({ kind: 'comes-of-age', at: '2026-03-01T06:00:00.000Z', type: 'share-data' }),
  ])
  expect(ahead.text).not.toContain('kim')
  expect(await writeAt('KIDS', 'kim', '2026-03-01T05:59:59.999Z')).toBe(201)
  expect(await writeAt('KIDS', 'kim', '2026-03-01T06:00:00.000Z')).toBe(403)
  expect(await writeAt('KIDS', 'old', '2026-03-01T06:00:00.000Z')).toBe(201)
  expect(await world.platform.consentClock.run()).toBe(1)
  expect(await world.platform.consentClock.run()).toBe(0)
  const read = await world.fhir('GET', '/Contract/kim-c', await world.token('integrator', ['KIDS']))
  expect(read.text).toContain('"expired"')
  const own = contract('kim-own', 'kim', 'KIDS', 'active', { start: '2026-03-01T06:00:00Z' })
  await world.fhir('PUT', '/Contract/kim-own', await world.token('integrator', ['KIDS']), own)
  expect(await writeAt('KIDS', 'kim', '2026-03-02T00:00:00Z')).toBe(200)
})

test('a period that has run out is written down by the clock, and decisions say it in words', async () => {
  world.clock.at = Date.parse('2026-01-10T12:00:00Z')
  await apply({ id: 'ENDS', name: 'Ends', required: ['share-data'] })
  await enter('ENDS', 'ida', '1950-01-01', '2026-01-31')
  expect((await manager('ENDS', '/ahead?days=10')).json['rows']).toEqual([])
  expect((await manager('ENDS', '/ahead?days=30')).json['counts']).toEqual({ 'comes-of-age': 0, expires: 1, 'reconsent-due': 0 })
  world.clock.at = Date.parse('2026-01-31T23:59:59.999Z')
  expect(await world.platform.consentClock.run()).toBe(0)
  world.clock.at = Date.parse('2026-02-01T00:00:00.000Z')
  expect(await world.platform.consentClock.run()).toBe(1)
  const { json } = await manager('ENDS', '/people')
  expect(json['people']).toEqual([expect.objectContaining({ given: false, reason: 'Consent to share-data has run out.' })])
})

test('the matrix of form versions says where to ask again', async () => {
  const form = (version: string, from: string, more: Json = {}): Json => ({
    type: 'share-data',
    version,
    document: 'd',
    language: 'en',
    approved: from,
    from,
    ...more,
  })
  await apply({ id: 'MATRIX', name: 'Matrix', required: ['share-data'], sites: ['A'], forms: [form('1', '2020-01-01')] })
  await enter('MATRIX', 'mia', '1950-01-01')
  await apply({ id: 'MATRIX', forms: [form('1', '2020-01-01'), form('2', '2026-01-01', { reconsentBy: '2030-01-01' })] })
  const { json } = await manager('MATRIX', '/versions')
  expect(json['cells']).toEqual([{ site: 'A', type: 'share-data', version: '1', people: 1, due: 1 }])
  expect((await manager('MATRIX', '/people')).json['people']).toEqual([
    expect.objectContaining({ given: true, types: [expect.objectContaining({ status: 'reconsent-due', form: '1' })] }),
  ])
})
