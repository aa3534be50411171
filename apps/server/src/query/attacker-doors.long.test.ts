import { randomUUID } from 'node:crypto'
import { buffer, text } from 'node:stream/consumers'
import { join } from 'node:path'
import { statisticsRequest, type CohortCriteria, type DownloadFormat, type StatementRows } from '@aquifer/core/contract'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { viewTags } from '@aquifer/core/view'
import { ownTable } from '../view/index.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countCohort } from './cohort-count.js'
import { diffOf } from './statement-diff.js'
import { openDownloads, type DownloadDesk } from './downloads.js'
import { statisticsBy } from './statistics.js'
import { nestedColumnTypes } from '../reservoir/index.js'
import { openQueryWorld, publish, type MaskedResource, type World } from './test/world.js'

// Two studies of the same people that differ only in how many of them, always few, have a rare code: whatever who gets counts only asks, and by
// whatever door, he cannot tell one from the other.

let world: World
let downloads: DownloadDesk
beforeAll(async () => {
  world = await openQueryWorld()
  downloads = openDownloads({
    query: world.query,
    repository: world.repository,
    dir: join(world.folder, 'downloads'),
    keptMs: 60_000,
    studyOf: async () => world.study,
    owner: 'test',
    now: () => Date.now(),
    newId: randomUUID,
    onFailure: ({ reason }) => expect.unreachable(reason),
  })
})
afterAll(async () => {
  await downloads.close()
  await world.close()
})

const must = <T>(value: T | Refusal): T => {
  if (isRefusal(value)) throw new Error(JSON.stringify(value))
  return value
}
const measurements = 9
function person(at: number, rare: number): MaskedResource[] {
  const key = `d${String(at).padStart(2, '0')}`
  const of = { patient_key: key, subject: { reference: `Patient/${key}` } }
  const coding = (system: string, code: string) => ({ coding: [{ system, code }] })
  const weights = Array.from({ length: measurements }, (_, n): MaskedResource => ({
    ...of,
    resourceType: 'Observation',
    id: `w${key}${n}`,
    status: 'final',
    code: coding('http://loinc.org', n === 0 ? '8302-2' : '29463-7'),
    valueQuantity: { value: 50 + at, unit: 'kg' },
  }))
  const code = coding('http://snomed.info/sct', at < rare ? 'rare' : at < 30 ? 'one' : 'other')
  return [
    { resourceType: 'Patient', id: key, patient_key: key, gender: at < 40 ? 'female' : 'male', birthDate: String(1950 + (at % 20)) },
    { ...of, resourceType: 'Condition', id: `c${key}`, patient: of.subject, code, verificationStatus: 'confirmed' },
    ...weights,
  ]
}
let version = 10
async function begin(rare: number): Promise<void> {
  const people = Array.from({ length: 60 }, (_, at) => person(at, rare)).flat()
  await publish(world.reservoir, 'SYN', people, version++)
  world.ahead.ms += 3_600_000
  world.query.peopleWithdrew('SYN')
}

let callers = 0
const asked = (sql: string, actor = `caller-${callers++}`) =>
  ({ study: world.study, actor, sql, purpose: 'test', limit: 1_000, format: 'json', level: 'counts' }) as const
const figures = async (sql: string, actor?: string): Promise<unknown> => {
  const answer = await world.query.run(asked(sql, actor))
  if (isRefusal(answer)) return answer
  const { rows, suppressed, basis } = JSON.parse(Buffer.concat(answer.pieces).toString()) as StatementRows
  return { rows, suppressed, people: basis.people }
}

const joined = (to: string, times: number, when: string): string =>
  Array.from({ length: times }, (_, at) => `LEFT JOIN observations o${at} ON o${at}.patient_key = ${to}.patient_key AND ${when}`).join(' ')
const withCodes = 'patients p JOIN conditions c ON c.patient_key = p.patient_key'
const rareOnes = "p.patient_key IN (SELECT patient_key FROM conditions WHERE code = 'rare')"
/** Each gives the few a weight or a value that would stand in front of the digits of everybody's figure. */
const questions = [
  `SELECT count(*) FROM ${withCodes} ${joined('p', 2, "c.code = 'rare'")}`,
  `SELECT count(p.gender), count(DISTINCT p.gender) FROM ${withCodes} ${joined('p', 3, "c.code = 'rare'")}`,
  `SELECT sum(p.birth_year), avg(p.birth_year), median(p.birth_year) FROM ${withCodes} ${joined('p', 3, "c.code = 'rare'")}`,
  `SELECT count(*) FROM ${withCodes} LEFT JOIN code_lists l ON c.code = 'rare'`,
  `SELECT count(*), avg(value_number) FROM observations o JOIN conditions c USING (patient_key) WHERE o.code = '8302-2' OR c.code = 'rare'`,
  `SELECT count(DISTINCT code) FROM conditions`,
  `SELECT count(DISTINCT o0.id) FROM ${withCodes} ${joined('p', 1, "c.code = 'rare'")}`,
]
const reckoned = [
  { kind: 'table-one', value: `CASE WHEN ${rareOnes} THEN 1 ELSE 0 END`, variables: [{ column: 'x', as: 'continuous' }] },
  { kind: 'table-one', value: rareOnes, variables: [{ column: 'x', as: 'continuous' }] },
  { kind: 'table-one', value: `coalesce(CASE WHEN ${rareOnes} THEN 1000 END, 1)`, variables: [{ column: 'x' }] },
  { kind: 'table-one', value: `p.birth_year - 1959`, variables: [{ column: 'x' }] },
  { kind: 'incidence', value: `CASE WHEN ${rareOnes} THEN 100000 ELSE 1 END`, time: 'x', events: 'e' },
  { kind: 'incidence', value: `CASE WHEN ${rareOnes} THEN 100000 ELSE 1 END`, time: 'year', events: 'x' },
  { kind: 'incidence', value: `coalesce(q.birth_year, 0) * 1000 + 1`, time: 'x', events: 'e' },
  { kind: 'survival', value: `CASE WHEN ${rareOnes} THEN 100000 ELSE 1 END`, time: 'x', event: 'e' },
]

const criteria: CohortCriteria = { all: [{ is: 'not', of: { is: 'condition', of: { codes: ['rare'] } } }] }
const leftOut = { noConsent: 0, withdrawn: 0, underAge: 0, held: 0 }

async function toldOf(rare: number): Promise<unknown[]> {
  await begin(rare)
  const told: unknown[] = []
  for (const sql of questions) told.push([sql, await figures(sql)])
  for (const { value, ...rest } of reckoned) {
    const from = `FROM ${withCodes} LEFT JOIN patients q ON q.patient_key = p.patient_key AND c.code = 'rare'`
    const sql = `SELECT p.patient_key, p.birth_year AS year, 1 AS e, ${value} AS x ${from}`
    const request = statisticsRequest.parse({ study: 'SYN', sql, ...rest })
    const answer = await statisticsBy(world.query, { study: world.study, actor: `caller-${callers++}`, request, level: 'counts' })
    told.push([value, isRefusal(answer) ? answer : { ...answer, statement: '', basis: answer.basis.people }])
  }
  const counted = await countCohort(world.query, world.study, {
    criteria,
    level: 'counts',
    purpose: 'test',
    actor: `c${callers++}`,
    leftOut,
  })
  told.push(isRefusal(counted) ? counted : { ...counted, snapshot: '', statement: '' })
  return told
}

test('few people are not read from the digits of a figure of many, whatever weight they are given', { timeout: 300_000 }, async () => {
  const [few, more] = [await toldOf(3), await toldOf(8)]
  expect(more).toEqual(few)
})

const formats: DownloadFormat[] = ['csv', 'json', 'arrow', 'parquet', 'xlsx']
// Which statement, when and on which snapshot tell nothing of people.
const plain = (told: unknown): string =>
  JSON.stringify(told)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|statement-\d+|caller-\d+/g, 'id')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')
    .replaceAll(/"elapsedMs":\d+/g, '"elapsedMs":0')
    // The codebook names its statement, and is compared itself.
    .replaceAll(/("codebook":\{"name":"[^"]*","sha256":)"[0-9a-f]{64}"/g, '$1""')

/** All papers of an answer that is kept, and its files. */
async function papersOf(rare: number): Promise<Record<string, string>> {
  await begin(rare)
  const actor = `caller-${callers++}`
  const kept = must(
    await world.query.keep(
      asked('SELECT code, count(*) AS n, avg(birth_year) AS born FROM conditions JOIN patients USING (patient_key) GROUP BY code', actor),
    ),
  )
  const other = must(await world.query.keep(asked('SELECT gender, count(*) AS n FROM patients GROUP BY gender', actor)))
  const { id } = kept
  const window = must(
    await world.query.results.window(kept, { offset: 0, limit: 10, filters: [], sort: { column: 'n', descending: true } }, 'json'),
  )
  const papers: Record<string, unknown> = {
    status: await world.query.status(id, actor),
    history: await world.query.history(world.study, actor, 10),
    lineage: await world.query.lineage(id, actor),
    diff: diffOf(must(await world.query.record(id, actor)), must(await world.query.record(other.id, actor))),
    window: [window.bytes.toString(), window.matching, window.suppressed],
    catalogue: await world.query.catalogue(world.study, actor),
  }
  for (const format of formats) {
    const { id: download } = must(await downloads.begin(world.study, actor, { statement: id, format }))
    const seen = async () => must(await downloads.see(download, { user: actor, oversees: false }))
    await expect.poll(async () => (await seen()).state, { timeout: 120_000 }).toBe('done')
    const open = async (what: 'file' | 'manifest' | 'codebook') => must(await downloads.open(download, actor, what)).bytes
    const written = (bytes: string | NodeJS.ReadableStream): Promise<string> =>
      typeof bytes === 'string' ? Promise.resolve(bytes) : text(bytes)
    papers[format] = await seen()
    papers[`${format} manifest`] = JSON.parse(await written(await open('manifest')))
    papers[`${format} codebook`] = JSON.parse(await written(await open('codebook')))
    const bytes = await open('file')
    papers[`${format} file`] = typeof bytes === 'string' ? bytes : (await buffer(bytes)).toString('base64')
    // Who sees all jobs sees this one.
    expect((await world.repository.jobs.byId(download))?.result).toEqual({})
  }
  return Object.fromEntries(Object.entries(papers).map(([name, paper]) => [name, plain(paper)]))
}

test(
  'manifest, codebook, files, history, comparison and lineage of an answer depend on what it told alone',
  { timeout: 300_000 },
  async () => {
    const [few, more] = [await papersOf(3), await papersOf(8)]
    for (const [name, paper] of Object.entries(few)) expect([name, more[name]]).toEqual([name, paper])
  },
)

test('a view of the study’s own names nobody by another word: neither keys in its columns nor rows chosen by them are counted', async () => {
  await begin(5)
  const view = (name: string, more: object, key = { name: 'who', path: 'patient.reference' }): void => {
    const made = ownTable(
      { resource: 'Condition', name, select: [{ column: [{ name: 'id', path: 'id' }, key] }], ...more },
      name,
      nestedColumnTypes,
    )
    if ('problems' in made) throw new Error(JSON.stringify(made.problems))
    world.own.push(made.table)
  }
  view('named', {})
  view('tagged', {}, { name: 'who', path: '{}', tag: [{ name: viewTags.row, value: 'patient_key' }] } as never)
  view('cut', {}, { name: 'who', path: "id.startsWith('cd0')" })
  view('chosen', { where: [{ path: "id.startsWith('cd0')" }] })
  view('coded', {}, { name: 'coded', path: 'code.coding.first().code' })
  try {
    const refused = { refusal: 'statement-invalid' }
    for (const name of ['named', 'tagged', 'cut'])
      expect([name, await figures(`SELECT count(*) FROM ${name} WHERE who IS NOT NULL`)]).toMatchObject([name, refused])
    expect(await figures('SELECT count(*) FROM chosen')).toMatchObject(refused)
    expect(await figures('SELECT count(coded) FROM coded')).toMatchObject({ rows: [[60]] })
  } finally {
    world.own.length = 0
  }
})
