// Numbers, dates and spans as the screens write them. Months are words, so no reader takes a day for a month.

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const decimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

export const count = (value: number): string => integer.format(value)
export const rate = (value: number): string => (value >= 100 ? integer.format(value) : decimal.format(value))

export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number) => String(value).padStart(2, '0')

/** `22 Nov 2026` of a calendar date (no zone) or a moment (the reader's zone). */
export function day(text: string): string {
  const plain = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (plain) return `${plain[3]} ${months[Number(plain[2]) - 1]} ${plain[1]}`
  const at = new Date(text)
  return `${two(at.getDate())} ${months[at.getMonth()]} ${at.getFullYear()}`
}

export function dayShort(text: string): string {
  return day(text).slice(0, 6)
}

/** `Nov 2026` of `2026-11`. */
export const monthWords = (text: string): string => day(`${text}-01`).slice(3)

export function clock(text: string): string {
  const at = new Date(text)
  return `${two(at.getHours())}:${two(at.getMinutes())}`
}

export function clockSeconds(text: string): string {
  return `${clock(text)}:${two(new Date(text).getSeconds())}`
}

/** `22 Nov 09:10`: the zone stands in the status bar. */
export const moment = (text: string): string => `${dayShort(text)} ${clock(text)}`

/** `09:14 today`, `Fri 20 Nov`, `20 Nov 2025`: as near as the reader needs. */
export function lately(text: string, now: Date): string {
  const at = new Date(text)
  const days = (startOfDay(now) - startOfDay(at)) / 86_400_000
  if (days < 0.5) return `${clock(text)} today`
  if (days < 1.5) return `${clock(text)} yesterday`
  if (days < 300) return `${at.toLocaleDateString('en-GB', { weekday: 'short' })} ${dayShort(text)}`
  return day(text)
}

const startOfDay = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()

export function span(ms: number): string {
  if (ms < 100) return `${Math.max(1, Math.round(ms))} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 48 * 3_600_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} days`
}

export function zoneName(at: Date): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const minutes = -at.getTimezoneOffset()
  const sign = minutes < 0 ? '-' : '+'
  const hours = Math.floor(Math.abs(minutes) / 60)
  const rest = Math.abs(minutes) % 60
  return `${zone} (UTC${sign}${hours}${rest ? `:${two(rest)}` : ''})`
}

export function initials(name: string): string {
  const words = name
    .replace(/@.*/, '')
    .split(/[\s._-]+/)
    .filter(Boolean)
  const [first, last] = [words[0] ?? '?', words.length > 1 ? (words.at(-1) ?? '') : '']
  return (first.slice(0, last ? 1 : 2) + last.slice(0, 1)).toUpperCase()
}

/** Reads `22 Nov 2026`, `22 November 2026` and `2026-11-22`; undefined for anything else, an impossible date included. */
export function parseDay(text: string): string | undefined {
  const iso = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$/.exec(text)
  const words = /^\s*(\d{1,2})\s+([A-Za-z]{3,9})\.?\s+(\d{4})\s*$/.exec(text)
  const month = words ? months.findIndex((name) => name.toLowerCase() === (words[2] ?? '').slice(0, 3).toLowerCase()) + 1 : Number(iso?.[2])
  const [year, date] = words ? [Number(words[3]), Number(words[1])] : [Number(iso?.[1]), Number(iso?.[3])]
  if (!year || !month || !date) return undefined
  const at = new Date(Date.UTC(year, month - 1, date))
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === date ? at.toISOString().slice(0, 10) : undefined
}

export function addDays(isoDate: string, days: number): string {
  const at = new Date(`${isoDate}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

export const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)
