import { dateMax, dateMin, dateRange } from './date-range.js'
import type { DateRange } from './date-range.js'
import { anyUnit, canonicalSystem, dimension, verbatimUnit } from './index-keys.js'
import { normalizeText } from './normalize-text.js'
import { isObject, numberOf } from './resource.js'
import type { JsonObject } from './resource.js'
import { ucumSystem } from './units.js'
import type { Units } from './units.js'

/** What an element points to: a reference without its version, the resource it holds, or ''. What is contained points nowhere. */
export function referenceText(value: unknown): string {
  const text = isObject(value) ? (value['reference'] ?? held(value)) : value
  if (typeof text !== 'string' || text.startsWith('#')) return ''
  const history = text.indexOf('/_history/')
  return history < 0 ? text : text.slice(0, history)
}

function held({ resourceType, id }: JsonObject): string | undefined {
  return typeof resourceType === 'string' && typeof id === 'string' ? `${resourceType}/${id}` : undefined
}

const textParts: Readonly<Record<string, readonly string[]>> = {
  HumanName: ['text', 'family', 'given', 'prefix', 'suffix'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'],
  CodeableConcept: ['text', 'coding'],
  Coding: ['display'],
}

/** The texts of an element that a string search looks at, as written. */
export function textsOf(value: unknown, type: string): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(item, type))
  if (!isObject(value)) return []
  return (textParts[type] ?? []).flatMap((part) =>
    value[part] === undefined ? [] : textsOf(value[part], part === 'coding' ? 'Coding' : ''),
  )
}

/** What words say of a code, normalised: CodeableConcept.text, Coding.display, Identifier.type.text. */
export function wordingsOf(value: JsonObject, type: string): string[] {
  const written =
    type === 'Identifier'
      ? isObject(value['type'])
        ? [value['type']['text']]
        : []
      : textsOf(value, type === 'CodeableConcept' ? type : 'Coding')
  const first = written[0]
  if (first === undefined) return []
  if (written.length === 2 && first === written[1]) written.pop()
  const texts: string[] = []
  for (const each of written) {
    const text = typeof each === 'string' ? normalizeText(each) : ''
    if (text !== '' && !texts.includes(text)) texts.push(text)
  }
  return texts
}

/** Of a date text, a Period, or a Timing: from its first to its last event or the bounds it repeats in. */
export function rangeOf(value: unknown): DateRange | null {
  if (typeof value === 'string') return dateRange(value)
  if (!isObject(value)) return null
  if (Array.isArray(value['event'])) return spanOfAll(value['event'])
  const period = isObject(value['repeat']) ? value['repeat']['boundsPeriod'] : value
  if (!isObject(period)) return null
  const start = typeof period['start'] === 'string' ? dateRange(period['start']) : null
  const end = typeof period['end'] === 'string' ? dateRange(period['end']) : null
  return start || end ? { lo: start?.lo ?? dateMin, hi: end?.hi ?? dateMax } : null
}

function spanOfAll(events: unknown[]): DateRange | null {
  const ranges = events.map((event) => (typeof event === 'string' ? dateRange(event) : null)).filter((range) => range !== null)
  if (ranges.length === 0) return null
  return { lo: Math.min(...ranges.map((range) => range.lo)), hi: Math.max(...ranges.map((range) => range.hi)) }
}

/** An amount alone, and in each unit by which it can be asked for. */
export function quantityForms(value: unknown, units: Units): { unit: string; amount: number }[] {
  const amount = numberOf(isObject(value) ? value['value'] : value)
  if (amount === null) return []
  const forms = [{ unit: anyUnit, amount }]
  if (!isObject(value)) return forms
  const { system, code, unit } = value
  const add = (form: string, of: number): void => {
    if (!forms.some((each) => each.unit === form)) forms.push({ unit: form, amount: of })
  }
  // Without a system, or with that of UCUM, a unit that is known can be compared with others of its dimension.
  const isUcum = typeof system !== 'string' || canonicalSystem(system) === ucumSystem
  for (const written of [code, unit]) {
    if (typeof written !== 'string') continue
    const scale = isUcum ? units(written) : null
    if (scale) add(dimension(scale.dimension), scale.toBase(amount))
    else {
      if (written === code && typeof system === 'string') add(verbatimUnit(system, written), amount)
      add(verbatimUnit('', written), amount)
    }
  }
  return forms
}
