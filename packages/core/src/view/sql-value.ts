const instant = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/

/**
 * A FHIR value as the SQL type of its column. A date or time that is not known to the day has no TIMESTAMP or DATE: it is null, and the
 * companion year column stands. A time without a zone counts as UTC.
 */
export function sqlValue(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null
  const text = typeof value === 'string' ? value : String(value)
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

function timestamp(text: string): string | null {
  const match = instant.exec(text)
  if (!match) return null
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  // A leap second has no place on the clock of SQL.
  const clock = `${year}-${month}-${day}T${hour}:${minute}:${second === '60' ? '59' : second}`
  const milliseconds = Date.parse(`${clock}.${fraction.padEnd(3, '0').slice(0, 3)}${zone}`)
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ')
}
