import { readdirSync } from 'node:fs'
import path from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import { isRefusal } from '@aquifer/core/refusal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contract, weight, type Json, type World } from '../platform/test/world.js'
import { openStatementWorld, soon, type StatementWorld } from './test/statement-world.js'

// POST /query/api/v1/statements and its neighbours, through the whole platform: written by FHIR, masked, queried.

let world: World
let analyst = ''
let manager = ''
let settled: StatementWorld['settled']
let statement: StatementWorld['statement']
let kept: StatementWorld['kept']
beforeAll(async () => {
  ;({ world, analyst, manager, settled, statement, kept } = await openStatementWorld())
})
afterAll(async () => world.close())

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

test('a large answer comes whole, with its length', async () => {
  const sql = `SELECT range AS n, CASE WHEN range % 3 > 0 THEN repeat('x', 1 + (range % 40)::INTEGER) END AS text FROM range(100000)`
  const { headers, rawPayload } = await world.platform.app.inject({
    method: 'POST',
    url: '/query/api/v1/statements',
    headers: { authorization: `Bearer ${analyst}` },
    payload: { study: 'REG', sql, limit: 100_000 },
  })
  expect(Number(headers['content-length'])).toBe(rawPayload.byteLength)
  const rows = tableFromIPC(rawPayload).toArray() as { n: bigint; text: string | null }[]
  expect(rows.length).toBe(100_000)
  const fits = ({ n, text }: { n: bigint; text: string | null }, at: number): boolean =>
    Number(n) === at && text === (at % 3 > 0 ? 'x'.repeat(1 + (at % 40)) : null)
  expect(rows.findIndex((row, at) => !fits(row, at))).toBe(-1)
})

test('refusals: role, study, SQL, nothing published', async () => {
  expect((await statement('SELECT 1', { token: await world.token('auditor', ['REG']) })).status).toBe(403)
  expect((await statement('SELECT 1', { study: 'EMPTY' })).status).toBe(404)
  expect((await statement('SELECT 1', { study: 'NONE' })).status).toBe(404)
  expect((await world.send({ method: 'POST', path: '/query/api/v1/statements', body: { study: 'REG', sql: 'SELECT 1' } })).status).toBe(401)
  const wrong = await statement('SELECT valu_number FROM observations')
  expect(wrong).toMatchObject({ status: 400, json: { code: 'statement-invalid', position: 7, suggestion: 'value_number' } })
  const none = await statement('SELECT 1', { study: 'EMPTY', token: await world.token('analyst', ['EMPTY']) })
  expect(none.status).toBe(503)
})

test('counts only: for who may not have rows, or asks for no more; small groups are marks', async () => {
  const level = (level: string, token: string, sql = 'SELECT gender, count(*) AS n FROM patients GROUP BY gender') =>
    world.send({
      method: 'POST',
      path: '/query/api/v1/statements',
      token,
      body: { study: 'REG', sql, level },
      headers: { accept: 'application/json' },
    })
  expect(await level('rows', manager)).toMatchObject({ status: 403 })
  expect(await statement('SELECT * FROM patients', { token: manager })).toMatchObject({
    status: 400,
    json: { code: 'statement-invalid', detail: expect.stringMatching(/counts only/) },
  })
  for (const [token, sent] of [
    [manager, await statement('SELECT gender, count(*) AS n FROM patients GROUP BY gender', { token: manager })],
    [analyst, await level('counts', analyst)],
  ] as const) {
    expect(sent.json).toMatchObject({
      rows: [[null, null]],
      suppressed: [[0, 1, 'primary']],
      basis: { level: 'counts', suppressed: 1, threshold: 11, people: null, totalRows: null, changedPeople: '0' },
    })
    const path = `/query/api/v1/statements/${String(sent.json['statement'])}`
    expect((await world.send({ path, token })).json).toMatchObject({ state: 'done', stale: expect.any(Array) })
  }
  const catalogue = (await world.send({ path: '/query/api/v1/catalogue', token: manager })).json
  expect([catalogue['people'], catalogue['resources']]).toEqual([0, 0])
  expect((catalogue['tables'] as Json[]).filter(({ rows }) => Number(rows) > 0)).toEqual([])
  expect((await world.send({ path: '/query/api/v1/notebooks', token: manager })).status).toBe(200)
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
    pinned: false,
    keptUntil: expect.any(String),
  })
})

test('a pinned statement stands first in its asker’s history', async () => {
  const [wanted] = [await statement('SELECT 41 AS wanted'), await statement('SELECT 42 AS newer')]
  const path = `/query/api/v1/statements/${String(wanted.json['statement'])}/pin`
  const unknown = '/query/api/v1/statements/none/pin'
  expect((await world.send({ method: 'PUT', path: unknown, token: analyst, body: { pinned: true } })).status).toBe(404)
  expect((await world.send({ method: 'PUT', path, token: analyst, body: { pinned: true } })).json).toEqual({ pinned: true })
  const listed = async (more = '') =>
    ((await world.send({ path: `/query/api/v1/statements?study=REG${more}`, token: analyst })).json['rows'] as Json[]).map(({ sql }) => sql)
  expect((await listed())[0]).toBe('SELECT 41 AS wanted')
  expect(await listed('&pinned=true')).toEqual(['SELECT 41 AS wanted'])
  await world.send({ method: 'PUT', path, token: analyst, body: { pinned: false } })
  expect(await listed('&pinned=true')).toEqual([])
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

let old = ''
test('a result’s columns lead to tables, FHIR elements and what masking did; it is not stale yet', async () => {
  const sql = `WITH heavy AS (SELECT patient_key, value_number AS kg FROM observations WHERE code = '29463-7')
    SELECT p.gender, avg(h.kg) AS mean FROM heavy h JOIN patients p USING (patient_key) GROUP BY 1`
  const path = `/query/api/v1/statements/${String((await statement(sql)).json['statement'])}`
  expect((await world.send({ path: `${path}/lineage`, token: analyst })).json).toMatchObject({
    study: 'REG',
    basis: { maskingPolicy: 'safe-harbor v1' },
    columns: [
      { name: 'gender', from: [{ table: 'patients', column: 'gender', paths: ['Patient.gender'], masking: 'kept' }] },
      {
        name: 'mean',
        from: [{ table: 'observations', column: 'value_number', paths: expect.arrayContaining(['Observation.valueQuantity.value']) }],
      },
    ],
    filteredBy: expect.arrayContaining([
      { table: 'observations', column: 'code' },
      { table: 'patients', column: 'patient_key' },
      { table: 'patients', column: 'gender' },
    ]),
  })
  expect((await world.send({ path: '/query/api/v1/statements/none/lineage', token: analyst })).status).toBe(404)
  // What consent decided may still be on its way into the snapshot; then an answer made before is stale.
  await soon(async () => {
    old = `/query/api/v1/statements/${String((await statement(sql)).json['statement'])}`
    return (await world.send({ path: old, token: analyst })).json['stale']
  }).toEqual([])
})

test('whoever withdraws is in no row of the next statement, and kept rows are gone', async () => {
  const id = await kept('SELECT * FROM patients')
  const own = `/query/api/v1/statements/${id}`
  const body = { statement: id, format: 'parquet' }
  const download = await world.send({ method: 'POST', path: '/query/api/v1/downloads', token: analyst, body })
  const file = `/query/api/v1/downloads/${String(download.json['id'])}/file`
  await soon(async () => (await world.send({ path: file, token: analyst })).status).toBe(200)
  const withdrawal = contract('c1', 'mrn-2', 'REG', 'withdrawn')
  const recorded = await world.fhir('PUT', '/Contract/c1', manager, withdrawal, { 'x-aquifer-study': 'REG' })
  expect(recorded.status).toBe(200)
  expect((await statement('SELECT count(*), count(DISTINCT patient_key) FROM observations')).json).toMatchObject({ rows: [[1, 1]] })
  for (const gone of [`${own}/result`, `${own}/rows`, file])
    expect((await world.send({ path: gone, token: analyst })).status, gone).toBe(410)
  expect(readdirSync(path.join(world.platform.config.dataDir, 'results', 'REG')).filter((name) => name.startsWith(id))).toEqual([])
  const { stale } = (await world.send({ path: old, token: analyst })).json
  expect(stale).toContainEqual({ cause: 'consent', detail: expect.stringMatching(/^Consent changed since/) })
})

test('a saved query: each run is a job whose report says what changed, few rows as a band', async () => {
  const path = '/query/api/v1/saved-queries'
  const draft = { study: 'REG', title: 'weights', sql: 'SELECT value_number FROM observations WHERE value_number < $most', every: '24h' }
  const parameters = { most: { type: 'number', value: 90 } }
  const save = (more: Json) => world.send({ method: 'POST', path, token: analyst, body: { ...draft, parameters, ...more } })
  expect((await save({ every: '1m' })).status).toBe(400)
  expect((await save({ parameters: {} })).json).toMatchObject({ code: 'statement-invalid', position: draft.sql.indexOf('$most') })
  const saved = await save({})
  expect(saved).toMatchObject({ status: 201, json: { title: 'weights', every: '24h', last: null, parameters } })
  const own = `${path}/${String(saved.json['id'])}`
  const ran = async (): Promise<Json> => {
    const job = await world.send({ method: 'POST', path: `${own}/runs`, token: analyst, body: {} })
    expect(job.status).toBe(202)
    const at = `/jobs/api/v1/${String(job.json['id'])}`
    await soon(async () => (await world.send({ path: at, token: analyst })).json['state']).toBe('done')
    return (await world.send({ path: at, token: analyst })).json['result'] as Json
  }
  const first = await ran()
  expect(first).toMatchObject({ previous: null, changed: false })
  const more = { 'x-aquifer-study': 'REG' }
  expect(
    (await world.fhir('PUT', '/Observation/w9', await world.token('integrator', ['REG']), weight('w9', 'mrn-1', 80), more)).status,
  ).toBe(201)
  await settled()
  expect(await ran()).toMatchObject({ previous: first['statement'], changed: true, rows: '1–10', added: '1–10', removed: '0' })
  expect((await world.send({ path: `${path}?study=REG`, token: analyst })).json).toMatchObject({ queries: [{ last: { changed: true } }] })
  const auditor = await world.token('auditor', ['REG'])
  const trail = (await world.send({ path: '/audit/api/v1/records?study=REG&action=query', token: auditor })).json['records'] as Json[]
  const runs = trail.map(({ detail }) => detail as Json).filter(({ by }) => by === 'saved-query')
  expect(runs).toContainEqual({ saved: saved.json['id'], purpose: 'analysis', by: 'saved-query', statement: first['statement'] })
  expect((await world.send({ method: 'DELETE', path: own, token: analyst })).status).toBe(204)
  expect((await world.send({ path: own, token: analyst })).status).toBe(404)
})

test('statistics and cohorts: of who has not withdrawn, by the caller’s level, in the trail', async () => {
  const ask = (path: string, body: Json, token = analyst, method: 'POST' | 'PUT' = 'POST') =>
    world.send({ method, path: `/query/api/v1/${path}`, token, body: { study: 'REG', ...body } })
  const missing = { kind: 'missing', sql: 'SELECT patient_key, gender, language FROM patients', purpose: 'gaps' }
  const found = await ask('statistics', missing)
  expect(found).toMatchObject({
    status: 200,
    json: { people: 1, patterns: [{ missing: ['language'], people: 1 }], basis: { people: 1 }, rule: 'none' },
  })
  // He was told counts before somebody left; who was told none is answered.
  const waits = await ask('statistics', missing, manager)
  expect([waits.status, waits.json['code'], Number(waits.headers['retry-after']) > 0]).toEqual([503, 'not-ready', true])
  const minted = await world.platform.identity.mint({ role: 'study-manager', requestedBy: 'other', studies: ['REG'] })
  if (isRefusal(minted)) throw new Error(minted.detail)
  const other = minted.token
  expect((await ask('statistics', missing, other)).json).toMatchObject({
    people: '<11',
    patterns: [],
    basis: { level: 'counts', people: null },
  })
  expect(
    (await ask('statistics', { ...missing, sql: 'SELECT patient_key, max(gender) AS gender FROM patients GROUP BY 1' }, other)).status,
  ).toBe(400)
  expect((await ask('statistics', { ...missing, kind: 'mean' })).status).toBe(400)

  const criteria = { all: [{ is: 'sex', in: ['female'] }] }
  const counted = await ask('cohorts/count', { criteria })
  expect(counted.json).toMatchObject({
    people: '<11',
    sentence: 'People who are female.',
    rounded: false,
    funnel: [{ rule: 'are female', after: '<11' }],
  })
  const left = (counted.json['governance'] as Json[]).map(({ cause, people }) => [cause, people])
  expect(left).toEqual([
    ['no-consent', '0'],
    ['withdrawn', '1–10'],
    ['under-age', '0'],
    ['held', '0'],
  ])
  expect((await ask('cohorts/count', { criteria, purpose: 'plan' }, other)).json).toMatchObject({ rounded: true, people: '<11' })
  const draft = { name: 'women', title: 'Women', criteria }
  expect(await ask('cohorts', draft)).toMatchObject({ status: 201, json: { version: 1, table: 'cohort_women' } })
  expect((await ask('cohorts', draft, manager)).status).toBe(403)
  expect((await statement('SELECT count(*) FROM cohort_women')).json).toMatchObject({ rows: [[1]] })
  const next = { title: 'Nobody', criteria: { all: [{ is: 'not', of: criteria.all[0] }] }, version: 1 }
  expect((await ask('cohorts/women', next, analyst, 'PUT')).json).toMatchObject({ version: 2, sentence: 'People who are not female.' })
  expect((await ask('cohorts/women', next, analyst, 'PUT')).status).toBe(409)
  expect((await statement('SELECT count(*) FROM cohort_women')).json).toMatchObject({ rows: [[0]] })
  const read = (rest: string, token = manager) => world.send({ path: `/query/api/v1/cohorts${rest}study=REG`, token })
  expect((await read('/women/diff?from=1&to=2&')).json).toMatchObject({ rules: [{ change: 'added' }, { change: 'removed' }] })
  expect((await read('/women?version=1&')).json).toMatchObject({ version: 1, newest: 2 })
  expect((await read('?')).json).toMatchObject({ cohorts: [{ name: 'women', version: 2 }] })
  expect((await read('?', await world.token('analyst', ['EMPTY']))).status).toBe(404)
  const auditor = await world.token('auditor', ['REG'])
  const trail = (await world.send({ path: '/audit/api/v1/events?study=REG&action=cohort', token: auditor })).text
  expect(trail).toMatch(/"code":"cohort"/)
})
