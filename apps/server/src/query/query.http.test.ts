import { readdirSync } from 'node:fs'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, contract, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

// POST /query/api/v1/statements and its neighbours, through the whole platform: written by FHIR, masked, queried.

// The machine may be busy.
const soon = <T>(get: () => T) => expect.poll(get, { timeout: 30_000 })

let world: World
let analyst = ''
let manager = ''
beforeAll(async () => {
  world = await openPlatformWorld({ roles: 'api,replicator,masker,compactor,scheduler,query' })
  await world.study({ id: 'REG', sites: ['A'], required: ['share-data'] })
  await world.study({ id: 'EMPTY', sites: ['A'] })
  const integrator = await world.token('integrator', ['REG'])
  manager = await world.token('study-manager', ['REG'])
  analyst = await world.token('analyst', ['REG'])
  for (const [index, id] of ['mrn-1', 'mrn-2'].entries()) {
    const contracts = bundleOf('transaction', contract(`c${index}`, id, 'REG'), patient(id), weight(`w${index}`, id, 70 + index))
    expect((await world.fhir('POST', '', integrator, contracts, { 'x-aquifer-study': 'REG' })).status).toBe(200)
  }
  await settled()
})
afterAll(async () => world.close())

async function settled(): Promise<void> {
  const operator = await world.token('operator')
  const waited = await world.send({ method: 'POST', path: '/pipeline/api/v1/wait', token: operator, body: { timeoutS: 60 } })
  expect(waited.json).toMatchObject({ done: true })
}
const statement = (
  sql: string,
  more: { token?: string; headers?: Record<string, string>; study?: string } = {},
): ReturnType<World['send']> =>
  world.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    token: more.token ?? analyst,
    body: { study: more.study ?? 'REG', sql },
    headers: { accept: 'application/json', ...more.headers },
  })

test('a text that the database could not keep is a wrong request', async () => {
  const { status } = await statement('SELECT 1 AS "\0"')
  expect([400, 422]).toContain(status)
})

test('rows as JSON with their basis; the same as Arrow with the basis in a header; nothing identified in either', async () => {
  const answer = await statement(
    'SELECT p.gender, o.code, o.value_number FROM observations o JOIN patients p USING (patient_key) ORDER BY 3',
  )
  expect(answer.json).toMatchObject({
    columns: [{ name: 'gender', type: 'VARCHAR' }, { name: 'code' }, { name: 'value_number', type: 'DOUBLE' }],
    rows: [
      ['female', '29463-7', 70],
      ['female', '29463-7', 71],
    ],
    basis: { rows: 2, maskingPolicy: 'safe-harbor v1', consentState: 'current' },
  })
  const all = await statement('SELECT * FROM "Observation"')
  expect(all.text).not.toMatch(/mrn-|2026-01-02/)
  const arrow = await world.platform.app.inject({
    method: 'POST',
    url: '/query/api/v1/statements',
    headers: { authorization: `Bearer ${analyst}` },
    payload: { study: 'REG', sql: 'SELECT count(*) AS n FROM patients' },
  })
  expect(arrow.headers['content-type']).toBe('application/vnd.apache.arrow.stream')
  expect(JSON.parse(String(arrow.headers['x-aquifer-basis']))).toMatchObject({ rows: 1, totalRows: 1, truncated: false })
  expect(tableFromIPC(arrow.rawPayload).get(0)!.toJSON()).toEqual({ n: 2n })
})

test('refusals: role, study, SQL, nothing published', async () => {
  expect((await statement('SELECT 1', { token: manager })).status).toBe(403)
  expect((await statement('SELECT 1', { study: 'EMPTY' })).status).toBe(404)
  expect((await statement('SELECT 1', { study: 'NONE' })).status).toBe(404)
  expect((await world.send({ method: 'POST', path: '/query/api/v1/statements', body: { study: 'REG', sql: 'SELECT 1' } })).status).toBe(401)
  const wrong = await statement('SELECT valu_number FROM observations')
  expect(wrong).toMatchObject({ status: 400, json: { code: 'statement-invalid', position: 7, suggestion: 'value_number' } })
  const none = await statement('SELECT 1', { study: 'EMPTY', token: await world.token('analyst', ['EMPTY']) })
  expect(none.status).toBe(503)
})

test('without waiting: accepted, done, fetched, listed', async () => {
  const accepted = await statement('SELECT count(*) AS n FROM observations', { headers: { prefer: 'respond-async' } })
  expect(accepted).toMatchObject({ status: 202, json: { study: 'REG' } })
  const path = `/query/api/v1/statements/${String(accepted.json['id'])}`
  await soon(async () => (await world.send({ path, token: analyst })).json['state']).toBe('done')
  expect((await world.send({ path: `${path}/result`, token: analyst })).json).toMatchObject({ rows: [[2]] })
  expect((await world.send({ path, token: await world.token('analyst', ['REG']) })).status).toBe(200)
  const history = await world.send({ path: '/query/api/v1/statements?study=REG', token: analyst })
  expect((history.json['rows'] as Json[])[0]).toMatchObject({
    sql: 'SELECT count(*) AS n FROM observations',
    state: 'done',
    rows: 1,
    purpose: 'analysis',
  })
})

test('a running statement is cancelled from outside', async () => {
  const accepted = await statement('SELECT count(*) FROM range(100000000) a, range(100000) b', { headers: { prefer: 'respond-async' } })
  const path = `/query/api/v1/statements/${String(accepted.json['id'])}`
  await soon(async () => (await world.send({ path, token: analyst })).json['state']).toBe('running')
  expect((await world.send({ method: 'DELETE', path, token: analyst })).json).toMatchObject({ state: 'cancelled' })
  await expect
    .poll(async () => (await world.send({ path, token: analyst })).json)
    .toMatchObject({ state: 'cancelled', problem: { code: 'statement-cancelled' } })
})

test('the catalogue and notebooks', async () => {
  const catalogue = (await world.send({ path: '/query/api/v1/catalogue', token: analyst })).json as {
    people: number
    tables: { name: string }[]
  }
  expect(catalogue.people).toBe(2)
  expect(catalogue.tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['patients', 'observations', 'Patient']))
  const path = '/query/api/v1/notebooks'
  const cells = [{ id: 'a', kind: 'sql', name: 'people', source: 'SELECT 1' }]
  const made = await world.send({ method: 'POST', path, token: analyst, body: { study: 'REG', title: 'First', cells } })
  expect(made.json).toMatchObject({ version: 1, cells })
  const own = `${path}/${String(made.json['id'])}`
  expect((await world.send({ method: 'PUT', path: own, token: analyst, body: { version: 1, title: 'Second', cells } })).json).toMatchObject(
    { version: 2 },
  )
  expect((await world.send({ method: 'PUT', path: own, token: analyst, body: { version: 1, title: 'Lost', cells } })).status).toBe(409)
  const foreign = await world.token('analyst', ['EMPTY'])
  expect((await world.send({ path: own, token: foreign })).status).toBe(404)
  const { json: saves } = await world.send({ path: `${own}/versions`, token: analyst })
  expect(saves).toMatchObject({
    versions: [
      { version: 2, title: 'Second' },
      { version: 1, cells: 1 },
    ],
  })
  expect((await world.send({ path: `${own}/versions/1`, token: analyst })).json).toMatchObject({ title: 'First', version: 1, cells })
  expect((await world.send({ path: `${own}/versions`, token: foreign })).status).toBe(404)
  expect((await world.send({ path: `${own}/versions/1`, token: foreign })).status).toBe(404)
  expect((await world.send({ path: `${own}/versions/9`, token: analyst })).status).toBe(404)
  expect((await world.send({ path: `${own}/versions/last`, token: analyst })).status).toBe(400)
  expect((await world.send({ path: `${path}?study=REG`, token: analyst })).json).toMatchObject({ notebooks: [{ title: 'Second' }] })
  expect((await world.send({ method: 'DELETE', path: own, token: analyst })).status).toBe(204)
})

test('a view of the study’s own is a table, for statements and outside readers, until it is ended', async () => {
  const path = '/query/api/v1/views'
  const view = {
    resource: 'Observation',
    name: 'weights',
    select: [
      {
        column: [
          { name: 'id', path: 'getResourceKey()' },
          { name: 'kg', path: 'value.ofType(Quantity).value', tag: [{ name: 'ansi/type', value: 'DOUBLE' }] },
          { name: 'said', path: 'comments' },
        ],
      },
    ],
  }
  const add = (more: Json, token = analyst, rest: Json = {}) =>
    world.send({ method: 'POST', path, token, body: { study: 'REG', view: { ...view, ...more }, ...rest } })
  const refused = await add({ select: [{ column: [{ name: 'c', path: 'code.coding.code' }] }] })
  expect(refused).toMatchObject({
    status: 400,
    json: { detail: 'view.select: column c: may have several values: add .first() or say collection' },
  })
  expect((await add({ name: 'observations' })).status).toBe(400)
  expect((await add({ select: [{ column: [{ name: 'patient_key', path: 'id' }] }] })).status).toBe(400)
  expect(await add({}, analyst, { check: true })).toMatchObject({ status: 200, json: { version: null } })
  expect((await statement('SELECT 1 FROM weights')).status).toBe(400)

  const added = await add({})
  expect(added).toMatchObject({ status: 201, json: { name: 'weights', version: 1, kind: 'own' } })
  expect((added.json['columns'] as Json[]).map(({ name, from, masking }) => [name, from, masking])).toEqual([
    ['id', ['Observation.id'], 'pseudonym'],
    ['patient_key', [], 'pseudonym, the same everywhere in the study'],
    ['kg', ['Observation.valueQuantity.value'], 'kept'],
    ['said', ['Observation.comments'], 'remove'],
    ['masking_policy', [], 'added by masking'],
  ])
  const rows = await statement('SELECT count(*), count(kg), count(said), count(DISTINCT patient_key) FROM weights')
  expect(rows.json).toMatchObject({ rows: [[2, 2, 0, 2]] })
  const folder = async (): Promise<string[]> => {
    const made = await world.platform.flow!.reservoir.publishGeneration('REG')
    return made ? readdirSync(`${made.folder}/tables`) : []
  }
  expect(await folder()).toContain('weights')

  expect(await add({ title: 'Weights' }, manager)).toMatchObject({ status: 201, json: { version: 2, title: 'Weights' } })
  expect((await world.send({ path: `${path}?study=REG`, token: analyst })).json['views']).toContainEqual(
    expect.objectContaining({ name: 'weights', version: 2, kind: 'own' }),
  )
  expect((await world.send({ method: 'DELETE', path: `${path}/weights?study=REG`, token: manager })).status).toBe(204)
  expect((await statement('SELECT 1 FROM weights')).status).toBe(400)
  expect((await world.send({ path: `${path}/weights?study=REG`, token: analyst })).status).toBe(404)
  expect(await folder()).not.toContain('weights')
})

test('whoever withdraws is in no row of the next statement, and kept rows are gone', async () => {
  const kept = await statement('SELECT * FROM patients', { headers: { prefer: 'respond-async' } })
  const path = `/query/api/v1/statements/${String(kept.json['id'])}`
  await soon(async () => (await world.send({ path, token: analyst })).json['state']).toBe('done')
  const withdrawal = contract('c1', 'mrn-2', 'REG', 'withdrawn')
  const recorded = await world.fhir('PUT', '/Contract/c1', manager, withdrawal, { 'x-aquifer-study': 'REG' })
  expect(recorded.status).toBe(200)
  expect((await statement('SELECT count(*), count(DISTINCT patient_key) FROM observations')).json).toMatchObject({ rows: [[1, 1]] })
  expect((await world.send({ path: `${path}/result`, token: analyst })).status).toBe(410)
})
