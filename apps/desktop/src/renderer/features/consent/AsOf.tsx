import { CalendarDays } from 'lucide-react'
import { useEffect, useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import type { ConsentSummary } from '@aquifer/core/contract'
import { addDays, day, dayShort, daysBetween, parseDay } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'

interface Props {
  overTime: ConsentSummary['overTime']
  today: string
  /** null: now, and kept up to date. */
  asOf: string | null
  onChange(asOf: string | null): void
}

const width = 560
const height = 30

/** One date for every number on the page. The hill is enrolment, red ticks are withdrawals. */
export function AsOf({ overTime, today, asOf, onChange }: Props) {
  const start = overTime[0]?.date ?? addDays(today, -1)
  const days = Math.max(1, daysBetween(start, today))
  const at = asOf ?? today
  const choose = (date: string) => {
    const held = date < start ? start : date > today ? today : date
    onChange(held === today ? null : held)
  }
  const month = addDays(today, -30)
  const preset = asOf === null ? 'now' : asOf === start ? 'start' : asOf === month ? 'month' : ''
  return (
    <section className="panel as-of" aria-label="As of">
      <div className="as-of-date">
        <span className="sub">As of</span>
        <DayField value={at} onChange={choose} />
      </div>
      <div className="as-of-slider">
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden className="as-of-hill">
          <path d={hill(overTime, start, days)} />
        </svg>
        {withdrawals(overTime).map((date) => (
          <i key={date} className="as-of-tick" style={{ left: `${(100 * daysBetween(start, date)) / days}%` }} title={`withdrawn ${day(date)}`} />
        ))}
        <input
          type="range"
          min={0}
          max={days}
          value={Math.min(days, Math.max(0, daysBetween(start, at)))}
          aria-label="As of"
          aria-valuetext={day(at)}
          style={{ '--share': `${(100 * daysBetween(start, at)) / days}%` } as React.CSSProperties}
          onChange={(event) => choose(addDays(start, Number(event.target.value)))}
          onKeyDown={(event) => {
            if (event.key !== 'PageUp' && event.key !== 'PageDown') return
            event.preventDefault()
            choose(addDays(at, event.key === 'PageUp' ? 30 : -30))
          }}
        />
        <Months start={start} days={days} />
      </div>
      <ToggleButtonGroup
        className="segments"
        aria-label="Quick dates"
        selectionMode="single"
        selectedKeys={preset ? [preset] : []}
        onSelectionChange={(keys) => {
          const key = [...keys][0]
          if (key === 'now') onChange(null)
          else if (key === 'start') choose(start)
          else if (key === 'month') choose(month)
        }}
      >
        <ToggleButton id="start" className="segment">
          Start
        </ToggleButton>
        <ToggleButton id="month" className="segment" isDisabled={month <= start}>
          30 days ago
        </ToggleButton>
        <ToggleButton id="now" className="segment">
          Now
        </ToggleButton>
      </ToggleButtonGroup>
    </section>
  )
}

function DayField({ value, onChange }: { value: string; onChange(date: string): void }) {
  const [text, setText] = useState(day(value))
  const [wrong, setWrong] = useState(false)
  useEffect(() => {
    setText(day(value))
    setWrong(false)
  }, [value])
  const keep = () => {
    const date = parseDay(text)
    setWrong(date === undefined)
    if (date !== undefined) {
      setText(day(date))
      onChange(date)
    }
  }
  return (
    <>
      <div className="field as-of-field" data-invalid={wrong || undefined}>
        <input
          aria-label="Date, such as 22 Nov 2026"
          aria-invalid={wrong}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={keep}
          onKeyDown={(event) => {
            if (event.key === 'Enter') keep()
            const step = { ArrowUp: 1, ArrowDown: -1, PageUp: 30, PageDown: -30 }[event.key]
            if (step !== undefined) {
              event.preventDefault()
              onChange(addDays(value, step))
            }
          }}
        />
        <Icon of={CalendarDays} className="ink-3" />
      </div>
      {wrong && (
        <span role="alert" className="as-of-wrong small">
          Write it as 22 Nov 2026
        </span>
      )}
    </>
  )
}

function hill(overTime: ConsentSummary['overTime'], start: string, days: number): string {
  const most = overTime.reduce((top, point) => Math.max(top, point.enrolled), 1)
  let path = `M0 ${height}`
  let y = height
  for (const point of overTime) {
    const x = (width * daysBetween(start, point.date)) / days
    y = height - (height - 3) * (point.enrolled / most)
    path += `L${x.toFixed(1)} ${y.toFixed(1)}`
  }
  return `${path}L${width} ${y.toFixed(1)}L${width} ${height}Z`
}

function withdrawals(overTime: ConsentSummary['overTime']): string[] {
  return overTime.filter((point, at) => at > 0 && point.withdrawn > overTime[at - 1]!.withdrawn).map((point) => point.date)
}

/** At most six names below the line: months of a long study, days of a young one. */
function Months({ start, days }: { start: string; days: number }) {
  const marks = Math.min(5, days)
  return (
    <ol className="as-of-months" aria-hidden>
      {Array.from({ length: marks + 1 }, (_, at) => {
        const date = addDays(start, Math.round((at * days) / marks))
        return (
          <li key={at} style={{ left: `${(100 * at) / marks}%` }}>
            {days > 400 ? day(date).slice(3) : dayShort(date)}
          </li>
        )
      })}
    </ol>
  )
}
