import { describe, expect, test } from 'vitest'
import type { NotebookChart, QueryBasis } from '@aquifer/core/contract'
import type { Result, ResultColumn } from '../result.js'
import { chartStatement, type SourceShape } from './chart-sql.js'
import { draw, singleRows, type Drawing } from './drawing.js'
import { fitted } from './fitted.js'

type Value = number | string | null
function aResult(columns: Record<string, Value[]>): Result {
  const made = Object.entries(columns).map(([name, values]): ResultColumn => {
    const kind = typeof values.find((value) => value !== null) === 'string' ? 'text' : 'number'
    return {
      name,
      kind,
      at: (row) => values[row],
      text: (row) => (values[row] == null ? null : String(values[row])),
      number: (row) => (typeof values[row] === 'number' ? values[row] : null),
    }
  })
  return { columns: made, rows: Object.values(columns)[0]?.length ?? 0, basis: { totalRows: 50_000 } as QueryBasis }
}
const shape = (names: string[], part: Partial<SourceShape> = {}): SourceShape => ({
  columns: names.map((name) => ({ name, kind: 'number' as const })),
  rows: 100,
  truncated: false,
  ...part,
})
const chart = (part: Partial<NotebookChart>): NotebookChart => ({ type: 'line', of: 'people', x: 'x', y: ['y'], ...part })
const drawn = (given: NotebookChart, source: Result, own: Result | null = null): Drawing => {
  const made = draw(given, source, own)
  if ('needs' in made) throw new Error(made.needs)
  return made.drawing
}

describe('which statement stands behind a chart', () => {
  test('none where the rows at hand are all it needs', () => {
    for (const type of ['bar', 'line', 'area', 'scatter'] as const) expect(chartStatement(chart({ type }), shape(['x', 'y']))).toBeNull()
    expect(chartStatement(chart({ type: 'survival' }), shape(['x', 'y'], { truncated: true }))).toBeNull()
  })

  test('none of figures of groups, and what is drawn of rows says so', () => {
    const told = { told: true, truncated: true }
    for (const type of ['bar', 'line', 'box', 'histogram', 'heatmap', 'scatter'] as const)
      expect(chartStatement(chart({ type, series: 'z' }), shape(['x', 'y', 'z'], told))).toBeNull()
    const groups = aResult({ x: [1, 2], y: [15, 20] })
    const source = { ...groups, basis: { ...groups.basis, level: 'counts' as const } }
    expect(draw(chart({ type: 'box' }), source, null)).toMatchObject({ needs: expect.stringContaining('figures of groups') as string })
    expect(drawn(chart({ type: 'bar' }), source)).toMatchObject({ points: [{ y0: 15 }, { y0: 20 }] })
  })

  test('one around the result for distributions, and where the result is too long', () => {
    expect(chartStatement(chart({ type: 'histogram' }), shape(['x', 'y']))).toMatch(/from people .*count\(\*\) as n/s)
    expect(chartStatement(chart({ type: 'box' }), shape(['x', 'y']))).toMatch(/quantile_cont\(v, 0\.25\)/)
    expect(chartStatement(chart({ type: 'heatmap', series: 'z' }), shape(['x', 'y', 'z']))).toMatch(/avg\(v\) as v/)
    expect(chartStatement(chart({ type: 'scatter' }), shape(['x', 'y'], { rows: 2001 }))).toMatch(/count\(\*\) as n/)
    expect(chartStatement(chart({ y: ['y', 'z'] }), shape(['x', 'y', 'z'], { truncated: true }))).toMatch(/union all[\s\S]*arg_min\(x, v\)/)
  })

  test('names of columns are quoted, and a column that is gone is not asked for', () => {
    const odd = chartStatement(chart({ type: 'histogram', x: 'a"; drop' }), shape(['a"; drop', 'y']))
    expect(odd).toContain('cast("a""; drop" as double)')
    expect(chartStatement(chart({ type: 'histogram', x: 'gone' }), shape(['y']))).toBeNull()
  })
})

describe('what is drawn', () => {
  test('of a histogram every bin, the empty ones too', () => {
    const own = aResult({ bin_from: [10, 30], bin_to: [20, 40], series: ['', ''], n: [4, 2] })
    expect(drawn(chart({ type: 'histogram', y: [] }), own, own)).toMatchObject({
      form: 'lines',
      series: [{ name: 'rows' }],
      points: [
        { x: '10', to: '20', y0: 4 },
        { x: '20', to: '30' },
        { x: '30', to: '40', y0: 2 },
      ],
      domain: [0, 4],
    })
  })

  test('of boxes no value beyond the whiskers, and says so', () => {
    const own = aResult({ grouped: ['f'], n: [9], low: [1], q1: [2], median: [3], q3: [4], high: [5], beyond: [1], all_groups: [30] })
    const boxes = drawn(chart({ type: 'box' }), own, own)
    expect(boxes).toMatchObject({ form: 'box', boxes: [{ x: 'f', n: 9, median: 3 }] })
    expect(boxes.left).toMatch(/1 of 30 groups.*beyond them are not drawn/)
  })

  test('of a survival table the steps of both groups on one axis, each to its own end', () => {
    const source = aResult({
      t: [2, 5, 3],
      s: [0.9, 0.5, 0.8],
      sex: ['f', 'f', 'm'],
      low: [0.8, 0.4, 0.7],
      up: [1, 0.6, 0.9],
      n: [40, 20, 30],
    })
    const survival = drawn(chart({ type: 'survival', x: 't', y: ['s'], series: 'sex', lower: 'low', upper: 'up', atRisk: 'n' }), source)
    expect(survival).toMatchObject({
      form: 'survival',
      end: 5,
      groups: [
        { name: 'f', last: 50 },
        { name: 'm', last: 80 },
      ],
      points: [
        { time: 0, s0: 100, s1: 100 },
        { time: 2, s0: 90, b0: [80, 100], s1: 100 },
        { time: 3, s0: 90, s1: 80 },
        { time: 5, s0: 50 },
      ],
    })
    expect(survival.form === 'survival' && survival.points[3]?.['s1']).toBeUndefined()
    expect(survival.form === 'survival' && survival.groups[0]?.atRisk.slice(0, 3)).toEqual([40, 40, 40])
  })

  test('of a line that was thinned its rows as they are, never added up', () => {
    const own = aResult({ x: [1, 1, 2], series: ['f', 'f', 'm'], v: [3, 9, 5] })
    const line = drawn(chart({ series: 'sex' }), own, own)
    expect(line).toMatchObject({
      form: 'lines',
      joined: true,
      points: [
        { x: 1, y0: 3 },
        { x: 1, y0: 9 },
        { x: 2, y1: 5 },
      ],
    })
    expect(line.left).toBe('Drawn from 3 of 50,000 rows: the lowest and highest of each stretch.')
  })

  test('of counted squares marks by how many points they hold', () => {
    const own = aResult({ x: [1, 2], y: [3, 4], series: ['', ''], n: [1, 90] })
    const made = draw(chart({ type: 'scatter' }), aResult({ x: [1], y: [2] }), own)
    if ('needs' in made) throw new Error(made.needs)
    expect(made.drawing).toMatchObject({
      form: 'scatter',
      most: 90,
      left: expect.stringMatching(/^Drawn from 2 squares/) as string,
    })
    expect(singleRows(chart({ type: 'scatter' }), made)).toBe(0)
  })

  const rowsOf = (type: NotebookChart['type'], result: Result, own: Result | null = null) => {
    const made = draw(chart({ type }), result, own)
    return 'needs' in made ? null : singleRows(chart({ type }), made)
  }

  test('of points each is a row, which leaves the house as rows do; few bars and figures of groups are none', () => {
    const source = aResult({ x: [1, 2, null], y: [3, 4, 5] })
    expect(rowsOf('scatter', source)).toBe(2)
    expect(rowsOf('bar', source)).toBe(0)
    expect(rowsOf('scatter', { ...source, basis: { ...source.basis, level: 'counts' } })).toBe(0)
  })

  test.each(['bar', 'line', 'area'] as const)(
    'a %s chart of more rows than anybody copies is rows, of groups and bins it is none',
    (type) => {
      const numbers = (length: number) => Array.from({ length }, (_, at) => at)
      const of = (length: number) => aResult({ x: numbers(length), y: numbers(length) })
      expect(rowsOf(type, of(100))).toBe(0)
      expect(rowsOf(type, of(101))).toBe(101)
      expect(rowsOf(type, { ...of(101), basis: { ...of(101).basis, level: 'counts' } })).toBe(0)
      const bins = aResult({
        bin_from: numbers(150),
        bin_to: numbers(150).map((n) => n + 1),
        series: numbers(150).map(() => ''),
        n: numbers(150),
      })
      expect(rowsOf('histogram', of(150), bins)).toBe(0)
    },
  )
})

test('a chart that is drawn another way takes columns that fit', () => {
  const result = aResult({ sex: ['f'], years: [1], survival: [1], lower: [1], upper: [1], at_risk: [9] })
  expect(fitted(chart({ type: 'survival', x: 'sex', y: ['lower'] }), result)).toMatchObject({
    x: 'years',
    y: ['survival'],
    lower: 'lower',
    upper: 'upper',
    atRisk: 'at_risk',
    series: 'sex',
  })
  expect(fitted(chart({ type: 'histogram', x: 'sex', y: ['years'] }), result)).toMatchObject({ x: 'years', y: [] })
  expect(fitted(chart({ type: 'scatter', x: 'sex', y: ['years'] }), result)).toMatchObject({ x: 'survival', y: ['years'] })
})
