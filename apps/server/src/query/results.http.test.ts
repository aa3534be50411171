import { createHash } from 'node:crypto'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isRefusal } from '@aquifer/core/refusal'
import { contract, type Json, type World } from '../platform/test/world.js'
import { openMailSink, type MailSink } from '../registration/test/mail-sink.js'
import { openStatementWorld, soon, type StatementWorld } from './test/statement-world.js'

// Kept results, files of them, and who may have what, through the whole platform.

let sink: MailSink
let world: World
let analyst = ''
let manager = ''
let statement: StatementWorld['statement']
let kept: StatementWorld['kept']
beforeAll(async () => {
  sink = await openMailSink(() => undefined)
  const settings = { AQUIFER_SMTP_URL: sink.url, AQUIFER_SMTP_FROM: 'study@example.org' }
  ;({ world, analyst, manager, statement, kept } = await openStatementWorld(settings))
})
afterAll(async () => {
  await world.close()
  await sink.close()
})

test('a kept result in windows, sorted and filtered; parameters and a search in the history; two runs compared', async () => {
  const parameters = { least: { type: 'number', value: 70.5 } }
  const id = await kept('SELECT code, value_number AS kg FROM observations WHERE value_number > $least', { parameters })
  const all = await kept('SELECT code, value_number AS kg\nFROM observations')
  const rows = (of: string, query: string) => world.send({ path: `/query/api/v1/statements/${of}/rows?${query}`, token: analyst })
  expect((await rows(id, 'limit=5')).json).toMatchObject({ statement: id, offset: 0, matching: 1, rows: [['29463-7', 71]] })
  expect((await rows(all, 'limit=1&sort=kg&dir=desc')).json).toMatchObject({ matching: 2, rows: [['29463-7', 71]], basis: { rows: 2 } })
  const filter = encodeURIComponent(JSON.stringify([{ column: 'kg', op: 'lt', value: '71' }]))
  expect((await rows(all, `filter=${filter}`)).json).toMatchObject({ matching: 1, rows: [['29463-7', 70]] })
  expect((await rows(all, 'filter=%7B')).status).toBe(400)
  expect((await rows(all, 'sort=pounds')).status).toBe(400)
  expect((await world.send({ path: `/query/api/v1/statements/${all}`, token: analyst })).json).toMatchObject({
    keptUntil: expect.any(String),
  })
  const found = await world.send({ path: '/query/api/v1/statements?study=REG&text=%24LEAST&state=done&from=2020-01-01', token: analyst })
  expect(found.json).toMatchObject({ rows: [{ id, parameters }] })
  const diff = await world.send({ path: `/query/api/v1/statements/${id}/diff/${all}`, token: analyst })
  expect(diff.json).toMatchObject({
    sql: [{ is: 'removed' }, { is: 'added', text: 'SELECT code, value_number AS kg' }, { is: 'added', text: 'FROM observations' }],
    parameters: { least: { from: parameters.least, to: null } },
    rows: { from: 1, to: 2, difference: 1 },
  })
})

test('a download: a job writes it, with manifest and codebook; its owner’s alone, in the trail, and gone when it is removed', async () => {
  const id = await kept(
    `WITH weights AS (SELECT patient_key, value_number AS kilos FROM observations)
     SELECT patient_key, gender, avg(kilos) AS kg FROM (SELECT * FROM weights) w JOIN patients USING (patient_key) GROUP BY ALL`,
  )
  const path = '/query/api/v1/downloads'
  const ask = (token: string, format = 'csv') => world.send({ method: 'POST', path, token, body: { statement: id, format } })
  expect((await ask(await world.token('researcher', ['REG']))).status).toBe(403)
  expect((await ask(analyst, 'pdf')).status).toBe(400)
  const begun = await ask(analyst)
  expect(begun).toMatchObject({ status: 202, json: { statement: id, format: 'csv' } })
  const own = `${path}/${String(begun.json['id'])}`
  await soon(async () => (await world.send({ path: own, token: analyst })).json['state']).toBe('done')
  const { json: manifest } = await world.send({ path: `${own}/manifest`, token: analyst })
  const file = await world.send({ path: `${own}/file`, token: analyst })
  expect(manifest).toMatchObject({
    statement: id,
    study: 'REG',
    purpose: 'analysis',
    rowsBefore: 2,
    rowsAfter: 2,
    basis: { maskingPolicy: 'safe-harbor v1' },
    file: { rows: 2, bytes: file.text.length, sha256: createHash('sha256').update(file.text).digest('hex') },
  })
  expect([file.text.split('\n')[0], file.headers['content-type']]).toEqual(['patient_key,gender,kg', expect.stringContaining('text/csv')])
  const { json: codebook } = await world.send({ path: `${own}/codebook`, token: analyst })
  expect((codebook['columns'] as Json[])[2]).toMatchObject({
    name: 'kg',
    type: 'DOUBLE',
    from: [
      { table: 'observations', column: 'value_number', paths: expect.arrayContaining([expect.stringContaining('value')]), masking: 'kept' },
    ],
  })
  expect((await world.send({ path: `${path}?study=REG`, token: manager })).json).toMatchObject({
    downloads: [{ statement: id, state: 'done' }],
  })
  expect((await world.send({ path: own, token: await world.token('analyst', ['EMPTY']) })).status).toBe(404)
  expect((await world.send({ method: 'DELETE', path: own, token: manager })).json).toMatchObject({ state: 'gone' })
  expect((await world.send({ path: `${own}/file`, token: analyst })).status).toBe(410)
})

test('who may not release gets what a screen shows; a file that a program writes of results is in the trail first', async () => {
  const researcher = await world.token('researcher', ['REG'])
  const sql = 'SELECT a.range AS n FROM range(1500) a'
  const screen = (await statement(sql, { token: researcher, body: { limit: 5000 } })).json
  expect(screen).toMatchObject({ basis: { rows: 1000, totalRows: 1500, truncated: true } })
  expect((await statement(sql, { body: { limit: 5000 } })).json).toMatchObject({ basis: { rows: 1500, truncated: false } })
  const rows = (id: string, query: string, token: string) => world.send({ path: `/query/api/v1/statements/${id}/${query}`, token })
  const own = await kept(sql, { limit: 5000 }, researcher)
  expect((await rows(own, 'result', researcher)).status).toBe(200)
  expect((await rows(own, 'rows?limit=1001', researcher)).status).toBe(400)
  // One account with two tokens: what it kept as an analyst.
  const larger = await kept(sql, { limit: 5000 })
  expect((await rows(larger, 'result', researcher)).status).toBe(403)
  expect((await rows(larger, 'rows?limit=1000&offset=1000', researcher)).status).toBe(200)

  const note = (token: string, statements: string[], count: number) =>
    world.send({
      method: 'POST',
      path: '/query/api/v1/releases',
      token,
      body: { study: 'REG', form: 'csv', statements, rows: count },
    })
  const of = await kept('SELECT gender FROM patients')
  expect((await note(analyst, [of], 2)).status).toBe(204)
  expect((await note(analyst, ['none'], 2)).status).toBe(404)
  expect((await note(researcher, [own], 1000)).status).toBe(403)
  expect((await note(researcher, [own], 0)).status).toBe(204)
  const auditor = await world.token('auditor', ['REG'])
  const told = (await world.send({ path: '/audit/api/v1/records?action=export&study=REG', token: auditor })).json
  expect(told['records']).toEqual(
    expect.arrayContaining([expect.objectContaining({ detail: expect.objectContaining({ form: 'csv', rows: 2, statement: of }) })]),
  )
})

test('what may be written next', async () => {
  const ask = async (sql: string, more: Json = {}): Promise<Json> =>
    (
      await world.send({
        method: 'POST',
        path: '/query/api/v1/completions',
        token: analyst,
        body: { study: 'REG', sql, position: sql.length, ...more },
      })
    ).json
  expect(await ask('SELECT p.gen', { sql: 'SELECT p.gen FROM patients p', position: 12 })).toMatchObject({
    from: 9,
    completions: [{ text: 'gender', kind: 'column' }],
  })
  expect(((await ask('SELECT * FROM obs'))['completions'] as Json[])[0]).toMatchObject({ text: 'observations', kind: 'table' })
  expect(JSON.stringify(await ask('SELECT * FROM read_'))).not.toContain('read_')
})

// Rows of the same person as an analyst, and what a token that gets counts only is given of them.
test('who gets counts only gets neither rows nor exact figures, through any door', async () => {
  const sql = 'SELECT gender, value_number FROM observations JOIN patients USING (patient_key)'
  const [rows, other] = [await kept(sql), await kept('SELECT 1')]
  const download = await world.send({
    method: 'POST',
    path: '/query/api/v1/downloads',
    token: analyst,
    body: { statement: rows, format: 'csv' },
  })
  const file = `/query/api/v1/downloads/${String(download.json['id'])}`
  await soon(async () => (await world.send({ path: file, token: analyst })).json['state']).toBe('done')
  const own = `/query/api/v1/statements/${rows}`
  const doors: [method: 'GET' | 'POST', path: string, body?: Json][] = [
    ['GET', `${own}/result`],
    ['GET', `${own}/rows`],
    ['GET', `${own}/lineage`],
    ['GET', `${own}/diff/${other}`],
    ['GET', `${file}/file`],
    ['GET', `${file}/manifest`],
    ['GET', `${file}/codebook`],
    ['POST', '/query/api/v1/downloads', { statement: rows, format: 'csv' }],
    ['POST', '/query/api/v1/statements', { sql, level: 'rows' }],
    ['POST', '/query/api/v1/saved-queries', { title: 'x', sql }],
    ['GET', '/query/api/v1/saved-queries?study=REG'],
    ['GET', '/query/api/v1/catalogue/patients/profile?study=REG'],
    ['GET', '/query/api/v1/codebook?study=REG'],
  ]
  for (const [method, path, body] of doors) {
    const sent = await world.send({ method, path, token: manager, ...(body ? { body: { study: 'REG', ...body } } : {}) })
    expect([path, sent.status]).toEqual([path, 403])
  }
  expect((await world.send({ path: own, token: manager })).json).not.toHaveProperty('basis')
  const history = (await world.send({ path: '/query/api/v1/statements?study=REG', token: manager })).json['rows'] as Json[]
  expect(history.filter(({ level, rows: told }) => level === 'rows' && told !== null)).toEqual([])
  const listed = (await world.send({ path: '/query/api/v1/downloads?study=REG', token: manager })).json['downloads'] as Json[]
  expect(listed.find(({ id }) => id === download.json['id'])).toMatchObject({ level: 'rows', file: null })
  // Rows that others wrote into a notebook are theirs; his own he keeps.
  const notebooks = '/query/api/v1/notebooks'
  const draft = { study: 'REG', title: 'Rows', cells: [] }
  const theirs = await world.send({ method: 'POST', path: notebooks, token: analyst, body: draft })
  await world.owner().query(`update notebook set owner = 'somebody else' where id = $1`, [theirs.json['id']])
  expect((await world.send({ path: `${notebooks}/${String(theirs.json['id'])}`, token: analyst })).status).toBe(200)
  expect((await world.send({ path: `${notebooks}/${String(theirs.json['id'])}`, token: manager })).status).toBe(404)
  const mine = await world.send({ method: 'POST', path: notebooks, token: manager, body: { ...draft, title: 'Counts' } })
  expect((await world.send({ path: `${notebooks}?study=REG`, token: manager })).json).toMatchObject({
    notebooks: [{ id: mine.json['id'] }],
  })
  expect((await world.send({ path: `${notebooks}?study=REG`, token: analyst })).json['notebooks']).toHaveLength(2)
  const values = "SELECT * FROM patients WHERE gender = '"
  const body = { study: 'REG', sql: values, position: values.length }
  const completed = await world.send({ method: 'POST', path: '/query/api/v1/completions', token: manager, body })
  expect(completed).toMatchObject({ status: 200, json: { completions: [] } })
  const offered = async (sql: string, token: string): Promise<unknown[]> => {
    const next = { study: 'REG', sql, position: sql.length }
    const { json } = await world.send({ method: 'POST', path: '/query/api/v1/completions', token, body: next })
    return (json['completions'] as Json[]).map(({ text }) => text)
  }
  // What would be refused is not offered.
  for (const [sql, refused] of [
    ['SELECT stdd', 'stddev'],
    ['SELECT gender, count(*) FROM patients GROUP BY gender HAV', 'HAVING'],
  ] as const)
    expect([(await offered(sql, analyst)).includes(refused), (await offered(sql, manager)).includes(refused)]).toEqual([true, false])
  expect(await offered('SELECT medi', manager)).toContain('median')
  const criteria = { all: [{ is: 'sex', in: ['female'] }] }
  const counted = await world.send({
    method: 'POST',
    path: '/query/api/v1/cohorts/count',
    token: manager,
    body: { study: 'REG', criteria },
  })
  expect(counted.json).toMatchObject({ rounded: true, people: '<11', of: '<11' })
})

test('kept counts: the same marks in every window and form, and a file without what they hide', async () => {
  const sql = 'SELECT gender, count(*) AS n, avg(value_number) AS kg FROM observations JOIN patients USING (patient_key) GROUP BY gender'
  for (const refused of ['SELECT * FROM patients', 'SELECT $n']) {
    const sent = await statement(refused, {
      token: manager,
      headers: { prefer: 'respond-async' },
      body: { parameters: { n: { type: 'number', value: 1 } } },
    })
    await soon(
      async () => (await world.send({ path: `/query/api/v1/statements/${String(sent.json['id'])}`, token: manager })).json['state'],
    ).toBe('failed')
  }
  const id = await kept(sql, {}, manager)
  const own = `/query/api/v1/statements/${id}`
  const told = { rows: [[null, null, null]], basis: { level: 'counts', suppressed: 2, people: null } }
  const suppressed = [
    [0, 1, 'primary'],
    [0, 2, 'primary'],
  ]
  for (const path of [`${own}/result`, `${own}/rows?sort=n&dir=desc`])
    expect((await world.send({ path, token: manager, headers: { accept: 'application/json' } })).json).toMatchObject({
      ...told,
      suppressed,
    })
  for (const path of [`${own}/result`, `${own}/rows`]) {
    const headers = { authorization: `Bearer ${manager}`, accept: 'application/vnd.apache.arrow.stream' }
    const table = tableFromIPC((await world.platform.app.inject({ url: path, headers })).rawPayload)
    expect(JSON.parse(table.schema.metadata.get('aquifer.suppressed') ?? '[]')).toEqual(suppressed)
    expect(table.get(0)!.toJSON()).toEqual({ gender: null, n: null, kg: null })
  }
  const download = await world.send({
    method: 'POST',
    path: '/query/api/v1/downloads',
    token: manager,
    body: { statement: id, format: 'csv' },
  })
  const file = `/query/api/v1/downloads/${String(download.json['id'])}`
  await soon(async () => (await world.send({ path: file, token: manager })).json).toMatchObject({
    state: 'done',
    level: 'counts',
    file: { rows: 1 },
  })
  expect((await world.send({ path: `${file}/file`, token: manager })).text).toBe('gender,n,kg,n_status,kg_status\n,,,<11,<11\n')
  expect((await world.send({ path: `${file}/manifest`, token: manager })).json).toMatchObject({ basis: { level: 'counts' }, suppressed })
})

test('what was asked of a study out of reach is as unknown as nothing; who read which rows is in the trail', async () => {
  const id = await kept('SELECT gender FROM patients')
  const own = `/query/api/v1/statements/${id}`
  const read = (path: string, token: string) => world.send({ path, token })
  expect((await read(`${own}/rows`, analyst)).status).toBe(200)
  const auditor = await world.token('auditor', ['REG'])
  const trail = `/audit/api/v1/records?study=REG&action=query`
  await soon(async () => {
    const records = (await world.send({ path: trail, token: auditor })).json['records'] as { detail: Json }[]
    return records.filter(({ detail }) => detail['statement'] === id).length
  }).toBeGreaterThan(1)
  expect((await world.send({ path: `${trail}&act=query`, token: auditor })).json).toMatchObject({ code: 'bad-parameter' })
  // The same person with a token for another study.
  const elsewhere = await world.token('analyst', ['EMPTY'])
  const doors: ['GET' | 'POST' | 'DELETE' | 'PUT', string, Json?][] = [
    ['GET', own],
    ['GET', `${own}/result`],
    ['GET', `${own}/rows`],
    ['GET', `${own}/lineage`],
    ['GET', `${own}/diff/${id}`],
    ['PUT', `${own}/pin`, { pinned: true }],
    ['DELETE', own],
    ['POST', '/query/api/v1/downloads', { statement: id, format: 'csv' }],
  ]
  for (const [method, path, body] of doors) {
    const sent = await world.send({ method, path, token: elsewhere, ...(body ? { body } : {}) })
    expect([method, path, sent.status]).toEqual([method, path, 404])
  }
})

test('what a statement reads besides the snapshot is named, and makes its result old when it changes', async () => {
  const path = '/query/api/v1/cohorts'
  const cohort = { study: 'REG', name: 'few', title: 'Few', criteria: { all: [{ is: 'sex', in: ['female'] }] } }
  expect((await world.send({ method: 'POST', path, token: analyst, body: cohort })).status).toBe(201)
  const id = await kept('SELECT count(*) AS n FROM cohort_few')
  const status = async () => (await world.send({ path: `/query/api/v1/statements/${id}`, token: analyst })).json
  expect(await status()).toMatchObject({ basis: { reads: [{ name: 'cohort_few', version: expect.any(String) }] }, stale: [] })
  const body = { study: 'REG', title: 'Few', version: 1, criteria: { all: [{ is: 'sex', in: ['male'] }] } }
  expect((await world.send({ method: 'PUT', path: `${path}/few`, token: analyst, body })).status).toBe(200)
  await soon(async () => (await status())['stale']).toEqual([{ cause: 'definition', detail: 'cohort_few was changed since.' }])
})

test('a process that answers statements beside the one that masks leaves out who withdraws as well', async () => {
  await world.restart('api,query')
  const people = async () => ((await statement('SELECT count(DISTINCT patient_key) AS n FROM patients')).json['rows'] as number[][])[0]![0]
  expect(await people()).toBe(2)
  const withdrawal = contract('c1', 'mrn-2', 'REG', 'withdrawn')
  const recorded = await world.fhir('PUT', '/Contract/c1', manager, withdrawal, { 'x-aquifer-study': 'REG' })
  expect(recorded.status).toBe(200)
  expect(await people()).toBe(1)
})

test('a saved query runs by the clock, for its owner and in the trail; not for whom the study was taken from, and the mail says nothing of it', async () => {
  const admin = await world.token('administrator')
  const path = '/query/api/v1/saved-queries'
  const users = '/identity/api/v1/users'
  const [title, sql] = ['Secret women', 'SELECT patient_key, 4711 AS figure FROM cohort_few']
  const saved = async (name: string): Promise<{ token: string; id: string }> => {
    const account = { name, role: 'analyst', studies: ['REG'], email: `${name}@example.org` }
    expect((await world.send({ method: 'POST', path: users, token: admin, body: account })).status).toBe(201)
    const minted = await world.platform.identity.mint({ role: 'analyst', user: name, studies: ['REG'], requestedBy: 'tests' })
    if (isRefusal(minted)) throw new Error(minted.detail)
    const body = { study: 'REG', title, sql, every: '24h', mail: true, purpose: 'weekly count' }
    const sent = await world.send({ method: 'POST', path, token: minted.token, body })
    expect(sent.status, sent.text).toBe(201)
    return { token: minted.token, id: String(sent.json['id']) }
  }
  const [ana, ben] = [await saved('ana'), await saved('ben')]
  expect((await world.send({ method: 'POST', path: `${path}/${ana.id}/runs`, token: ana.token, body: {} })).status).toBe(202)
  const last = async (token: string) => (await world.send({ path: `${path}/${ana.id}`, token })).json['last'] as Json | null
  await soon(() => last(ana.token)).toMatchObject({ changed: false })
  // Another answer tomorrow, and nobody who may ask for ben.
  const women = { study: 'REG', title: 'Few', version: 2, criteria: { all: [{ is: 'sex', in: ['female'] }] } }
  expect((await world.send({ method: 'PUT', path: '/query/api/v1/cohorts/few', token: analyst, body: women })).status).toBe(200)
  const grant = { role: 'analyst', studies: ['EMPTY'] }
  expect((await world.send({ method: 'PUT', path: `${users}/ben/grant`, token: admin, body: grant })).status).toBe(200)
  world.clock.at = Date.now() + 25 * 3_600_000
  await world.restart('api,query')

  const operator = await world.token('operator')
  const ran = async () => {
    const { jobs } = (await world.send({ path: '/jobs/api/v1?kind=saved-query', token: operator })).json
    return (jobs as Json[]).map(({ state, problem }) => [state, problem]).slice(0, 2)
  }
  const refused = ['failed', 'Its owner may not ask this study any more.']
  await soon(ran).toEqual(expect.arrayContaining([['done', null], refused]))
  const again = await world.platform.identity.mint({ role: 'analyst', user: 'ana', studies: ['REG'], requestedBy: 'tests' })
  const report = await last(isRefusal(again) ? '' : again.token)
  expect(report).toMatchObject({ changed: true, rows: '1–10' })
  const auditor = await world.token('auditor', ['REG'])
  const trail = (await world.send({ path: '/audit/api/v1/records?study=REG&action=query', token: auditor })).json['records'] as Json[]
  const detail = { by: 'saved-query', purpose: 'weekly count' }
  const acts = trail.filter(({ detail: of }) => (of as Json)['by'] === 'saved-query')
  expect(acts).toContainEqual(
    expect.objectContaining({ actor: 'ana', outcome: 'done', detail: { ...detail, saved: ana.id, statement: report!['statement'] } }),
  )
  expect(acts).toContainEqual(expect.objectContaining({ actor: 'ben', outcome: 'refused', detail: { ...detail, saved: ben.id } }))

  await soon(() => sink.mails.length).toBe(1)
  const [mail] = sink.mails
  expect(mail).toMatchObject({ to: ['ana@example.org'], text: expect.stringContaining('REG') })
  for (const told of [title, 'women', 'SELECT', 'cohort_few', '4711', '1–10', 'mrn-', 'weekly'])
    expect(mail!.text.toLowerCase(), told).not.toContain(told.toLowerCase())
})
