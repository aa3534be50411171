import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cohortSql, funnelSql } from '@aquifer/core/cohort'
import { expert, safeHarbor } from '@aquifer/core/masking'
import type { CohortCount, CohortCriteria, StatisticsAnswer } from '@aquifer/core/contract'
import { statisticsRequest, type StatisticsRequest } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { countCohort, countListBy, openCodeListDesk, openCohortDesk, statisticsBy, type CohortDesk, type LeftOut } from './index.js'
import { criteria, lists, meets, people, type Entry, type Event, type Person } from './test/cohort-people.js'
import { openQueryWorld, publish, type MaskedResource, type World } from './test/world.js'

// What cohorts mean, beside people of whom it is said without SQL; then by real engines over a real reservoir.

const quoted = (value: string | number | null): string =>
  value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${value}'`
const rowsSql = (rows: (string | number | null)[][], columns: string, types: string[]): string =>
  `SELECT ${types.map((type, at) => `CAST(c${at} AS ${type}) AS ${columns.split(' ')[at]!}`).join(', ')} FROM (VALUES ${[
    types.map(() => null),
    ...rows,
  ]
    .map((row) => `(${row.map(quoted).join(', ')})`)
    .join(', ')}) v(${types.map((_, at) => `c${at}`).join(', ')}) OFFSET 1`

async function fill(connection: DuckDBConnection, everybody: readonly Person[], entries: readonly Entry[]): Promise<void> {
  const make = (name: string, rows: (string | number | null)[][], columns: string, types: string[]): Promise<unknown> =>
    connection.run(`CREATE OR REPLACE TABLE ${name} AS ${rowsSql(rows, columns, types)}`)
  await make(
    'patients',
    everybody.map(({ key, gender, birthDate, birthYear }) => [key, gender, birthDate, birthYear]),
    'patient_key gender birth_date birth_year',
    ['VARCHAR', 'VARCHAR', 'DATE', 'INTEGER'],
  )
  const types = ['VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'TIMESTAMPTZ', 'INTEGER', 'DOUBLE', 'VARCHAR']
  const events = (is: keyof Person['events']): (string | number | null)[][] =>
    everybody.flatMap(({ key, events: of }) =>
      of[is].map(({ system, code, status, at, year, value, unit }: Event) => [key, system, code, status, at, year, value, unit]),
    )
  const columns = (status: string, time: string): string =>
    `patient_key code_system code ${status} ${time}_at ${time}_year value_number value_unit`
  await make('conditions', events('condition'), columns('verification_status', 'onset'), types)
  await make('medication_orders', events('medication'), columns('status', 'written'), types)
  await make('procedures', events('procedure'), columns('status', 'performed'), types)
  await make('observations', events('observation'), columns('status', 'effective'), types)
  await connection.run(
    'CREATE OR REPLACE VIEW measurements AS SELECT *, value_number AS usual_number, value_unit AS usual_unit FROM observations WHERE value_number IS NOT NULL',
  )
  await make(
    'code_lists',
    entries.map(({ list, system, code }) => [list, system, code]),
    'list "system" code',
    ['VARCHAR', 'VARCHAR', 'VARCHAR'],
  )
}

test('SQL of any criteria finds whom they mean, and the funnel counts them', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  await fc.assert(
    fc.asyncProperty(people, lists, fc.array(criteria, { minLength: 4, maxLength: 4 }), async (everybody, entries, several) => {
      await fill(connection, everybody, entries)
      for (const asked of several) {
        const found = (await connection.runAndReadAll(cohortSql(asked))).getRows().map(([key]) => key)
        const meant = everybody.filter((who) => asked.all.every((rule) => meets(who, rule, entries)))
        expect(found.map(String).sort()).toEqual(meant.map(({ key }) => key).sort())
        const alone = asked.all.map((rule) => everybody.filter((who) => meets(who, rule, entries)).length)
        const after = asked.all.map(
          (_, at) => everybody.filter((who) => asked.all.slice(0, at + 1).every((rule) => meets(who, rule, entries))).length,
        )
        expect((await connection.runAndReadAll(funnelSql(asked))).getRows()[0]!.map(Number)).toEqual([everybody.length, ...alone, ...after])
      }
    }),
    { numRuns: 8 },
  )
  connection.closeSync()
  instance.closeSync()
})

// 40 women with hypertension of whom 30 have a high pressure, 26 men without.
const somebody = (at: number): MaskedResource[] => {
  const key = `k${at}`
  const of = { patient_key: key, year: 2012 }
  const woman = at < 40
  return [
    { resourceType: 'Patient', id: key, ...of, gender: woman ? 'female' : 'male', birthDate: String(1950 + at) },
    {
      resourceType: 'Observation',
      id: `o${at}`,
      ...of,
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] },
      subject: { reference: `Patient/${key}` },
      effectiveDateTime: '2012',
      valueQuantity: { value: at < 30 ? 150 : 120, unit: 'mmHg' },
    },
    ...(woman
      ? [
          {
            resourceType: 'Condition',
            id: `c${at}`,
            ...of,
            patient: { reference: `Patient/${key}` },
            code: { coding: [{ system: 'http://snomed.info/sct', code: '38341003' }] },
            verificationStatus: at === 0 ? 'refuted' : 'confirmed',
            onsetDateTime: '2010',
          } as MaskedResource,
        ]
      : []),
  ]
}
const hypertension: CohortCriteria = {
  all: [
    { is: 'sex', in: ['female'] },
    { is: 'condition', of: { list: 'hypertension' }, window: { from: '2009-05-01', to: '2012-12-31' } },
    { is: 'observation', of: { codes: ['8480-6'] }, value: { comparison: '>', number: 140, unit: 'mmHg' } },
    { is: 'age', min: 34, on: '2012-12-31' },
  ],
}

let world: World
let desk: CohortDesk
beforeAll(async () => {
  world = await openQueryWorld()
  const { repository, codeLists: found, cohorts: tables, query } = world
  const now = (): number => Date.now()
  desk = openCohortDesk({ repository, tables, now })
  await publish(
    world.reservoir,
    'SYN',
    Array.from({ length: 66 }, (_, at) => somebody(at)).flatMap((each) => each),
    2,
  )
  const codes = openCodeListDesk({ repository, lists: found, count: countListBy(query), now })
  const text = 'code,system\n38341003,http://snomed.info/sct\n'
  await codes.load(world.study, { name: 'hypertension', text, check: false, by: 'ana' })
})
afterAll(async () => world.close())

const nobody: LeftOut = { noConsent: 0, withdrawn: 3, underAge: 11, held: 120 }
const by = { actor: 'ana', purpose: 'test', leftOut: nobody }
const count = async (asked: CohortCriteria, level: 'rows' | 'counts' = 'rows', actor = 'ana'): Promise<CohortCount> => {
  const found = await countCohort(world.query, world.study, { ...by, actor, criteria: asked, level })
  if (isRefusal(found)) throw new Error(JSON.stringify(found))
  return found
}

test('a count with its funnel: small ones as marks, of who sees counts only all are rounded, governance in bands', async () => {
  const exact = await count(hypertension)
  expect(exact).toMatchObject({ people: 28, of: 68, rounded: false, maskingPolicy: 'safe-harbor v1', consentEpoch: 0 })
  expect(exact.funnel.map(({ alone, after }) => [alone, after])).toEqual([
    [41, 41],
    [39, 39],
    [30, 29],
    [30, 28],
  ])
  expect(exact.governance.map(({ cause, people: band }) => [cause, band])).toEqual([
    ['no-consent', '0'],
    ['withdrawn', '1–10'],
    ['under-age', '11–20'],
    ['held', '101–200'],
  ])
  // 27 have the condition and the sex, 28 the whole: told are the whole and steps that differ from it, and from each other, by many.
  const rounded = await count(hypertension, 'counts', 'mia')
  expect([rounded.people, rounded.of].map((told) => Number(told) % 5)).toEqual([0, 0])
  expect(rounded.funnel.map(({ after }) => typeof after)).toEqual(['number', 'string', 'string', 'number'])
  expect(rounded.funnel.flatMap(({ alone, after }) => [alone, after]).filter((told) => typeof told === 'string')).toContain('hidden')
  expect(await count(hypertension, 'counts', 'mia')).toMatchObject({ people: rounded.people, funnel: rounded.funnel })
  const few = await count({ all: [...hypertension.all.slice(0, 3), { is: 'age', min: 58, on: '2012-12-31' }] })
  expect([few.people, few.funnel.at(-1)!.alone]).toEqual(['<11', '<11'])
  const deep = { all: [Array.from({ length: 7 }).reduce<CohortCriteria['all'][number]>((of) => ({ is: 'not', of }), hypertension.all[0]!)] }
  expect(await countCohort(world.query, world.study, { ...by, criteria: deep, level: 'rows' })).toMatchObject({
    refusal: 'invalid',
  })
})

test('a saved cohort is a table of statements, by version; two versions differ by their rules', async () => {
  const { study, other } = world
  const change = { name: 'ht', after: null, title: 'Hypertension', note: '', criteria: hypertension, by: 'ana' }
  expect(await desk.save(study, change)).toMatchObject({ name: 'ht', version: 1, table: 'cohort_ht', newest: 1 })
  const join = 'SELECT count(*), min(p.birth_year) FROM cohort_ht c JOIN patients p USING (patient_key)'
  expect(await world.rows(join)).toMatchObject({ rows: [[28, 1951]] })
  expect(await world.rows('SELECT * FROM syn.Cohort_HT WHERE patient_key IN (SELECT patient_key FROM conditions)')).toMatchObject({
    columns: [{ name: 'patient_key' }, { name: 'index_at' }],
    basis: { people: 28 },
  })
  expect(await world.rows(join, { study: other })).toMatchObject({ refusal: 'statement-invalid' })
  expect((await world.query.catalogue(study)).tables.at(-1)).toMatchObject({
    name: 'cohort_ht',
    columns: [{ name: 'patient_key' }, { name: 'index_at' }],
  })
  const women = { ...change, after: 1, criteria: { all: hypertension.all.slice(0, 1) } }
  expect(await desk.save(study, { ...women, after: null })).toMatchObject({ refusal: 'already-exists' })
  expect(await desk.save(study, { ...women, after: 4 })).toMatchObject({ refusal: 'conflict', current: 1 })
  expect(await desk.save(study, { ...women, name: 'none' })).toMatchObject({ refusal: 'unknown' })
  expect(await desk.save(study, women)).toMatchObject({ version: 2, versions: [{ version: 2 }, { version: 1 }] })
  expect(await world.rows('SELECT count(*) FROM cohort_ht')).toMatchObject({ rows: [[41]] })
  const diff = await desk.diff(study, 'ht', { from: 1, to: 2 })
  expect(isRefusal(diff) ? diff : diff.rules.map(({ change: of }) => of)).toEqual(['same', 'removed', 'removed', 'removed'])
  expect(await desk.read(study, 'ht', 1)).toMatchObject({ version: 1, newest: 2, criteria: hypertension })
  expect(await desk.read(other, 'ht', null)).toMatchObject({ refusal: 'unknown' })
  expect(await desk.list(study)).toMatchObject({ cohorts: [{ name: 'ht', version: 2, sentence: 'People who are female.' }] })
  // Who withdraws is out of every cohort at once.
  world.withheld.push('k1', 'k2')
  expect(await world.rows('SELECT count(*) FROM cohort_ht')).toMatchObject({ rows: [[39]] })
  world.withheld.length = 0
})

const statistics = (
  request: Omit<StatisticsRequest & { kind: 'table-one' }, 'study'> | Omit<StatisticsRequest & { kind: 'survival' }, 'study'>,
) => statisticsBy(world.query, { study: world.study, actor: 'ana', request: statisticsRequest.parse({ study: 'SYN', ...request }) })

test('statistics rest on a statement of the caller: its basis, its columns, its place in the history', async () => {
  const sql = `SELECT p.patient_key, p.gender, 2012 - p.birth_year AS age, o.value_number AS pressure, o.value_number > 140 AS high
    FROM patients p JOIN observations o USING (patient_key) WHERE o.code = '8480-6' AND p.patient_key LIKE 'k%'`
  const table = (await statistics({
    kind: 'table-one',
    sql,
    by: 'gender',
    variables: [{ column: 'pressure' }, { column: 'high' }],
  })) as StatisticsAnswer & { kind: 'table-one' }
  expect(table).toMatchObject({
    people: 66,
    groups: [
      { name: 'female', people: 40 },
      { name: 'male', people: 26 },
    ],
    basis: { people: 66, maskingPolicy: 'safe-harbor v1' },
    lineage: {
      columns: [
        { column: 'gender', type: 'VARCHAR', as: 'by' },
        { column: 'pressure', type: 'DOUBLE' },
        { column: 'high', type: 'BOOLEAN' },
      ],
    },
    variables: [
      { as: 'continuous', groups: [{ mean: 142.5 }, { mean: 120, sd: 0 }] },
      { as: 'categorical', levels: [{ value: 'false', groups: [{ n: 10 }, { n: 26 }] }, { value: 'true' }] },
    ],
    suppressed: 0,
  })
  expect((await world.query.history(world.study, 'ana', 1)).rows).toMatchObject([{ id: table.statement, sql, state: 'done' }])
  const coded = `SELECT patient_key, '8480-6' AS code, CASE WHEN patient_key = 'k0' THEN 'SBP' ELSE 'Systolic' END AS code_text FROM (${sql})`
  expect(await statistics({ kind: 'table-one', sql: coded, variables: [{ column: 'code' }] })).toMatchObject({
    variables: [{ levels: [{ value: '8480-6', name: 'Systolic', overall: { n: 66 } }] }],
  })
  expect(await statistics({ kind: 'table-one', sql, by: 'gender', variables: [{ column: 'high' }], suppress: true })).toMatchObject({
    rule: 'small-cells',
    variables: [
      {
        levels: [
          { value: 'false', groups: [{ n: '<11' }, { n: 26 }] },
          { value: 'true', groups: [{ n: '*' }, { n: 0 }] },
        ],
      },
    ],
  })
  const curve = await statistics({ kind: 'survival', sql, time: 'age', event: 'high', group: 'gender', unit: 'years' })
  expect(curve).toMatchObject({
    groups: [
      { name: 'female', people: 40, events: 30 },
      { name: 'male', events: 0 },
    ],
    // No man is followed as long as the youngest woman.
    logRank: null,
    notes: expect.arrayContaining(['Left out: 3, without a time of 0 or more or without an event that is true or false.']),
  })
  expect(await statistics({ kind: 'survival', sql: 'SELECT 1 AS x', time: 'x', event: 'x' })).toMatchObject({ refusal: 'bad-parameter' })
  expect(await statistics({ kind: 'survival', sql: 'SELEC 1', time: 'x', event: 'x' })).toMatchObject({ refusal: 'statement-invalid' })
})

test('a cohort has the day that made each of its people a member, and their measurements are told from it', async () => {
  const { other } = world
  const of = { patient_key: 'ix', year: 2012 }
  const subject = { reference: 'Patient/ix' }
  const weighed = ([day, value]: [string, number]): MaskedResource => ({
    resourceType: 'Observation',
    id: `w${day}`,
    ...of,
    status: 'final',
    subject,
    effectiveDateTime: `2012-03-${day}T08:00:00Z`,
    code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
    valueQuantity: { value, unit: 'kg', code: 'kg', system: 'http://unitsofmeasure.org' },
  })
  const diagnosed = (day: string): MaskedResource => ({
    resourceType: 'Condition',
    id: `c${day}`,
    ...of,
    patient: subject,
    verificationStatus: 'confirmed',
    onsetDateTime: `2012-03-${day}`,
    code: { coding: [{ system: 'http://snomed.info/sct', code: '38341003' }] },
  })
  const weights = (
    [
      ['01', 70],
      ['09', 71],
      ['10', 72],
      ['12', 73],
    ] as [string, number][]
  ).map(weighed)
  const person: MaskedResource = { resourceType: 'Patient', id: 'ix', ...of, gender: 'female', birthDate: '1950' }
  await publish(world.reservoir, other.id, [person, diagnosed('10'), diagnosed('11'), ...weights], 2)
  const first: CohortCriteria['all'][number] & { is: 'condition' } = { is: 'condition', of: { codes: ['38341003'] } }
  for (const [name, criteria] of [
    ['first', { all: [first] }],
    [
      'second',
      {
        all: [
          { is: 'not', of: { is: 'sex', in: ['male'] } },
          { is: 'any', of: [{ ...first, atLeast: 2 }] },
        ],
      },
    ],
    ['women', { all: [{ is: 'sex', in: ['female'] }] }],
  ] satisfies [string, CohortCriteria][])
    expect(await desk.save(other, { name, after: null, title: name, note: '', criteria, by: 'ana' })).toMatchObject({ version: 1 })
  const told = async (name: string) => {
    const sql = `SELECT usual_number, index_day, last_before_index FROM indexed_${name} ORDER BY effective_at`
    return world.rows(sql, { study: other })
  }
  const rows = (days: (number | null)[], last: number) => ({ rows: days.map((day, at) => [70 + at, day, at === last]) })
  expect(await told('first')).toMatchObject(rows([-9, -1, 1, 3], 1))
  expect(await told('second')).toMatchObject(rows([-10, -2, -1, 2], 2))
  expect(await told('women')).toMatchObject(rows([null, null, null, null], -1))
  expect(await world.rows("SELECT CAST(index_at AS DATE) = DATE '2012-03-10' FROM cohort_first", { study: other })).toMatchObject({
    rows: [[true]],
  })
})

test('amounts are compared in the usual unit; what cannot be brought into it does not meet the rule and is told, and so are days that masking moved', async () => {
  const { other } = world
  const inUnit = (at: number): { value: number; unit?: string } =>
    [{ value: 20, unit: 'kPa' }, { value: 150, unit: 'mmHg' }, { value: 120, unit: 'mm[Hg]' }, { value: 150, unit: 'psi' }, { value: 150 }][
      at % 5
    ]!
  const measured = Array.from({ length: 60 }, (_, at): MaskedResource[] => {
    const of = { patient_key: `u${at}`, year: 2012 }
    const code = { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }
    const reading = { status: 'final', code, subject: { reference: `Patient/u${at}` }, effectiveDateTime: '2012' }
    return [
      { resourceType: 'Patient', id: `u${at}`, ...of, gender: 'female' },
      { resourceType: 'Observation', id: `r${at}`, ...of, ...reading, valueQuantity: inUnit(at) },
    ]
  })
  await publish(world.reservoir, other.id, measured.flat(), 3)
  const of = { system: 'http://loinc.org', codes: ['8480-6'] }
  const high = (number: number, unit?: string): CohortCriteria => ({
    all: [
      {
        is: 'observation',
        of,
        value: { comparison: '>=', number, ...(unit === undefined ? {} : { unit }) },
        window: { from: '2011-01-01' },
      },
    ],
  })
  const counted = async (criteria: CohortCriteria, level: 'rows' | 'counts' = 'rows'): Promise<CohortCount> => {
    const found = await countCohort(world.query, other, { ...by, actor: 'una', criteria, level })
    if (isRefusal(found)) throw new Error(JSON.stringify(found))
    return found
  }
  const left = 'Readings in another unit than that of rule 1, or in none, do not meet it: 21–50.'
  // 20 kPa are 150.01 mm[Hg].
  for (const [criteria, people] of [
    [high(140), 24],
    [high(140, 'mmHg'), 24],
    [high(20, 'kPa'), 12],
  ] as const)
    expect(await counted(criteria)).toMatchObject({ people, notes: [left] })
  expect((await counted(high(140))).sentence).toContain('of at least 140 mm[Hg]')
  const named = await counted(high(140))
  expect([named.names, named.funnel[0]?.rule]).toEqual([
    [{ is: 'observation', code: '8480-6', name: 'Systolic' }],
    expect.stringContaining('with the code 8480-6 (Systolic) of LOINC') as string,
  ])
  expect((await counted(high(140), 'counts')).names).toEqual([])
  // How many is not told to who gets rounded figures only.
  expect((await counted(high(140), 'counts')).notes).toEqual([left.replace('21–50', 'not counted here')])

  world.masked.policy = expert
  const moved = await counted(high(140))
  world.masked.policy = safeHarbor
  expect([moved.notes[0], moved.sentence]).toEqual([
    expect.stringContaining('Days are approximate'),
    expect.stringContaining('Days are approximate'),
  ])
})
