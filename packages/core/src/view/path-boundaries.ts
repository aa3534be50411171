import { asText, member, NotCompilable, one, onlyOne, type PathScope, type PathSql } from './path-value.js'
import { varchar } from './sql-type.js'

type Side = 'low' | 'high'

const sides = {
  low: { month: '01', seconds: '00', fraction: '000', clock: '00:00:00.000', zone: '+14:00', period: 'start' },
  high: { month: '12', seconds: '59', fraction: '999', clock: '23:59:59.999', zone: '-12:00', period: 'end' },
} as const

/**
 * The first or the last instant that a date or time known less exactly may mean. Of decimals it does not compile: the boundary of 1.0 is
 * not that of 1, and columns of numbers do not keep their digits.
 */
export function boundary(side: Side, focus: PathSql, scope: PathScope): PathSql {
  const value = onlyOne(focus, `${side}Boundary()`)
  switch (value.fact) {
    case 'Period':
      return boundary(side, member(value, sides[side].period, scope), scope)
    case 'date':
      return one(dayOf(side, asText(value)), varchar)
    case 'dateTime':
    case 'instant':
      return one(instantOf(side, asText(value)), varchar)
    case 'time':
      return one(clockOf(side, asText(value)), varchar)
    default:
      throw new NotCompilable(`${side}Boundary() compiles on dates, times and Periods of known elements`)
  }
}

function dayOf(side: Side, text: string): string {
  const month = `(CASE WHEN length(${text}) >= 7 THEN left(${text}, 7) ELSE left(${text}, 4) || '-${sides[side].month}' END)`
  const whole = side === 'low' ? `${month} || '-01'` : `CAST(last_day(TRY_CAST(${month} || '-01' AS DATE)) AS VARCHAR)`
  return `(CASE WHEN length(${text}) >= 10 THEN left(${text}, 10) ELSE ${whole} END)`
}

function clockOf(side: Side, text: string): string {
  const { seconds, fraction } = sides[side]
  return `(CASE length(${text}) WHEN 5 THEN ${text} || ':${seconds}.${fraction}' WHEN 8 THEN ${text} || '.${fraction}' ELSE ${text} END)`
}

function instantOf(side: Side, text: string): string {
  const { clock, zone } = sides[side]
  const zonePattern = `'(Z|[+-][0-9]{2}:[0-9]{2})$'`
  const time = `regexp_replace(substr(${text}, 12), ${zonePattern}, '')`
  const own = `nullif(regexp_extract(substr(${text}, 12), ${zonePattern}), '')`
  const timed = `left(${text}, 11) || ${clockOf(side, time)} || coalesce(${own}, '${zone}')`
  return `(CASE WHEN length(${text}) > 10 THEN ${timed} ELSE ${dayOf(side, text)} || 'T${clock}${zone}' END)`
}
