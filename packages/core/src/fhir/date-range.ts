export interface DateRange {
  /** Epoch milliseconds UTC, included. */
  lo: number
  /** Excluded. */
  hi: number
}

/** Ends of an open range: the limits of what Date can hold. */
export const dateMin = -8.64e15
export const dateMax = 8.64e15

const minuteMs = 60_000
const dayMs = 86_400_000

// By hand, since the index asks this for every date of every resource. 2026-11: 0.1 µs; a regex with Date.UTC 0.6 µs.
function number(text: string, from: number, to: number): number {
  if (to > text.length) return Number.NaN
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** Days since 1970-01-01 of a proleptic Gregorian date; a month past 12 runs into the next year. */
function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const ofEra = shifted - era * 400
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

const monthStart = (year: number, month: number): number => (month > 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month, 1))

/**
 * The span a date, dateTime or instant stands for: a year, a month, a day, a minute, a second or a fraction of one, in UTC.
 * Without an offset UTC is meant. Null where the text is no date.
 */
export function dateRange(text: string): DateRange | null {
  const year = number(text, 0, 4)
  if (Number.isNaN(year)) return null
  if (text.length === 4) return { lo: dayNumber(year, 1, 1) * dayMs, hi: dayNumber(year + 1, 1, 1) * dayMs }
  const month = number(text, 5, 7)
  if (text[4] !== '-' || !(month >= 1 && month <= 12)) return null
  if (text.length === 7) return { lo: monthStart(year, month) * dayMs, hi: monthStart(year, month + 1) * dayMs }
  const day = number(text, 8, 10)
  const start = dayNumber(year, month, day)
  if (text[7] !== '-' || !(day >= 1 && start < monthStart(year, month + 1))) return null
  if (text.length === 10) return { lo: start * dayMs, hi: (start + 1) * dayMs }
  return timeRange(text, start * dayMs)
}

function timeRange(text: string, day: number): DateRange | null {
  const hour = number(text, 11, 13)
  const minute = number(text, 14, 16)
  if (text[10] !== 'T' || text[13] !== ':' || !(hour <= 23 && minute <= 59)) return null
  let at = 16
  let lo = day + hour * 3_600_000 + minute * minuteMs
  let precision = minuteMs
  if (text[at] === ':') {
    const second = number(text, 17, 19)
    if (!(second <= 60)) return null
    lo += second * 1000
    precision = 1000
    at = 19
    if (text[at] === '.') {
      const from = ++at
      while (at < text.length && text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++
      if (at === from) return null
      lo += number(text.slice(from, at).padEnd(3, '0'), 0, 3)
      precision = at - from >= 3 ? 1 : 10 ** (3 - (at - from))
    }
  }
  const offset = offsetMs(text, at)
  return offset === null ? null : { lo: lo - offset, hi: lo - offset + precision }
}

function offsetMs(text: string, at: number): number | null {
  if (at === text.length || (text[at] === 'Z' && at + 1 === text.length)) return 0
  if ((text[at] !== '+' && text[at] !== '-') || text[at + 3] !== ':' || text.length !== at + 6) return null
  const offset = number(text, at + 1, at + 3) * 3_600_000 + number(text, at + 4, at + 6) * minuteMs
  if (Number.isNaN(offset)) return null
  return text[at] === '-' ? -offset : offset
}
