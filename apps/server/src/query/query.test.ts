import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isRefusal } from '@aquifer/core/refusal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ownTable } from '../view/index.js'
import { EngineProcess } from './engine-process.js'
import { openNotebooks } from './index.js'
import { nestedColumnTypes } from '../reservoir/index.js'
import { attacks } from './test/attacks.js'
import { openQueryWorld, publish, type World } from './test/world.js'

// The machine may be busy.
const soon = <T>(get: () => T) => expect.poll(get, { timeout: 30_000 })

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
})
afterAll(async () => world.close())

const rowsOf = async (sql: string, more = {}): Promise<unknown[][]> => {
  const answer = await world.rows(sql, more)
  if (isRefusal(answer)) throw new Error(JSON.stringify(answer))
  return answer.rows
}

test('flat and nested tables of the study, with and without its schema; each result says what it rests on', async () => {
  const answer = await world.rows(`SELECT patient_key, code, code_text, value_number FROM observations ORDER BY id`)
  expect(answer).toMatchObject({
    rows: [
      ['pk1', '8302-2', 'Body height', 170.5],
      ['pk2', '8302-2', 'Body height', 180],
      ['pk2', '55284-4', null, null],
      ['pk2', '8480-6', 'Systolic', 120],
    ],
    columns: [{ name: 'patient_key', type: 'VARCHAR' }, {}, {}, { name: 'value_number', type: 'DOUBLE' }],
    basis: {
      rows: 4,
      totalRows: 4,
      truncated: false,
      people: 2,
      maskingPolicy: 'safe-harbor v1',
      consentEpoch: 0,
      consentState: 'current',
    },
  })
  expect(await rowsOf(`SELECT count(*) FROM syn.Patients p JOIN "SYN"."Observation" o USING (patient_key)`)).toEqual([[3]])
  expect(await rowsOf(`SELECT id, "valueQuantity".value v FROM "Observation" WHERE v > 175`)).toEqual([['o2', 180]])
  expect(
    await rowsOf(
      `SELECT birth_date, birth_year, effective_at, effective_year, study_day FROM observations JOIN patients USING (patient_key) ORDER BY patient_key LIMIT 1`,
    ),
  ).toEqual([[null, 1970, null, 2015, null]])
  expect(await rowsOf('SELECT count(*), count(vaccine_code) FROM immunizations')).toEqual([[0, 0]])
  expect(await rowsOf('WITH x AS (SELECT 1 AS a UNION ALL SELECT 2) SELECT sum(a) FROM x')).toEqual([[3]])
  expect((await rowsOf('DESCRIBE patients')).length).toBeGreaterThan(15)
  expect(JSON.stringify(await rowsOf('EXPLAIN SELECT gender, count(*) FROM patients GROUP BY 1'))).toMatch(/GROUP_BY/)
})

test('a newer snapshot is read by the next statement', async () => {
  await publish(world.reservoir, 'OTHER', [{ resourceType: 'Patient', id: 'pk9', patient_key: 'pk9', gender: 'female' }])
  expect(await rowsOf('SELECT count(*) FROM patients', { study: world.other })).toEqual([[2]])
})

test.each(attacks)('refused: %s', async (sql) => {
  const { refusal, detail } = await world.refused(sql)
  expect(refusal).toBe('statement-invalid')
  expect(detail).not.toMatch(/_rows|aquifer-query/)
  expect(existsSync('/tmp/aquifer-attack')).toBe(false)
})

test('in a view of a study’s own they are texts, or it is no view', async () => {
  const quoted = (sql: string): string => `'${sql.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
  const view = (more: object, path = 'gender') => ({
    resource: 'Patient',
    name: 'hole',
    select: [{ column: [{ name: 'a', path }] }],
    ...more,
  })
  const made = (json: unknown) => ownTable(json, 'test', nestedColumnTypes)
  for (const sql of attacks) {
    expect([sql, 'problems' in made(view({ name: `a; ${sql}` }))]).toEqual([sql, true])
    expect([sql, 'problems' in made(view({ select: [{ column: [{ name: `a"; ${sql}`, path: 'gender' }] }] }))]).toEqual([sql, true])
  }
  const column = attacks.map((sql, at) => ({ name: `c${at}`, path: `gender = ${quoted(`'); ${sql}; --`)}` }))
  const table = made(view({ select: [{ column }] }))
  if ('problems' in table) throw new Error(JSON.stringify(table.problems[0]))
  expect(await world.query.probe(world.study, table.table)).toBeNull()
  expect(existsSync('/tmp/aquifer-attack')).toBe(false)
})

// What a gate may take for an attack.
test.each([
  `WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t`,
  `WITH x AS (SELECT 1 a), y AS MATERIALIZED (SELECT a + 1 b FROM x) SELECT * FROM x, y, x AS again`,
  `PIVOT patients ON gender IN ('male', 'female') USING count(*) GROUP BY birth_year`,
  `FROM (SELECT state, zip3 FROM patients) UNPIVOT (value FOR name IN (state, zip3))`,
  `SELECT c.unnest.code, list_filter(o.code.coding, x -> x.system LIKE '%loinc%') FROM "Observation" o, unnest(o.code.coding) c`,
  `SELECT approx_top_k(code, 3), quantile_cont(value_number, [0.25, 0.5]), percentile_cont(0.5) WITHIN GROUP (ORDER BY value_number) FROM observations`,
  `SELECT lag(value_number) OVER w FROM observations WINDOW w AS (PARTITION BY code ORDER BY id) QUALIFY row_number() OVER w = 1`,
  `SELECT date_trunc('month', effective_at), effective_at + INTERVAL 3 DAY, regexp_extract(code, '(\\d+)', 1) FROM observations USING SAMPLE 50%`,
  `SELECT key, value FROM json_tree('{"a": [1, 2]}')`,
  `${'/**/'.repeat(5_000)}SELECT 1`,
])('answered: %s', async (sql) => {
  await rowsOf(sql)
})

test.each([true, false])('the engine is locked by itself, whatever the gate lets through (namespaces: %s)', async (isolated) => {
  if (isolated && world.query.isolation.mode !== 'full') return
  const folder = join(world.folder, 'reservoir', 'SYN')
  const engine = await EngineProcess.start(
    { reservoir: folder, files: join(world.folder, 'files', 'SYN'), results: join(world.folder, 'results', 'SYN') },
    join(world.folder, 'work-bare'),
    isolated,
  )
  const bare = (sql: string): Promise<unknown> =>
    engine.run(
      {
        ground: [],
        setup: [],
        fileTables: [],
        files: [],
        schema: 'SYN',
        sql,
        format: 'json',
        rowsMax: 10,
        bytesMax: 1e6,
        countMs: 0,
        threads: 1,
        memoryMb: 200,
        spillMb: 10,
        spillFolder: engine.spillFolder,
      },
      { columns: () => undefined, data: () => undefined, progress: () => undefined },
    ).done
  const file = world.reservoir.opened('SYN')?.snapshot()?.types['Patient']?.files[0]?.path ?? ''
  for (const sql of [
    `SELECT * FROM read_parquet('${join(folder, file)}')`,
    `SELECT * FROM read_text('/etc/hostname')`,
    `COPY (SELECT 1) TO '${join(folder, 'written')}'`,
    `ATTACH '${join(folder, 'written')}'`,
    `SET enable_external_access = true`,
    `INSTALL httpfs`,
  ]) {
    await expect(bare(sql), sql).rejects.toThrow()
  }
  expect(existsSync(join(folder, 'written'))).toBe(false)
  await engine.close()
})

test('the engine sees its study and nothing else', async () => {
  const folder = join(world.folder, 'reservoir', 'SYN')
  const isolated = world.query.isolation.mode === 'full'
  const engine = await EngineProcess.start(
    { reservoir: folder, files: join(world.folder, 'files', 'SYN'), results: join(world.folder, 'results', 'SYN') },
    join(world.folder, 'work-look'),
    isolated,
  )
  const places = [folder, join(world.folder, 'reservoir', 'OTHER'), world.folder, '/proc', '/root', '/etc', engine.spillFolder]
  const { environment, seen, pid } = await engine.look(places)
  expect(environment).toEqual([])
  if (isolated) {
    expect(seen.map(({ exists }) => exists)).toEqual([true, false, true, false, false, true, true])
    expect(seen.map(({ writable }) => writable)).toEqual([false, false, false, false, false, false, true])
    expect(seen[2]?.entries.sort()).toEqual(['files', 'reservoir', 'results', 'work-look'])
    expect(seen[5]?.entries).toEqual(['ld.so.cache'])
    expect(pid).toBe(1)
  } else console.log(`left out: what the engine cannot see (${world.query.isolation.reason})`)
  await engine.close()
})

test('errors say where and what was meant, and hold no value of the data', async () => {
  expect(await world.refused('SELECT *\nFROM observation_s')).toMatchObject({ position: 14, suggestion: 'observations' })
  expect(await world.refused(`SELECT 'é', vale_number FROM observations`)).toMatchObject({ position: 12, suggestion: 'value_number' })
  expect(await world.refused('SELECT FROM observations WHERE')).toMatchObject({
    detail: expect.stringMatching(/syntax error/),
    position: expect.any(Number),
  })
  expect(await world.refused('SELECT cuont(*) FROM observations')).toMatchObject({ suggestion: 'count', position: 7 })
  expect(await world.refused('EXPLAIN SELECT * FROM pateints')).toMatchObject({ suggestion: 'patients', position: 22 })
  const conversion = await world.refused('SELECT CAST(code AS INTEGER) FROM observations')
  expect(conversion).toMatchObject({ refusal: 'statement-invalid', detail: expect.stringMatching(/try_cast/) })
  expect(JSON.stringify(conversion)).not.toContain('8302')
})

test.each([
  [
    `SELECT code AS c, value_number * 2 AS twice FROM observations WHERE status = 'final'`,
    { c: ['observations.code'], twice: ['observations.value_number'] },
    ['observations.status'],
  ],
  [
    `WITH x(k, v) AS (SELECT patient_key, code FROM conditions) SELECT v FROM x UNION ALL SELECT code FROM observations`,
    { v: ['conditions.code', 'observations.code'] },
    [],
  ],
  [`SELECT * EXCLUDE (patient_key) FROM (SELECT patient_key, gender FROM patients) p`, { gender: ['patients.gender'] }, []],
  [
    `SELECT (SELECT max(o.value_number) FROM observations o WHERE o.patient_key = p.patient_key) AS top FROM patients p`,
    { top: ['observations.value_number'] },
    ['observations.patient_key', 'patients.patient_key'],
  ],
  [
    `SELECT gender AS g, sum(birth_year) AS s FROM patients GROUP BY 1 HAVING count(zip3) > 1`,
    { g: ['patients.gender'], s: ['patients.birth_year'] },
    ['patients.gender', 'patients.zip3'],
  ],
  [`SELECT sum(birth_year) OVER (PARTITION BY state) AS s FROM patients`, { s: ['patients.birth_year', 'patients.state'] }, []],
  [`SELECT c.unnest.code AS code FROM "Observation" o, unnest(o.code.coding) c`, { code: ['Observation.code'] }, []],
])('lineage: %s', async (sql, from, filteredBy) => {
  const { id } = world.query.start({ study: world.study, actor: 'lin', sql, purpose: 'test', limit: 10, format: 'json' })
  await soon(async () => (await world.query.status(id, 'lin')) as unknown).toMatchObject({ state: 'done' })
  const lineage = await world.query.lineage(id, 'lin')
  if (isRefusal(lineage)) throw new Error(lineage.detail)
  const names = (columns: readonly { table: string; column: string }[]): string[] =>
    columns.map(({ table, column }) => `${table}.${column}`).sort()
  expect(Object.fromEntries(lineage.columns.map((column) => [column.name, names(column.from)]))).toEqual(from)
  expect(names(lineage.filteredBy)).toEqual(filteredBy)
})

test('rows beyond the limit are counted and said', async () => {
  const answer = await world.rows('SELECT range AS n FROM range(1000000)', { limit: 10 })
  expect(answer).toMatchObject({ basis: { rows: 10, totalRows: 1_000_000, truncated: true, people: null } })
})

test('a cancelled statement stops, the next one runs in the same engine', async () => {
  const controller = new AbortController()
  const running = world.rows('SELECT count(*) FROM range(100000000) a, range(100000) b', { signal: controller.signal })
  await soon(() => world.query.running()).toBe(1)
  setTimeout(() => controller.abort(), 300)
  expect(await running).toMatchObject({ refusal: 'statement-cancelled' })
  expect(await rowsOf('SELECT 1')).toEqual([[1]])
})

test('a function that hears no interrupt is ended with its process, and another statement beside it goes on', async () => {
  const controller = new AbortController()
  const deaf = world.rows(`SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))`, { signal: controller.signal })
  const beside = world.rows('SELECT count(*) FROM range(20000) a, range(20000) b', { actor: 'cyd' })
  await soon(() => world.query.running()).toBe(2)
  setTimeout(() => controller.abort(), 300)
  expect(await deaf).toMatchObject({ refusal: 'statement-cancelled' })
  expect(await beside).toMatchObject({ rows: [[400_000_000]] })
  expect(await rowsOf('SELECT 1')).toEqual([[1]])
})

test('too large a statement ends cleanly, within the engine’s books or past them, and leaves the engine to others', async () => {
  for (const sql of [`SELECT string_agg(repeat('x', 100000), '') FROM range(20000)`, `SELECT len(range(0, 2000000000))`]) {
    expect(await world.refused(sql), sql).toMatchObject({ refusal: 'statement-limit', detail: expect.stringMatching(/memory/) })
    expect(await rowsOf('SELECT 1')).toEqual([[1]])
  }
})

test('a text that is deep or long is refused, not a crash', async () => {
  const deep = await world.refused(`SELECT ${'('.repeat(30_000)}1${')'.repeat(30_000)}`)
  expect(['statement-invalid', 'not-ready']).toContain(deep.refusal)
  expect(await rowsOf(`SELECT ${Array.from({ length: 5_000 }, (_, n) => n).join(' + ')} AS n`).catch(() => [])).toBeInstanceOf(Array)
  expect(await rowsOf(`SELECT len([${Array.from({ length: 15_000 }, (_, n) => n).join(', ')}]) AS n`)).toEqual([[15_000]])
})

test('an engine that dies is started anew', async () => {
  const running = world.rows('SELECT count(*) FROM range(100000000) a, range(100000) b')
  await soon(async () => (await stateOf())?.state).toBe('running')
  await world.query.endEngine('SYN')
  expect(await running).toMatchObject({ refusal: 'not-ready' })
  expect(await rowsOf('SELECT 1')).toEqual([[1]])
})
const stateOf = async (): Promise<{ state: string } | undefined> => world.query.newest('ana')

test('every type comes through Arrow, with nulls, in any number of batches', async () => {
  const table = await world.arrow(
    `SELECT n::TINYINT % 100 AS i8, n::INTEGER AS i32, n AS i64, n::HUGEINT * -1 AS huge, (n / 4)::DECIMAL(12, 2) AS dec, n / 3 AS dbl, n::FLOAT AS flt,
       n % 2 = 0 AS bool, 'short' AS s, 'longer than twelve bytes é ' || n AS t, CASE WHEN n % 3 <> 0 THEN 'there' END AS maybe,
       DATE '2020-01-01' + n::INTEGER % 100 AS d, TIMESTAMP '2020-01-01 01:02:03.000004' AS ts, TIMESTAMPTZ '2020-01-01 00:00:00+00' AS tz, TIME '01:02:03' AS tm,
       [n, NULL] AS l, {'a': n, 'b': 'x'} AS st, INTERVAL 3 DAY AS iv, 'a'::ENUM ('a', 'b') AS e, NULL AS nothing, {'j': 1}::JSON AS j, sum(n) OVER () AS total
     FROM (SELECT range % 127 AS n FROM range(70000))`,
    { limit: 1_000_000 },
  )
  expect(table.numRows).toBe(70_000)
  expect(table.batches.length).toBeGreaterThan(1)
  const row = table.get(69_004)!.toJSON() as Record<string, unknown>
  const n = 69_004 % 127
  expect(row).toMatchObject({
    i8: n % 100,
    i32: n,
    i64: BigInt(n),
    huge: -n,
    dec: n / 4,
    dbl: n / 3,
    flt: n,
    bool: n % 2 === 0,
    s: 'short',
    t: `longer than twelve bytes é ${n}`,
    maybe: n % 3 === 0 ? null : 'there',
    l: `[${n},null]`,
    st: `{"a":${n},"b":"x"}`,
    iv: '3 days',
    e: 'a',
    nothing: null,
    j: '{"j":1}',
  })
  expect(new Date(Number(row['d'])).toISOString().slice(0, 10)).toBe(new Date(Date.UTC(2020, 0, 1 + (n % 100))).toISOString().slice(0, 10))
  expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
    'Int8',
    'Int32',
    'Int64',
    'Float64',
    'Float64',
    'Float64',
    'Float32',
    'Bool',
    'Utf8',
    'Utf8',
    'Utf8',
    'Date32<DAY>',
    'Timestamp<MICROSECOND>',
    'Timestamp<MICROSECOND, UTC>',
    'Time64<MICROSECOND>',
    'Utf8',
    'Utf8',
    'Utf8',
    'Utf8',
    'Int32',
    'Utf8',
    'Float64',
  ])
  expect(table.getChild('maybe')!.nullCount).toBe(Array.from({ length: 70_000 }, (_, at) => at % 127).filter((of) => of % 3 === 0).length)
})

test('withheld people are in no row; a withdrawal stops what runs and drops what is kept', async () => {
  world.withheld.push('pk2')
  expect(await rowsOf('SELECT DISTINCT patient_key FROM observations')).toEqual([['pk1']])
  expect(await rowsOf('SELECT id FROM "Patient"')).toEqual([['pk1']])
  world.withheld.length = 0
  const kept = world.query.start({ study: world.study, actor: 'ana', sql: 'SELECT 1', purpose: 'test', limit: 10, format: 'arrow' })
  await soon(async () => (await world.query.kept(kept.id, 'ana')) as unknown).toMatchObject({ owner: 'ana' })
  const running = world.rows('SELECT count(*) FROM range(100000000) a, range(100000) b')
  await soon(() => world.query.running()).toBe(1)
  world.query.peopleWithdrew('SYN')
  expect(await running).toMatchObject({ refusal: 'statement-cancelled' })
  expect(await world.query.kept(kept.id, 'ana')).toMatchObject({ refusal: 'result-gone' })
})

test('a result that was read without a person stays when that person’s rows go, and goes when another’s do', async () => {
  world.withheld.push('pk2')
  const { id } = world.query.start({ study: world.study, actor: 'ana', sql: 'SELECT 1', purpose: 'test', limit: 10, format: 'arrow' })
  await soon(async () => (await world.query.kept(id, 'ana')) as unknown).toMatchObject({ owner: 'ana' })
  world.query.peopleWithdrew('SYN', { patientKey: 'pk2' })
  expect(await world.query.kept(id, 'ana')).toMatchObject({ owner: 'ana' })
  world.query.peopleWithdrew('SYN', { patientKey: 'pk1' })
  expect(await world.query.kept(id, 'ana')).toMatchObject({ refusal: 'result-gone' })
  world.withheld.length = 0
})

test('a statement is its caller’s own: state, rows, history', async () => {
  const { id } = world.query.start({
    study: world.study,
    actor: 'bob',
    sql: 'SELECT 7 AS n',
    purpose: 'looking',
    limit: 10,
    format: 'json',
  })
  await expect
    .poll(async () => (await world.query.status(id, 'bob')) as unknown)
    .toMatchObject({ state: 'done', study: 'SYN', basis: { rows: 1 } })
  expect(await world.query.status(id, 'ana')).toMatchObject({ refusal: 'unknown' })
  expect(await world.query.kept(id, 'ana')).toMatchObject({ refusal: 'unknown' })
  expect(await world.query.cancel(id, 'ana')).toMatchObject({ refusal: 'unknown' })
  expect(await world.query.past.pin(id, 'ana', true)).toMatchObject({ refusal: 'unknown' })
  expect(await world.query.history(world.study, 'bob', 10)).toMatchObject({
    rows: [{ id, sql: 'SELECT 7 AS n', purpose: 'looking', state: 'done', rows: 1 }],
  })
})

test('notebooks: versions, conflicts, owners', async () => {
  const desk = openNotebooks(world.repository, () => 'note-1')
  const cells = [{ id: 'c1', kind: 'sql' as const, name: 'heights', source: 'SELECT 1' }]
  const made = await desk.create(world.study, 'ana', { study: 'SYN', title: 'First', cells })
  expect(made).toMatchObject({ id: 'note-1', version: 1, cells })
  expect(await desk.save(world.study, 'note-1', 'ana', { version: 1, title: 'Second', cells: [] })).toMatchObject({
    version: 2,
    title: 'Second',
  })
  expect(await desk.save(world.study, 'note-1', 'ana', { version: 1, title: 'Lost', cells: [] })).toMatchObject({ refusal: 'conflict' })
  expect(await desk.save(world.study, 'note-1', 'bob', { version: 2, title: 'Taken', cells: [] })).toMatchObject({
    refusal: 'not-permitted',
  })
  expect(await desk.read(world.other, 'note-1')).toMatchObject({ refusal: 'unknown' })
  expect(await desk.list(world.study)).toMatchObject({ notebooks: [{ id: 'note-1', title: 'Second' }] })
  expect(await desk.remove(world.study, 'note-1', 'ana')).toBe(true)
})
