import { describe, expect, test } from 'vitest'
import type { NotebookChart, QueryBasis } from '@aquifer/core/contract'
import type { Result, ResultColumn } from '../result.js'
import { axis, chartData, marksMax, propose, seriesMax, type ChartData } from './chart-data.js'

function column(
  name: string,
  values: (number | string | null)[],
  kind: ResultColumn['kind'] = typeof values[0] === 'string' ? 'text' : 'number',
): ResultColumn {
  return {
    name,
    kind,
    at: (row) => values[row],
    text: (row) => (values[row] === null ? null : String(values[row])),
    number: (row) => (typeof values[row] === 'number' ? values[row] : null),
  }
}
const aResult = (...columns: ResultColumn[]): Result => ({ columns, rows: 0, basis: {} as QueryBasis })
const withRows = (result: Result, rows: number): Result => ({ ...result, rows })
const drawn = (result: Result, chart: Partial<NotebookChart>) =>
  chartData(result, { type: 'line', of: 'r', x: 'x', y: ['y'], ...chart }) as ChartData

describe('what a chart draws', () => {
  test('of a long line the peaks, and says so', () => {
    const values = Array.from({ length: 50_000 }, (_, at) => (at === 31_234 ? 999 : at % 7))
    const data = drawn(
      withRows(
        aResult(
          column(
            'x',
            values.map((_, at) => at),
          ),
          column('y', values),
        ),
        values.length,
      ),
      {},
    )
    expect(data.points.length).toBeLessThanOrEqual(marksMax)
    expect(data.points.some((point) => point['y0'] === 999)).toBe(true)
    expect(data.left).toMatch(/of 50000 points/)
  })

  test('of many series the largest, and the rest as Other with nothing lost', () => {
    const names = Array.from({ length: 10 }, (_, at) => `s${at}`)
    const result = withRows(
      aResult(
        column(
          'x',
          names.map(() => 'a'),
        ),
        column(
          'y',
          names.map((_, at) => at + 1),
        ),
        column('s', names),
      ),
      10,
    )
    const data = drawn(result, { series: 's' })
    expect(data.series).toHaveLength(seriesMax)
    expect(data.series.at(-1)?.name).toBe('Other')
    expect(Object.values(data.points[0]!).reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : 0), 0)).toBe(55)
    expect(data.left).toMatch(/5 largest of 10 series/)
  })

  test('all of a small result, without a remark', () => {
    const data = drawn(withRows(aResult(column('x', ['a', 'b']), column('y', [3, null])), 2), { type: 'bar' })
    expect(data).toMatchObject({
      left: null,
      points: [
        { x: 'a', y0: 3 },
        { x: 'b', y0: null },
      ],
    })
  })

  test('nothing without a column, and says which', () => {
    expect(chartData(withRows(aResult(column('x', ['a'])), 1), { type: 'bar', of: 'r', x: 'x', y: [] })).toEqual({
      needs: expect.stringMatching(/column of numbers/) as string,
    })
  })
})

test('bars and areas start at 0; lines may not, and steps are round', () => {
  expect(axis([142, 158], true).domain[0]).toBe(0)
  expect(axis([142, 158], false).domain[0]).toBeGreaterThan(100)
  expect(axis([0, 1032], true).ticks).toEqual([0, 500, 1000, 1500])
  expect(axis([], true).domain).toEqual([0, 1])
  expect(axis([-3, 5], true).domain).toEqual([-4, 6])
})

test('a fresh result gets a sensible first chart', () => {
  const years = withRows(aResult(column('year', [1990], 'year'), column('people', [3]), column('mean', [1.5])), 1)
  expect(propose(years)).toEqual({ type: 'line', x: 'year', y: ['people', 'mean'] })
  const codes = withRows(aResult(column('code', [1]), column('code_text', ['a']), column('n', [3])), 1)
  expect(propose(codes)).toEqual({ type: 'bar', x: 'code', y: ['n'] })
  const shares = withRows(aResult(column('drug', ['a']), column('people', [3]), column('percent', [1.5])), 1)
  expect(propose(shares).y).toEqual(['people'])
  expect(propose(withRows(aResult(column('drug', ['a']), column('percent', [1.5])), 1)).y).toEqual(['percent'])
})
