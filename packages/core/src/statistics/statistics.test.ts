import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  adherence,
  atRiskAt,
  describe,
  differenceOfMeans,
  differenceOfShares,
  incidenceRate,
  kaplanMeier,
  logRank,
  missingPatterns,
  tableOne,
} from './index.js'
import { lungMen, lungWomen, mercaptopurine, placebo } from './test/published.js'

const digits = (value: number | null | undefined, precision = 6): number => Number(Number(value).toPrecision(precision))

test('Kaplan–Meier of the 6-mercaptopurine trial, as published and as R and lifelines have it', () => {
  const { steps, events, median } = kaplanMeier(mercaptopurine, 0.95)
  const told = steps.map(({ time, atRisk, events: died, censored, survival }) => [time, atRisk, died, censored, digits(survival, 4)])
  // Cox and Oakes 1984, table 4.1
  expect(told).toEqual([
    [0, 21, 0, 0, 1],
    [6, 21, 3, 1, 0.8571],
    [7, 17, 1, 1, 0.8067],
    [10, 15, 1, 2, 0.7529],
    [13, 12, 1, 0, 0.6902],
    [16, 11, 1, 3, 0.6275],
    [22, 7, 1, 0, 0.5378],
    [23, 6, 1, 5, 0.4482],
  ])
  // lifelines 0.30.3; R: survfit(…, conf.type = "log-log")
  expect(steps.slice(1).map(({ low, high }) => [digits(low), digits(high)])).toEqual([
    [0.619718, 0.951552],
    [0.563147, 0.922809],
    [0.5032, 0.889362],
    [0.43161, 0.849066],
    [0.367511, 0.804912],
    [0.267779, 0.746791],
    [0.188052, 0.680143],
  ])
  expect(steps.map(({ error }) => digits(error, 4))).toEqual([0, 0.07636, 0.08694, 0.09635, 0.1068, 0.1141, 0.1282, 0.1346])
  expect([events, median]).toEqual([9, { value: 23, low: 13, high: null }])
  const all = kaplanMeier(placebo, 0.95)
  expect([all.median.value, all.steps.at(-1)]).toEqual([8, expect.objectContaining({ survival: 0, low: null, high: null, error: null })])
  expect(atRiskAt(mercaptopurine, [0, 6, 7, 35, 36])).toEqual([21, 21, 17, 1, 0])
})

test('the log-rank test, of two groups and of more, as published', () => {
  const trial = logRank([mercaptopurine, placebo])!
  expect([digits(trial.statistic, 9), trial.df, digits(trial.p)]).toEqual([16.792941, 1, 0.0000416881])
  const lung = logRank([lungMen, lungWomen])!
  expect([digits(lung.statistic, 9), digits(lung.p)]).toEqual([10.326742, 0.00131116])
  expect([lungMen, lungWomen].map((group) => kaplanMeier(group, 0.95).median)).toEqual([
    { value: 270, low: 210, high: 306 },
    { value: 426, low: 345, high: 524 },
  ])
  // The order of groups is no matter, and two equal ones do not differ.
  expect(digits(logRank([placebo, lungWomen, mercaptopurine])!.statistic)).toBe(
    digits(logRank([lungWomen, mercaptopurine, placebo])!.statistic),
  )
  expect(digits(logRank([placebo, placebo])!.statistic)).toBe(0)
  expect([logRank([placebo]), logRank([placebo, []]), logRank([[{ time: 1, event: false }], [{ time: 2, event: false }]])]).toEqual([
    null,
    null,
    null,
  ])
})

test('rates with exact limits, as poisson.test has them', () => {
  const rates = [
    [0, 100],
    [4, 37.5],
    [10, 10],
    [120, 5230.25],
  ].map(([events, time]) => incidenceRate(events!, time!, { per: 1000, level: 0.95 })!)
  expect(rates.map(({ rate, low, high }) => [rate, low, high].map((each) => digits(each, 8)))).toEqual([
    [0, 0, 36.888795],
    [106.66667, 29.063077, 273.10903],
    [1000, 479.53887, 1839.0356],
    [22.943454, 19.022403, 27.434747],
  ])
  expect(incidenceRate(1, 0, { per: 1, level: 0.95 })).toBeNull()
})

test('figures of a list: standard deviation with n - 1, quartiles of type 7', () => {
  expect(describe([4, 1, 2, 3, 10])).toEqual({ n: 5, mean: 4, sd: Math.sqrt(12.5), median: 3, q1: 2, q3: 4 })
  expect(describe([1, 2, 3, 4])).toMatchObject({ median: 2.5, q1: 1.75, q3: 3.25 })
  expect(describe([7])).toEqual({ n: 1, mean: 7, sd: null, median: 7, q1: 7, q3: 7 })
  expect(describe([])).toEqual({ n: 0, mean: null, sd: null, median: null, q1: null, q3: null })
  expect(describe([1e16, 1, -1e16]).mean).toBe(1 / 3)
})

test('standardized differences of numbers, of two levels and of more', () => {
  expect(digits(differenceOfMeans([1, 2, 3, 4, 5], [2, 3, 4, 5, 6]))).toBe(digits(1 / Math.sqrt(2.5)))
  // Austin 2009: of shares p and q, |p - q| over the root of the mean of p (1 - p) and q (1 - q)
  expect(digits(differenceOfShares([30, 70], [45, 55]))).toBe(digits(0.15 / Math.sqrt((0.3 * 0.7 + 0.45 * 0.55) / 2)))
  // Yang and Dalton 2012, by their formula in NumPy
  expect(digits(differenceOfShares([30, 50, 20], [45, 35, 20]))).toBe(0.340915)
  expect([differenceOfShares([3, 5], [30, 50]), differenceOfShares([3, 0], [0, 5]), differenceOfMeans([1], [2])]).toEqual([0, null, null])
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })), { minLength: 2, maxLength: 6 }),
      (pairs) => {
        const [first, second] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)]
        const there = differenceOfShares(first, second)!
        // Whichever level is left out, and whichever group comes first.
        expect(differenceOfShares([...first].reverse(), [...second].reverse())!).toBeCloseTo(there, 8)
        expect(differenceOfShares(second, first)!).toBeCloseTo(there, 8)
      },
    ),
    { numRuns: 50 },
  )
})

test('Table 1 by group: missing values are told and left out of differences', () => {
  const table = tableOne(
    [
      { column: 'age', as: 'continuous', values: [50, 60, null, 70, 80] },
      { column: 'sex', as: 'categorical', values: ['f', 'm', 'f', 'f', null] },
    ],
    ['a', 'a', 'b', 'b', null],
    5,
  )
  expect(table.groups).toEqual([
    { name: 'a', people: 2 },
    { name: 'b', people: 2 },
    { name: null, people: 1 },
  ])
  const [age, sex] = table.variables
  expect(age).toMatchObject({
    overall: { n: 4, missing: 1, mean: 65 },
    groups: [{ n: 2 }, { n: 1, missing: 1, sd: null }, { n: 1 }],
    smd: null,
  })
  expect(sex).toMatchObject({
    levels: [
      { value: 'f', overall: 3, groups: [1, 2, 0] },
      { value: 'm', overall: 1, groups: [1, 0, 0] },
      { value: null, overall: 1, groups: [0, 0, 1] },
    ],
    pairs: [{ groups: ['a', 'b'] }],
  })
  expect(digits(sex!.smd)).toBe(digits(0.5 / Math.sqrt(0.25 / 2)))
})

test('which variables are missing together', () => {
  const rows = [
    [1, 'x'],
    [null, 'x'],
    [null, null],
    [2, 'y'],
    [null, 'z'],
    [4, 'y'],
    [0, ''],
  ]
  expect(missingPatterns(['a', 'b'], rows)).toEqual([
    { missing: [], people: 4 },
    { missing: ['a'], people: 2 },
    { missing: ['a', 'b'], people: 1 },
  ])
})

test('days covered: supplies that overlap follow each other, none counts beyond the period', () => {
  const year = { from: null, until: 364 }
  expect(
    adherence(
      [
        { start: 0, days: 30 },
        { start: 20, days: 30 },
      ],
      { from: null, until: 99 },
    ),
  ).toEqual({ pdc: 0.6, mpr: 0.6 })
  expect(
    adherence(
      [
        { start: 0, days: 90 },
        { start: 5, days: 90 },
      ],
      { from: null, until: 99 },
    ),
  ).toEqual({ pdc: 1, mpr: 1.8 })
  expect(adherence([{ start: -10, days: 30 }], { from: 0, until: 39 })).toEqual({ pdc: 0.5, mpr: 0 })
  expect([adherence([], year), adherence([{ start: 400, days: 30 }], year), adherence([{ start: 0, days: 0 }], year)]).toEqual([
    null,
    null,
    null,
  ])
  const supply = fc.record({ start: fc.integer({ min: -20, max: 120 }), days: fc.integer({ min: 0, max: 40 }) })
  fc.assert(
    fc.property(fc.array(supply, { minLength: 1, maxLength: 8 }), fc.option(fc.integer({ min: 0, max: 60 })), (supplies, from) => {
      const until = 99
      const found = adherence(supplies, { from, until })
      const used = supplies.filter(({ start, days }) => days > 0 && start <= until).toSorted((a, b) => a.start - b.start)
      expect(found === null).toBe(used.length === 0)
      if (found === null) return
      // A stock that is filled by supplies and loses one a day.
      const begin = from ?? used[0]!.start
      let [stock, covered] = [0, 0]
      for (let day = -30; day <= until; day++) {
        for (const { start, days } of used) if (start === day) stock += days
        if (stock > 0 && day >= begin) covered++
        if (stock > 0) stock--
      }
      expect(found.pdc).toBe(covered / (until - begin + 1))
    }),
    { numRuns: 200 },
  )
})
