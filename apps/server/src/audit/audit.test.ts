import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, openPlatformWorld, patient, weight, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S' })
  feed = await world.token('integrator', ['S'])
})
afterAll(() => world.close())

const recorded = async (correlationId: string) =>
  (await world.platform.repository.audits.list({ limit: 1000 })).filter((row) => row.request === correlationId)
const as = (correlationId: string) => ({ 'x-correlation-id': correlationId })

test('each request leaves one record, with its entries and outcome, before it is answered', async () => {
  await world.fhir('PUT', '/Patient/secret-mrn', feed, patient('secret-mrn'), { ...as('write'), 'x-aquifer-reason': 'corrected at source' })
  await world.fhir('GET', '/Patient/secret-mrn', feed, undefined, as('read'))
  await world.fhir('GET', '/Patient?name=Secret', feed, undefined, as('search'))
  await world.fhir('POST', '', feed, bundleOf('transaction', weight('a', 'secret-mrn'), weight('b', 'secret-mrn')), as('transaction'))
  await world.fhir('PUT', '/Observation/c', feed, weight('c', 'nobody'), as('refused'))
  await world.fhir('GET', '/Observation/none', null, undefined, as('anonymous'))
  const told = async (id: string) =>
    (await recorded(id)).map(({ actor, role, action, outcome, reason, entries, detail }) => [
      actor,
      role,
      action,
      outcome,
      reason,
      entries.length,
      detail['status'],
    ])
  expect(await told('write')).toEqual([['local:tests', 'integrator', 'update', 'done', 'corrected at source', 1, 201]])
  expect(await told('read')).toEqual([['local:tests', 'integrator', 'read', 'done', null, 1, 200]])
  expect(await told('search')).toEqual([['local:tests', 'integrator', 'search', 'done', null, 0, 200]])
  expect(await told('transaction')).toEqual([['local:tests', 'integrator', 'transaction', 'done', null, 2, 200]])
  expect(await told('refused')).toEqual([['local:tests', 'integrator', 'update', 'refused', null, 0, 403]])
  expect(await told('anonymous')).toEqual([['anonymous', 'none', 'other', 'refused', null, 0, 401]])
})
test('neither trail nor log nor metrics hold an id that a client chose, or what it asked for', async () => {
  const rows = await world.platform.repository.audits.list({ limit: 1000 })
  const text = JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  expect(text).not.toContain('secret-mrn')
  expect(text).not.toContain('Secret')
  expect((await world.send({ path: '/metrics' })).text).not.toContain('secret-mrn')
  const logs = path.join(world.platform.config.dataDir, 'logs')
  for (const file of readdirSync(logs)) expect(readFileSync(path.join(logs, file), 'utf8')).not.toContain('secret-mrn')
})
test('a request that met an error of the server leaves its record, and so does one to no address', async () => {
  const owner = world.owner()
  await owner.query('alter table job rename to job_away')
  expect((await world.send({ path: '/jobs/api/v1', token: feed, headers: as('failed') })).status).toBe(500)
  await owner.query('alter table job_away rename to job')
  await world.send({ path: '/nothing/api/v1', token: feed, headers: as('nowhere') })
  expect((await recorded('failed')).map(({ action, outcome }) => [action, outcome])).toEqual([['job', 'failed']])
  expect((await recorded('nowhere')).map(({ action, outcome }) => [action, outcome])).toEqual([['other', 'refused']])
})
test('nothing is done without its record: where that cannot be kept, nothing is stored and nothing is shown', async () => {
  const owner = world.owner()
  await owner.query('revoke insert on audit from aquifer_app')
  const write = await world.fhir('PUT', '/Observation/unrecorded', feed, weight('unrecorded', 'secret-mrn'))
  const read = await world.fhir('GET', '/Patient/secret-mrn', feed)
  await owner.query('grant insert on audit to aquifer_app')
  expect([write.status, read.status]).toEqual([500, 500])
  expect(read.text).not.toContain('1970-02-03')
  expect((await world.fhir('GET', '/Observation/unrecorded', feed)).status).toBe(404)
})
