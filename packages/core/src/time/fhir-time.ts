import { instantOf } from './zone.js'

const pattern = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/

/** The span a FHIR date or dateTime stands for, in milliseconds, end excluded. Without an offset the zone's clock is meant. */
export function spanOf(text: string, zone: string): { lo: number; hi: number } | null {
  const match = pattern.exec(text)
  if (!match) return null
  const [, y, mo, d, h, mi, s, fraction, offset] = match
  const year = Number(y)
  const month = mo === undefined ? 1 : Number(mo)
  const day = d === undefined ? 1 : Number(d)
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null
  if (h === undefined) {
    const [nextYear, nextMonth, nextDay] =
      d !== undefined ? [year, month, day + 1] : mo !== undefined ? [year, month + 1, 1] : [year + 1, 1, 1]
    const next = new Date(Date.UTC(nextYear, nextMonth - 1, nextDay))
    return {
      lo: instantOf(zone, year, month, day),
      hi: instantOf(zone, next.getUTCFullYear(), next.getUTCMonth() + 1, next.getUTCDate()),
    }
  }
  const [hour, minute, second] = [Number(h), Number(mi), Number(s ?? 0)]
  if (hour > 23 || minute > 59 || second > 60) return null
  const whole =
    offset === undefined
      ? instantOf(zone, year, month, day, hour, minute, second)
      : Date.UTC(year, month - 1, day, hour, minute, second) - offsetMs(offset)
  const lo = whole + (fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000))
  return { lo, hi: lo + (fraction !== undefined ? 1 : s !== undefined ? 1000 : 60_000) }
}

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0
  const sign = offset.startsWith('-') ? -1 : 1
  return sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6))) * 60_000
}

/**
 * When a Period holds: its start is included, its end excluded, and an end that is only a date lasts through that day.
 * null on a side means no limit; null as a whole means that a side cannot be read.
 */
export function periodBounds(period: { start?: unknown; end?: unknown }, zone: string): { lo: number | null; hi: number | null } | null {
  const start = period.start === undefined ? undefined : typeof period.start === 'string' ? spanOf(period.start, zone) : null
  const end = period.end === undefined ? undefined : typeof period.end === 'string' ? spanOf(period.end, zone) : null
  if (start === null || end === null) return null
  const endIsDate = typeof period.end === 'string' && !period.end.includes('T')
  return { lo: start?.lo ?? null, hi: end === undefined ? null : endIsDate ? end.hi : end.lo }
}

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What durationMs reads, in the largest unit that holds it whole; a single day is told as 24h. */
export function spanText(ms: number): string {
  const [unit, size] = Object.entries(units).findLast(([name, each]) => ms % each === 0 && (name !== 'd' || ms > each)) ?? ['s', 1000]
  return `${ms / size}${unit}`
}

/** `15m`, `24h`, `30d` in milliseconds; null for anything else. */
export function durationMs(text: string): number | null {
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  const unit = units[match?.[2] ?? '']
  return match && unit ? Number(match[1]) * unit : null
}
