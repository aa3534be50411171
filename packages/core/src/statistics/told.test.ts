import fc from 'fast-check'
import { expect, test } from 'vitest'
import { statisticsRequest, type StatisticsRequest } from '../contract/index.js'
import { cmsCells } from '../small-cells/index.js'
import { drawnCurve, kaplanMeier, statisticsOf, type FollowUp, type Rule, type StatisticsBody } from './index.js'
import { lungMen, lungWomen } from './test/published.js'

type Asked = StatisticsRequest extends infer Each ? (Each extends StatisticsRequest ? Omit<Each, 'study' | 'sql'> : never) : never
type Rows = Record<string, string | number | boolean | null>[]

function ask(asked: Asked, rows: Rows, rule: Rule = cmsCells) {
  const names = Object.keys(rows[0] ?? {})
  const typeOf = (name: string): string => (rows.some((row) => typeof row[name] === 'string') ? 'VARCHAR' : 'DOUBLE')
  const columns = [
    { name: 'patient_key', type: 'VARCHAR' },
    ...names.filter((name) => name !== 'patient_key').map((name) => ({ name, type: typeOf(name) })),
  ]
  const cells = rows.map((row, at) => columns.map(({ name }) => (name === 'patient_key' ? (row[name] ?? `p${at}`) : row[name])))
  return statisticsOf(statisticsRequest.parse({ study: 'S', sql: 'SELECT 1', ...asked }), { columns, rows: cells }, rule)
}
const told = <Kind extends StatisticsBody['kind']>(asked: Asked & { kind: Kind }, rows: Rows, rule: Rule = cmsCells) =>
  ask(asked, rows, rule) as Extract<StatisticsBody, { kind: Kind }>

const many = (count: number, row: Rows[number]): Rows => Array.from({ length: count }, () => row)

test('Table 1 under the policy: small counts, what would tell them, and the figures of few are not told', () => {
  const rows = [
    ...many(30, { arm: 'a', sex: 'f', age: 50 }),
    ...many(4, { arm: 'a', sex: 'm', age: 60 }),
    ...many(20, { arm: 'b', sex: 'f', age: 55 }),
    ...many(25, { arm: 'b', sex: 'm', age: null }),
  ]
  const asked = { kind: 'table-one' as const, by: 'arm', variables: [{ column: 'sex' }, { column: 'age' }] }
  const open = told(asked, rows, null)
  expect(open.variables[0]).toMatchObject({
    levels: [
      { value: 'f', groups: [{ n: 30 }, { n: 20 }] },
      { value: 'm', groups: [{ n: 4 }, { n: 25 }] },
    ],
  })
  expect([open.suppressed, open.rule, open.lineage.policy]).toEqual([0, 'none', null])
  const hidden = told(asked, rows)
  const [sex, age] = hidden.variables
  expect(hidden.groups).toEqual([
    { name: 'a', people: 34 },
    { name: 'b', people: 45 },
  ])
  expect(sex).toMatchObject({
    levels: [
      {
        value: 'f',
        overall: { n: 50 },
        groups: [
          { n: '*', share: null },
          { n: '*', share: null },
        ],
      },
      {
        value: 'm',
        overall: { n: 29 },
        groups: [
          { n: '<11', share: null },
          { n: '*', share: null },
        ],
      },
    ],
    smd: null,
  })
  expect(age).toMatchObject({
    overall: { n: 54, missing: 25 },
    groups: [
      { n: 34, mean: 1740 / 34 },
      { n: 20, mean: 55 },
    ],
  })
  expect([hidden.suppressed, hidden.rule]).toEqual([4, 'small-cells'])
})

test('of a small group nothing is told, and nothing of everybody from which it would follow', () => {
  const rows = [...many(30, { arm: 'a', age: 50 }), ...many(40, { arm: 'b', age: 60 }), ...many(3, { arm: 'c', age: 90 })]
  const { groups, variables } = told({ kind: 'table-one', by: 'arm', variables: [{ column: 'age' }] }, rows)
  expect(groups.map(({ people }) => people)).toEqual(['*', 40, '<11'])
  const none = { n: '*', missing: '*', mean: null, sd: null, median: null, q1: null, q3: null }
  expect(variables[0]).toMatchObject({ overall: none, groups: [none, { n: 40, mean: 60 }, none], smd: null })
  const few = told({ kind: 'table-one', by: 'arm', variables: [{ column: 'age' }] }, [
    ...many(30, { arm: 'a', age: 50 }),
    ...many(28, { arm: 'b', age: null }),
    ...many(2, { arm: 'b', age: 90 }),
  ])
  expect(few.variables[0]).toMatchObject({ overall: { mean: null }, groups: [{ mean: 50 }, { n: '<11', mean: null }] })
})

const lung = [...lungMen.map((each) => ({ ...each, sex: 'm' })), ...lungWomen.map((each) => ({ ...each, sex: 'f' }))]

test('survival: every step for who sees rows; for others steps of 11 at their mean time, an end before few are left', () => {
  const asked = { kind: 'survival', time: 'time', event: 'event', group: 'sex' } as const
  const open = told(asked, lung, null)
  expect(open.groups.map(({ name, people, events, median }) => [name, people, events, median.value])).toEqual([
    ['f', 90, 53, 426],
    ['m', 138, 112, 270],
  ])
  expect(open.groups[0]!.exact!.length).toBe(kaplanMeier(lungWomen, 0.95).steps.length)
  expect(open.atRisk).toEqual({
    times: [0, 200, 400, 600, 800, 1000],
    counts: [
      [90, 66, 26, 11, 2, 0],
      [138, 78, 31, 13, 6, 2],
    ],
  })
  expect(open.logRank!.statistic).toBeCloseTo(10.3267, 4)
  const hidden = told(asked, lung)
  expect(hidden.groups.map(({ exact, events, drawn, ends }) => [exact, events, drawn.length > 3, ends.because])).toEqual([
    [null, 55, true, 'few-at-risk'],
    [null, 110, true, 'rounding'],
  ])
  expect(hidden.atRisk.counts).toEqual([
    [88, 66, 22, 11, '<11', 0],
    [143, 77, 33, 11, '<11', '<11'],
  ])
  expect(hidden.logRank).toEqual({ statistic: 10.3, df: 1, p: 0.00131 })
})

test('a drawn curve tells no number below the threshold: steps are of 11 events over multiples of 11, whoever is in it', () => {
  const person = fc.record({ time: fc.integer({ min: 0, max: 400 }), event: fc.boolean() })
  fc.assert(
    fc.property(fc.array(person, { maxLength: 250 }), (people: FollowUp[]) => {
      const { steps, ends } = drawnCurve(people, kaplanMeier(people, 0.95), { policy: cmsCells, level: 0.95 })
      let before = 1
      for (const { survival, time } of steps.slice(1)) {
        const atRisk = 11 / (1 - survival / before)
        expect(Math.abs(atRisk / 11 - Math.round(atRisk / 11))).toBeLessThan(1e-6)
        expect(people.filter((each) => each.event && each.time <= time).length).toBeGreaterThan(0)
        expect(people.filter((each) => each.time >= time).length).toBeGreaterThanOrEqual(11)
        before = survival
      }
      expect(ends.time).toBeGreaterThanOrEqual(steps.at(-1)!.time)
      // One person more or less, as long as no multiple of 11 is passed, draws the same: nobody follows from two answers.
      const plus = [...people, { time: 400, event: false }]
      if (Math.round(plus.length / 11) === Math.round(people.length / 11) && ends.because !== 'rounding') {
        const again = drawnCurve(plus, kaplanMeier(plus, 0.95), { policy: cmsCells, level: 0.95 })
        if (again.ends.because !== 'rounding') expect(again.steps.slice(0, steps.length)).toEqual(steps)
      }
    }),
    { numRuns: 150 },
  )
})

test('of few people altogether no number is told', () => {
  const rows = [...many(3, { a: 1, sex: 'f' }), ...many(2, { a: null, sex: 'm' })]
  const numbers = (value: unknown): number[] => (JSON.stringify(value).match(/:(-?\d[\d.]*)/g) ?? []).map((each) => Number(each.slice(1)))
  const {
    lineage: _method,
    suppressed: _marks,
    ...table
  } = told({ kind: 'table-one', variables: [{ column: 'a' }, { column: 'sex' }] }, rows)
  expect(numbers(table)).toEqual([])
  const { patternsLeftOut: _left, lineage: _words, suppressed: _hidden, ...gaps } = told({ kind: 'missing' }, rows)
  expect(numbers(gaps).filter((each) => each !== 0)).toEqual([])
})

test('rates, patterns and adherence of few are marks', () => {
  const rates = told({ kind: 'incidence', time: 't', events: 'n', group: 'arm' }, [
    ...many(20, { arm: 'a', t: 2, n: 1 }),
    ...many(20, { arm: 'b', t: 2, n: 0 }),
    ...many(12, { arm: 'c', t: 2, n: 0 }),
    ...many(3, { arm: 'c', t: 1, n: 4 }),
    ...many(30, { arm: 'd', t: 2, n: 0 }),
    ...many(3, { arm: 'd', t: 2, n: 1 }),
  ])
  expect(rates.groups.map(({ people, events, time, rate }) => [people, events, time, rate])).toEqual([
    [20, 20, 40, 500],
    [20, 0, 40, 0],
    // Twelve events of three people are not fewer than 11.
    [15, '*', null, null],
    [33, '<11', null, null],
  ])
  const gaps = told({ kind: 'missing' }, [
    ...many(40, { a: 1, b: 'x' }),
    ...many(12, { a: null, b: 'x' }),
    ...many(5, { a: null, b: null }),
  ])
  expect(gaps).toMatchObject({ people: 57, complete: 40, suppressed: 4 })
  expect(gaps.variables).toEqual([
    { column: 'a', missing: '*', share: null },
    { column: 'b', missing: '*', share: null },
  ])
  expect(gaps.patterns.map(({ missing, people }) => [missing.join(), people])).toEqual([
    ['', 40],
    ['a', '*'],
    ['a,b', '<11'],
  ])
  const supplies = [...many(12, { days: 90 }), ...many(3, { days: 10 })].map((row, at) => ({
    ...row,
    patient_key: `p${at}`,
    at: '2020-01-01',
  }))
  const asked = { kind: 'adherence', start: 'at', days: 'days', until: '2020-03-31' } as const
  const open = told(asked, supplies, null)
  expect(open.groups[0]).toMatchObject({ people: 15, adherent: { n: 12, share: 0.8 }, pdc: { median: 90 / 91 } })
  expect(open.groups[0]!.bins.map(({ people }) => people)).toEqual([0, 3, 0, 0, 0, 0, 0, 0, 0, 12])
  expect(told(asked, supplies).groups[0]).toMatchObject({ people: 15, adherent: { n: '*' }, bins: [] })
})

test('what is asked for has to be there: one row a person, known columns, numbers where they are needed', () => {
  const detail = (found: unknown): string => (found as { detail?: string }).detail ?? ''
  const twice = many(2, { patient_key: 'p', age: 5, sex: 'f' })
  expect(detail(ask({ kind: 'missing' }, twice))).toMatch(/one row a person/)
  expect(detail(ask({ kind: 'missing', variables: ['hight'] }, many(1, { age: 5 })))).toMatch(/no column hight/)
  expect(detail(ask({ kind: 'survival', time: 'sex', event: 'age' }, many(1, { age: 1, sex: 'f' })))).toMatch(/no numbers/)
  // R’s coding of its own data: 1 is censored, 2 is dead.
  const dead = [...many(3, { time: 5, event: 1 }), ...many(3, { time: 7, event: 2 })]
  expect(detail(ask({ kind: 'survival', time: 'time', event: 'event' }, dead, null))).toMatch(/other values than 0, 1/)
  const groups = Array.from({ length: 13 }, (_, at) => ({ g: `g${at}`, t: 1, n: 0 }))
  expect(detail(ask({ kind: 'incidence', time: 't', events: 'n', group: 'g' }, groups))).toMatch(/13 groups; 12 at most/)
})

test('adherence says who has no supply by the end and to when people are observed; who died or left is observed to that day', () => {
  const supply = (person: number, start: string, end: string | null): Rows[number] => ({
    patient_key: `k${person}`,
    start,
    supplied: 30,
    end,
  })
  const rows = [
    supply(1, '2020-01-01', '2020-01-30'),
    supply(2, '2020-01-01', null),
    supply(3, '2020-06-01', null),
    supply(4, '2020-02-01', '2020-01-15'),
  ]
  const asked = { kind: 'adherence' as const, start: 'start', days: 'supplied', until: '2020-02-29' }
  const [whole, ended] = [told(asked, rows, null), told({ ...asked, end: 'end' }, rows, null)]
  expect(whole.groups[0]).toMatchObject({ people: 3, pdc: { mean: (0.5 + 0.5 + 1) / 3 } })
  expect(whole.notes).toEqual([
    'Left out: 1, people of a group without a supply by 2020-02-29.',
    expect.stringContaining('for who died or left before, the days after count as days without a supply'),
  ])
  expect(ended.groups[0]).toMatchObject({ people: 2, pdc: { mean: (1 + 0.5) / 2 } })
  expect(ended.notes).toEqual([
    'Left out: 2, people of a group without a supply by 2020-02-29 or the end in end.',
    'Everybody is observed to 2020-02-29, or to the day in end where that is earlier.',
  ])
  expect(told(asked, rows).notes[0]).toBe('Left out: <11, people of a group without a supply by 2020-02-29.')
  expect(ask({ ...asked, end: 'nowhere' }, rows)).toMatchObject({ refusal: 'bad-parameter', parameter: 'end' })
})
