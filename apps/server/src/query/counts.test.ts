import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import fc from 'fast-check'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import type { StatementRows } from '@aquifer/core/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openQueryWorld, publish, type MaskedResource, type World } from './test/world.js'

// Counts only, through a real engine: 62 people, of whom 45 are female, 4 have a rare code, 30 a weight.

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
  await publish(world.reservoir, 'SYN', Array.from({ length: 60 }, (_, at) => person(at)).flat(), 2)
})
afterAll(async () => world.close())

function person(at: number): MaskedResource[] {
  const key = `pc${String(at).padStart(2, '0')}`
  const patient = { reference: `Patient/${key}` }
  const coding = (code: string) => ({ coding: [{ system: 'http://snomed.info/sct', code }] })
  const weight: MaskedResource = {
    resourceType: 'Observation',
    id: `w${key}`,
    patient_key: key,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
    subject: patient,
    valueQuantity: { value: 50 + at, unit: 'kg' },
  }
  return [
    { resourceType: 'Patient', id: key, patient_key: key, gender: at < 44 ? 'female' : 'male', birthDate: String(1950 + (at % 20)) },
    {
      resourceType: 'Condition',
      id: `c${key}`,
      patient_key: key,
      patient,
      code: coding(at < 4 ? 'rare' : at < 30 ? 'one' : 'other'),
      verificationStatus: 'confirmed',
    },
    ...(at < 30 ? [weight] : []),
  ]
}

type Answer = StatementRows & { suppressed: [number, number, string][] }
let callers = 0
/** Somebody who has asked nothing yet. */
const newcomer = (): string => `caller-${callers++}`

async function ask(sql: string, actor = newcomer()): Promise<Answer | Refusal> {
  const answer = await world.query.run({ study: world.study, actor, sql, purpose: 'test', limit: 1_000, format: 'json', level: 'counts' })
  return isRefusal(answer) ? answer : (JSON.parse(Buffer.concat(answer.pieces).toString()) as Answer)
}
async function count(sql: string, actor?: string): Promise<Answer> {
  const answer = await ask(sql, actor)
  if (isRefusal(answer)) throw new Error(`${sql}: ${JSON.stringify(answer)}`)
  return answer
}
const told = (answer: Answer | Refusal): unknown[][] => (isRefusal(answer) ? [] : answer.rows)

test('groups are told rounded, with whom they are of; the same question has the same answer', async () => {
  const sql = 'SELECT gender, count(*) AS n, count(DISTINCT patient_key) AS people FROM patients GROUP BY gender ORDER BY n DESC'
  const answer = await count(sql, 'ana')
  expect(answer).toMatchObject({
    columns: [{ name: 'gender' }, { name: 'n', type: 'BIGINT' }, { name: 'people' }],
    suppressed: [],
    basis: { level: 'counts', rows: 2, totalRows: null, suppressed: 0, threshold: 11, rounding: 5, changedPeople: '0' },
  })
  expect(answer.rows.map(([gender]) => gender)).toEqual(['female', 'male'])
  for (const [at, exact] of [45, 17].entries()) {
    for (const figure of answer.rows[at]!.slice(1)) {
      expect(Number(figure) % 5).toBe(0)
      expect(Math.abs(Number(figure) - exact)).toBeLessThan(5)
    }
  }
  expect((await count(sql, 'ana')).rows).toEqual(answer.rows)
  // The same people by other words: the same rounding, so that asking often does not undo it.
  expect((await count('SELECT p.gender g, count(*) FROM patients p WHERE 1 = 1 GROUP BY ALL ORDER BY 2 DESC', 'bea')).rows).toEqual(
    answer.rows.map((row) => row.slice(0, 2)),
  )
})

test('small groups are told together and without a label, and one beside a single one is hidden', async () => {
  const answer = await count('SELECT code, count(*) AS n FROM conditions GROUP BY code ORDER BY n')
  expect(answer.suppressed).toEqual([
    [1, 1, 'secondary'],
    [2, 1, 'primary'],
  ])
  expect(answer.rows[2]).toEqual([null, null])
  expect(JSON.stringify(answer)).not.toContain('rare')
  const nobody = await count(`SELECT count(*) FROM conditions WHERE code = 'none'`)
  const few = await count(`SELECT count(*) FROM conditions WHERE code = 'rare'`)
  expect([nobody.rows, nobody.suppressed, nobody.basis.people]).toEqual([few.rows, few.suppressed, few.basis.people])
})

test('a figure of a column is of who has it; sums, means and quantiles go with the group', async () => {
  const sql = `SELECT gender, count(value_number) AS n, sum(value_number) AS total, avg(value_number) AS mean, median(value_number) AS middle,
     quantile_cont(value_number, 0.9) AS high, quantile_disc(value_number, 0.25) AS low FROM patients LEFT JOIN observations USING (patient_key) GROUP BY gender`
  const answer = await count(sql)
  const [female, male] = answer.rows
  expect(female![3]).toBeCloseTo(67.7, 0)
  expect(Number(female![2])).toBeGreaterThan(1_500)
  // Between the upper tenth and the next quantile of 32 are few people.
  expect(answer.suppressed).toContainEqual([0, 5, 'secondary'])
  expect([female![4] === null, female![5], female![6]]).toEqual([false, null, null])
  // One man has a measurement: whatever is of it is hidden.
  expect(male!.slice(1)).toEqual([null, null, null, null, null, null])
})

test('Arrow names the hidden cells in its schema', async () => {
  const sql = 'SELECT code, count(*) AS n FROM conditions GROUP BY code'
  const answer = await world.query.run({
    study: world.study,
    actor: newcomer(),
    sql,
    purpose: 'test',
    limit: 10,
    format: 'arrow',
    level: 'counts',
  })
  if (isRefusal(answer)) throw new Error(answer.detail)
  const table = tableFromIPC(Buffer.concat(answer.pieces))
  expect(table.numRows).toBe(3)
  expect(JSON.parse(table.schema.metadata.get('aquifer.suppressed') ?? '')).toHaveLength(2)
  expect(table.get(2)!.toJSON()).toEqual({ code: null, n: null })
})

test.each([
  `WITH old AS (SELECT patient_key, birth_year FROM patients WHERE birth_year < 1965) SELECT count(*) FROM old`,
  `SELECT (birth_year // 10) * 10 AS decade, count(DISTINCT patient_key) FROM patients GROUP BY 1 ORDER BY 1 LIMIT 3 OFFSET 0`,
  `SELECT p.gender, count(*) FROM patients p JOIN conditions c ON c.patient_key = p.patient_key AND c.code = 'one' GROUP BY p.gender`,
  `SELECT count(*) FROM patients WHERE patient_key IN (SELECT patient_key FROM conditions WHERE code LIKE 'o%') AND NOT deceased IS NULL`,
  `SELECT count(*) FROM patients ANTI JOIN observations USING (patient_key)`,
  `SELECT CASE WHEN birth_year BETWEEN 1950 AND 1959 THEN 'fifties' ELSE 'later' END AS born, count(*) FROM SYN.patients GROUP BY born`,
  `SELECT year(effective_at), count(*) FROM observations WHERE effective_at >= DATE '2010-02-28' OR effective_at IS NULL GROUP BY 1`,
  `SELECT l.display, count(DISTINCT c.patient_key) FROM conditions c LEFT JOIN code_lists l ON l.code = c.code GROUP BY 1`,
  `SELECT x.g, count(*) FROM (SELECT lower(gender) AS g, patient_key FROM patients) AS x GROUP BY x.g`,
])('answered: %s', async (sql) => {
  await count(sql)
})

test.each([
  [`SELECT * FROM patients`, /Rows are not told/],
  [`SELECT gender FROM patients`, /Rows are not told/],
  [`SELECT gender, min(birth_year) FROM patients GROUP BY 1`, /somebody’s own value/],
  [`SELECT max(birth_date) FROM patients`, /somebody’s own value/],
  [`SELECT any_value(gender), count(*) FROM patients`, /somebody’s own value/],
  [`SELECT list(gender) FROM patients`, /list may not stand here/],
  [`SELECT string_agg(gender, ',') FROM patients`, /string_agg may not stand/],
  [`SELECT stddev(value_number) FROM observations`, /stddev may not stand/],
  [`SELECT quantile_cont(value_number, 0.001) FROM observations`, /quantile is one number/],
  [`SELECT quantile_cont(value_number, [0.25, 0.5]) FROM observations`, /quantile is one number/],
  [`SELECT gender, count(*) FROM patients GROUP BY ROLLUP (gender)`, /One GROUP BY level/],
  [`SELECT gender, count(*) FROM patients GROUP BY GROUPING SETS ((gender), ())`, /One GROUP BY level/],
  [`SELECT gender, count(*) FROM patients GROUP BY 1 HAVING count(*) = 3`, /HAVING/],
  [`SELECT quantile_disc(value_number, 0.51) FROM observations`, /multiple of 0.05/],
  [`SELECT count(*) FILTER (WHERE birth_year = 1950) FROM patients`, /FILTER/],
  [`SELECT sum(CASE WHEN birth_year = 1950 THEN 1 ELSE 0 END) FROM patients`, /column as it is/],
  [`SELECT sum(x) FROM (SELECT patient_key, birth_year - 1950 AS x FROM patients) AS t`, /none/],
  [`SELECT count(nullif(birth_year, 1950)) FROM patients`, /column as it is/],
  [`SELECT count(*) * 100 / 60 FROM patients`, /may not stand here/],
  [`SELECT round(avg(value_number), 3) FROM observations`, /may not stand here/],
  [`SELECT count(*) FROM patients WHERE patient_key = 'pc07'`, /Keys of people/],
  [`SELECT patient_key, count(*) FROM conditions GROUP BY 1`, /Keys of people/],
  [`SELECT id, count(*) FROM conditions GROUP BY 1`, /Keys of people/],
  [`SELECT count(*) FROM patients WHERE patient_key LIKE 'pc0%'`, /Keys of people/],
  [`SELECT hash(patient_key) % 2, count(*) FROM patients GROUP BY 1`, /Keys of people|may not stand/],
  [`SELECT k, count(*) FROM (SELECT patient_key, patient_key AS k FROM patients) AS t GROUP BY 1`, /key keeps a name/],
  [`SELECT count(*) FROM (SELECT gender AS patient_key FROM patients) AS t`, /key keeps a name/],
  [`SELECT count(*) FROM patients WHERE random() < 0.5`, /random/],
  [`SELECT count(*) FROM patients USING SAMPLE 50%`, /sample/],
  [`SELECT count(*) FROM (SELECT patient_key FROM patients LIMIT 12) AS t`, /one level of GROUP BY/],
  [`SELECT count(*) FROM (SELECT patient_key, count(*) AS n FROM conditions GROUP BY 1) AS t`, /one level of GROUP BY|may not stand|name/],
  [`SELECT DISTINCT gender, count(*) FROM patients GROUP BY 1`, /DISTINCT/],
  [`SELECT gender, count(*) OVER () FROM patients`, /none of counts/],
  [`SELECT count(*) FROM patients QUALIFY row_number() OVER () = 1`, /QUALIFY/],
  [`SELECT count(*) FROM patients WHERE EXISTS (SELECT 1 FROM patients q WHERE q.birth_year = 1950)`, /list of people/],
  [`SELECT count(*) FROM patients WHERE birth_year = (SELECT max(birth_year) FROM patients)`, /list of people/],
  [`SELECT count(*) FROM conditions WHERE code IN (SELECT code FROM conditions WHERE code = 'rare')`, /list of people/],
  [`SELECT count(*) FROM patients, conditions`, /Join by/],
  [`SELECT count(*) FROM patients CROSS JOIN conditions`, /Join by/],
  [`SELECT count(*) FROM patients p JOIN patients q ON p.birth_year = q.birth_year`, /joined by the person/],
  [`SELECT count(*) FROM patients p JOIN patients q ON p.patient_key = q.patient_key OR true`, /joined by the person/],
  [`SELECT count(*) FROM patients p FULL JOIN conditions c USING (patient_key)`, /Join by/],
  [`SELECT count(*) FROM code_lists`, /people’s rows/],
  [`SELECT count(*) FROM "Patient"`, /none of the tables that are counted/],
  [`SELECT gender, count(*) FROM patients UNION ALL SELECT code, count(*) FROM conditions`, /one SELECT/],
  [`SELECT count(*) FROM patients WHERE CASE WHEN birth_year = 1950 THEN CAST(gender AS INTEGER) = 1 ELSE true END`, /cast can fail/],
  [`SELECT count(*) FROM patients WHERE CASE WHEN birth_year = 1950 THEN gender = 5 ELSE true END`, /do not mix/],
  [`SELECT count(*) FROM patients WHERE birth_year * birth_year * birth_year * birth_year > 0`, /multiplied/],
  [`SELECT count(*) FROM patients WHERE birth_date > '2020-02-31'`, /do not mix/],
  [`SELECT count(*) FROM patients WHERE ln(birth_year - 1950) > 0`, /may not stand here/],
  [`SELECT gender, count(*) FROM patients GROUP BY 1 ORDER BY max(birth_year)`, /ORDER BY a column/],
  [`EXPLAIN SELECT count(*) FROM patients`, /not told/],
  [`DESCRIBE patients`, /one SELECT|Rows|none|of counts|tables/],
  [`SUMMARIZE patients`, /one SELECT|Rows|none|of counts|tables/],
  [`PIVOT patients ON gender IN ('male') USING count(*)`, /Rows|tables/],
  [`SELECT COLUMNS(*) FROM patients`, /Rows|none of counts/],
  [`SELECT count(*) FROM unnest([1, 2])`, /tables, named results/],
])('refused with the reason: %s', async (sql, reason) => {
  const answer = await ask(sql)
  expect(answer).toMatchObject({ refusal: 'statement-invalid', detail: expect.stringMatching(reason) })
})

test('what would tell of a few by subtraction from an earlier answer is refused or hidden, for this caller', async () => {
  const all = 'SELECT count(*) FROM patients'
  const allButFew = `SELECT count(*) FROM patients WHERE patient_key NOT IN (SELECT patient_key FROM conditions WHERE code = 'rare')`
  const actor = newcomer()
  await count(all, actor)
  expect(await ask(allButFew, actor)).toMatchObject({ refusal: 'statement-invalid', detail: expect.stringMatching(/fewer than 11/) })
  // Asked the other way round, and by somebody else.
  const other = newcomer()
  await count(allButFew, other)
  expect(await ask(all, other)).toMatchObject({ refusal: 'statement-invalid' })
  expect(told(await ask(allButFew, other))).toHaveLength(1)
  // Made up of groups: one code of few, and two that are told.
  const third = newcomer()
  await count(`SELECT code, count(*) FROM conditions WHERE code <> 'rare' GROUP BY code`, third)
  expect(await ask('SELECT count(*) FROM conditions', third)).toMatchObject({ refusal: 'statement-invalid' })
})

test('two statements of one caller at once know of each other', async () => {
  const actor = newcomer()
  const both = await Promise.all([
    ask('SELECT count(*) FROM patients', actor),
    ask(
      `SELECT count(*) FROM patients SEMI JOIN (SELECT patient_key FROM conditions WHERE code <> 'rare') AS c USING (patient_key)`,
      actor,
    ),
  ])
  expect(both.filter(isRefusal)).toHaveLength(1)
})

test('who withdraws is in no new figure; who was told some before is told of it at the cut-over, with all changes together', async () => {
  const [early, all] = [newcomer(), 'SELECT count(*) AS n FROM patients']
  const before = await count(all, early)
  world.withheld.push('pc00', 'pc01', 'pc02')
  try {
    const again = await count(all, early)
    expect([again.rows, again.basis.snapshot, again.basis.changedPeople]).toEqual([before.rows, before.basis.snapshot, '1–10'])
    expect(await world.query.status(again.statement, early)).toMatchObject({ state: 'done', stale: [] })
    const resting = { refusal: 'not-ready', detail: expect.stringMatching(/answered from \d\d:\d\d UTC/), retryAfterS: expect.any(Number) }
    for (const sql of ['SELECT count(*) AS people FROM patients', 'SELECT gender, count(*) FROM patients GROUP BY gender'])
      expect(await ask(sql, early)).toMatchObject(resting)
    // Who was told nothing sees no change.
    const fresh = await count(all)
    expect([fresh.basis.changedPeople, [55, 60].includes(Number(fresh.rows[0]![0]))]).toEqual(['0', true])
    const { people, tables } = await world.query.catalogue(world.study, early)
    expect(people % 11).toBe(0)
    expect(tables.every(({ kind, rows }) => kind === 'flat' && (rows === null || rows === 0 || (rows >= 11 && rows % 11 === 0)))).toBe(true)
    // Erased, nothing names them any more.
    world.query.peopleWithdrew('SYN', { patientKey: 'pc00' })
    world.withheld.length = 0
    expect(await ask('SELECT count(*) AS others FROM patients', early)).toMatchObject(resting)
    // What may not be asked then, either, does not wait for it.
    for (const [sql, why] of [
      ['SELECT gender FROM patients', /Rows are not told/],
      ['SELECT count(*) FROM patiens', /patiens/],
    ] as const)
      expect(await ask(sql, early)).toMatchObject({ refusal: 'statement-invalid', detail: expect.stringMatching(why) })
    expect((await count(all, early)).rows).toEqual(before.rows)
    world.ahead.ms += 3_600_000
    expect((await count('SELECT count(*) AS people FROM patients', early)).basis.changedPeople).toBe('0')
  } finally {
    world.withheld.length = 0
  }
})

test('figures rest on one snapshot until a cut-over: what comes later is not told one by one, nor who comes back', async () => {
  const actor = newcomer()
  const snapshotOf = async (): Promise<string> => (await count('SELECT count(*) FROM encounters', actor)).basis.snapshot
  world.withheld.push('pc00')
  const first = await snapshotOf()
  const females = `SELECT count(*) FROM patients WHERE gender = 'female'`
  const { rows } = await count(females, actor)
  world.withheld.length = 0
  await publish(world.reservoir, 'SYN', person(60), 3)
  expect([await snapshotOf(), (await count(females, actor)).rows]).toEqual([first, rows])
  const gone = Array.from({ length: 11 }, (_, at) => `pc${at + 10}`)
  world.withheld.push(...gone)
  const later = await count('SELECT count(*) FROM encounters', actor)
  expect([later.basis.snapshot === first, later.basis.changedPeople]).toEqual([false, '0'])
  world.withheld.length = 0
})

// An attacker who knows where he looks: he asks for groups and for nearly the same, in any order, and subtracts.
const conditionOf = fc.constantFrom(
  'gender = ‹female›',
  'birth_year < 1953',
  'birth_year >= 1953',
  'birth_year <> 1951',
  'birth_year = 1951',
  'patient_key IN (SELECT patient_key FROM conditions WHERE code = ‹rare›)',
  'patient_key NOT IN (SELECT patient_key FROM conditions WHERE code = ‹rare›)',
  'patient_key IN (SELECT patient_key FROM conditions WHERE code = ‹one›)',
)
const labelOf = fc.constantFrom('gender', 'birth_year', '(birth_year // 5) * 5', 'CASE WHEN birth_year = 1951 THEN ‹x› ELSE gender END')
const question = fc.record({
  label: fc.option(labelOf, { nil: null }),
  conditions: fc.array(conditionOf, { maxLength: 2 }),
})
const textOf = ({ label, conditions }: { label: string | null; conditions: string[] }, select: string): string =>
  `SELECT ${label === null ? `'all'` : label} AS label, ${select} FROM patients ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} GROUP BY ALL`
    .replaceAll('‹', "'")
    .replaceAll('›', "'")

test('what is kept is what was told: in windows the marks follow their rows, and nobody is in the file', async () => {
  const sql = `SELECT code, count(*) AS n FROM conditions GROUP BY code`
  const asked = { study: world.study, actor: newcomer(), purpose: 'test', limit: 1_000, format: 'json' as const, level: 'counts' as const }
  const kept = await world.query.keep({ ...asked, sql, parameters: { unused: { type: 'text', value: 'x' } } })
  if (isRefusal(kept)) throw new Error(kept.detail)
  // Few have the first of three codes, so a second figure is hidden, too.
  const [secondary, primary] = [
    [0, 1, 'secondary'],
    [2, 1, 'primary'],
  ]
  expect(kept).toMatchObject({ level: 'counts', basis: { level: 'counts', rows: 3 }, suppressed: [secondary, primary] })
  const window = async (more: object) => {
    const rows = await world.query.results.window(kept, { offset: 0, limit: 10, filters: [], ...more }, 'json')
    if (isRefusal(rows)) throw new Error(rows.detail)
    return { rows: JSON.parse(`[${rows.bytes.toString()}]`) as unknown[][], suppressed: rows.suppressed, matching: rows.matching }
  }
  const { rows } = await window({ sort: { column: 'code', descending: true } })
  expect(rows).toEqual([
    ['other', expect.any(Number)],
    ['one', null],
    [null, null],
  ])
  expect((await window({ sort: { column: 'code', descending: true } })).suppressed).toEqual([[1, 1, 'secondary'], primary])
  expect(await window({ offset: 2 })).toEqual({ rows: [[null, null]], suppressed: [[0, 1, 'primary']], matching: 3 })
  const filters = [{ column: 'code', op: 'eq', value: 'other' }]
  expect(await window({ filters })).toEqual({ rows: [rows[0]], suppressed: [], matching: 1 })
  const file = readFileSync(join(world.folder, 'results', 'SYN', `${kept.id}.rows`), 'latin1')
  expect(file).toContain('other')
  expect(file).not.toMatch(/pc\d\d|rare/)
})

test('no two told figures, and none less the groups that make it up, are of a few', { timeout: 900_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 2, maxLength: 4 }), async (questions) => {
      const actor = newcomer()
      const shown: { groups: Set<string>[] }[] = []
      const asked = new Set<string>()
      for (const each of questions) {
        const sql = textOf(each, 'count(*) AS n')
        if (asked.has(sql)) continue
        asked.add(sql)
        const answer = await ask(sql, actor)
        if (isRefusal(answer)) continue
        const hidden = new Set(answer.suppressed.map(([row]) => row))
        for (const [at, [, n]] of answer.rows.entries()) if (!hidden.has(at)) expect([Number(n) >= 11, Number(n) % 5]).toEqual([true, 0])
        const truth = await world.rows(textOf(each, 'list(DISTINCT patient_key) AS people'), { actor: 'oracle' })
        if (isRefusal(truth)) throw new Error(truth.detail)
        const labels = new Set(answer.rows.filter((_, at) => !hidden.has(at)).map(([label]) => String(label)))
        shown.push({ groups: truth.rows.filter(([label]) => labels.has(String(label))).map(([, people]) => new Set(people as string[])) })
      }
      for (const [at, one] of shown.entries())
        for (const other of shown.slice(at + 1))
          for (const [wholes, parts] of [
            [one.groups, other.groups],
            [other.groups, one.groups],
          ] as const)
            for (const whole of wholes)
              for (const together of unions(parts)) {
                const rest = [...whole].filter((key) => !together.has(key)).length
                const beyond = [...together].filter((key) => !whole.has(key)).length
                expect(beyond === 0 && rest > 0 && rest < 11).toBe(false)
              }
    }),
    { numRuns: process.env['AQUIFER_TEST_LONG'] === '1' ? 200 : 2, seed: 8 },
  )
})

function unions(parts: readonly Set<string>[]): Set<string>[] {
  const few = parts.slice(0, 8)
  return Array.from(
    { length: 2 ** few.length - 1 },
    (_, mask) => new Set(few.flatMap((part, at) => (((mask + 1) >> at) & 1 ? [...part] : []))),
  )
}
