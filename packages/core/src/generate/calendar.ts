// Days are whole numbers since 1970-01-01, moments are a day and minutes of local time. Pure arithmetic: no clock, no time zone database.

export interface Civil {
  year: number
  month: number
  day: number
}

/** Standard offset in minutes; summer time by the rule of the United States since 2007, taken for all years. */
export interface Zone {
  name: string
  offset: number
  summer: boolean
}

export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468
}

export function civil(number: number): Civil {
  const z = number + 719468
  const era = Math.floor(z / 146097)
  const dayOfEra = z - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 }
}

/** null when the text is no full date of the calendar */
export function parseDay(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return null
  const number = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]))
  return isoDay(number) === text ? number : null
}

export function isoDay(number: number): string {
  const { year, month, day } = civil(number)
  return `${year}-${pad(month)}-${pad(day)}`
}

export function isoMoment(number: number, minutes: number, zone: Zone, seconds = 0): string {
  const day = number + Math.floor(minutes / 1440)
  const minute = ((minutes % 1440) + 1440) % 1440
  return `${isoDay(day)}T${pad(Math.floor(minute / 60))}:${pad(Math.floor(minute % 60))}:${pad(seconds)}${offsetText(day, zone)}`
}

/** The same moment in UTC. */
export function isoInstant(number: number, minutes: number, zone: Zone, seconds = 0): string {
  const utc = Math.floor(minutes) - offsetAt(number + Math.floor(minutes / 1440), zone)
  const day = number + Math.floor(utc / 1440)
  const minute = ((utc % 1440) + 1440) % 1440
  return `${isoDay(day)}T${pad(Math.floor(minute / 60))}:${pad(minute % 60)}:${pad(seconds)}Z`
}

export function yearsBetween(from: number, to: number): number {
  const a = civil(from)
  const b = civil(to)
  return b.year - a.year - (b.month < a.month || (b.month === a.month && b.day < a.day) ? 1 : 0)
}

/** The same date some years on; 29 February becomes 1 March where there is none. */
export function plusYears(number: number, years: number): number {
  const { year, month, day } = civil(number)
  return dayNumber(year + years, month, day)
}

/** 1 in mid-January, -1 in mid-July */
export function winter(number: number): number {
  return Math.cos(((number - 14) / 365.25) * 2 * Math.PI)
}

export function weekday(number: number): number {
  return (((number + 4) % 7) + 7) % 7
}

const pad = (n: number) => (n < 10 ? `0${n}` : String(n))

function offsetAt(day: number, zone: Zone): number {
  return zone.summer && isSummer(day) ? zone.offset + 60 : zone.offset
}

function isSummer(number: number): boolean {
  const { year } = civil(number)
  return number >= sundayFrom(dayNumber(year, 3, 8)) && number < sundayFrom(dayNumber(year, 11, 1))
}

const sundayFrom = (number: number) => number + ((7 - weekday(number)) % 7)

function offsetText(day: number, zone: Zone): string {
  const offset = offsetAt(day, zone)
  const size = Math.abs(offset)
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`
}
