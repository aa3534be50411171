import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { armFaults, disarmFaults } from '../storage/index.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from './test/world.js'

let world: World
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,replicator,masker,query,scheduler' })
})
afterAll(() => world.close())
afterEach(() => disarmFaults())

const api = '/consent/api/v1/studies/STOP/withdrawals'

async function withdrawal(path: string, body?: Json): Promise<Json> {
  const token = await world.token('study-manager', ['STOP'])
  return (await world.send({ method: body === undefined ? 'GET' : 'POST', path: `${api}${path}`, token, body })).json
}
async function until(id: string, holds: (found: Json) => boolean): Promise<Json> {
  for (;;) {
    const found = await withdrawal(`/${id}`)
    if (holds(found)) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const stateOf = (found: Json, store: string): unknown => (found['steps'] as Json[]).find((step) => step['store'] === store)?.['state']

// Stages that do not come are waited for up to 300 s, within which a process that is asked to stop has long been killed.
test('a stop leaves an erasure that waits for other stages, and the next start carries it on', async () => {
  await world.study({ id: 'STOP', kind: 'program', required: ['share-data'] })
  const token = await world.token('integrator', ['STOP'])
  const sent = await world.fhir(
    'POST',
    '',
    token,
    bundleOf('transaction', patient('anna'), contract('c', 'anna', 'STOP'), weight('w', 'anna')),
  )
  expect(sent.status).toBe(200)
  await world.platform.flow?.pipeline.wait({ study: 'STOP', timeoutS: 60 })
  armFaults('masking.masked=fail')
  const { id } = await withdrawal('', { patient: 'anna', act: 'erase', reason: 'asked', evidence: 'letter' })
  await until(String(id), (found) => stateOf(found, 'reservoir') === 'running')
  await world.restart()
  const left = await withdrawal(`/${String(id)}`)
  expect([left['state'], stateOf(left, 'reservoir'), left['certificate']]).toEqual(['running', 'running', false])
  disarmFaults()
  expect(await until(String(id), ({ state }) => state === 'done' || state === 'failed')).toMatchObject({ state: 'done', certificate: true })
})
