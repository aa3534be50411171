import type { ColumnProfile } from '@aquifer/core/contract'
import { count, plural } from '../../ui/format.js'

const height = 22
const width = 9

const told = (value: number | string, unit: string): string =>
  typeof value === 'number'
    ? `about ${count(value)} ${unit}`
    : value === '*'
      ? `hidden, so that a small group stays so`
      : `${value} ${unit}`

/** Bars of a column; a hidden count is hatched at a height that says nothing. The words of it are the same for eye and ear. */
export function TinyHistogram({ column, unit }: { column: ColumnProfile; unit: string }) {
  const { bars } = column
  if (bars.length === 0) return <span className="sub">{column.filled === 0 ? 'no values' : ''}</span>
  const largest = bars.reduce((most, bar) => (typeof bar.count === 'number' ? Math.max(most, bar.count) : most), 1)
  const words = bars.map((bar) => `${bar.label}: ${told(bar.count, unit)}`)
  const hidden = bars.filter((bar) => typeof bar.count === 'string').length
  return (
    <svg
      className="tiny-histogram"
      width={bars.length * width}
      height={height}
      role="img"
      aria-label={`${column.name}: ${words.join('; ')}${hidden > 0 ? `. ${plural(hidden, 'bar')} hidden` : ''}`}
    >
      <title>{words.join('\n')}</title>
      {bars.map((bar, at) => {
        const size = typeof bar.count === 'number' ? (bar.count === 0 ? 0 : Math.max(2, (height * bar.count) / largest)) : height / 2
        return (
          <rect
            key={bar.label}
            x={at * width}
            y={height - size}
            width={width - 2}
            height={size}
            className={typeof bar.count === 'string' ? 'tiny-hidden' : bar.rest ? 'tiny-rest' : undefined}
          />
        )
      })}
      <line x1={0} x2={bars.length * width} y1={height - 0.5} y2={height - 0.5} className="tiny-axis" />
    </svg>
  )
}
