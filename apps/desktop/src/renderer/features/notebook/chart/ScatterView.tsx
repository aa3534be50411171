import { CartesianGrid, ResponsiveContainer, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from 'recharts'
import type { NotebookChart } from '@aquifer/core/contract'
import type { Dot, Scatter as ScatterData } from './distributions.js'
import { across, figure, height, Legend, legendRoom, nameUpwards, Shape, styleAt, Tip, tipCursor, upwards, type Pointed } from './marks.js'

const radius = { least: 1.6, most: 7 }

export function ScatterView({ data, chart }: { data: ScatterData; chart: NotebookChart }) {
  const legend = data.series.length > 1
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ScatterChart margin={{ top: legendRoom, right: 14, bottom: 18, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--chart-grid)" />
        <XAxis
          {...across}
          type="number"
          domain={data.x.domain}
          ticks={data.x.ticks}
          tickFormatter={plain}
          label={{ value: chart.x, position: 'insideBottom', offset: -12, fontSize: 11, fill: 'var(--ink-3)' }}
        />
        <YAxis
          {...upwards}
          type="number"
          dataKey="y"
          domain={data.domain}
          ticks={data.ticks}
          label={{ ...nameUpwards, value: chart.y[0] ?? '' }}
        />
        <Tooltip cursor={tipCursor} isAnimationActive={false} content={<DotTip chart={chart} />} />
        {data.series.map((series, at) => (
          <Scatter key={series.name} name={series.name} data={series.dots} isAnimationActive={false} shape={pointOf(at, data.most)} />
        ))}
        {legend && <Legend names={data.series.map((series) => series.name)} />}
      </ScatterChart>
    </ResponsiveContainer>
  )
}

/** Years carry no thousands comma. */
const plain = (value: number) => (Number.isInteger(value) && value >= 1000 && value < 3000 ? String(value) : figure(value))

interface PointProps {
  cx: number
  cy: number
  payload: Dot
}

/** Recharts asks for a drawing by function. */
const pointOf = (at: number, most: number) => (props: unknown) => <Point {...(props as PointProps)} at={at} most={most} />

function Point({ cx, cy, payload, at, most }: PointProps & { at: number; most: number }) {
  const style = styleAt(at)
  if (most === 1) return <Shape shape={style.shape} colour={style.colour} cx={cx} cy={cy} />
  const r = radius.least + (radius.most - radius.least) * Math.sqrt(payload.n / most)
  return <circle cx={cx} cy={cy} r={r} fill={style.colour} />
}

function DotTip({ active, payload, chart }: Pointed<Dot> & { chart: NotebookChart }) {
  const dot = payload?.[0]?.payload
  if (!active || dot === undefined) return null
  const lines = [
    { key: 'x', name: chart.x, value: plain(dot.x) },
    { key: 'y', name: chart.y[0] ?? '', value: figure(dot.y) },
    ...(dot.n > 1 ? [{ key: 'n', name: 'points', value: figure(dot.n) }] : []),
  ]
  return <Tip title={chart.of} lines={lines} />
}
