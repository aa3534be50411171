import { Area, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, usePlotArea, useXAxisScale, XAxis, YAxis } from 'recharts'
import {
  across,
  AcrossName,
  axisHeight,
  bandFill,
  EndLabels,
  figure,
  height,
  labelRoom,
  Shape,
  short,
  styleAt,
  Tip,
  tipCursor,
  top,
  upwards,
  type Pointed,
} from './marks.js'
import type { Survival } from './survival.js'

const rowHeight = 18
const gap = 12
const headHeight = 16

/** Steps with their band, the names at the line's end, and beneath it how many are at risk. */
export function SurvivalView({ data, unit }: { data: Survival; unit: string }) {
  const counted = data.groups.some((group) => group.atRisk.some((n) => n !== null))
  const below = counted ? gap + headHeight + rowHeight * data.groups.length + 4 : 0
  return (
    <ResponsiveContainer width="100%" height={height + below}>
      <ComposedChart data={data.points} margin={{ top, right: labelRoom, bottom: below, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
        <XAxis {...across} dataKey="time" type="number" domain={[0, data.end]} ticks={data.times} />
        <YAxis {...upwards} domain={[0, 100]} ticks={[0, 25, 50, 75, 100]} tickFormatter={percent} />
        <Tooltip cursor={tipCursor} isAnimationActive={false} content={<StepTip data={data} unit={unit} />} />
        {data.groups.map((group, at) => {
          const { colour } = styleAt(at)
          const fill = at < 2 ? bandFill : 0
          const edge = { stroke: colour, strokeOpacity: 0.45, strokeWidth: 0.75 }
          return (
            <Area
              key={`b${group.name}`}
              dataKey={`b${at}`}
              type="stepAfter"
              isAnimationActive={false}
              fill={colour}
              fillOpacity={fill}
              {...edge}
              activeDot={false}
            />
          )
        })}
        {data.groups.map((group, at) => {
          const { colour, dash } = styleAt(at)
          const line = { stroke: colour, strokeWidth: 2, strokeDasharray: dash, dot: false as const }
          return <Line key={`s${group.name}`} dataKey={`s${at}`} name={group.name} type="stepAfter" isAnimationActive={false} {...line} />
        })}
        <EndLabels ends={data.groups.map((group, at) => ({ name: group.name, at, last: group.last, note: leftAtEnd(group, data.end) }))} />
        <AcrossName name={unit} />
        {counted && <AtRisk data={data} />}
      </ComposedChart>
    </ResponsiveContainer>
  )
}

// Curves that end sooner say when: shares of other times are not to be compared.
const leftAtEnd = ({ last, until }: Survival['groups'][number], end: number): string =>
  until < end ? `${Math.round(last)} % at ${figure(until)}` : `${Math.round(last)} %`
const percent = (value: number) => (value === 100 ? '100 %' : String(value))

function AtRisk({ data }: { data: Survival }) {
  const plot = usePlotArea()
  const scale = useXAxisScale()
  if (plot === undefined || scale === undefined) return null
  const from = plot.y + plot.height + axisHeight + gap
  const end = plot.x + plot.width
  return (
    <g>
      <path d={`M${plot.x - 44} ${from - 8}H${end + labelRoom - 12}`} stroke="var(--chart-grid)" />
      <text x={plot.x - 42} y={from + 7} fontSize={11} fontWeight={600} fill="var(--ink-2)">
        People at risk
      </text>
      {data.groups.map((group, at) => {
        const { shape, colour } = styleAt(at)
        const y = from + headHeight + rowHeight * at + 9
        return (
          <g key={group.name}>
            <Shape shape={shape} colour={colour} cx={plot.x - 38} cy={y - 4} />
            {group.atRisk.map((n, index) =>
              n === null ? null : (
                <text key={index} x={scale(data.times[index]) ?? 0} y={y} fontSize={11} textAnchor="middle" fill="var(--ink-2)">
                  {typeof n === 'number' ? figure(n) : n}
                </text>
              ),
            )}
            <text x={end + 19} y={y} fontSize={11} fill="var(--ink-3)">
              {short(group.name)}
            </text>
          </g>
        )
      })}
    </g>
  )
}

function StepTip({ active, payload, label, data, unit }: Pointed<Survival['points'][number]> & { data: Survival; unit: string }) {
  const point = payload?.[0]?.payload
  if (!active || point === undefined) return null
  const lines = data.groups.flatMap((group, at) => {
    const share = point[`s${at}`]
    const band = point[`b${at}`]
    if (typeof share !== 'number') return []
    const edges = Array.isArray(band) ? ` (${Math.round(band[0])} to ${Math.round(band[1])})` : ''
    return [{ key: group.name, name: group.name, value: `${share.toFixed(1)} %${edges}`, at }]
  })
  return <Tip title={`${String(label)} ${unit}`} lines={lines} />
}
