import { dateMax, dateMin, dateRange } from './date-range.js'
import type { DateRange } from './date-range.js'
import { hashOf, joinHalves } from './hash64.js'
import { indexPlan } from './index-plan.js'
import type { Leaf, PlanNode } from './index-plan.js'
import { parseReference } from './reference.js'
import { isObject, numberOf } from './resource.js'
import type { JsonObject, Resource } from './resource.js'

/** What the search index holds of one resource. */
export interface IndexEntries {
  /** hash64 of 'param|code', 'param|system|code', 'param||code' without a system, 'param|Type/id' for references. */
  tokens: bigint[]
  /** hash64 of 'system|code' of the first coding of the main code. */
  code: bigint | null
  /** Bit i: the i-th search parameter of the type has a value. */
  present: bigint
  /** The span of the main date parameter, milliseconds, end excluded. */
  dateLo: number | null
  dateHi: number | null
  /** Normalised texts; `param` is the place in the type's table. */
  strings: { param: number; text: string }[]
  /** hash64 of 'param|system|code', of 'param||unit', of 'param' for plain numbers. */
  quantities: { hash: bigint; value: number }[]
  /** Date parameters other than the main one. */
  dates: { param: number; lo: number; hi: number }[]
}

interface Gathering extends IndexEntries {
  low: number
  high: number
}

export function extractIndex(resource: Resource): IndexEntries {
  const plan = indexPlan(resource.resourceType)
  const found: Gathering = {
    tokens: [],
    code: plan.mainCode ? firstCode(resource, plan.mainCode, 0) : null,
    present: 0n,
    dateLo: null,
    dateHi: null,
    strings: [],
    quantities: [],
    dates: [],
    low: 0,
    high: 0,
  }
  for (const node of plan.next) {
    const value = resource[node.key]
    if (value !== undefined) gather(value, node, found)
  }
  const { tokens, code, dateLo, dateHi, strings, quantities, dates, low, high } = found
  return { tokens, code, present: joinHalves(low, high), dateLo, dateHi, strings, quantities, dates }
}

function gather(value: unknown, node: PlanNode, found: Gathering): void {
  if (Array.isArray(value)) {
    for (const item of value) gather(item, node, found)
    return
  }
  if (value === null || value === undefined) return
  if (node.filter && (value as JsonObject)[node.filter.key] !== node.filter.value) return
  for (const leaf of node.leaves) {
    if (!take(value, leaf, found)) continue
    for (const finder of leaf.finders) {
      if (finder.targets && !mayPointTo(value, finder.targets)) continue
      found.low |= finder.low
      found.high |= finder.high
    }
  }
  for (const next of node.next) {
    const child = (value as JsonObject)[next.key]
    if (child !== undefined) gather(child, next, found)
  }
}

/** True where the element held a value of its parameter. */
function take(value: unknown, leaf: Leaf, found: Gathering): boolean {
  switch (leaf.kind) {
    case 'token':
      return takeToken(value, leaf, found)
    case 'reference':
      return takeReference(value, leaf, found)
    case 'string':
      return takeString(value, leaf, found)
    case 'date':
      return takeDate(value, leaf, found)
    case 'quantity':
    case 'number':
      return takeQuantity(value, leaf, found)
    case 'uri':
      return typeof value === 'string' && addToken(leaf, undefined, value, found)
    case 'composite':
      return false
  }
}

function takeToken(value: unknown, leaf: Leaf, found: Gathering): boolean {
  if (typeof value === 'string') {
    // Patient.deceased is a boolean or a date: a date says true.
    return addToken(leaf, undefined, leaf.type === 'dateTime' ? 'true' : value, found)
  }
  if (typeof value === 'boolean') return addToken(leaf, undefined, String(value), found)
  if (!isObject(value)) return false
  switch (leaf.type) {
    case 'CodeableConcept': {
      const codings: unknown = value['coding']
      let any = false
      if (Array.isArray(codings))
        for (const coding of codings as JsonObject[]) any = addToken(leaf, coding?.['system'], coding?.['code'], found) || any
      return any
    }
    case 'Identifier':
      return addToken(leaf, value['system'], value['value'], found)
    case 'ContactPoint':
      return addToken(leaf, undefined, value['value'], found)
    default:
      return addToken(leaf, value['system'], value['code'], found)
  }
}

function addToken(leaf: Leaf, system: unknown, code: unknown, found: Gathering): boolean {
  if (typeof code !== 'string') return false
  found.tokens.push(hashOf(leaf.start, code), hashOf(leaf.start, typeof system === 'string' ? system : '', `|${code}`))
  return true
}

function takeReference(value: unknown, leaf: Leaf, found: Gathering): boolean {
  const reference = typeof value === 'string' ? value : (value as JsonObject)['reference']
  if (typeof reference !== 'string' || reference === '' || reference.startsWith('#')) return false
  const history = reference.indexOf('/_history/')
  found.tokens.push(hashOf(leaf.start, history < 0 ? reference : reference.slice(0, history)))
  return true
}

// `patient` and `subject` read one element: a Group there is a subject, no patient. A reference that tells no type counts for all.
function mayPointTo(value: unknown, targets: ReadonlySet<string>): boolean {
  const text = typeof value === 'string' ? value : String((value as JsonObject)['reference'])
  if (targets.has(text.slice(0, text.indexOf('/')))) return true
  const reference = parseReference(text)
  return reference.kind === 'relative' || reference.kind === 'absolute' ? targets.has(reference.type) : true
}

const textParts: Readonly<Record<string, readonly string[]>> = {
  HumanName: ['text', 'family', 'given', 'prefix', 'suffix'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'],
  CodeableConcept: ['text'],
}

function takeString(value: unknown, leaf: Leaf, found: Gathering): boolean {
  if (typeof value === 'string') return addString(leaf, value, found)
  let any = false
  for (const part of textParts[leaf.type] ?? []) {
    const text = (value as JsonObject)[part]
    if (typeof text === 'string') any = addString(leaf, text, found) || any
    else if (Array.isArray(text)) for (const item of text) any = (typeof item === 'string' && addString(leaf, item, found)) || any
  }
  if (leaf.type === 'CodeableConcept' && Array.isArray((value as JsonObject)['coding'])) {
    for (const coding of (value as JsonObject)['coding'] as JsonObject[]) {
      const display = coding?.['display']
      any = (typeof display === 'string' && addString(leaf, display, found)) || any
    }
  }
  return any
}

function addString(leaf: Leaf, text: string, found: Gathering): boolean {
  const normal = normalizeText(text)
  if (normal === '') return false
  found.strings.push({ param: leaf.parameter, text: normal })
  return true
}

const ascii = /^[\u0020-\u007e]*$/

/** As string searches compare: without accents and case, blanks single. */
export function normalizeText(text: string): string {
  const plain = ascii.test(text) ? text : text.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  return plain.toLowerCase().replaceAll(/\s+/g, ' ').trim()
}

function takeDate(value: unknown, leaf: Leaf, found: Gathering): boolean {
  const range = rangeOf(value)
  if (!range) return false
  if (!leaf.isMainDate) found.dates.push({ param: leaf.parameter, lo: range.lo, hi: range.hi })
  else {
    found.dateLo = found.dateLo === null ? range.lo : Math.min(found.dateLo, range.lo)
    found.dateHi = found.dateHi === null ? range.hi : Math.max(found.dateHi, range.hi)
  }
  return true
}

/** Of a date text, a Period, or a Timing: from its first to its last event or the bounds it repeats in. */
function rangeOf(value: unknown): DateRange | null {
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

function takeQuantity(value: unknown, leaf: Leaf, found: Gathering): boolean {
  const plain = numberOf(value)
  if (plain !== null) {
    found.quantities.push({ hash: hashOf(leaf.start.slice(0, -1), ''), value: plain })
    return true
  }
  if (!isObject(value)) return false
  const amount = numberOf(value['value'])
  if (amount === null) return false
  const { system, code, unit } = value
  if (typeof system === 'string' && typeof code === 'string')
    found.quantities.push({ hash: hashOf(leaf.start, system, `|${code}`), value: amount })
  const shown = typeof unit === 'string' ? unit : code
  if (typeof shown === 'string') found.quantities.push({ hash: hashOf(leaf.start, '|', shown), value: amount })
  return true
}

function firstCode(value: unknown, path: readonly string[], depth: number): bigint | null {
  const single: unknown = Array.isArray(value) ? value[0] : value
  if (!isObject(single)) return null
  const key = path[depth]
  if (key !== undefined) return firstCode(single[key], path, depth + 1)
  const coding: unknown = Array.isArray(single['coding']) ? single['coding'][0] : single
  if (!isObject(coding) || typeof coding['code'] !== 'string') return null
  return hashOf(typeof coding['system'] === 'string' ? coding['system'] : '', '|', coding['code'])
}
