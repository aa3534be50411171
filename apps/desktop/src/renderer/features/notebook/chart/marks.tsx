import { usePlotArea, useYAxisScale } from 'recharts'

export const styles = [
  { colour: 'var(--c-1)', dash: undefined, shape: 'circle' },
  { colour: 'var(--c-2)', dash: '6 3', shape: 'square' },
  { colour: 'var(--c-3)', dash: '2 3', shape: 'triangle' },
  { colour: 'var(--c-4)', dash: '9 3 2 3', shape: 'diamond' },
  { colour: 'var(--c-5)', dash: undefined, shape: 'circle' },
  { colour: 'var(--c-1)', dash: '6 3', shape: 'square' },
] as const
export type MarkShape = (typeof styles)[number]['shape']
export const styleAt = (at: number) => styles[at % styles.length]!

export const figure = (number: number) => number.toLocaleString('en-US', { maximumFractionDigits: 2 })

/** On an axis: what has more than five digits would not fit beside the plot. */
export const axisFigure = (number: number) =>
  Math.abs(number) < 100_000 ? figure(number) : number.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 2 })

export const height = 248
export const top = 14
export const axisHeight = 26
// --band-fill: more would take the lines over two areas below 3:1.
export const bandFill = 0.05
export const labelRoom = 150
const lettersMax = 19
/** Above the plot, for names of series or of what goes upwards. */
export const legendRoom = 20
export const nameUpwards = { position: 'insideTopLeft', offset: 0, dy: -16, dx: 8, fontSize: 11, fill: 'var(--ink-3)' } as const

export const tick = { fill: 'var(--ink-3)', fontSize: 11 }
export const across = {
  dataKey: 'x',
  height: axisHeight,
  tickLine: false,
  axisLine: { stroke: 'var(--chart-axis)' },
  tick,
  minTickGap: 16,
  interval: 'preserveStartEnd',
  tickMargin: 6,
} as const
export const upwards = { width: 52, tickLine: false, axisLine: false, tick, tickFormatter: axisFigure, interval: 0 } as const
export const tipCursor = { fill: 'var(--bg-hover)', stroke: 'var(--line-2)', fillOpacity: 0.6 } as const

export const short = (text: string, letters = lettersMax) => (text.length > letters ? `${text.slice(0, letters - 1)}…` : text)

export function Shape({ shape, colour, cx, cy }: { shape: MarkShape; colour: string; cx: number; cy: number }) {
  if (shape === 'square') return <rect x={cx - 3} y={cy - 3} width={6} height={6} fill={colour} />
  if (shape === 'triangle') return <path d={`M${cx} ${cy - 3.8}l3.8 6.6h-7.600z`} fill={colour} />
  if (shape === 'diamond') return <path d={`M${cx} ${cy - 4}l4 4-4 4-4-4z`} fill={colour} />
  return <circle cx={cx} cy={cy} r={3.2} fill={colour} />
}

export function Mark({ at }: { at: number }) {
  const style = styleAt(Math.max(0, at))
  return (
    <svg width="12" height="12" aria-hidden className="icon">
      <Shape shape={style.shape} colour={style.colour} cx={6} cy={6} />
    </svg>
  )
}

interface End {
  name: string
  /** Of the series, for its mark. */
  at: number
  last: number
  note: string
}

/** Names at the end of their line, moved apart where lines end together. Part of the drawing, so that a saved picture has them. */
export function EndLabels({ ends }: { ends: readonly End[] }) {
  const plot = usePlotArea()
  const scale = useYAxisScale()
  if (plot === undefined || scale === undefined) return null
  const labels = ends.map((end) => ({ ...end, y: scale(end.last) ?? plot.y })).sort((a, b) => a.y - b.y)
  for (const [at, label] of labels.entries()) if (at > 0) label.y = Math.max(label.y, labels[at - 1]!.y + 16)
  const over = (labels.at(-1)?.y ?? 0) - (plot.y + plot.height - 6)
  if (over > 0) for (const label of labels) label.y -= over
  const x = plot.x + plot.width
  return (
    <g className="chart-ends">
      {labels.map((label) => {
        const style = styleAt(label.at)
        return (
          <g key={label.at}>
            <Shape shape={style.shape} colour={style.colour} cx={x + 10} cy={label.y} />
            <text x={x + 19} y={label.y + 4} fontSize={12} fill="var(--ink-1)">
              <tspan fontWeight={600}>{short(label.name)}</tspan>
              <tspan dx={4} fill="var(--ink-3)">
                {label.note}
              </tspan>
            </text>
          </g>
        )
      })}
    </g>
  )
}

/** What stands across, at the end of its axis. */
export function AcrossName({ name }: { name: string }) {
  const plot = usePlotArea()
  if (plot === undefined) return null
  return (
    <text x={plot.x + plot.width + 36} y={plot.y + plot.height + 17} fontSize={11} fill="var(--ink-3)">
      {short(name, 17)}
    </text>
  )
}

/** For bars, which have no end to stand at: one line above the plot. */
export function Legend({ names }: { names: readonly string[] }) {
  const plot = usePlotArea()
  if (plot === undefined) return null
  return (
    <text x={plot.x + plot.width} y={10} fontSize={12} textAnchor="end" fill="var(--ink-2)">
      {names.map((name, at) => (
        <tspan key={name}>
          <tspan fill={styleAt(at).colour} dx={at === 0 ? 0 : 14}>
            ■
          </tspan>
          <tspan dx={4}>{short(name)}</tspan>
        </tspan>
      ))}
    </text>
  )
}

export interface TipLine {
  key: string
  name: string
  value: string
  at?: number
}

export function Tip({ title, lines }: { title: string; lines: readonly TipLine[] }) {
  return (
    <div className="tooltip chart-tip">
      <b>{title}</b>
      {lines.map((line) => (
        <span key={line.key} className="row">
          {line.at !== undefined && <Mark at={line.at} />}
          {line.name}
          <b className="end num">{line.value}</b>
        </span>
      ))}
    </div>
  )
}

export interface Pointed<Datum> {
  active?: boolean
  label?: string | number
  payload?: { dataKey?: unknown; name?: string; value?: unknown; payload?: Datum }[]
}
