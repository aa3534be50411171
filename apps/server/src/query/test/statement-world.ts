import { expect } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from '../../platform/test/world.js'

// The whole platform with a study of two people, written by FHIR and masked, and who asks about them.

type Sent = ReturnType<World['send']>
export interface StatementWorld {
  world: World
  /** Has masked rows. */
  analyst: string
  /** Gets counts only. */
  manager: string
  /** Until all that was written can be asked. */
  settled(): Promise<void>
  statement(sql: string, more?: { token?: string; headers?: Record<string, string>; study?: string; body?: Json }): Sent
  /** The id of a statement whose rows are kept. */
  kept(sql: string, more?: Json, token?: string): Promise<string>
}

// The machine may be busy.
export const soon = (get: () => unknown): ReturnType<typeof expect.poll> => expect.poll(get, { timeout: 30_000 })

export async function openStatementWorld(settings: Record<string, string> = {}): Promise<StatementWorld> {
  const world = await openPlatformWorld({ roles: 'api,replicator,masker,compactor,scheduler,query', settings })
  await world.study({ id: 'REG', sites: ['A'], required: ['share-data'] })
  await world.study({ id: 'EMPTY', sites: ['A'] })
  const integrator = await world.token('integrator', ['REG'])
  const [manager, analyst] = [await world.token('study-manager', ['REG']), await world.token('analyst', ['REG'])]
  const settled: StatementWorld['settled'] = async () => {
    const operator = await world.token('operator')
    const waited = await world.send({ method: 'POST', path: '/pipeline/api/v1/wait', token: operator, body: { timeoutS: 60 } })
    expect(waited.json).toMatchObject({ done: true })
  }
  const statement: StatementWorld['statement'] = (sql, { token = analyst, headers, study = 'REG', body } = {}) =>
    world.send({
      method: 'POST',
      path: '/query/api/v1/statements',
      token,
      body: { study, sql, ...body },
      headers: { accept: 'application/json', ...headers },
    })
  for (const [index, id] of ['mrn-1', 'mrn-2'].entries()) {
    const contracts = bundleOf('transaction', contract(`c${index}`, id, 'REG'), patient(id), weight(`w${index}`, id, 70 + index))
    expect((await world.fhir('POST', '', integrator, contracts, { 'x-aquifer-study': 'REG' })).status).toBe(200)
  }
  await settled()
  return {
    world,
    analyst,
    manager,
    settled,
    statement,
    async kept(sql, body = {}, token = analyst) {
      const sent = await statement(sql, { token, body, headers: { prefer: 'respond-async' } })
      const own = `/query/api/v1/statements/${String(sent.json['id'])}`
      await soon(async () => (await world.send({ path: own, token })).json['state']).toBe('done')
      return String(sent.json['id'])
    },
  }
}
