import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import fc from 'fast-check'
import {
  statisticsRequest,
  type CohortCriteria,
  type DownloadFormat,
  type StatementRows,
  type StatisticsAnswer,
} from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unmappedCodesOf } from './code-counts.js'
import { countCohort } from './cohort-count.js'
import { openCodeListDesk } from './code-lists.js'
import { openCohortDesk } from './cohorts.js'
import type { Window } from './result-windows.js'
import { statisticsBy } from './statistics.js'
import { Attacker, type Kinds } from './test/attacker.js'
import {
  codes,
  conditions,
  crowd,
  everybody,
  isIn,
  keyOf,
  kinds,
  kindsOf,
  labels,
  resourcesOf,
  rules,
  study,
  whereOf,
  within,
  type Kind,
} from './test/small-studies.js'
import { openQueryWorld, publish, type World } from './test/world.js'

// Who gets counts only asks statements, cohorts and statistics of random small studies in any order, puts all that was told together, and
// works out sizes of sets. He knows which kinds of people there can be, and how figures are rounded.

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
  const { repository, codeLists: lists } = world
  const desk = openCodeListDesk({ repository, lists, count: async () => new Map(), now: () => Date.now() })
  const codesOf = Array.from({ length: weight }, (_, at) => `c${at}\n`).join('')
  await desk.load(world.study, { name: 'weight', text: `code\n${codesOf}`, system: 'urn:weight', check: false, by: 'ana' })
})
afterAll(async () => world.close())

const nobody = { noConsent: 0, withdrawn: 0, underAge: 0, held: 0 }
/** Asks, hears what is told, and gives it back: null where nothing was. */
type Asking = (actor: string, attacker: Attacker) => Promise<unknown>
/** What marks tell who knows how they are chosen. The documentation promises nothing of the size of what is `hidden`. */
interface Marks {
  /** The least that `<11` stands for: 0 where none and few look the same. */
  few: number
  /** The least that `hidden` stands for. */
  hidden: number
}
/** Groups of statements and figures of cohorts are hidden where they are of 11 or more: all others are few. */
const ofFigures: Marks = { few: 0, hidden: 11 }
/** In a table zeros are told, so any mark stands for somebody. */
const ofTables: Marks = { few: 1, hidden: 1 }
/** Where all of a group or table is hidden, none is, too. */
const ofBlanks: Marks = { few: 1, hidden: 0 }
const hear = (attacker: Attacker, set: Kinds, told: unknown, marks: Marks): void => {
  if (told === '<11') attacker.hears(set, marks.few, 10)
  else if (told === 'hidden') attacker.hears(set, marks.hidden, Infinity)
  else if (typeof told !== 'number') expect(told).toBeNull()
  else if (told === 0) attacker.hears(set, 0, 0)
  else if (told % 5 === 0) attacker.hears(set, Math.max(11, told - 4), told + 4)
  else throw new Error(`${told} is not rounded`)
}

const statement = fc
  .record({ label: fc.option(fc.constantFrom(...labels), { nil: null }), where: within })
  .map(({ label, where }): Asking => async (actor, attacker) => {
    const sql = `SELECT ${label === null ? `'all'` : `CAST(${label.sql} AS VARCHAR)`} AS label, count(*) AS n FROM patients${whereOf(where)} GROUP BY ALL`
    const asked = { study: world.study, actor, sql, purpose: 'test', limit: 1_000, format: 'json', level: 'counts' } as const
    const answer = await world.query.run(asked)
    if (isRefusal(answer)) return null
    const { rows, suppressed = [], basis } = JSON.parse(Buffer.concat(answer.pieces).toString()) as StatementRows
    hear(attacker, kindsOf(isIn(where)), basis.people, ofFigures)
    const hidden = new Set(suppressed.map(([row]) => row))
    const setOf = (value: string): Kinds => kindsOf((kind) => isIn(where)(kind) && (label === null || label.of(kind) === value))
    for (const [at, [value, n]] of rows.entries())
      if (typeof value === 'string') hear(attacker, setOf(value), hidden.has(at) ? 'hidden' : n, ofFigures)
    // Who is in no row is in the last one, or nobody: few either way.
    const listed = new Set(rows.map(([value]) => String(value)))
    for (const value of label?.values ?? ['all']) if (!listed.has(value)) hear(attacker, setOf(value), '<11', ofFigures)
    return { rows, suppressed, people: basis.people }
  })

/** So many rows more has whoever meets the condition, by a code list that anybody may load. */
const weight = 50
const weighed = fc.constantFrom(...conditions).map((condition): Asking => async (actor, attacker) => {
  const sql = `SELECT count(*) AS n FROM patients LEFT JOIN code_lists ON ${condition.sql}`
  const answer = await world.query.run({ study: world.study, actor, sql, purpose: 'test', limit: 10, format: 'json', level: 'counts' })
  if (isRefusal(answer)) return null
  const { rows, suppressed = [], basis } = JSON.parse(Buffer.concat(answer.pieces).toString()) as StatementRows
  const [told, people] = [rows[0]![0] as number | null, basis.people]
  const set = kindsOf(condition.isOf)
  hear(attacker, everybody, people, ofFigures)
  if (told === null || people === null) return { rows, suppressed }
  if (told === people) attacker.hears(set, 0, 10)
  else {
    const least = ((told - 5 * weight) * (people - 4)) / people - people - 4
    const most = ((told + 5 * weight) * (people + 4)) / people - people + 4
    attacker.hears(set, Math.max(11, Math.floor(least / (weight - 1))), Math.ceil(most / (weight - 1)))
  }
  return { rows, suppressed, people }
})

const cohort = fc
  .uniqueArray(fc.constantFrom(...rules), { minLength: 1, maxLength: 3 })
  .map((picked): Asking => async (actor, attacker) => {
    const asked = {
      criteria: { all: picked.map(({ criterion }) => criterion) },
      level: 'counts',
      purpose: 'test',
      actor,
      leftOut: nobody,
    } as const
    const counted = await countCohort(world.query, world.study, { ...asked, criteria: { all: [...asked.criteria.all] } })
    if (isRefusal(counted)) return null
    hear(attacker, everybody, counted.of, ofFigures)
    for (const [at, { alone, after }] of counted.funnel.entries()) {
      hear(attacker, kindsOf(picked[at]!.isOf), alone, ofFigures)
      const isAfter = (kind: Kind): boolean => picked.slice(0, at + 1).every(({ isOf }) => isOf(kind))
      hear(attacker, kindsOf(isAfter), after, ofFigures)
    }
    const { of, people, funnel, governance } = counted
    return { of, people, funnel, governance }
  })

/** Whom each value that is told stands for; those of few are one. */
function setsBy(told: readonly (string | null)[], of: (kind: Kind) => string, all: Kinds): Map<string | null, Kinds> {
  const setOf = (isOf: (value: string) => boolean): Kinds => all & kindsOf((kind) => isOf(of(kind)))
  const isNamed = (value: string): boolean => told.includes(value)
  return new Map(told.map((name) => [name, setOf(name === '(fewer than 11)' ? (value) => !isNamed(value) : (value) => value === name)]))
}

/** Of a value that is not told, where those of few are not told as one, either, there is nobody. */
const hearRest = (attacker: Attacker, told: ReadonlyMap<string | null, Kinds>, all: Kinds): void => {
  const named = [...told.values()].reduce((sets, each) => sets | each, 0)
  attacker.hears(all & ~named, 0, 0)
}

const table = fc.record({ where: within, by: fc.boolean() }).map(({ where, by }): Asking => async (actor, attacker) => {
  const sql = `SELECT patient_key, gender, birth_year, CASE WHEN birth_year = 1970 THEN 'x' ELSE gender END AS mixed FROM patients${whereOf(where)}`
  const variables = [{ column: 'birth_year', as: 'categorical' }, { column: 'mixed' }]
  const request = statisticsRequest.parse({ kind: 'table-one', study: 'SYN', sql, variables, ...(by ? { by: 'gender' } : {}) })
  const answer = await statisticsBy(world.query, { study: world.study, actor, request, level: 'counts' })
  if (isRefusal(answer)) return null
  const told = answer as StatisticsAnswer & { kind: 'table-one' }
  const all = kindsOf(isIn(where))
  hear(attacker, all, told.people, ofTables)
  hear(attacker, all, told.basis.people, ofFigures)
  const groups = setsBy(
    told.groups.map(({ name }) => name),
    ({ gender }) => gender,
    all,
  )
  for (const { name, people } of told.groups) hear(attacker, groups.get(name)!, people, ofTables)
  if (by) hearRest(attacker, groups, all)
  for (const variable of told.variables) {
    if (variable.as !== 'categorical') throw new Error('not asked for')
    const levels = setsBy(
      variable.levels.map(({ value }) => value),
      (kind) => (variable.column === 'mixed' ? labels[2]!.of(kind) : String(kind.year)),
      all,
    )
    hearRest(attacker, levels, all)
    const isBlank = variable.levels.every((level) => [level.overall, ...level.groups].every(({ n }) => n === 'hidden'))
    for (const { value, overall, groups: cells } of variable.levels) {
      const isOpen = told.groups.every(({ people }) => typeof people === 'number')
      hear(attacker, levels.get(value)!, overall.n, isBlank || !isOpen ? ofBlanks : ofTables)
      for (const [at, { n }] of cells.entries()) {
        const { name, people } = told.groups[at]!
        hear(attacker, levels.get(value)! & groups.get(name)!, n, isBlank || typeof people !== 'number' ? ofBlanks : ofTables)
      }
    }
  }
  const { statement: _id, basis, ...body } = told
  return { ...body, people: basis.people }
})

const asking = fc.oneof(
  { weight: 3, arbitrary: statement },
  { weight: 2, arbitrary: cohort },
  { weight: 1, arbitrary: table },
  { weight: 1, arbitrary: weighed },
  { weight: 1, arbitrary: fc.constant<Asking>(standingNumbers) },
)
/** The catalogue and counts by code: multiples of 11, held against nothing. */
async function standingNumbers(actor: string, attacker: Attacker): Promise<null> {
  const { query, study } = world
  const hearAlone = (set: Kinds, told: number | null): void =>
    told === null || told === 0 ? attacker.hears(set, 0, 10) : attacker.hears(set, Math.max(11, told - 10), told + 10)
  const { people } = await query.catalogue(study, actor)
  // The study's own first two are in its files.
  if (people > 0) attacker.hears(everybody, people - 12, people + 10)
  const asWho = {
    people: (code: string, count: number | string) => query.told.people(study, count, code),
    codes: (cell: string, count: number) => query.told.alone(study, cell, count),
  }
  const found = await unmappedCodesOf(query, study, asWho)
  if (isRefusal(found)) throw new Error(JSON.stringify(found))
  for (const code of codes) {
    const told = found.codes.find((each) => each.code === code)
    hearAlone(
      kindsOf((kind) => kind.code === code),
      told === undefined ? null : Number(told.people),
    )
  }
  return null
}

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
    { numRuns: Number(process.env['ATTACKER_RUNS'] ?? 40), seed: Number(process.env['ATTACKER_SEED'] ?? 34) },
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
  // Numbers that stand alone were told of the study before.
  world.ahead.ms += 3_600_000
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

test.runIf(isLong)(
  'of one who leaves nobody who was told something sees more before the cut-over, nor who was told nothing',
  { timeout: 600_000 },
  async () => {
    const leaver = fc.nat({ max: crowd - 1 })
    await fc.assert(
      fc.asyncProperty(study, leaver, fc.array(asking, { minLength: 2, maxLength: 4 }), async (people, gone, asked) => {
        await begin(people)
        const [before, fresh, later, actor, other] = [
          new Attacker(),
          new Attacker(),
          new Attacker(),
          `attacker-${callers++}`,
          `other-${callers++}`,
        ]
        const [first, ...rest] = asked
        const told = await first!(actor, before)
        world.withheld.push(keyOf(gone))
        world.query.peopleWithdrew('SYN', { patientKey: keyOf(gone) })
        const others = people.filter((_, at) => at !== gone)
        if (told !== null) {
          // What he was told he is told again, and nothing else.
          expect(await first!(actor, before)).toEqual(told)
          for (const ask of rest) expect([null, told]).toContainEqual(await ask(actor, before))
          knowsNoFew(before, people)
        }
        for (const ask of rest) await ask(other, fresh)
        knowsNoFew(fresh, others)
        world.ahead.ms += 3_600_000
        for (const ask of asked) await ask(actor, later)
        knowsNoFew(later, others)
      }),
      { numRuns: 20, seed: 35 },
    )
  },
)

// However an answer is opened again, it tells what it told.
test(
  'windows, history, comparison and files of a kept answer tell what the first one told, and nothing else',
  { timeout: 60_000 },
  async () => {
    const people = Array.from({ length: crowd }, (_, at) => (at < 5 ? 2 : at < 20 ? 1 : at < 45 ? 6 : 10))
    await begin(people)
    const actor = `attacker-${callers++}`
    const asked = { study: world.study, actor, purpose: 'test', limit: 1_000, format: 'json', level: 'counts' } as const
    const sql = 'SELECT code, gender, count(*) AS n, avg(birth_year) AS mean FROM conditions JOIN patients USING (patient_key) GROUP BY ALL'
    const [kept, answer] = [await world.query.keep({ ...asked, sql }), await world.query.run({ ...asked, sql })]
    if (isRefusal(kept) || isRefusal(answer)) throw new Error(JSON.stringify([kept, answer]))
    const { columns, rows, suppressed = [] } = JSON.parse(Buffer.concat(answer.pieces).toString()) as StatementRows
    expect([kept.suppressed, kept.columns.map(({ name }) => name)]).toEqual([suppressed, columns.map(({ name }) => name)])
    expect([suppressed.length, rows.length]).toEqual([4, 4])
    const marks = new Map(suppressed.map(([row, column, why]) => [`${row} ${column}`, why === 'primary' ? '<11' : 'hidden']))
    const marked = rows.map((row, at) => [...row, ...[2, 3].map((column) => marks.get(`${at} ${column}`) ?? 'told')])
    const window = async (more: Partial<Window>) => {
      const found = await world.query.results.window(kept, { offset: 0, limit: 100, filters: [], ...more }, 'json')
      if (isRefusal(found)) throw new Error(found.detail)
      return { rows: JSON.parse(`[${found.bytes.toString()}]`) as unknown[][], matching: found.matching, suppressed: found.suppressed }
    }
    const isTold = (row: unknown[]): boolean => rows.some((told) => JSON.stringify(told) === JSON.stringify(row))
    for (const sort of columns.map(({ name: column }) => ({ column, descending: true })))
      expect((await window({ sort, offset: 1, limit: 2 })).rows.every(isTold)).toBe(true)
    // A filter on what is hidden finds what is empty.
    for (const [op, value] of [
      ['lt', '11'],
      ['ge', '1'],
      ['null', undefined],
    ] as const) {
      const found = await window({ filters: [{ column: 'n', op, value }] })
      const all = rows.filter(([, , n]) => (op === 'null' ? n === null : n !== null && (op === 'lt' ? Number(n) < 11 : Number(n) >= 1)))
      expect([found.rows, found.matching]).toEqual([all, all.length])
    }
    const file = async (format: DownloadFormat): Promise<Buffer> => {
      const path = join(world.folder, `doors.${format}`)
      const written = await world.query.results.file(kept, format, path)
      if (isRefusal(written)) throw new Error(written.detail)
      return readFileSync(path)
    }
    const names = [...columns.map(({ name }) => name), 'n_status', 'mean_status']
    const objects = marked.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])))
    expect(JSON.parse((await file('json')).toString())).toEqual(objects)
    const csv = marked.map((row) => row.map((value) => (typeof value === 'number' || typeof value === 'string' ? value : '')).join(','))
    expect((await file('csv')).toString().replaceAll('.0,', ',').trim().split('\n')).toEqual([names.join(','), ...csv])
    const arrow = tableFromIPC(await file('arrow')).toArray() as Record<string, unknown>[]
    expect(arrow.map((row) => names.map((name) => (typeof row[name] === 'bigint' ? Number(row[name]) : row[name])))).toEqual(marked)
    for (const format of ['parquet', 'xlsx'] as const) expect((await file(format)).toString('latin1')).not.toMatch(/a\d\d|rare/)
    const { rows: past } = await world.query.history(world.study, actor, 10)
    expect(past.map(({ rows: shown, level, problem }) => [shown, level, problem])).toEqual([
      [4, 'counts', null],
      [4, 'counts', null],
    ])
    const ofOne = await world.query.status(kept.id, actor)
    const basis = isRefusal(ofOne) ? null : ofOne.basis
    expect(basis).toMatchObject({ rows: 4, totalRows: null, people: kept.basis.people, suppressed: 4, consentState: 'current' })
    expect(Number(basis?.people) % 5).toBe(0)
    // What a cohort or a statistic was of is no result of rows.
    const criteria = { all: [rules[1]!.criterion] }
    const counted = await countCohort(world.query, world.study, { criteria, level: 'counts', purpose: 'test', actor, leftOut: nobody })
    if (isRefusal(counted)) throw new Error(JSON.stringify(counted))
    expect(await world.query.keep({ ...asked, sql: counted.sql })).toMatchObject({ refusal: 'statement-invalid' })
  },
)

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
