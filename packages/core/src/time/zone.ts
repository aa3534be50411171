const MINUTE = 60_000
const formats = new Map<string, Intl.DateTimeFormat>()

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, format)
  }
  return format
}

export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone)) return false
  try {
    formatFor(zone)
    return true
  } catch {
    return false
  }
}

/** What a clock in the zone shows at an instant, as the milliseconds a UTC clock would show the same at. */
function wallClock(instant: number, zone: string): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatFor(zone).formatToParts(new Date(instant))) parts[type] = Number(value)
  return Date.UTC(
    parts['year'] ?? 1970,
    (parts['month'] ?? 1) - 1,
    parts['day'] ?? 1,
    parts['hour'] ?? 0,
    parts['minute'] ?? 0,
    parts['second'] ?? 0,
  )
}

/** The first instant at which the zone's clock shows this time or, in a gap of summer time, a later one. */
export function instantOf(zone: string, year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const wanted = Date.UTC(year, month - 1, day, hour, minute, second)
  if (zone === 'UTC') return wanted
  // Offsets either side of the day bound all that can apply; the earlier instant wins where a clock shows the time twice.
  const early = wallClock(wanted - 86_400_000, zone) - (wanted - 86_400_000)
  const late = wallClock(wanted + 86_400_000, zone) - (wanted + 86_400_000)
  const candidates = [wanted - early, wanted - late].sort((a, b) => a - b)
  for (const candidate of candidates) if (wallClock(candidate, zone) === wanted) return candidate
  let instant = wanted - Math.max(early, late)
  while (wallClock(instant, zone) < wanted) instant += MINUTE
  return instant
}

/** The calendar day, `YYYY-MM-DD`, that the zone's clock shows at an instant. */
export function dayAt(instant: number, zone: string): string {
  return new Date(wallClock(instant, zone)).toISOString().slice(0, 10)
}

/** What a clock in the zone shows, to the second. */
export const timeAt = (instant: number, zone: string): string => new Date(wallClock(instant, zone)).toISOString().slice(0, 19)
