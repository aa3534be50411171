import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

// An attacker with a study manager's token at every address that tells of numbers: through the whole platform, of 60 people of whom 4 weigh
// much. Long: AQUIFER_TEST_LONG=1.

const isLong = process.env['AQUIFER_TEST_LONG'] === '1'
const heavy = 4
const people = 60
let world: World
let attacker = ''

beforeAll(async () => {
  if (!isLong) return
  world = await openPlatformWorld({ roles: 'api,replicator,masker,compactor,scheduler,query' })
  await world.study({ id: 'REG', sites: ['A'] })
  const integrator = await world.token('integrator', ['REG'])
  for (let at = 0; at < people; at++) {
    const bundle = bundleOf('transaction', patient(`mrn-${at}`), weight(`w${at}`, `mrn-${at}`, at < heavy ? 200 : 60 + (at % 7)))
    expect((await world.fhir('POST', '', integrator, bundle, { 'x-aquifer-study': 'REG' })).status).toBe(200)
  }
  const waited = await world.send({
    method: 'POST',
    path: '/pipeline/api/v1/wait',
    token: await world.token('operator'),
    body: { timeoutS: 60 },
  })
  expect(waited.json).toMatchObject({ done: true })
  attacker = await world.token('study-manager', ['REG'])
}, 120_000)
afterAll(async () => world?.close())

const ask = (sql: string, token = attacker) =>
  world.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    token,
    body: { study: 'REG', sql },
    headers: { accept: 'application/json' },
  })

/** Every number in an answer that could be one of people. */
function numbersIn(value: unknown, at = ''): { at: string; value: number }[] {
  if (typeof value === 'number') return [{ at, value }]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, part]) => numbersIn(part, `${at}.${name}`))
}

test.runIf(isLong)('no address tells how many are heavy, alone or together with another', async () => {
  const isHeavy = 'value_number > 100'
  const asked = [
    'SELECT count(*) FROM patients',
    `SELECT count(*) FROM observations WHERE ${isHeavy}`,
    `SELECT count(*) FROM observations WHERE NOT ${isHeavy}`,
    'SELECT count(*) FROM observations',
    `SELECT CASE WHEN ${isHeavy} THEN 'heavy' ELSE 'other' END AS how, count(*) FROM observations GROUP BY 1`,
    `SELECT gender, count(*) FROM patients WHERE patient_key NOT IN (SELECT patient_key FROM observations WHERE ${isHeavy}) GROUP BY 1`,
    `SELECT count(*) FROM patients ANTI JOIN (SELECT patient_key FROM observations WHERE ${isHeavy}) AS h USING (patient_key)`,
    `SELECT floor(value_number / 10) AS tens, count(*), sum(value_number) FROM observations GROUP BY 1`,
    `SELECT value_number, count(DISTINCT patient_key) FROM observations GROUP BY 1`,
  ]
  const figures: number[] = []
  for (const sql of asked) {
    const { status, json } = await ask(sql)
    if (status !== 200) {
      expect(json).toMatchObject({ code: 'statement-invalid' })
      continue
    }
    const rows = (json['rows'] as unknown[][]).map((row) => row.filter((_, column) => !/value_number|tens/.test(nameAt(json, column))))
    for (const { value } of numbersIn(rows)) {
      expect([sql, value >= 11]).toEqual([sql, true])
      figures.push(value)
    }
    const id = String(json['statement'])
    const status2 = await world.send({ path: `/query/api/v1/statements/${id}`, token: attacker })
    expect(numbersIn(status2.json['basis']).filter(({ at, value }) => at === '.people' && value < 11)).toEqual([])
  }
  expect(figures).not.toContain(heavy)
  expect(figures).not.toContain(people - heavy)
})

const nameAt = (json: Json, column: number): string => String((json['columns'] as Json[])[column]?.['name'])

test.runIf(isLong)('neither do the catalogue, the history, code counts, the risk summary or rows of any kind', async () => {
  const catalogue = (await world.send({ path: '/query/api/v1/catalogue?study=REG', token: attacker })).json
  for (const table of catalogue['tables'] as Json[]) expect(table['rows'] === null || Number(table['rows']) % 11 === 0).toBe(true)
  expect(Number(catalogue['people']) % 11).toBe(0)
  for (const path of ['/query/api/v1/unmapped-codes?study=REG', '/query/api/v1/code-lists?study=REG']) {
    const { json } = await world.send({ path, token: attacker })
    expect(numbersIn(json['codes'] ?? []).filter(({ at, value }) => at.endsWith('.people') && (value < 11 || value % 11 > 0))).toEqual([])
  }
  for (const sql of ['SELECT * FROM observations', 'SELECT max(value_number) FROM observations', 'EXPLAIN SELECT count(*) FROM patients'])
    expect((await ask(sql)).status).toBe(400)
  // The same person as an analyst had rows; with this token they are not given again.
  const rows = await world.send({
    method: 'POST',
    path: '/query/api/v1/statements',
    token: await world.token('analyst', ['REG']),
    body: { study: 'REG', sql: 'SELECT value_number FROM observations' },
    headers: { prefer: 'respond-async' },
  })
  const path = `/query/api/v1/statements/${String(rows.json['id'])}`
  await expect.poll(async () => (await world.send({ path, token: attacker })).json['state'], { timeout: 30_000 }).toBe('done')
  expect((await world.send({ path: `${path}/result`, token: attacker })).status).toBe(403)
})
