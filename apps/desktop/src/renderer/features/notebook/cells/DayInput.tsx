import { useState } from 'react'
import { day, parseDay } from '../../../ui/format.js'

interface Props {
  label: string
  value: string | null | undefined
  onChange(value: string | undefined): void
}

/** A day in words of the month: no reader takes `11/12` for the wrong one. Read when the field is left. */
export function DayInput({ label, value, onChange }: Props) {
  const [draft, setDraft] = useState<string | null>(null)
  const shown = draft ?? (value ? day(value) : '')
  const wrong = draft !== null && draft.trim() !== '' && parseDay(draft) === undefined
  const keep = () => {
    if (draft === null) return
    if (!wrong) onChange(parseDay(draft))
    setDraft(null)
  }
  return (
    <input
      aria-label={label}
      aria-invalid={wrong || undefined}
      className="parameter-field num day-field"
      placeholder="day mon year"
      value={shown}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === 'Enter') keep()
        if (event.key === 'Escape') setDraft(null)
      }}
    />
  )
}
