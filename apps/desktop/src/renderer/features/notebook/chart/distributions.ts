import type { NotebookChart } from '@aquifer/core/contract'
import type { Result, ResultColumn } from '../result.js'
import { axis, marksMax, seriesMax, type ChartData, type ChartProblem, type Series } from './chart-data.js'

const column = (result: Result, name: string): ResultColumn | undefined => result.columns.find((one) => one.name === name)
const numberAt = (result: Result, name: string, row: number): number | null => column(result, name)?.number(row) ?? null
const textAt = (result: Result, name: string, row: number): string => column(result, name)?.text(row) ?? '∅'
const shortNumber = (value: number) => String(Number(value.toPrecision(10)))

/** Bins as bars of one axis of names; of many series the largest, the rest as Other. */
export function histogramOf(own: Result, chart: NotebookChart): ChartData | ChartProblem {
  if (own.rows === 0) return { needs: `${chart.x} has no numbers.` }
  const totals = new Map<string, number>()
  for (let row = 0; row < own.rows; row += 1) {
    const name = textAt(own, 'series', row)
    totals.set(name, (totals.get(name) ?? 0) + (numberAt(own, 'n', row) ?? 0))
  }
  const ranked = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name)
  const kept = ranked.length <= seriesMax ? ranked : ranked.slice(0, seriesMax - 1)
  const series: Series[] = kept.map((name, at) => ({ key: `y${at}`, name: chart.series ? name : 'rows' }))
  if (ranked.length > kept.length) series.push({ key: `y${kept.length}`, name: 'Other' })
  const bins = new Map<number, Record<string, number | string | null>>()
  for (let row = 0; row < own.rows; row += 1) {
    const from = numberAt(own, 'bin_from', row) ?? 0
    const bin = bins.get(from) ?? { x: shortNumber(from), to: shortNumber(numberAt(own, 'bin_to', row) ?? from) }
    bins.set(from, bin)
    const at = kept.indexOf(textAt(own, 'series', row))
    const key = `y${at < 0 ? kept.length : at}`
    bin[key] = ((bin[key] as number | undefined) ?? 0) + (numberAt(own, 'n', row) ?? 0)
  }
  const points = filled([...bins.entries()].sort((a, b) => a[0] - b[0]))
  const heights = points.map((point) => series.reduce((sum, one) => sum + Number(point[one.key] ?? 0), 0))
  const left = ranked.length > kept.length ? `The ${kept.length} largest of ${ranked.length} series are drawn, the rest is Other.` : null
  return { points, series, numeric: false, left, ...axis(heights, true) }
}

/** An empty bin is a gap in the data and has to be seen as one. */
function filled(bins: [number, Record<string, number | string | null>][]): Record<string, number | string | null>[] {
  const [first] = bins
  const last = bins.at(-1)
  if (first === undefined || last === undefined) return []
  const width = Number(first[1]['to']) - first[0]
  const count = width > 0 ? Math.round((last[0] - first[0]) / width) + 1 : bins.length
  if (count > 200 || count <= bins.length) return bins.map(([, bin]) => bin)
  const at = new Map(bins.map(([from, bin]) => [Math.round((from - first[0]) / width), bin]))
  return Array.from({ length: count }, (_, index) => {
    const from = first[0] + index * width
    return at.get(index) ?? { x: shortNumber(from), to: shortNumber(from + width) }
  })
}

export interface Box {
  x: string
  n: number
  low: number
  q1: number
  median: number
  q3: number
  high: number
}
export interface Boxes {
  form: 'box'
  boxes: Box[]
  domain: [number, number]
  ticks: number[]
  left: string | null
}

export function boxesOf(own: Result): Boxes | ChartProblem {
  const boxes: Box[] = []
  let beyond = 0
  for (let row = 0; row < own.rows; row += 1) {
    const [low, q1, median, q3, high] = ['low', 'q1', 'median', 'q3', 'high'].map((name) => numberAt(own, name, row))
    if (low == null || q1 == null || median == null || q3 == null || high == null) continue
    boxes.push({ x: textAt(own, 'grouped', row), n: numberAt(own, 'n', row) ?? 0, low, q1, median, q3, high })
    beyond += numberAt(own, 'beyond', row) ?? 0
  }
  if (boxes.length === 0) return { needs: 'The column has no numbers to draw.' }
  const groups = numberAt(own, 'all_groups', 0) ?? boxes.length
  const left = [
    groups > boxes.length ? `${boxes.length} of ${groups} groups are drawn.` : null,
    beyond > 0 ? 'Whiskers end within 1.5 boxes; values beyond them are not drawn.' : null,
  ]
  return {
    form: 'box',
    boxes,
    left: left.filter(Boolean).join(' ') || null,
    ...axis(
      boxes.flatMap((box) => [box.low, box.high]),
      'tight',
    ),
  }
}

export interface Field {
  x: string
  y: string
  v: number
}
export interface Fields {
  form: 'heatmap'
  xs: string[]
  ys: string[]
  fields: Field[]
  low: number
  high: number
  left: string | null
}

export function fieldsOf(own: Result, chart: NotebookChart): Fields | ChartProblem {
  const fields: Field[] = []
  for (let row = 0; row < own.rows; row += 1) {
    const v = numberAt(own, 'v', row)
    if (v !== null) fields.push({ x: textAt(own, 'x', row), y: textAt(own, 'y', row), v })
  }
  if (fields.length === 0) return { needs: 'No field has a value.' }
  const xs = [...new Set(fields.map((field) => field.x))]
  const ys = inOrder([...new Set(fields.map((field) => field.y))])
  const [allX, allY] = [numberAt(own, 'all_x', 0) ?? xs.length, numberAt(own, 'all_y', 0) ?? ys.length]
  const values = fields.map((field) => field.v)
  const left = [
    allX > xs.length ? `${xs.length} of ${allX} values of ${chart.x}` : null,
    allY > ys.length ? `${ys.length} of ${allY} values of ${chart.series}` : null,
  ].filter(Boolean)
  return {
    form: 'heatmap',
    xs,
    ys,
    fields,
    low: Math.min(...values),
    high: Math.max(...values),
    left: left.length > 0 ? `Drawn: ${left.join(', ')}, those with the most rows.` : null,
  }
}

function inOrder(texts: string[]): string[] {
  const collator = new Intl.Collator('en', { numeric: true })
  return texts.toSorted((a, b) => collator.compare(a, b))
}

export interface Dot {
  x: number
  y: number
  n: number
}
export interface Scatter {
  form: 'scatter'
  /** Marks are squares of the plot, with how many points lie in each. */
  counted: boolean
  series: { name: string; dots: Dot[] }[]
  most: number
  x: { domain: [number, number]; ticks: number[] }
  domain: [number, number]
  ticks: number[]
  left: string | null
}

/** `counted`: each row is a square of the plot and how many points lie in it. */
export function scatterOf(result: Result, chart: NotebookChart, counted: boolean): Scatter | ChartProblem {
  const [x, y, by] = counted ? ['x', 'y', 'series'] : [chart.x, chart.y[0] ?? '', chart.series ?? '']
  if (column(result, x) === undefined || column(result, y) === undefined)
    return { needs: 'Choose a column of numbers across and one upwards.' }
  const series = new Map<string, Dot[]>()
  for (let row = 0; row < Math.min(result.rows, marksMax); row += 1) {
    const at = numberAt(result, x, row)
    const up = numberAt(result, y, row)
    if (at === null || up === null) continue
    const name = chart.series ? textAt(result, by, row) : (chart.y[0] ?? '')
    const dots = series.get(name) ?? []
    series.set(name, dots)
    dots.push({ x: at, y: up, n: counted ? (numberAt(result, 'n', row) ?? 1) : 1 })
  }
  const all = [...series.values()].flat()
  if (all.length === 0) return { needs: 'The two columns have no numbers in common.' }
  const ranked = [...series].sort((a, b) => b[1].length - a[1].length)
  const drawn = ranked.slice(0, seriesMax).map(([name, dots]) => ({ name, dots }))
  const left = [
    counted ? `Drawn from ${all.length} squares; the larger the mark, the more points lie in its square.` : null,
    ranked.length > seriesMax ? `The ${seriesMax} largest of ${ranked.length} series are drawn.` : null,
  ]
  const upAxis = axis(
    all.map((dot) => dot.y),
    'tight',
  )
  const acrossAxis = axis(
    all.map((dot) => dot.x),
    'tight',
  )
  return {
    form: 'scatter',
    counted,
    series: drawn,
    most: Math.max(...all.map((dot) => dot.n)),
    x: acrossAxis,
    ...upAxis,
    left: left.filter(Boolean).join(' ') || null,
  }
}
