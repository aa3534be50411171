import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { NotebookChart } from '@aquifer/core/contract'
import type { ChartData } from './chart-data.js'
import { PointTip } from './LinesView.js'
import { across, axisFigure, height, Legend, legendRoom, short, styleAt, tick, tipCursor } from './marks.js'

const letter = 6
const namesMax = 40
const namesRoomMax = 240
const plotWidth = 640
const barMin = 22
const least = { letters: 4, room: 60 }

/** Names that do not fit beneath their bars: then the bars lie, each with its whole name before it. */
export function isLying(data: ChartData, { type }: NotebookChart): boolean {
  if (type !== 'bar' || data.numeric || data.points.length > namesMax) return false
  return data.points.length * (longestName(data) * letter + 16) > plotWidth
}

const longestName = ({ points }: ChartData) => Math.max(least.letters, ...points.map((point) => String(point['x']).length))

export function BarsView({ data }: { data: ChartData }) {
  const room = Math.min(namesRoomMax, Math.max(least.room, longestName(data) * letter + 12))
  const legend = data.series.length > 1
  const lines = data.points.length * Math.max(barMin, data.series.length * 12)
  const alone = legend ? '' : (data.series[0]?.name ?? '')
  return (
    <ResponsiveContainer width="100%" height={Math.max(height, lines + 60)}>
      <BarChart
        data={data.points}
        layout="vertical"
        margin={{ top: legend ? legendRoom : 4, right: 20, bottom: 18, left: 4 }}
        barCategoryGap="22%"
        barGap={1}
        accessibilityLayer={false}
      >
        <CartesianGrid horizontal={false} stroke="var(--chart-grid)" />
        <XAxis
          {...across}
          dataKey={undefined}
          type="number"
          domain={data.domain}
          ticks={data.ticks}
          tickFormatter={axisFigure}
          label={{ value: alone, position: 'insideBottom', offset: -12, fontSize: 11, fill: 'var(--ink-3)' }}
        />
        <YAxis
          type="category"
          dataKey="x"
          width={room}
          interval={0}
          tickLine={false}
          axisLine={{ stroke: 'var(--chart-axis)' }}
          tick={{ ...tick, fill: 'var(--ink-2)', width: namesRoomMax * 2 }}
          tickFormatter={(name: unknown) => short(String(name), Math.floor((room - 12) / letter))}
        />
        <Tooltip cursor={tipCursor} isAnimationActive={false} content={<PointTip series={data.series} />} />
        {data.series.map((series, at) => (
          <Bar
            key={series.key}
            dataKey={series.key}
            name={series.name}
            fill={styleAt(at).colour}
            radius={[0, 3, 3, 0]}
            maxBarSize={28}
            isAnimationActive={false}
          />
        ))}
        {legend && <Legend names={data.series.map((series) => series.name)} />}
      </BarChart>
    </ResponsiveContainer>
  )
}
