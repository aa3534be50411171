import { parseDate, shiftDate, yearText } from './dates.js'
import type { PhiClass } from './phi-class.js'
import { misshapen, removed } from './removal.js'
import type { Handler } from './run.js'

export const yearHandler: Handler = (value, run) => {
  const parts = typeof value === 'string' ? parseDate(value) : null
  return parts === null ? misshapen(run) : (yearText(parts.year) ?? undefined)
}

export const shiftHandler: Handler = (value, run) => {
  if (run.shift === null) return yearHandler(value, run)
  return (typeof value === 'string' ? shiftDate(value, run.shift) : null) ?? misshapen(run)
}

// Without a person the year alone would be left, and an instant cannot say just that.
export const shiftInstantHandler: Handler = (value, run) => (run.shift === null ? removed(value, run) : shiftHandler(value, run))

// A year so long ago tells of an age over the cap, whatever happened in it. Births and deaths are judged with each other instead.
export function datedBy(phiClass: PhiClass | null, handler: Handler): Handler {
  if (phiClass !== 'DATE') return handler
  return (value, run) => {
    const masked = handler(value, run)
    if (typeof masked !== 'string' || typeof value !== 'string') return masked
    const earliest = Math.min(Number(value.slice(0, 4)), Number(masked.slice(0, 4)))
    return run.asOfYear - earliest < run.policy.ageCap ? masked : removed(value, run)
  }
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))

/** Months and quarters are those of the moved date where a policy moves dates: a true one beside it would tell by how much. */
export function generalizedDate(to: 'year' | 'quarter' | 'month' | 'decade', policyMoves: boolean): Handler {
  if (to === 'year') return yearHandler
  return (value, run) => {
    const fine = to !== 'decade'
    if (fine && policyMoves && run.shift === null) return yearHandler(value, run)
    const text = fine && policyMoves ? shiftHandler(value, run) : value
    const parts = typeof text === 'string' ? parseDate(text) : null
    if (parts === null) return misshapen(run)
    const year = yearText(to === 'decade' ? Math.max(1, parts.year - (parts.year % 10)) : parts.year) ?? undefined
    if (!fine || parts.month === null || year === undefined) return year
    return `${year}-${two(to === 'month' ? parts.month : parts.month - ((parts.month - 1) % 3))}`
  }
}
