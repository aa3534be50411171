import { CalendarDays } from 'lucide-react'
import { useState } from 'react'
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
  const at = asOf ?? today
  const choose = (date: string) => {
    const held = date < start ? start : date > today ? today : date
    onChange(held === today ? null : held)
  }
  return (
    <section className="panel as-of" aria-label="As of">
      <div className="as-of-date">
        <span className="sub">As of</span>
        <DayField value={at} onChange={choose} />
      </div>
      <Slider overTime={overTime} start={start} today={today} at={at} onChange={choose} />
      <Presets start={start} today={today} asOf={asOf} onChange={choose} />
    </section>
  )
}

interface SliderProps {
  overTime: ConsentSummary['overTime']
  start: string
  today: string
  at: string
  onChange(date: string): void
}

function Slider({ overTime, start, today, at, onChange }: SliderProps) {
  const days = Math.max(1, daysBetween(start, today))
  const place = (date: string) => `${(100 * daysBetween(start, date)) / days}%`
  return (
    <div className="as-of-slider">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden className="as-of-hill">
        <path d={hill(overTime, start, days)} />
      </svg>
      {withdrawals(overTime).map((date) => (
        <i key={date} className="as-of-tick" style={{ left: place(date) }} title={`withdrawn ${day(date)}`} />
      ))}
      <input
        type="range"
        min={0}
        max={days}
        value={Math.min(days, Math.max(0, daysBetween(start, at)))}
        aria-label="As of"
        aria-valuetext={day(at)}
        style={{ '--share': place(at) } as React.CSSProperties}
        onChange={(event) => onChange(addDays(start, Number(event.target.value)))}
        onKeyDown={(event) => {
          if (event.key !== 'PageUp' && event.key !== 'PageDown') return
          event.preventDefault()
          onChange(addDays(at, event.key === 'PageUp' ? 30 : -30))
        }}
      />
      <Months start={start} days={days} />
    </div>
  )
}

function Presets({ start, today, asOf, onChange }: { start: string; today: string; asOf: string | null; onChange(date: string): void }) {
  const month = addDays(today, -30)
  const dates: Record<string, string> = { start, month, now: today }
  const chosen = asOf === null ? 'now' : Object.keys(dates).find((name) => dates[name] === asOf)
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label="Quick dates"
      selectionMode="single"
      selectedKeys={chosen ? [chosen] : []}
      onSelectionChange={(keys) => {
        const date = dates[String([...keys][0])]
        if (date !== undefined) onChange(date)
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
  )
}

function DayField({ value, onChange }: { value: string; onChange(date: string): void }) {
  // A draft belongs to the date it was begun on: when the slider moves, the field follows it.
  const [draft, setDraft] = useState({ on: value, text: day(value), wrong: false })
  const { text, wrong } = draft.on === value ? draft : { text: day(value), wrong: false }
  const keep = () => {
    const date = parseDay(text)
    setDraft({ on: value, text: date === undefined ? text : day(date), wrong: date === undefined })
    if (date !== undefined) onChange(date)
  }
  return (
    <>
      <div className="field as-of-field" data-invalid={wrong || undefined}>
        <input
          aria-label="Date, such as 22 Nov 2026"
          aria-invalid={wrong}
          value={text}
          onChange={(event) => setDraft({ on: value, text: event.target.value, wrong: false })}
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
