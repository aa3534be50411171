const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const timeTail = /^T([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?$/

/** A FHIR date, dateTime or instant taken apart; `tail` is the time of day and offset exactly as written. */
export interface DateParts {
  year: number
  month: number | null
  day: number | null
  tail: string
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (monthLengths[month - 1] ?? 0)
}

/** −1 where one of the characters is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}

/** null where the text is no date that exists. */
export function parseDate(text: string): DateParts | null {
  const year = text.length < 4 ? -1 : digits(text, 0, 4)
  if (year < 1) return null
  if (text.length === 4) return { year, month: null, day: null, tail: '' }
  const month = text.charCodeAt(4) === 45 && text.length >= 7 ? digits(text, 5, 7) : -1
  if (month < 1 || month > 12) return null
  if (text.length === 7) return { year, month, day: null, tail: '' }
  const day = text.charCodeAt(7) === 45 && text.length >= 10 ? digits(text, 8, 10) : -1
  if (day < 1 || day > daysIn(year, month)) return null
  if (text.length === 10) return { year, month, day, tail: '' }
  const tail = text.slice(10)
  return timeTail.test(tail) ? { year, month, day, tail } : null
}

// Counted from 1 March of year 0, so that the leap day ends its year: only integer arithmetic, no Date, no time zone.
function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const fromMarch = (month + 9) % 12
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * fromMarch + 2) / 5) + day - 1
}

function calendar(number: number): { year: number; month: number; day: number } {
  const era = Math.floor(number / 146_097)
  const ofEra = number - era * 146_097
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1 }
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))

export function yearText(year: number): string | null {
  return year >= 1 && year <= 9999 ? String(year).padStart(4, '0') : null
}

/**
 * The date moved by whole days: time of day, offset and precision stay as written, so the interval between two dates moved by the
 * same number is exact to the second. Of a partial date only a year is left: that of its middle day, moved.
 */
export function shiftDate(text: string, days: number): string | null {
  const parts = parseDate(text)
  if (parts === null) return null
  const partial = parts.month === null || parts.day === null
  const moved = calendar(dayNumber(parts.year, parts.month ?? 7, parts.day ?? (parts.month === null ? 2 : 15)) + days)
  const year = yearText(moved.year)
  if (partial || year === null) return year
  return `${year}-${two(moved.month)}-${two(moved.day)}${parts.tail}`
}
