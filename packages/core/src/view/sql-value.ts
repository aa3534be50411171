const instant = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/

/**
 * A FHIR value as the SQL type of its column. A date or time that is not known to the day has no TIMESTAMP or DATE: it is null, and the
 * companion year column stands. A time without a zone counts as UTC.
 */
export function sqlValue(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  switch (type) {
    case 'TIMESTAMP':
      return timestamp(text)
    case 'DATE':
      return timestamp(text)?.slice(0, 10) ?? null
    case 'INTEGER':
    case 'BIGINT':
      return /^[+-]?\d{1,18}$/.test(text) ? Number(text) : null
    case 'DOUBLE':
      return Number.isFinite(Number(text)) ? Number(text) : null
    case 'BOOLEAN':
      return text === 'true' ? true : text === 'false' ? false : null
    default:
      return text
  }
}

// Written as DuckDB writes it: no trailing zeros of the fraction, microseconds at most.
function timestamp(text: string): string | null {
  const match = instant.exec(text)
  if (!match) return null
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  const seconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`)
  if (Number.isNaN(seconds) || !isDay(`${year}-${month}-${day}`)) return null
  const digits = fraction.slice(0, 6).replace(/0+$/, '')
  return new Date(seconds).toISOString().slice(0, 19).replace('T', ' ') + (digits === '' ? '' : `.${digits}`)
}

// The clock of JavaScript turns 30 February into 1 March.
const isDay = (day: string): boolean => {
  const at = Date.parse(day)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}
