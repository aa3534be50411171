import '../../notebook/chart/chart.css'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, XAxis, YAxis } from 'recharts'
import type { RiskFindings } from '@aquifer/core/contract'
import { bandsOf, knownWords, type Bands } from './figures.js'

const rowHeight = 30
const axisHeight = 26
const tick = { fill: 'var(--ink-3)', fontSize: 11 }
const series = [
  { key: 'alone', colour: 'var(--c-2)' },
  { key: 'few', colour: 'var(--c-1)' },
  { key: 'enough', colour: 'var(--c-3)' },
  { key: 'hidden', colour: 'url(#risk-hatch)' },
] as const satisfies { key: keyof Bands; colour: string }[]

/** A bar for each thing an attacker may know, divided by how many others look the same; the numbers are in the table below it. */
export function SizesChart({ findings, threshold }: { findings: RiskFindings; threshold: number }) {
  const names: Record<keyof Bands, string> = {
    alone: 'alone',
    few: `2 to ${threshold - 1} alike`,
    enough: `${threshold} or more alike`,
    hidden: 'not told in which',
  }
  const all = { name: `all ${findings.attributes.length} attributes`, ...bandsOf(findings.measures) }
  const sets = findings.sets.map(({ attributes, generalizations, measures }) => ({
    name: knownWords(attributes, generalizations),
    ...bandsOf(measures),
  }))
  const data = [all, ...sets]
  const drawn = series.filter(({ key }) => data.some((row) => row[key] > 0))
  const label = data.map((row) => `${row.name}: ${drawn.map(({ key }) => `${row[key]} ${names[key]}`).join(', ')}`).join('. ')
  return (
    <div className="sizes">
      <ul className="sizes-legend">
        {drawn.map(({ key, colour }) => (
          <li key={key} className="row">
            <span
              className={key === 'hidden' ? 'chart-swatch hatch' : 'chart-swatch'}
              style={key === 'hidden' ? undefined : { background: colour }}
            />
            {names[key]}
          </li>
        ))}
      </ul>
      <figure role="img" aria-label={`People by the size of their group. ${label}`}>
        <ResponsiveContainer width="100%" height={data.length * rowHeight + axisHeight}>
          <BarChart
            data={data}
            layout="vertical"
            margin={{ top: 0, right: 24, bottom: 0, left: 4 }}
            barCategoryGap="26%"
            accessibilityLayer={false}
          >
            <defs>
              <pattern id="risk-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect width="6" height="6" fill="var(--hatch-bg)" />
                <line x1="0" y1="0" x2="0" y2="6" stroke="var(--hatch-line)" strokeWidth="2" />
              </pattern>
            </defs>
            <CartesianGrid horizontal={false} stroke="var(--chart-grid)" />
            <XAxis
              type="number"
              height={axisHeight}
              tick={tick}
              tickLine={false}
              axisLine={{ stroke: 'var(--chart-axis)' }}
              allowDecimals={false}
            />
            <YAxis type="category" dataKey="name" width={300} tick={tick} tickLine={false} axisLine={false} interval={0} />
            {drawn.map(({ key, colour }) => (
              <Bar key={key} dataKey={key} name={names[key]} stackId="people" fill={colour} isAnimationActive={false} maxBarSize={18} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </figure>
    </div>
  )
}
