import { normalizeText } from '@aquifer/core/fhir'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { DateValue, QuantityValue, StringMatch, UriMatch } from './search-types.js'

/** What must hold of a row. */
export type Condition = RawBuilder<unknown>

export const nothing: Condition = sql`false`
export function either(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? nothing : sql`(${sql.join(conditions, sql` or `)})`
}
export const all = (conditions: readonly Condition[]): Condition => sql.join([...conditions], sql` and `)
export const arrayOf = (hashes: readonly bigint[]): Condition => sql`${hashes.map(String)}::int8[]`

// DSTU2 search, "prefixes and ranges": both the value and the resource stand for a span, lo included, hi excluded.
export function spanCondition({ prefix, lo, hi }: DateValue, from: Condition, to: Condition): Condition {
  const within = sql`(${from} >= ${lo} and ${from} < ${hi} and ${to} <= ${hi})`
  switch (prefix) {
    case 'eq':
      return within
    case 'ne':
      return sql`(${from} < ${lo} or ${to} > ${hi})`
    case 'gt':
      return sql`${to} > ${hi}`
    case 'lt':
      return sql`${from} < ${lo}`
    case 'ge':
      return sql`(${to} > ${hi} or ${within})`
    case 'le':
      return sql`(${from} < ${lo} or ${within})`
    case 'sa':
      return sql`${from} >= ${hi}`
    case 'eb':
      return sql`${to} <= ${lo}`
    case 'ap':
      return sql`(${from} < ${hi} and ${to} > ${lo})`
  }
}

// As the index on long spans and the statistics have it.
const longMs = 86_400_000
const isLong = sql.raw(`(c.dhi - c.dlo > ${longMs})::int = 1`)
const isShort = sql.raw(`(c.dhi - c.dlo > ${longMs})::int = 0`)

/** The main date, as ways that no row can meet both: each a range of an index where there is one. */
export function mainSpanBranches(value: DateValue): Condition[] {
  const { prefix, lo, hi } = value
  const holds = spanCondition(value, sql`c.dlo`, sql`c.dhi`)
  switch (prefix) {
    case 'gt':
    case 'ge':
    case 'ap': {
      const from = (prefix === 'gt' ? hi : lo) - longMs
      return [sql`${isShort} and c.dlo >= ${from} and ${holds}`, sql`${isLong} and ${holds}`]
    }
    case 'le':
      return [sql`c.dlo < ${hi} and ${holds}`]
    case 'eb':
      return [sql`c.dlo < ${lo} and ${holds}`]
    default:
      return [holds]
  }
}

export function instantCondition({ prefix, lo, hi }: DateValue): Condition {
  const at = sql`c.updated`
  switch (prefix) {
    case 'eq':
    case 'ap':
      return sql`(${at} >= ${lo} and ${at} < ${hi})`
    case 'ne':
      return sql`(${at} < ${lo} or ${at} >= ${hi})`
    case 'gt':
    case 'sa':
      return sql`${at} >= ${hi}`
    case 'lt':
    case 'eb':
      return sql`${at} < ${lo}`
    case 'ge':
      return sql`${at} >= ${lo}`
    case 'le':
      return sql`${at} < ${hi}`
  }
}

export function amountCondition({ prefix, value, lo, hi }: QuantityValue): Condition {
  switch (prefix) {
    case 'eq':
      return sql`q.v >= ${lo} and q.v < ${hi}`
    case 'ne':
      return sql`(q.v < ${lo} or q.v >= ${hi})`
    case 'ap':
      return sql`q.v >= ${lo} and q.v <= ${hi}`
    case 'gt':
    case 'sa':
      return sql`q.v > ${value}`
    case 'lt':
    case 'eb':
      return sql`q.v < ${value}`
    case 'ge':
      return sql`q.v >= ${value}`
    case 'le':
      return sql`q.v <= ${value}`
  }
}

const lastCharacter = '\u{10ffff}'
// As the index on texts has it.
const indexed = 500
const start = sql`left(s.t, 500)`

const startsWith = (text: string): Condition => {
  const head = text.slice(0, indexed)
  const found = sql`(${start} >= ${head} and ${start} < ${head + lastCharacter})`
  return text.length > indexed ? sql`(${found} and starts_with(s.t, ${text}))` : found
}
const equals = (text: string): Condition => sql`(${start} = ${text.slice(0, indexed)} and s.t = ${text})`

export function textCondition(written: string, match: Exclude<StringMatch, 'exact'>): Condition {
  const text = normalizeText(written)
  return match === 'starts' ? startsWith(text) : sql`strpos(s.t, ${text}) > 0`
}

/** below: what begins with the URI · above: what the URI begins with. */
export function uriCondition(uri: string, match: UriMatch): Condition {
  if (match === 'exact') return equals(uri)
  if (match === 'below') return startsWith(uri)
  const starts = Array.from({ length: Math.min(uri.length, indexed) }, (_, at) => uri.slice(0, at + 1))
  return sql`(${start} = any(${starts}) and starts_with(${uri}, s.t))`
}

const kmPerDegree = 111.195
/** Rows of latitude `a` and longitude `b` within so many kilometres, on a sphere; the box comes first, since it has an index. */
export function nearCondition(
  keys: { latitudes: Condition; longitudes: Condition },
  place: { latitude: number; longitude: number; km: number },
): Condition {
  const { latitude, longitude, km } = place
  const degrees = km / kmPerDegree
  return sql`c.rid in (select a.rid from qty a join qty b on b.rid = a.rid and b.h = any(${keys.longitudes})
    where a.h = any(${keys.latitudes}) and a.v between ${latitude - degrees} and ${latitude + degrees}
    and 2 * 6371.0088 * asin(sqrt(least(1, sind((a.v - ${latitude}) / 2) ^ 2
      + cosd(${latitude}) * cosd(a.v) * sind((b.v - ${longitude}) / 2) ^ 2))) <= ${km})`
}
