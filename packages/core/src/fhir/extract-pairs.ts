import { quantityForms, rangeOf, referenceText, textsOf } from './extract-values.js'
import { pairForm, pairKey, pairParam, pairPlace, quantityKey } from './index-keys.js'
import type { IndexEntries } from './extract-index.js'
import type { Pair, PairPart } from './index-plan.js'
import { normalizeText } from './normalize-text.js'
import { isObject } from './resource.js'
import type { JsonObject } from './resource.js'
import type { Units } from './units.js'

/** A code and its system, either of which may be left out. */
export interface CodingForm {
  system: string | undefined
  code: string | undefined
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The codes of an element that a token search looks at. */
export function codingForms(value: unknown, type: string): CodingForm[] {
  if (!isObject(value)) {
    // Patient.deceased is a boolean or a date: a date says true. Coverage.dependent is a number.
    if (type === 'dateTime') return [{ system: undefined, code: 'true' }]
    if (typeof value === 'string') return [{ system: undefined, code: value }]
    return typeof value === 'boolean' || typeof value === 'number' ? [{ system: undefined, code: String(value) }] : []
  }
  switch (type) {
    case 'CodeableConcept': {
      const codings: unknown = value['coding']
      return Array.isArray(codings) ? codings.flatMap((coding: unknown) => (isObject(coding) ? [formOf(coding)] : [])) : []
    }
    case 'Identifier':
      return [{ system: textOf(value['system']), code: textOf(value['value']) }]
    case 'ContactPoint':
      return [{ system: undefined, code: textOf(value['value']) }]
    default:
      return [formOf(value)]
  }
}

const formOf = (coding: JsonObject): CodingForm => ({ system: textOf(coding['system']), code: textOf(coding['code']) })

interface Found extends IndexEntries {
  type: string
  units: Units
}

/** Adds what belongs together in one element. */
export function pairsAt(element: JsonObject, pairs: readonly Pair[], found: Found): void {
  for (const { composite, first, second } of pairs) {
    const firsts = partValues(element, first).flatMap(({ value, type }) => tellings(value, type))
    if (firsts.length === 0) continue
    for (const { value, type } of partValues(element, second))
      for (const told of firsts) addPair({ composite, told, kind: second.kind, value, type }, found)
  }
}

interface FoundPair {
  composite: string
  told: string
  kind: PairPart['kind']
  value: unknown
  type: string
}

function addPair({ composite, told, kind, value, type }: FoundPair, found: Found): void {
  switch (kind) {
    case 'token':
      for (const other of tellings(value, type)) found.tokens.push(pairKey(composite, told, other))
      break
    case 'reference':
      found.tokens.push(pairKey(composite, told, referenceText(value)))
      break
    case 'quantity':
      for (const { unit, amount } of quantityForms(value, found.units))
        found.quantities.push({ hash: quantityKey(pairParam(composite, told), unit), value: amount })
      break
    case 'string': {
      const param = pairPlace(found.type, composite, told)
      for (const text of textsOf(value, type)) found.strings.push({ param, text: normalizeText(text) })
      break
    }
    case 'date': {
      const range = rangeOf(value)
      if (range) found.dates.push({ param: pairPlace(found.type, composite, told), lo: range.lo, hi: range.hi })
      break
    }
    case 'number':
    case 'uri':
    case 'composite':
      throw new Error('no composite of DSTU2 has such a part')
  }
}

/** All ways in which a search may tell a code: alone, with its system, as one without a system. */
function tellings(value: unknown, type: string): string[] {
  const forms = codingForms(value, type).flatMap(({ system, code }) =>
    code === undefined ? [] : [pairForm(undefined, code), pairForm(system ?? '', code)],
  )
  return [...new Set(forms)]
}

function partValues(element: JsonObject, { paths }: PairPart): { value: unknown; type: string }[] {
  return paths.flatMap(({ keys, type }) => below(element, keys, 0).map((value) => ({ value, type })))
}

function below(value: unknown, keys: readonly string[], depth: number): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => below(item, keys, depth))
  const key = keys[depth]
  if (key === undefined) return value === undefined || value === null ? [] : [value]
  return isObject(value) ? below(value[key], keys, depth + 1) : []
}
