import './chart.css'
import { Area, Bar, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { NotebookChart } from '@aquifer/core/contract'
import type { ChartData, Series } from './chart-data.js'

const height = 248
const top = 14
const axisHeight = 26
const styles = [
  { colour: 'var(--c-1)', dash: undefined, shape: 'circle' },
  { colour: 'var(--c-2)', dash: '6 3', shape: 'square' },
  { colour: 'var(--c-3)', dash: '2 3', shape: 'triangle' },
  { colour: 'var(--c-4)', dash: '9 3 2 3', shape: 'diamond' },
  { colour: 'var(--c-5)', dash: undefined, shape: 'circle' },
  { colour: 'var(--c-1)', dash: '6 3', shape: 'square' },
] as const

const value = (number: number) => number.toLocaleString('en-US', { maximumFractionDigits: 2 })

// --band-fill: more would take the lines over two areas below 3:1.
const bandFill = 0.05
const tick = { fill: 'var(--ink-3)', fontSize: 11 }
const across = {
  dataKey: 'x',
  height: axisHeight,
  tickLine: false,
  axisLine: { stroke: 'var(--chart-axis)' },
  tick,
  minTickGap: 16,
  interval: 'preserveStartEnd',
  tickMargin: 6,
} as const

/** Three channels per series (hue, dash, marker); names stand at the end of their line, not in a legend. */
export function ChartView({ data, chart, label }: { data: ChartData; chart: NotebookChart; label: string }) {
  const lines = chart.type !== 'bar'
  const marked = data.points.length <= 40
  return (
    <div className="chart">
      <figure className="chart-plot" role="img" aria-label={describe(data, chart, label)}>
        <ResponsiveContainer width="100%" height={height}>
          <ComposedChart
            data={data.points}
            margin={{ top, right: 12, bottom: 0, left: 0 }}
            barCategoryGap="22%"
            barGap={2}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
            <XAxis {...across} />
            <YAxis
              width={52}
              domain={data.domain}
              ticks={data.ticks}
              tickLine={false}
              axisLine={false}
              tick={tick}
              tickFormatter={value}
              interval={0}
            />
            <Tooltip
              cursor={{ fill: 'var(--bg-hover)', stroke: 'var(--line-2)', fillOpacity: 0.6 }}
              isAnimationActive={false}
              content={<PointTip series={data.series} />}
            />
            {data.series.map((series, at) => mark(series, at, chart.type, marked))}
          </ComposedChart>
        </ResponsiveContainer>
      </figure>
      {lines ? <EndLabels data={data} /> : data.series.length > 1 && <Legend data={data} />}
    </div>
  )
}

/** Recharts looks for its marks among the chart's own children, so this is a function and not a component. */
function mark(series: Series, at: number, type: NotebookChart['type'], marked: boolean) {
  const style = styles[at]!
  const { key } = series
  const named = { dataKey: key, name: series.name, isAnimationActive: false }
  if (type === 'bar') return <Bar key={key} {...named} fill={style.colour} radius={[3, 3, 0, 0]} maxBarSize={44} />
  const dot = marked && ((props: DotProps) => <Dot key={`${key} ${props.index}`} {...props} shape={style.shape} colour={style.colour} />)
  const line = { ...named, stroke: style.colour, strokeWidth: 2, strokeDasharray: style.dash, dot, connectNulls: false }
  if (type === 'area') return <Area key={key} {...line} type="linear" fill={style.colour} fillOpacity={at < 2 ? bandFill : 0} />
  return <Line key={key} {...line} type="linear" />
}

interface TipProps {
  series: Series[]
  active?: boolean
  label?: string | number
  payload?: { dataKey?: unknown; name?: string; value?: unknown }[]
}

/** Recharts hands the points under the pointer to the element it was given. */
function PointTip({ series, active, label, payload }: TipProps) {
  if (!active || payload === undefined) return null
  return (
    <div className="tooltip chart-tip">
      <b>{String(label)}</b>
      {payload.map((item) => (
        <span key={String(item.dataKey)} className="row">
          <Mark at={series.findIndex((one) => one.key === item.dataKey)} />
          {item.name}
          <b className="end num">{typeof item.value === 'number' ? value(item.value) : '∅'}</b>
        </span>
      ))}
    </div>
  )
}

function EndLabels({ data }: { data: ChartData }) {
  const [low, high] = data.domain
  const plot = height - top - axisHeight
  const labels = data.series
    .map((series, at) => {
      const last = data.points.findLast((point) => typeof point[series.key] === 'number')?.[series.key] as number | undefined
      return { series, at, last, y: last === undefined ? 0 : top + (1 - (last - low) / (high - low)) * plot }
    })
    .filter((label) => label.last !== undefined)
    .sort((a, b) => a.y - b.y)
  for (const [at, label] of labels.entries()) if (at > 0) label.y = Math.max(label.y, labels[at - 1]!.y + 16)
  const over = (labels.at(-1)?.y ?? 0) - (height - 12)
  if (over > 0) for (const label of labels) label.y -= over
  return (
    <ul className="chart-ends" aria-hidden>
      {labels.map((label) => (
        <li key={label.series.key} style={{ top: label.y - 8 }} className="row">
          <Mark at={label.at} />
          <b className="cut">{label.series.name}</b>
          <span className="ink-3 num">{value(label.last!)}</span>
        </li>
      ))}
    </ul>
  )
}

function Legend({ data }: { data: ChartData }) {
  return (
    <ul className="chart-legend">
      {data.series.map((series, at) => (
        <li key={series.key} className="row">
          <span className="chart-swatch" style={{ background: styles[at]!.colour }} />
          {series.name}
        </li>
      ))}
    </ul>
  )
}

interface DotProps {
  cx?: number
  cy?: number
  index?: number
  value?: unknown
}

function Dot({ cx = 0, cy = 0, shape, colour, value: at }: DotProps & { shape: (typeof styles)[number]['shape']; colour: string }) {
  if (at === null || at === undefined) return <g />
  return <Shape shape={shape} colour={colour} cx={cx} cy={cy} />
}

function Shape({ shape, colour, cx, cy }: { shape: (typeof styles)[number]['shape']; colour: string; cx: number; cy: number }) {
  if (shape === 'square') return <rect x={cx - 3} y={cy - 3} width={6} height={6} fill={colour} />
  if (shape === 'triangle') return <path d={`M${cx} ${cy - 3.8}l3.8 6.6h-7.600z`} fill={colour} />
  if (shape === 'diamond') return <path d={`M${cx} ${cy - 4}l4 4-4 4-4-4z`} fill={colour} />
  return <circle cx={cx} cy={cy} r={3.2} fill={colour} />
}

function Mark({ at }: { at: number }) {
  const style = styles[Math.max(0, at)]!
  return (
    <svg width="12" height="12" aria-hidden className="icon">
      <Shape shape={style.shape} colour={style.colour} cx={6} cy={6} />
    </svg>
  )
}

/** The picture in words; the table behind it has the numbers. */
function describe(data: ChartData, chart: NotebookChart, label: string): string {
  const names = data.series.map((series) => series.name).join(', ')
  return `${label}: ${chart.type} chart of ${names} by ${chart.x}, ${data.points.length} points. The numbers are in the table.`
}
