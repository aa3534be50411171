import { plural } from '../../ui/format.js'
import { percent } from './words.js'

/** Small bars: decoration with a word for who does not see them. */
export function Weeks({ weeks }: { weeks: readonly number[] }) {
  const most = Math.max(1, ...weeks)
  const sum = weeks.reduce((all, each) => all + each, 0)
  return (
    <svg className="quality-weeks" viewBox={`0 0 ${weeks.length * 8} 20`} role="img" aria-label={`${plural(sum, 'arrival')} in 12 weeks`}>
      {weeks.map((each, at) => {
        const height = each === 0 ? 1 : Math.max(2, (20 * each) / most)
        return <rect key={at} x={at * 8} y={20 - height} width={6} height={height} data-none={each === 0 || undefined} />
      })}
    </svg>
  )
}

export function Share({ value }: { value: number | null }) {
  if (value === null) return <span className="ink-3">∅</span>
  return (
    <span className="row quality-share">
      <span className="quality-bar" aria-hidden>
        <i className="quality-whole" style={{ width: `${100 * value}%` }} />
      </span>
      <span className="num">{percent(Math.floor(1000 * value) / 10)} %</span>
    </span>
  )
}
