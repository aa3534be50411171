import { ResponsiveContainer, Scatter, ScatterChart, Tooltip, usePlotArea, useXAxisScale, useYAxisScale, XAxis, YAxis } from 'recharts'
import type { Field, Fields } from './distributions.js'
import { across, figure, short, tick, Tip, top, type Pointed } from './marks.js'

// Cividis: reads the same with every kind of colour vision, and in print.
const cividis = ['#00224E', '#123570', '#3B496C', '#575D6D', '#707173', '#8A8678', '#A59C74', '#C3B369', '#E1CC55', '#FEE838']
const darkStops = 4
const rowMin = 22
const writtenMax = 240

/** Fields of a table coloured by their value; the value itself is written where there is room. */
export function FieldsView({ data }: { data: Fields }) {
  const height = Math.max(200, Math.min(620, data.ys.length * rowMin + 74))
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ScatterChart margin={{ top: top + 12, right: 14, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <XAxis
          {...across}
          type="category"
          scale="band"
          domain={data.xs}
          allowDuplicatedCategory={false}
          tickFormatter={(value: string) => short(value, 14)}
        />
        <YAxis
          type="category"
          dataKey="y"
          scale="band"
          domain={data.ys}
          reversed
          width={132}
          interval={0}
          allowDuplicatedCategory={false}
          tickLine={false}
          axisLine={false}
          tick={tick}
          tickFormatter={(value: string) => short(value, 20)}
        />
        <Tooltip cursor={false} isAnimationActive={false} content={<FieldTip />} />
        <Scatter data={data.fields} isAnimationActive={false} shape={shapeOf(data)} />
        <Ramp low={data.low} high={data.high} />
      </ScatterChart>
    </ResponsiveContainer>
  )
}

const stop = (data: { low: number; high: number }, v: number) =>
  data.high === data.low
    ? cividis.length - 1
    : Math.min(cividis.length - 1, Math.floor(((v - data.low) / (data.high - data.low)) * cividis.length))

/** Recharts asks for a drawing by function. */
const shapeOf = (data: Fields) => (props: unknown) => <FieldShape field={(props as { payload: Field }).payload} data={data} />

function FieldShape({ field, data }: { field: Field; data: Fields }) {
  const [xAt, yAt] = [useXAxisScale(), useYAxisScale()]
  if (xAt === undefined || yAt === undefined) return null
  const [x1, x2, y1, y2] = [
    xAt(field.x, { position: 'start' }),
    xAt(field.x, { position: 'end' }),
    yAt(field.y, { position: 'start' }),
    yAt(field.y, { position: 'end' }),
  ]
  if (x1 === undefined || x2 === undefined || y1 === undefined || y2 === undefined) return null
  const [x, y, width, high] = [Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)]
  const at = stop(data, field.v)
  const written = data.fields.length <= writtenMax && width > 34
  return (
    <g>
      <rect x={x + 0.5} y={y + 0.5} width={Math.max(1, width - 1)} height={Math.max(1, high - 1)} fill={cividis[at]} />
      {written && (
        <text x={x + width / 2} y={y + high / 2 + 4} fontSize={11} textAnchor="middle" fill={at <= darkStops ? '#FFFFFF' : '#000000'}>
          {figure(field.v)}
        </text>
      )}
    </g>
  )
}

function Ramp({ low, high }: { low: number; high: number }) {
  const plot = usePlotArea()
  if (plot === undefined) return null
  const size = 12
  const x = plot.x + plot.width - cividis.length * size - 60
  return (
    <g>
      <text x={x - 6} y={12} fontSize={11} textAnchor="end" fill="var(--ink-3)">
        {figure(low)}
      </text>
      {cividis.map((colour, at) => (
        <rect key={colour} x={x + at * size} y={3} width={size} height={10} fill={colour} />
      ))}
      <text x={x + cividis.length * size + 6} y={12} fontSize={11} fill="var(--ink-3)">
        {figure(high)}
      </text>
    </g>
  )
}

function FieldTip({ active, payload }: Pointed<Field>) {
  const field = payload?.[0]?.payload
  if (!active || field === undefined) return null
  return <Tip title={`${field.x}, ${field.y}`} lines={[{ key: 'v', name: 'value', value: figure(field.v) }]} />
}
