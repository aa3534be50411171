import { Area, Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { NotebookChart } from '@aquifer/core/contract'
import type { ChartData, Series } from './chart-data.js'
import {
  across,
  AcrossName,
  bandFill,
  EndLabels,
  figure,
  height,
  labelRoom,
  legendRoom,
  Legend,
  nameUpwards,
  Shape,
  styleAt,
  Tip,
  tipCursor,
  top,
  upwards,
  type MarkShape,
  type Pointed,
} from './marks.js'

/** Bars, lines, areas and the bins of a histogram. Three channels per series (hue, dash, marker). */
export function LinesView({ data, chart }: { data: ChartData; chart: NotebookChart }) {
  const bars = chart.type === 'bar' || chart.type === 'histogram'
  const legend = bars && data.series.length > 1
  const alone = bars && data.series.length === 1 ? data.series[0]?.name : undefined
  const marked = data.points.length <= 40
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ComposedChart
        data={data.points}
        margin={{ top: legend || alone ? legendRoom : top, right: bars ? 12 : labelRoom, bottom: bars ? 18 : 0, left: 0 }}
        barCategoryGap={chart.type === 'histogram' ? 1 : '22%'}
        barGap={2}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
        <XAxis
          {...across}
          {...(bars ? { label: { value: chart.x, position: 'insideBottom', offset: -12, fontSize: 11, fill: 'var(--ink-3)' } } : {})}
        />
        <YAxis {...upwards} domain={data.domain} ticks={data.ticks} {...(alone ? { label: { ...nameUpwards, value: alone } } : {})} />
        <Tooltip cursor={tipCursor} isAnimationActive={false} content={<PointTip series={data.series} />} />
        {data.series.map((series, at) => mark(series, at, chart.type, { marked, joined: data.joined ?? false }))}
        {legend && <Legend names={data.series.map((series) => series.name)} />}
        {!bars && <EndLabels ends={ends(data)} />}
        {!bars && <AcrossName name={chart.x} />}
      </ComposedChart>
    </ResponsiveContainer>
  )
}

/** Recharts looks for its marks among the chart's own children, so this is a function and not a component. */
function mark(series: Series, at: number, type: NotebookChart['type'], { marked, joined }: { marked: boolean; joined: boolean }) {
  const style = styleAt(at)
  const { key } = series
  const named = { dataKey: key, name: series.name, isAnimationActive: false }
  if (type === 'bar') return <Bar key={key} {...named} fill={style.colour} radius={[3, 3, 0, 0]} maxBarSize={72} />
  if (type === 'histogram') return <Bar key={key} {...named} fill={style.colour} stackId="bins" />
  const dot = marked && ((props: DotProps) => <Dot key={`${key} ${props.index}`} {...props} shape={style.shape} colour={style.colour} />)
  const line = { ...named, stroke: style.colour, strokeWidth: 2, strokeDasharray: style.dash, dot, connectNulls: joined }
  if (type === 'area') return <Area key={key} {...line} type="linear" fill={style.colour} fillOpacity={at < 2 ? bandFill : 0} />
  return <Line key={key} {...line} type="linear" />
}

function ends(data: ChartData) {
  return data.series.flatMap((series, at) => {
    const last = data.points.findLast((point) => typeof point[series.key] === 'number')?.[series.key]
    return typeof last === 'number' ? [{ name: series.name, at, last, note: figure(last) }] : []
  })
}

/** Recharts hands the points under the pointer to the element it was given. */
export function PointTip({ series, active, label, payload }: Pointed<{ to?: string }> & { series: Series[] }) {
  if (!active || payload === undefined) return null
  const to = payload[0]?.payload?.to
  const lines = payload.map((item) => ({
    key: String(item.dataKey),
    name: item.name ?? '',
    value: typeof item.value === 'number' ? figure(item.value) : '∅',
    at: series.findIndex((one) => one.key === item.dataKey),
  }))
  return <Tip title={to === undefined ? String(label) : `${String(label)} to below ${to}`} lines={lines} />
}

interface DotProps {
  cx?: number
  cy?: number
  index?: number
  value?: unknown
}

function Dot({ cx = 0, cy = 0, shape, colour, value }: DotProps & { shape: MarkShape; colour: string }) {
  if (value === null || value === undefined) return <g />
  return <Shape shape={shape} colour={colour} cx={cx} cy={cy} />
}
