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
  /** Those of its further codings, where it has any. */
  otherCodes?: bigint[]
  /** Bit i: the element of the i-th search parameter of the type is there, be it as text or display only. */
  present: bigint
  /** The span of the main date parameter, milliseconds, end excluded. */
  dateLo: number | null
  dateHi: number | null
  /** Normalised texts; `param` is the place in the type's table. */
  strings: { param: number; text: string }[]
  /** hash64 of 'param|system|code', of 'param||unit', and of 'param' alone. */
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
    code: null,
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
  const codes = plan.mainCode ? codesAt(resource, plan.mainCode, 0) : []
  const { tokens, dateLo, dateHi, strings, quantities, dates, low, high } = found
  const entries = { tokens, code: codes[0] ?? null, present: joinHalves(low, high), dateLo, dateHi, strings, quantities, dates }
  return codes.length > 1 ? { ...entries, otherCodes: [...new Set(codes.slice(1))].filter((code) => code !== codes[0]) } : entries
}

function gather(value: unknown, node: PlanNode, found: Gathering): void {
  if (Array.isArray(value)) {
    for (const item of value) gather(item, node, found)
    return
  }
  if (value === null || value === undefined) return
  if (node.filter && (value as JsonObject)[node.filter.key] !== node.filter.value) return
  for (const leaf of node.leaves) {
    take(value, leaf, found)
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

function take(value: unknown, leaf: Leaf, found: Gathering): void {
  switch (leaf.kind) {
    case 'token':
      takeToken(value, leaf, found)
      break
    case 'reference':
      takeReference(value, leaf, found)
      break
    case 'string':
      addStrings(value, leaf.type, leaf, found)
      break
    case 'date':
      takeDate(value, leaf, found)
      break
    case 'quantity':
    case 'number':
      takeQuantity(value, leaf, found)
      break
    case 'uri':
      addToken(leaf, undefined, value, found)
      break
    case 'composite':
      break
  }
}

function takeToken(value: unknown, leaf: Leaf, found: Gathering): void {
  if (!isObject(value)) {
    // Patient.deceased is a boolean or a date: a date says true. Coverage.dependent is a number.
    if (leaf.type === 'dateTime') addToken(leaf, undefined, 'true', found)
    else if (typeof value === 'string') addToken(leaf, undefined, value, found)
    else if (typeof value === 'boolean' || typeof value === 'number') addToken(leaf, undefined, String(value), found)
    return
  }
  switch (leaf.type) {
    case 'CodeableConcept': {
      const codings: unknown = value['coding']
      if (Array.isArray(codings)) for (const coding of codings as JsonObject[]) addToken(leaf, coding?.['system'], coding?.['code'], found)
      break
    }
    case 'Identifier':
      addToken(leaf, value['system'], value['value'], found)
      break
    case 'ContactPoint':
      addToken(leaf, undefined, value['value'], found)
      break
    default:
      addToken(leaf, value['system'], value['code'], found)
  }
}

function addToken(leaf: Leaf, system: unknown, code: unknown, found: Gathering): void {
  if (typeof code !== 'string') return
  found.tokens.push(hashOf(leaf.start, code), hashOf(leaf.start, typeof system === 'string' ? system : '', `|${code}`))
}

function takeReference(value: unknown, leaf: Leaf, found: Gathering): void {
  const reference = referenceText(value)
  if (reference === '' || reference.startsWith('#')) return
  const history = reference.indexOf('/_history/')
  found.tokens.push(hashOf(leaf.start, history < 0 ? reference : reference.slice(0, history)))
}

function referenceText(value: unknown): string {
  const text = isObject(value) ? value['reference'] : value
  return typeof text === 'string' ? text : ''
}

// `patient` and `subject` read one element: a Group there is a subject, no patient. A reference that tells no type counts for all.
function mayPointTo(value: unknown, targets: ReadonlySet<string>): boolean {
  const text = referenceText(value)
  if (targets.has(text.slice(0, text.indexOf('/')))) return true
  const reference = parseReference(text)
  return reference.kind === 'relative' || reference.kind === 'absolute' ? targets.has(reference.type) : true
}

const textParts: Readonly<Record<string, readonly string[]>> = {
  HumanName: ['text', 'family', 'given', 'prefix', 'suffix'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'],
  CodeableConcept: ['text', 'coding'],
  Coding: ['display'],
}

function addStrings(value: unknown, type: string, leaf: Leaf, found: Gathering): void {
  if (typeof value === 'string') {
    const text = normalizeText(value)
    if (text !== '') found.strings.push({ param: leaf.parameter, text })
  } else if (Array.isArray(value)) {
    for (const item of value) addStrings(item, type, leaf, found)
  } else if (isObject(value)) {
    for (const part of textParts[type] ?? []) addStrings(value[part], part === 'coding' ? 'Coding' : '', leaf, found)
  }
}

const ascii = /^[\u0020-\u007e]*$/

/** As string searches compare: without accents and case, blanks single. */
export function normalizeText(text: string): string {
  const plain = ascii.test(text) ? text : text.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  return plain.toLowerCase().replaceAll(/\s+/g, ' ').trim()
}

function takeDate(value: unknown, leaf: Leaf, found: Gathering): void {
  const range = rangeOf(value)
  if (!range) return
  if (!leaf.isMainDate) found.dates.push({ param: leaf.parameter, lo: range.lo, hi: range.hi })
  else {
    found.dateLo = found.dateLo === null ? range.lo : Math.min(found.dateLo, range.lo)
    found.dateHi = found.dateHi === null ? range.hi : Math.max(found.dateHi, range.hi)
  }
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

function takeQuantity(value: unknown, leaf: Leaf, found: Gathering): void {
  const amount = numberOf(isObject(value) ? value['value'] : value)
  if (amount === null) return
  // A search may leave the unit open, so the number alone is found, too.
  found.quantities.push({ hash: hashOf(leaf.start.slice(0, -1), ''), value: amount })
  if (!isObject(value)) return
  const { system, code, unit } = value
  if (typeof system === 'string' && typeof code === 'string') {
    found.quantities.push({ hash: hashOf(leaf.start, system, `|${code}`), value: amount })
  }
  const shown = typeof unit === 'string' ? unit : code
  if (typeof shown === 'string') found.quantities.push({ hash: hashOf(leaf.start, '|', shown), value: amount })
}

function codesAt(value: unknown, path: readonly string[], depth: number): bigint[] {
  if (Array.isArray(value)) return value.length === 1 ? codesAt(value[0], path, depth) : value.flatMap((item) => codesAt(item, path, depth))
  if (!isObject(value)) return []
  const key = path[depth]
  if (key !== undefined) return codesAt(value[key], path, depth + 1)
  const codings: unknown[] = Array.isArray(value['coding']) ? value['coding'] : [value]
  const codes: bigint[] = []
  for (const coding of codings) {
    if (!isObject(coding) || typeof coding['code'] !== 'string') continue
    codes.push(hashOf(typeof coding['system'] === 'string' ? coding['system'] : '', '|', coding['code']))
  }
  return codes
}
