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
        .replace(/[\s.-]*(?:old|of\s+age)$/, '')
        .replaceAll('.', '')
    ] ?? 0,
)
const unitsPerYear = (text: unknown): number | undefined => (typeof text === 'string' ? unitsPerYearOf(text) || undefined : undefined)

/**
 * An age at or over the cap becomes the cap, marked by `>=`: years anywhere, other units where an age is meant.
 * An age whose unit is unknown loses its value, and one so long ago that it would be over the cap today.
 */
export function capAge(source: JsonObject, out: JsonObject, isAge: boolean, run: Run): void {
  const value = numberOf(out['value'])
  if (value === null) return
  const units = unitsPerYear(source['code']) ?? unitsPerYear(source['unit'])
  const cap = run.policy.ageCap
  if (units === undefined) {
    const unitless = source['code'] === undefined && source['unit'] === undefined
    if (!isAge || (unitless && Math.abs(value) + (run.ageCoded ? run.yearsSince : 0) < cap)) return
    delete out['value']
    run.counts.identifying++
    return
  }
  const age = Math.floor(Math.abs(value) / units + 1e-9)
  if (age < cap) {
    if (!run.ageCoded || age + run.yearsSince < cap) return
    delete out['value']
    run.counts.identifying++
    return
  }
  if (units !== 1 && !isAge) return
  out['value'] = cap
  out['comparator'] = '>='
  run.counts.identifying++
  if (units === 1 && (out['unit'] ?? out['code']) !== undefined) return
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

// Whole phrases only: 'BMI per age' is no age.
const namesAge = /^(?:(?:patient|subject|person|current|reported|chronological)\S*\s+)*age(?:\s*\(.*\)|\s+(?:at|in|of)\b.*)?[:?]?$/i
const asksAge = /(?:^|[._/-])age(?:$|[._/-])|\bhow old\b|\b(?:your|patient's|current) age\b/i

const aliases: Readonly<Record<string, string>> = {
  'urn:oid:2.16.840.1.113883.6.1': 'http://loinc.org',
  'urn:oid:2.16.840.1.113883.6.96': 'http://snomed.info/sct',
}

/** Does a concept say that the value is an age: by one of the codes, or in words? */
export function isAgeConcept(concept: unknown, systems: AgeSystems, isPublic: (system: string) => boolean): boolean {
  if (!isObject(concept)) return false
  const codings = Array.isArray(concept['coding']) ? (concept['coding'] as unknown[]).filter(isObject) : []
  if ([concept['text'], ...codings.map(({ display }) => display)].some((text) => typeof text === 'string' && namesAge.test(text.trim())))
    return true
  return codings.some(({ system, code }) => {
    const of = typeof code === 'string' ? systems.get(code) : undefined
    if (of === undefined) return false
    // Without a system, or under one of the house, the code still may be the one that is meant.
    if (typeof system !== 'string') return true
    const plain = system.replace(/\/$/, '').replace(/^https:/, 'http:')
    return of.has(aliases[plain] ?? plain) || !isPublic(system)
  })
}

export type AgeSystems = ReadonlyMap<string, ReadonlySet<string>>

/** Is a question about an age? */
export function isAgeQuestion({ linkId, text }: JsonObject, systems: AgeSystems): boolean {
  if (typeof linkId === 'string' && (asksAge.test(linkId) || systems.has(linkId))) return true
  return typeof text === 'string' && (asksAge.test(text) || namesAge.test(text.trim()))
}

/** How many years ago an Observation was made: an age told then tells of one today. */
export function yearsSince(observation: JsonObject, run: Run): number {
  const { effectiveDateTime, effectivePeriod, issued } = observation
  const start = isObject(effectivePeriod) ? (effectivePeriod['start'] ?? effectivePeriod['end']) : undefined
  const year = yearOf(effectiveDateTime ?? start ?? issued)
  return year === null ? 0 : Math.max(0, run.asOfYear - year)
}
