import type { NotebookChart } from '@aquifer/core/contract'
import type { Result } from '../result.js'
import { chartData, type ChartData, type ChartProblem } from './chart-data.js'
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

function form(chart: NotebookChart, source: Result, own: Result | null): Drawing | ChartProblem {
  if (source.rows === 0) return { needs: 'The result has no rows.' }
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
      return lines(own === null ? chartData(source, chart) : stretched(own, source, chart))
  }
}

const lines = (data: ChartData | ChartProblem): Drawing | ChartProblem => ('needs' in data ? data : { form: 'lines', ...data })

/** Rows of the statement that kept the lowest and highest of each stretch. */
function stretched(own: Result, source: Result, chart: NotebookChart): ChartData | ChartProblem {
  const data = chartData(own, { ...chart, x: 'x', y: ['v'], series: 'series' })
  if ('needs' in data) return data
  const all = source.basis.totalRows === null ? 'more' : source.basis.totalRows.toLocaleString('en-US')
  return { ...data, left: `Drawn from ${own.rows} of ${all} rows: the lowest and highest of each stretch.` }
}
