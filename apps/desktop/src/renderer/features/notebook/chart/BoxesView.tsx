import { Bar, CartesianGrid, ComposedChart, ResponsiveContainer, Tooltip, useYAxisScale, XAxis, YAxis } from 'recharts'
import type { Box, Boxes } from './distributions.js'
import { across, figure, height, short, Tip, tipCursor, top, upwards, type Pointed } from './marks.js'

const boxWidthMax = 56

/** Box from the first to the third quartile, a line at the median, whiskers within one and a half boxes. */
export function BoxesView({ data }: { data: Boxes }) {
  const rows = data.boxes.map((box) => ({ ...box, span: [box.low, box.high] }))
  const room = Math.floor(86 / Math.max(6, data.boxes.length)) + 6
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ComposedChart data={rows} margin={{ top, right: 14, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
        <XAxis {...across} height={42} interval={0} tick={groupOf(data.boxes, room)} />
        <YAxis {...upwards} domain={data.domain} ticks={data.ticks} />
        <Tooltip cursor={tipCursor} isAnimationActive={false} content={<BoxTip />} />
        <Bar dataKey="span" isAnimationActive={false} maxBarSize={boxWidthMax} shape={boxOf} />
      </ComposedChart>
    </ResponsiveContainer>
  )
}

/** Recharts asks for drawings by function. */
const groupOf = (boxes: Box[], letters: number) => (props: unknown) => <Group {...(props as GroupProps)} boxes={boxes} letters={letters} />
const boxOf = (props: unknown) => <BoxShape {...(props as ShapeProps)} />

interface ShapeProps {
  x: number
  width: number
  payload: Box
}

function BoxShape({ x, width, payload }: ShapeProps) {
  const scale = useYAxisScale()
  if (scale === undefined) return null
  const at = (value: number) => scale(value) ?? 0
  const [low, q1, median, q3, high] = [payload.low, payload.q1, payload.median, payload.q3, payload.high].map(at) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const middle = x + width / 2
  const cap = Math.min(8, width / 4)
  const line = { stroke: 'var(--c-1)', strokeWidth: 1.5 }
  return (
    <g>
      <path
        d={`M${middle} ${high}V${q3}M${middle} ${q1}V${low}M${middle - cap} ${high}h${2 * cap}M${middle - cap} ${low}h${2 * cap}`}
        {...line}
      />
      <rect x={x} y={q3} width={width} height={Math.max(1, q1 - q3)} rx={2} fill="var(--bg-surface)" {...line} />
      <path d={`M${x} ${median}h${width}`} stroke="var(--c-1)" strokeWidth={3} />
    </g>
  )
}

interface GroupProps {
  x: number
  y: number
  index: number
}

function Group({ x, y, index, boxes, letters }: GroupProps & { boxes: Box[]; letters: number }) {
  const box = boxes[index]
  if (box === undefined) return <g />
  return (
    <text x={x} y={y + 8} fontSize={11} textAnchor="middle" fill="var(--ink-2)">
      <tspan>{short(box.x || 'all', letters)}</tspan>
      <tspan x={x} dy={14} fill="var(--ink-3)">
        n {figure(box.n)}
      </tspan>
    </text>
  )
}

function BoxTip({ active, payload }: Pointed<Box>) {
  const box = payload?.[0]?.payload
  if (!active || box === undefined) return null
  const lines = [
    { key: 'n', name: 'n', value: figure(box.n) },
    { key: 'high', name: 'whisker', value: figure(box.high) },
    { key: 'q3', name: '3rd quartile', value: figure(box.q3) },
    { key: 'median', name: 'median', value: figure(box.median) },
    { key: 'q1', name: '1st quartile', value: figure(box.q1) },
    { key: 'low', name: 'whisker', value: figure(box.low) },
  ]
  return <Tip title={box.x || 'all'} lines={lines} />
}
