import fc from 'fast-check'
import { statisticsRequest, type CohortCriteria, type StatementRows, type StatisticsAnswer } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countCohort } from './cohort-count.js'
import { openCohortDesk } from './cohorts.js'
import { statisticsBy } from './statistics.js'
import { Attacker, type Kinds } from './test/attacker.js'
import { openQueryWorld, publish, type MaskedResource, type World } from './test/world.js'

// Who gets counts only asks statements, cohorts and statistics of random small studies in any order, puts all that was told together, and
// works out sizes of sets. He knows which kinds of people there can be, and how figures are rounded.

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
})
afterAll(async () => world.close())

const genders = ['female', 'male']
const years = [1950, 1960, 1970]
const codes = ['one', 'other', 'rare']
const crowd = 70
interface Kind {
  gender: string
  year: number
  code: string
}
const kinds: Kind[] = genders.flatMap((gender) => years.flatMap((year) => codes.map((code) => ({ gender, year, code }))))
const kindsOf = (isOf: (kind: Kind) => boolean): Kinds => kinds.reduce((mask, kind, at) => (isOf(kind) ? mask | (1 << at) : mask), 0)

const keyOf = (at: number): string => `a${String(at).padStart(2, '0')}`
function resourcesOf(kind: Kind, at: number): MaskedResource[] {
  const key = keyOf(at)
  const code = { coding: [{ system: 'http://snomed.info/sct', code: kind.code }] }
  return [
    { resourceType: 'Patient', id: key, patient_key: key, gender: kind.gender, birthDate: String(kind.year) },
    {
      resourceType: 'Condition',
      id: `c${key}`,
      patient_key: key,
      patient: { reference: `Patient/${key}` },
      code,
      verificationStatus: 'confirmed',
    },
  ]
}

// Few of a kind and many of another, as in real studies.
const study = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: kinds.length - 1 }) },
  ),
  {
    minLength: crowd,
    maxLength: crowd,
  },
)

interface Condition {
  sql: string
  isOf(kind: Kind): boolean
}
const conditions: Condition[] = [
  { sql: "gender = 'female'", isOf: ({ gender }) => gender === 'female' },
  { sql: 'birth_year < 1970', isOf: ({ year }) => year < 1970 },
  { sql: "patient_key IN (SELECT patient_key FROM conditions WHERE code = 'rare')", isOf: ({ code }) => code === 'rare' },
  { sql: "patient_key NOT IN (SELECT patient_key FROM conditions WHERE code = 'rare')", isOf: ({ code }) => code !== 'rare' },
  { sql: "patient_key IN (SELECT patient_key FROM conditions WHERE code = 'one')", isOf: ({ code }) => code === 'one' },
  { sql: "NOT (gender = 'male' AND birth_year = 1970)", isOf: ({ gender, year }) => !(gender === 'male' && year === 1970) },
]
const labels = [
  { sql: 'gender', values: genders, of: ({ gender }: Kind) => gender },
  { sql: 'birth_year', values: years.map(String), of: ({ year }: Kind) => String(year) },
  {
    sql: "CASE WHEN birth_year = 1970 THEN 'x' ELSE gender END",
    values: ['x', ...genders],
    of: ({ gender, year }: Kind) => (year === 1970 ? 'x' : gender),
  },
]
const within = fc.uniqueArray(fc.constantFrom(...conditions), { maxLength: 2 })
const isIn =
  (all: readonly Condition[]) =>
  (kind: Kind): boolean =>
    all.every(({ isOf }) => isOf(kind))
const whereOf = (all: readonly Condition[]): string => (all.length === 0 ? '' : ` WHERE ${all.map(({ sql }) => sql).join(' AND ')}`)

const rules: { criterion: CohortCriteria['all'][number]; isOf(kind: Kind): boolean }[] = [
  { criterion: { is: 'sex', in: ['female'] }, isOf: ({ gender }) => gender === 'female' },
  ...['one', 'rare'].map((code) => ({
    criterion: { is: 'condition' as const, of: { codes: [code] } },
    isOf: (kind: Kind) => kind.code === code,
  })),
  { criterion: { is: 'not', of: { is: 'condition', of: { codes: ['rare'] } } }, isOf: ({ code }) => code !== 'rare' },
  { criterion: { is: 'age', max: 50, on: '2010-06-01' }, isOf: ({ year }) => year >= 1960 },
]

type Asking = (actor: string, attacker: Attacker) => Promise<void>
/** In statistics a mark that hides a number beside another stands for small ones, too. */
const hearCount = (attacker: Attacker, set: Kinds, told: unknown): void => hear(attacker, set, told === 'hidden' ? null : told)
const hear = (attacker: Attacker, set: Kinds, told: unknown): void => {
  if (told === '<11') attacker.hears(set, 0, 10)
  else if (told === 'hidden' || told === '*') attacker.hears(set, 11, Infinity)
  else if (typeof told === 'number' && told > 0 && told % 5 !== 0) attacker.hears(set, told, told)
  else if (typeof told === 'number' && told > 0) attacker.hears(set, Math.max(11, told - 4), told + 4)
  else if (told === 0) attacker.hears(set, 0, 0)
}

const statement = fc
  .record({ label: fc.option(fc.constantFrom(...labels), { nil: null }), where: within })
  .map(({ label, where }): Asking => async (actor, attacker) => {
    const sql = `SELECT ${label === null ? `'all'` : `CAST(${label.sql} AS VARCHAR)`} AS label, count(*) AS n FROM patients${whereOf(where)} GROUP BY ALL`
    const asked = { study: world.study, actor, sql, purpose: 'test', limit: 1_000, format: 'json', level: 'counts' } as const
    const answer = await world.query.run(asked)
    if (isRefusal(answer)) return
    const { rows, suppressed = [] } = JSON.parse(Buffer.concat(answer.pieces).toString()) as StatementRows
    const hidden = new Set(suppressed.map(([row]) => row))
    const setOf = (value: string): Kinds => kindsOf((kind) => isIn(where)(kind) && (label === null || label.of(kind) === value))
    for (const [at, [value, n]] of rows.entries())
      if (typeof value === 'string') hear(attacker, setOf(value), hidden.has(at) ? 'hidden' : n)
    // Who is in no row is in the last one, or nobody: few either way.
    const listed = new Set(rows.map(([value]) => String(value)))
    for (const value of label?.values ?? ['all']) if (!listed.has(value)) hear(attacker, setOf(value), '<11')
  })

const cohort = fc
  .uniqueArray(fc.constantFrom(...rules), { minLength: 1, maxLength: 3 })
  .map((picked): Asking => async (actor, attacker) => {
    const leftOut = { noConsent: 0, withdrawn: 0, underAge: 0, held: 0 }
    const asked = { criteria: { all: picked.map(({ criterion }) => criterion) }, level: 'counts', purpose: 'test', actor, leftOut } as const
    const counted = await countCohort(world.query, world.study, { ...asked, criteria: { all: [...asked.criteria.all] } })
    if (isRefusal(counted)) return
    hear(
      attacker,
      kindsOf(() => true),
      counted.of,
    )
    for (const [at, { alone, after }] of counted.funnel.entries()) {
      hear(attacker, kindsOf(picked[at]!.isOf), alone)
      hear(
        attacker,
        kindsOf((kind) => picked.slice(0, at + 1).every(({ isOf }) => isOf(kind))),
        after,
      )
    }
  })

const table = fc.record({ where: within, by: fc.boolean() }).map(({ where, by }): Asking => async (actor, attacker) => {
  const sql = `SELECT patient_key, gender, birth_year, CASE WHEN birth_year = 1970 THEN 'x' ELSE gender END AS mixed FROM patients${whereOf(where)}`
  const variables = [{ column: 'birth_year', as: 'categorical' }, { column: 'mixed' }]
  const request = statisticsRequest.parse({ kind: 'table-one', study: 'SYN', sql, variables, ...(by ? { by: 'gender' } : {}) })
  const answer = await statisticsBy(world.query, { study: world.study, actor, request, level: 'counts' })
  if (isRefusal(answer)) return
  const told = answer as StatisticsAnswer & { kind: 'table-one' }
  hearCount(attacker, kindsOf(isIn(where)), told.people)
  for (const { name, people } of told.groups)
    hearCount(
      attacker,
      kindsOf((kind) => isIn(where)(kind) && kind.gender === name),
      people,
    )
  const valueIn = (kind: Kind, column: string): string => (column === 'mixed' ? labels[2]!.of(kind) : String(kind.year))
  for (const variable of told.variables)
    for (const { value, overall, groups } of variable.as === 'categorical' ? variable.levels : []) {
      const isOf = (kind: Kind): boolean => isIn(where)(kind) && valueIn(kind, variable.column) === value
      hearCount(attacker, kindsOf(isOf), overall.n)
      for (const [at, { n }] of groups.entries())
        hearCount(
          attacker,
          kindsOf((kind) => isOf(kind) && kind.gender === told.groups[at]!.name),
          n,
        )
    }
})

const asking = fc.oneof({ weight: 3, arbitrary: statement }, { weight: 2, arbitrary: cohort }, { weight: 1, arbitrary: table })
const isLong = process.env['AQUIFER_TEST_LONG'] === '1'
let [version, callers] = [10, 0]

test.runIf(isLong)('no set of few people is worked out of all that one caller is told', { timeout: 900_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(study, fc.array(asking, { minLength: 3, maxLength: 7 }), async (people, asked) => {
      await begin(people)
      const [attacker, actor] = [new Attacker(), `attacker-${callers++}`]
      for (const ask of asked) await ask(actor, attacker)
      knowsNoFew(attacker, people)
    }),
    { numRuns: Number(process.env['ATTACKER_RUNS'] ?? 40), seed: 34 },
  )
})

/** A new study of these people, and a new standing. */
async function begin(people: readonly number[]): Promise<void> {
  await publish(
    world.reservoir,
    'SYN',
    people.flatMap((kind, at) => resourcesOf(kinds[kind]!, at)),
    version++,
  )
  // The study's own first two are not among them.
  world.withheld.splice(0, Infinity, 'pk1', 'pk2')
  world.query.peopleWithdrew('SYN')
}

const sizeAmong = (people: readonly number[], set: Kinds): number => people.filter((kind) => (set >> kind) & 1).length
function knowsNoFew(attacker: Attacker, people: readonly number[]): void {
  for (const [set, { low, high }] of attacker.reckons()) {
    const size = sizeAmong(people, set)
    expect([low <= size, size <= high]).toEqual([true, true])
    if (size > 0 && size < 11) expect(high - low).toBeGreaterThanOrEqual(4)
  }
}

/** How many left, as somebody else is told. */
async function changedPeople(): Promise<unknown> {
  const sql = 'SELECT count(*) FROM patients'
  const asked = {
    study: world.study,
    actor: `other-${callers++}`,
    sql,
    purpose: 'test',
    limit: 10,
    format: 'json',
    level: 'counts',
  } as const
  const answer = await world.query.run(asked)
  return isRefusal(answer) ? answer : (JSON.parse(Buffer.concat(answer.pieces).toString()) as StatementRows).basis.changedPeople
}

test.runIf(isLong)('of one who leaves between two askings no size says which group got smaller', { timeout: 600_000 }, async () => {
  const leaver = fc.nat({ max: crowd - 1 })
  await fc.assert(
    fc.asyncProperty(study, leaver, fc.array(asking, { minLength: 2, maxLength: 4 }), async (people, gone, asked) => {
      await begin(people)
      const [before, after, actor] = [new Attacker(), new Attacker(), `attacker-${callers++}`]
      for (const ask of asked) await ask(actor, before)
      world.withheld.push(keyOf(gone))
      world.query.peopleWithdrew('SYN', { patientKey: keyOf(gone) })
      for (const ask of asked) await ask(actor, after)
      expect(await changedPeople()).toBe('1–10')
      const others = people.filter((_, at) => at !== gone)
      knowsNoFew(before, people)
      knowsNoFew(after, others)
      const was = before.reckons()
      for (const [set, now] of after.reckons()) {
        const then = was.get(set)
        // From 11 to 10 a group is told no longer.
        if (then === undefined || sizeAmong(people, set) === 11) continue
        expect(then.low - now.high, `at least so many of ${set.toString(2)} left`).toBeLessThan(1)
      }
    }),
    { numRuns: 20, seed: 35 },
  )
})

test('what changes under its name is held against what it was: a cohort of few less is not told beside the whole', async () => {
  const people = Array.from({ length: crowd }, (_, at): Kind => ({ gender: 'female', year: 1950, code: at < 4 ? 'rare' : 'one' }))
  await publish(world.reservoir, 'SYN', people.flatMap(resourcesOf), version++)
  world.query.peopleWithdrew('SYN')
  const desk = openCohortDesk({ repository: world.repository, tables: world.cohorts, now: () => Date.now() })
  const save = async (after: number | null, all: CohortCriteria['all']): Promise<void> => {
    const saved = await desk.save(world.study, { name: 'these', after, title: 'These', note: '', criteria: { all }, by: 'ana' })
    if (isRefusal(saved)) throw new Error(JSON.stringify(saved))
  }
  const ask = () =>
    world.query.run({
      study: world.study,
      actor: 'mia',
      sql: 'SELECT count(*) FROM cohort_these WHERE patient_key IN (SELECT patient_key FROM conditions WHERE code IN $codes)',
      parameters: { codes: { type: 'text-list', value: ['one', 'rare'] } },
      purpose: 'test',
      limit: 10,
      format: 'json',
      level: 'counts',
    })
  await save(null, [])
  const first = await ask()
  if (isRefusal(first)) throw new Error(JSON.stringify(first))
  expect(Number((JSON.parse(Buffer.concat(first.pieces).toString()) as StatementRows).rows[0]![0])).toBeGreaterThan(60)
  await save(1, [{ is: 'not', of: { is: 'condition', of: { codes: ['rare'] } } }])
  expect(await ask()).toMatchObject({ refusal: 'statement-invalid', detail: expect.stringMatching(/fewer than 11/) })
})
