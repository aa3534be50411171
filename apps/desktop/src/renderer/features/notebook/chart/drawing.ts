import type { NotebookChart } from '@aquifer/core/contract'
import { chosenRowsMax, type Result } from '../result.js'
import { axis, chartData, type ChartData, type ChartProblem } from './chart-data.js'
import { boxesOf, fieldsOf, histogramOf, scatterOf, type Boxes, type Fields, type Scatter } from './distributions.js'
import { survivalOf, type Survival } from './survival.js'

export type Drawing = ({ form: 'lines' } & ChartData) | Scatter | Boxes | Fields | Survival

export interface Drawn {
  drawing: Drawing
  /** The rows that are drawn: the source's own, or those of the statement around it. */
  shown: Result
}

/** What a chart shows. `own`: rows of the chart's own statement, where it needs one. */
export function draw(chart: NotebookChart, source: Result, own: Result | null): Drawn | ChartProblem {
  const shown = own ?? source
  const drawing = form(chart, source, own)
  return 'needs' in drawing ? drawing : { drawing, shown }
}

/** Each mark is a row of the result; of few rows, which anybody may copy, that makes no file. */
export const marksRows: ReadonlySet<NotebookChart['type']> = new Set(['bar', 'line', 'area'])

/** How many single rows a drawing shows, each as a mark of its own: a picture of it is then a file of rows. Figures of groups are none. */
export function singleRows({ type }: NotebookChart, { drawing, shown }: Drawn): number {
  if (shown.basis.level === 'counts') return 0
  if (drawing.form === 'scatter') return drawing.counted ? 0 : drawing.series.reduce((sum, { dots }) => sum + dots.length, 0)
  if (drawing.form !== 'lines' || !marksRows.has(type) || drawing.points.length <= chosenRowsMax) return 0
  return drawing.points.length
}

/** Reckoned by the engine of each row behind the result. */
export const ofRows: ReadonlySet<NotebookChart['type']> = new Set(['histogram', 'box', 'heatmap'])

function form(chart: NotebookChart, source: Result, own: Result | null): Drawing | ChartProblem {
  if (source.rows === 0) return { needs: 'The result has no rows.' }
  if (source.basis.level === 'counts' && ofRows.has(chart.type))
    return { needs: 'It is drawn of rows, and these are figures of groups. Draw bars or lines.' }
  switch (chart.type) {
    case 'histogram':
      return own === null ? { needs: 'Choose the column of numbers to count.' } : lines(histogramOf(own, chart))
    case 'box':
      return own === null ? { needs: 'Choose the column of numbers, and the groups across.' } : boxesOf(own)
    case 'heatmap':
      return own === null ? { needs: 'Choose what stands across and what upwards.' } : fieldsOf(own, chart)
    case 'scatter':
      return scatterOf(own ?? source, chart, own !== null)
    case 'survival':
      return survivalOf(source, chart)
    case 'bar':
      return lines(own === null ? chartData(source, chart) : chartData(own, { ...chart, x: 'x', y: ['v'], series: 'series' }))
    default:
      return lines(own === null ? chartData(source, chart) : stretched(own, source))
  }
}

const lines = (data: ChartData | ChartProblem): Drawing | ChartProblem => ('needs' in data ? data : { form: 'lines', ...data })

/** Rows of the statement that kept the lowest and highest of each stretch: drawn as they are, never added up. */
function stretched(own: Result, source: Result): ChartData | ChartProblem {
  const [x, series, v] = ['x', 'series', 'v'].map((name) => own.columns.find((column) => column.name === name))
  if (!x || !series || !v || own.rows === 0) return { needs: 'No row has a value to draw.' }
  const names: string[] = []
  const numeric = x.kind === 'number' || x.kind === 'year'
  const points = Array.from({ length: own.rows }, (_, row) => {
    const name = series.text(row) ?? '∅'
    if (!names.includes(name)) names.push(name)
    const at = numeric ? x.number(row) : x.text(row)
    return { x: at ?? '∅', [`y${names.indexOf(name)}`]: v.number(row) }
  })
  const all = source.basis.totalRows === null ? 'more' : source.basis.totalRows.toLocaleString('en-US')
  const values = points.flatMap((point) =>
    Object.entries(point).flatMap(([key, value]) => (key !== 'x' && typeof value === 'number' ? [value] : [])),
  )
  return {
    points,
    series: names.map((name, at) => ({ key: `y${at}`, name })),
    numeric: numeric || x.kind === 'date',
    joined: true,
    left: `Drawn from ${own.rows.toLocaleString('en-US')} of ${all} rows: the lowest and highest of each stretch.`,
    ...axis(values, false),
  }
}
