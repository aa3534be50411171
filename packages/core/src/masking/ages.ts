import { isObject, numberOf } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { parseDate } from './dates.js'
import { boundedCache } from './bounded-cache.js'
import type { Run } from './run.js'

const perYear: Readonly<Record<string, number>> = {
  a: 1, yr: 1, yrs: 1, year: 1, years: 1, y: 1, yo: 1,
  mo: 12, month: 12, months: 12, mon: 12,
  wk: 52.18, week: 52.18, weeks: 52.18,
  d: 365.25, day: 365.25, days: 365.25,
  h: 8766, hr: 8766, hour: 8766, hours: 8766, min: 525_960,
} // prettier-ignore

// Units repeat: a Map of those seen costs less than looking at their letters.
const unitsPerYearOf = boundedCache<number>(
  2000,
  (text) =>
    perYear[
      text
        .trim()
        .toLowerCase()
        .replace(/^\{(.*)\}$/, '$1')
    ] ?? 0,
)
const unitsPerYear = (text: unknown): number | undefined => (typeof text === 'string' ? unitsPerYearOf(text) || undefined : undefined)

/**
 * An age at or over the cap becomes the cap, marked by `>=`: years anywhere, other units where an age is meant.
 * An age whose unit is unknown loses its value.
 */
export function capAge(source: JsonObject, out: JsonObject, isAge: boolean, run: Run): void {
  const value = numberOf(out['value'])
  if (value === null) return
  const units = unitsPerYear(source['code']) ?? unitsPerYear(source['unit'])
  const cap = run.policy.ageCap
  if (units === undefined) {
    const unitless = source['code'] === undefined && source['unit'] === undefined
    if (!isAge || (unitless && Math.abs(value) < cap)) return
    delete out['value']
    run.counts.identifying++
    return
  }
  if (Math.floor(Math.abs(value) / units + 1e-9) < cap || (units !== 1 && !isAge)) return
  out['value'] = cap
  out['comparator'] = '>='
  run.counts.identifying++
  if (units === 1) return
  out['unit'] = 'years'
  out['system'] = 'http://unitsofmeasure.org'
  out['code'] = 'a'
}

function yearOf(value: unknown): number | null {
  return typeof value === 'string' ? (parseDate(value)?.year ?? null) : null
}

/** Would this birth year, with the year of death or today, tell of an age at or over the cap? Counted in whole years, so never too late. */
function isOverCap(born: number, died: number | null, run: Run): boolean {
  const until = died === null || died < born ? run.asOfYear : died
  return until - born >= run.policy.ageCap
}

/** Birth dates of the very old go: with them every other date would tell the age. */
export function dropOldBirth(source: JsonObject, out: JsonObject, run: Run): void {
  const died = yearOf(source['deceasedDateTime'] ?? source['deceasedDate'])
  for (const name of ['birthDate', 'bornDate']) {
    const born = yearOf(source[name])
    if (born !== null && out[name] !== undefined && isOverCap(born, died, run)) drop(out, name, run)
  }
  const period = source['bornPeriod']
  if (!isObject(period) || out['bornPeriod'] === undefined) return
  const first = yearOf(period['start']) ?? yearOf(period['end'])
  if (first === null || isOverCap(first, died, run)) drop(out, 'bornPeriod', run)
}

function drop(out: JsonObject, name: string, run: Run): void {
  delete out[name]
  run.counts.identifying++
}

/** Does one of the codings say that the value is an age? */
export function isAgeCode(concept: unknown, systems: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const codings = isObject(concept) ? concept['coding'] : null
  if (!Array.isArray(codings)) return false
  return codings.some((coding) => {
    if (!isObject(coding) || typeof coding['code'] !== 'string') return false
    const of = systems.get(coding['code'])
    const system = coding['system']
    // A code without a system still may be the one that is meant.
    return of !== undefined && (system === undefined || (typeof system === 'string' && of.has(system.replace(/\/$/, ''))))
  })
}
