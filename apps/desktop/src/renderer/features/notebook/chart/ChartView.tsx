import './chart.css'
import type { NotebookChart } from '@aquifer/core/contract'
import { BarsView, isLying } from './BarsView.js'
import { BoxesView } from './BoxesView.js'
import type { Drawing } from './drawing.js'
import { FieldsView } from './FieldsView.js'
import { LinesView } from './LinesView.js'
import { ScatterView } from './ScatterView.js'
import { SurvivalView } from './SurvivalView.js'

/** One picture, told in words too; the numbers are in the table behind it. */
export function ChartView({ drawing, chart, label }: { drawing: Drawing; chart: NotebookChart; label: string }) {
  return (
    <div className="chart">
      <figure className="chart-plot" role="img" aria-label={`${label}: ${described(drawing, chart)} The numbers are in the table.`}>
        <Plot drawing={drawing} chart={chart} />
      </figure>
    </div>
  )
}

function Plot({ drawing, chart }: { drawing: Drawing; chart: NotebookChart }) {
  switch (drawing.form) {
    case 'lines':
      return isLying(drawing, chart) ? <BarsView data={drawing} /> : <LinesView data={drawing} chart={chart} />
    case 'scatter':
      return <ScatterView data={drawing} chart={chart} />
    case 'box':
      return <BoxesView data={drawing} />
    case 'heatmap':
      return <FieldsView data={drawing} />
    case 'survival':
      return <SurvivalView data={drawing} unit={chart.x} />
  }
}

const names: Record<NotebookChart['type'], string> = {
  bar: 'bar chart',
  line: 'line chart',
  area: 'area chart',
  scatter: 'scatter plot',
  histogram: 'histogram',
  box: 'box plot',
  heatmap: 'heat map',
  survival: 'survival curve',
}

function described(drawing: Drawing, chart: NotebookChart): string {
  const kind = names[chart.type]
  switch (drawing.form) {
    case 'lines':
      if (chart.type === 'histogram') return `${kind} of ${chart.x}, ${drawing.points.length} bins.`
      return `${kind} of ${drawing.series.map((series) => series.name).join(', ')} by ${chart.x}, ${drawing.points.length} points.`
    case 'scatter':
      return `${kind} of ${chart.y[0] ?? ''} by ${chart.x}, ${drawing.series.reduce((sum, one) => sum + one.dots.length, 0)} marks.`
    case 'box':
      return `${kind} of ${chart.y[0] ?? ''}, ${drawing.boxes.map((box) => `${box.x || 'all'}: median ${box.median}`).join(', ')}.`
    case 'heatmap':
      return `${kind} of ${chart.y[0] ?? 'rows'}, ${drawing.xs.length} by ${drawing.ys.length} fields.`
    case 'survival':
      return `${kind}, ${drawing.groups.map((group) => `${group.name} ends at ${Math.round(group.last)} %`).join(', ')}.`
  }
}
