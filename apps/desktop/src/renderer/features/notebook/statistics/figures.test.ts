import { expect, test } from 'vitest'
import type { StatisticsAnswer } from '@aquifer/core/contract'
import { basis } from '../../../../../test/answering-server.js'
import { curvesOf, figuresCsv, partsOf, tablesOf } from './figures.js'
import { formOf, lacking } from './run-figure.js'

const told = {
  statement: 's',
  basis,
  suppressed: 1,
  rule: 'small-cells' as const,
  notes: [],
  lineage: { columns: [], method: [], policy: null },
}
const survival: Extract<StatisticsAnswer, { kind: 'survival' }> = {
  kind: 'survival',
  ...told,
  unit: 'years',
  level: 0.95,
  groups: [
    {
      name: '=men',
      people: 114,
      events: '<11',
      median: { value: null, low: null, high: null },
      drawn: [
        { time: 0, survival: 1, low: 1, high: 1 },
        { time: 10, survival: 0.8, low: 0.7, high: 0.9 },
      ],
      ends: { time: 10, because: 'few-at-risk' },
      exact: null,
    },
  ],
  atRisk: { times: [0, 5, 10, 20], counts: [[114, 60, '<11', '<11']] },
  logRank: null,
}

test('a suppressed count is a mark in the table, in the drawing and in the file, and a formula is none', () => {
  const [table] = tablesOf(survival)
  expect(table?.rows[0]).toMatchObject({ name: '=men', figures: [{ text: '114' }, { text: '<11', hidden: true }, { text: 'not reached' }] })
  expect(curvesOf(survival)).toMatchObject({ end: 10, times: [0, 5, 10], groups: [{ atRisk: [114, 60, '<11'] }] })
  expect(figuresCsv(tablesOf(survival), 'N, f')).toContain("'=men,114,<11,not reached")
})

test('a request has what its kind knows, and says what is lacking', () => {
  const held = { of: 'people', variables: ['age'], group: 'sex', time: 't', event: 'e' }
  expect(formOf({ kind: 'table-one', ...held })).toEqual({ kind: 'table-one', variables: [{ column: 'age' }], by: 'sex' })
  expect(formOf({ kind: 'incidence', ...held })).toEqual({ kind: 'incidence', time: 't', events: 'e', group: 'sex' })
  expect(lacking({ kind: 'adherence', ...held })).toMatch(/start and days/)
  expect(lacking({ kind: 'missing', of: '', variables: [] })).toMatch(/Choose the result/)
})

test('a curve lasts until it ends, also where few events make no step, and years are written as years', () => {
  const flat = { ...survival, groups: survival.groups.map((group) => ({ ...group, ends: { ...group.ends, time: 23 } })) }
  expect([curvesOf(flat).end, curvesOf(survival).end]).toEqual([23, 10])
  const figures = { n: 3, missing: 0, mean: 1963.6, sd: 12_345.6, median: null, q1: null, q3: null }
  const variables = [{ as: 'continuous' as const, column: 'birth_year', overall: figures, groups: [], smd: null, pairs: [] }]
  const [table] = tablesOf({ kind: 'table-one', ...told, people: 3, groups: [], variables })
  expect(table?.rows[1]?.figures[0]).toEqual({ text: '1963.6 (12,345.6)' })
})

test('what follows a number stands beneath its like: percentages by their point', () => {
  const { width, parts } = partsOf([{ text: '269' }, { text: '9 (3.5 %)' }, { text: '186 (69.1 %)' }, { text: '<11', hidden: true }])
  expect(width).toBe('(69.1 %)'.length)
  expect(parts).toEqual([
    { main: '269', rest: '', lead: '' },
    { main: '9', rest: '(3.5 %)', lead: '0' },
    { main: '186', rest: '(69.1 %)', lead: '' },
    { main: '<11', rest: '', lead: '' },
  ])
})

test('a code in Table 1 has its name beside it', () => {
  const level = { overall: { n: 12, share: 0.5 }, groups: [] }
  const levels = [
    { value: '834060', name: 'Penicillin V', ...level },
    { value: null, ...level },
  ]
  const variables = [{ as: 'categorical' as const, column: 'code', levels, smd: null, pairs: [] }]
  const [table] = tablesOf({ kind: 'table-one', ...told, people: 24, groups: [], variables })
  expect(table?.rows.map(({ name }) => name)).toEqual(['People', 'code, n (%)', '834060 Penicillin V', 'missing'])
})
