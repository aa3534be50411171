import { codingForms, pairsAt } from './extract-pairs.js'
import { quantityForms, rangeOf, referenceText, textsOf, wordingsOf } from './extract-values.js'
import { joinHalves } from './hash64.js'
import { codeKey, codingKey, exactKey, mainCodeKey, quantityKey, referenceKey, systemKey } from './index-keys.js'
import { indexPlan } from './index-plan.js'
import type { Leaf, PlanNode } from './index-plan.js'
import { normalizeText } from './normalize-text.js'
import { parseReference } from './reference.js'
import { isObject, numberOf } from './resource.js'
import type { JsonObject, Resource } from './resource.js'
import { noUnits } from './units.js'
import type { Units } from './units.js'

/** What the search index holds of one resource; its keys are those of index-keys. */
export interface IndexEntries {
  /** Codes of any system, of theirs, systems alone; references; texts letter by letter; pairs of composites. */
  tokens: bigint[]
  /** mainCodeKey of the first coding of the main code. */
  code: bigint | null
  /** Those of its further codings, where it has any. */
  otherCodes?: bigint[]
  /** Bit i: the element of the search parameter at place i is there, be it as text or display only. */
  present: bigint
  /** The span of the main date parameter, milliseconds, end excluded. */
  dateLo: number | null
  dateHi: number | null
  /** Normalised texts, URIs as written, wordings of codes; `param` is the place of the parameter, below zero of a pair. */
  strings: { param: number; text: string }[]
  /** Amounts alone, in the base of their unit's dimension, or in a unit as written. */
  quantities: { hash: bigint; value: number }[]
  /** Date parameters other than the main one, and dates of pairs. */
  dates: { param: number; lo: number; hi: number }[]
}

interface Gathering extends IndexEntries {
  low: number
  high: number
  type: string
  units: Units
}

export function extractIndex(resource: Resource, units: Units = noUnits): IndexEntries {
  const type = resource.resourceType
  const plan = indexPlan(type)
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
    type,
    units,
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
    // Of a Bundle's entries the first one makes it a document or a message.
    if (found.type === 'Bundle' && node.key === 'entry') gather(value[0], node, found)
    else for (const item of value) gather(item, node, found)
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
  if (node.pairs.length > 0 && isObject(value)) pairsAt(value, node.pairs, found)
  for (const next of node.next) {
    const child = (value as JsonObject)[next.key]
    if (child !== undefined) gather(child, next, found)
  }
}

function take(value: unknown, leaf: Leaf, found: Gathering): void {
  switch (leaf.kind) {
    case 'token':
      if (leaf.type === 'BackboneElement') takePosition(value, leaf, found)
      else takeToken(value, leaf, found)
      break
    case 'reference':
      takeReference(value, leaf, found)
      break
    case 'string':
      for (const text of textsOf(value, leaf.type)) takeString(text, leaf, found)
      break
    case 'date':
      takeDate(value, leaf, found)
      break
    case 'quantity':
    case 'number':
      takeQuantity(value, leaf, found)
      break
    case 'uri':
      if (typeof value === 'string' && value !== '') found.strings.push({ param: leaf.parameter, text: value })
      break
    case 'composite':
      break
  }
}

function takeToken(value: unknown, { type, param, parameter, hasSystems }: Leaf, found: Gathering): void {
  for (const { system, code } of codingForms(value, type)) {
    if (code !== undefined) found.tokens.push(codeKey(param, code))
    if (!hasSystems) continue
    if (code !== undefined) found.tokens.push(codingKey(param, system ?? '', code))
    if (system !== undefined) found.tokens.push(systemKey(param, system))
  }
  if (isObject(value)) for (const text of wordingsOf(value, type)) found.strings.push({ param: parameter, text })
}

// Location.near: a latitude and a longitude, each an amount of its own.
function takePosition(value: unknown, { param }: Leaf, found: Gathering): void {
  if (!isObject(value)) return
  const latitude = numberOf(value['latitude'])
  const longitude = numberOf(value['longitude'])
  if (latitude === null || longitude === null) return
  found.quantities.push(
    { hash: quantityKey(param, 'latitude'), value: latitude },
    { hash: quantityKey(param, 'longitude'), value: longitude },
  )
}

function takeReference(value: unknown, leaf: Leaf, found: Gathering): void {
  const reference = referenceText(value)
  if (reference !== '') found.tokens.push(referenceKey(leaf.param, reference))
}

// `patient` and `subject` read one element: a Group there is a subject, no patient. A reference that tells no type counts for all.
function mayPointTo(value: unknown, targets: ReadonlySet<string>): boolean {
  const text = referenceText(value)
  if (targets.has(text.slice(0, text.indexOf('/')))) return true
  const reference = parseReference(text)
  return reference.kind === 'relative' || reference.kind === 'absolute' ? targets.has(reference.type) : true
}

function takeString(written: string, leaf: Leaf, found: Gathering): void {
  const text = normalizeText(written)
  if (text === '') return
  found.strings.push({ param: leaf.parameter, text })
  found.tokens.push(exactKey(leaf.param, written))
}

function takeDate(value: unknown, leaf: Leaf, found: Gathering): void {
  const range = rangeOf(value)
  if (!range) return
  if (!leaf.isMainDate) found.dates.push({ param: leaf.parameter, lo: range.lo, hi: range.hi })
  else {
    found.dateLo = range.lo
    found.dateHi = range.hi
  }
}

function takeQuantity(value: unknown, leaf: Leaf, found: Gathering): void {
  for (const { unit, amount } of quantityForms(value, found.units))
    found.quantities.push({ hash: quantityKey(leaf.param, unit), value: amount })
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
    codes.push(mainCodeKey(typeof coding['system'] === 'string' ? coding['system'] : '', coding['code']))
  }
  return codes
}
