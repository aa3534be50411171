import type { NotebookChart } from '@aquifer/core/contract'
import type { Result, ResultColumn } from '../result.js'

/** Marks a chart draws at most; above it a browser without a graphics card stutters. */
export const marksMax = 2000
export const seriesMax = 6
export const categoriesMax = 200

export interface Series {
  key: string
  name: string
}

export interface ChartData {
  points: Record<string, number | string | null>[]
  series: Series[]
  /** The horizontal axis carries numbers, not names. */
  numeric: boolean
  /** What was left out, to be said under the chart; null when everything is drawn. */
  left: string | null
  domain: [number, number]
  ticks: number[]
  /** Series have points of their own: a line goes on over places where only another series has one. */
  joined?: boolean
}

export type ChartProblem = { needs: string }

/** What a chart shows of a result: at most `marksMax` marks and `seriesMax` series, and never silently less than all. */
export function chartData(result: Result, chart: NotebookChart): ChartData | ChartProblem {
  const x = result.columns.find((column) => column.name === chart.x)
  const ys = chart.y.map((name) => result.columns.find((column) => column.name === name)).filter((column) => column !== undefined)
  if (x === undefined) return { needs: 'Choose the column of the horizontal axis.' }
  if (ys.length === 0) return { needs: 'Choose at least one column of numbers to draw.' }
  if (result.rows === 0) return { needs: 'The result has no rows.' }
  const by = chart.series ? result.columns.find((column) => column.name === chart.series) : undefined
  const drawn = by === undefined ? wide(result, x, ys) : long(result, x, ys[0]!, by)
  const cut = reduce(drawn.points, drawn.series, chart.type, x)
  const values = cut.points.flatMap((point) => drawn.series.map((series) => point[series.key])).filter((value) => typeof value === 'number')
  const { domain, ticks } = axis(values, chart.type !== 'line')
  return {
    points: cut.points,
    series: drawn.series,
    numeric: x.kind === 'number' || x.kind === 'year' || x.kind === 'date',
    left: [drawn.left, cut.left].filter(Boolean).join(' ') || null,
    domain,
    ticks,
  }
}

interface Drawn {
  points: Record<string, number | string | null>[]
  series: Series[]
  left: string | null
}

const xOf = (column: ResultColumn, row: number): number | string | null =>
  column.kind === 'number' || column.kind === 'year' ? column.number(row) : (column.text(row) ?? '∅')

function wide(result: Result, x: ResultColumn, ys: ResultColumn[]): Drawn {
  const series = ys.slice(0, seriesMax).map((column, at) => ({ key: `y${at}`, name: column.name }))
  const points: Drawn['points'] = []
  for (let row = 0; row < result.rows; row += 1) {
    const point: Record<string, number | string | null> = { x: xOf(x, row) ?? '∅' }
    for (const [at, column] of ys.slice(0, seriesMax).entries()) point[`y${at}`] = column.number(row)
    points.push(point)
  }
  return { points, series, left: ys.length > seriesMax ? `The first ${seriesMax} of ${ys.length} columns are drawn.` : null }
}

/** One series per value of a column; the smaller ones become "Other". */
function long(result: Result, x: ResultColumn, y: ResultColumn, by: ResultColumn): Drawn {
  const totals = new Map<string, number>()
  for (let row = 0; row < result.rows; row += 1) {
    const name = by.text(row) ?? '∅'
    totals.set(name, (totals.get(name) ?? 0) + Math.abs(y.number(row) ?? 0))
  }
  const ranked = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name)
  const kept = ranked.length <= seriesMax ? ranked : ranked.slice(0, seriesMax - 1)
  const series = kept.map((name, at) => ({ key: `y${at}`, name }))
  if (ranked.length > kept.length) series.push({ key: `y${kept.length}`, name: 'Other' })
  const keyOf = new Map(ranked.map((name, at) => [name, at < kept.length ? `y${at}` : `y${kept.length}`]))
  const points = new Map<string | number, Record<string, number | string | null>>()
  let added = 0
  for (let row = 0; row < result.rows; row += 1) {
    const at = xOf(x, row) ?? '∅'
    const point = points.get(at) ?? { x: at }
    points.set(at, point)
    const value = y.number(row)
    const key = keyOf.get(by.text(row) ?? '∅')!
    if (value === null) continue
    if (point[key] !== undefined && keyOf.get(by.text(row) ?? '∅') !== `y${kept.length}`) added += 1
    point[key] = ((point[key] as number | undefined) ?? 0) + value
  }
  return {
    points: [...points.values()],
    series,
    left:
      [
        ranked.length > kept.length
          ? `The ${kept.length} largest of ${ranked.length} series are drawn, the rest is added up as Other.`
          : null,
        added > 0 ? `Rows with the same ${x.name} and ${by.name} are added up.` : null,
      ]
        .filter(Boolean)
        .join(' ') || null,
  }
}

function reduce(
  points: Drawn['points'],
  series: Series[],
  type: NotebookChart['type'],
  x: ResultColumn,
): { points: Drawn['points']; left: string | null } {
  const sorted =
    type !== 'bar' && (x.kind === 'number' || x.kind === 'year' || x.kind === 'date')
      ? points.toSorted((a, b) =>
          typeof a['x'] === 'number' && typeof b['x'] === 'number' ? a['x'] - b['x'] : String(a['x']) < String(b['x']) ? -1 : 1,
        )
      : points
  const most = type === 'bar' ? Math.min(categoriesMax, Math.floor(marksMax / series.length)) : Math.floor(marksMax / series.length)
  if (sorted.length <= most) return { points: sorted, left: null }
  if (type === 'bar') return { points: sorted.slice(0, most), left: `The first ${most} of ${sorted.length} bars are drawn.` }
  return {
    points: extremes(sorted, series, most),
    left: `Drawn from ${most} of ${sorted.length} points: the lowest and highest of each stretch.`,
  }
}

/** Keeps the peaks: of each stretch of the line the points with the lowest and the highest value of the first series. */
function extremes(points: Drawn['points'], series: Series[], most: number): Drawn['points'] {
  const key = series[0]!.key
  const stretches = Math.max(1, Math.floor(most / 2))
  const size = points.length / stretches
  const kept: Drawn['points'] = []
  for (let at = 0; at < stretches; at += 1) {
    const stretch = points.slice(Math.floor(at * size), Math.floor((at + 1) * size))
    let low = stretch[0]
    let high = stretch[0]
    for (const point of stretch) {
      if ((point[key] ?? Infinity) < (low?.[key] ?? Infinity)) low = point
      if ((point[key] ?? -Infinity) > (high?.[key] ?? -Infinity)) high = point
    }
    for (const point of stretch) if (point === low || point === high) kept.push(point)
  }
  return kept
}

/** Round steps; bars and areas start at 0, since their length is the value. `tight`: only as far as the values reach. */
export function axis(values: number[], from: boolean | 'tight', steps = 4): { domain: [number, number]; ticks: number[] } {
  let low = values.reduce((a, b) => Math.min(a, b), Infinity)
  let high = values.reduce((a, b) => Math.max(a, b), -Infinity)
  if (!Number.isFinite(low)) [low, high] = [0, 1]
  const nearZero = low > 0 === high > 0 && Math.abs(high - low) > 0.5 * Math.abs(high)
  if (from === true || (from === false && nearZero)) [low, high] = [Math.min(0, low), Math.max(0, high)]
  if (low === high) [low, high] = low === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, high)]
  const rough = (high - low) / steps
  const power = 10 ** Math.floor(Math.log10(rough))
  const stride = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? power * 10
  const first = Math.floor(low / stride + 1e-9)
  const last = Math.ceil(high / stride - 1e-9)
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * stride).toPrecision(12)))
  return { domain: [ticks[0]!, ticks.at(-1)!], ticks }
}

/** A first proposal for a fresh result: names or years across, counts up. */
export function propose(result: Result): Pick<NotebookChart, 'type' | 'x' | 'y'> {
  const numbers = result.columns.filter((column) => column.kind === 'number' && !/(^|_)(code|key|id)$/i.test(column.name))
  const x = result.columns.find((column) => !numbers.includes(column)) ?? result.columns[0]
  const drawn = numbers.filter((column) => column !== x)
  // On one axis a share beside counts is a line along the ground.
  const counts = drawn.filter((column) => !/(^|_)(percent|percentage|pct|share|ratio)(_|$)/i.test(column.name))
  const y = counts.length > 0 ? counts : drawn
  const time = x !== undefined && (x.kind === 'date' || /(year|month|day)$/i.test(x.name))
  return { type: time ? 'line' : 'bar', x: x?.name ?? '', y: y.slice(0, 2).map((column) => column.name) }
}
