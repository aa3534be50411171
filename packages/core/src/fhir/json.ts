import { parse as parseLossless, stringify as stringifyLossless } from 'lossless-json'
import { keyFault, syntaxFault } from './json-faults.js'
import { ExactNumber, exactNumbersSerialized } from './resource.js'

/** Deeper nesting than any resource has; keeps every recursive walker far from the end of the stack. */
export const jsonDepthMax = 100

/** More properties than an object of the model can have; an object of a million would cost more than all its bytes. */
const keysOfOneMax = 1_000
/** Three times what a body of the largest size holds when it is a resource. */
const markedNumbersMax = 1_000_000

export type JsonProblem = 'not-json' | 'duplicate-key' | 'forbidden-key' | 'too-deep' | 'too-many'
export interface ParsedJson {
  resource: unknown
  /** False where JSON.parse would have lost written digits. */
  exact: boolean
  problem?: undefined
}
export interface UnparsedJson {
  problem: JsonProblem
  /** Character offset where known. Never the text around it: that may be PHI. */
  offset: number | null
  resource?: undefined
}

/**
 * JSON to values without silent loss. JSON.parse does the work; one scan of the text finds what it would hide: numbers whose
 * digits it drops (given to it as strings and put back), and repeated keys, `__proto__` and absurd nesting (refused).
 */
export function parseJson(text: string): ParsedJson | UnparsedJson {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const scan = scanJson(source)
  if (scan.problem !== null) return { problem: scan.problem, offset: scan.at }
  let resource: unknown
  try {
    resource = JSON.parse(scan.numbers.length === 0 ? source : markNumbers(source, scan.numbers))
  } catch {
    return { problem: 'not-json', offset: syntaxFault(source) }
  }
  const seen = { keys: 0, numbers: 0, marked: scan.numbers.length > 0, forbidden: false }
  const whole = { resource }
  walk(whole, seen)
  if (seen.forbidden) return { problem: 'forbidden-key', offset: keyFault(source) }
  if (seen.keys - 1 !== scan.keys) return { problem: 'duplicate-key', offset: keyFault(source) }
  if (scan.numbers.length === 0) return { resource, exact: true }
  if (seen.numbers === scan.numbers.length / 2) return { resource: whole.resource, exact: false }
  return parseSlowly(source)
}

// Only for texts with strings or keys that begin with NUL, or with a number where a key is due.
function parseSlowly(source: string): ParsedJson | UnparsedJson {
  const fault = syntaxFault(source)
  if (fault !== null) return { problem: 'not-json', offset: fault }
  return { resource: parseLossless(source, undefined, { parseNumber: numberFrom }), exact: false }
}

function numberFrom(text: string): number | ExactNumber {
  return keepsDigits(text) ? Number(text) : new ExactNumber(text)
}

export const keepsDigits = (text: string): boolean => String(Number(text)) === text && !text.includes('e')

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Numbers that would lose digits, as strings that begin with NUL. */
function markNumbers(source: string, spans: readonly number[]): string {
  const parts: string[] = []
  let done = 0
  for (let place = 0; place < spans.length; place += 2) {
    const from = spans[place]!
    const to = spans[place + 1]!
    const digits = source.slice(from, to)
    parts.push(source.slice(done, from), jsonNumber.test(digits) ? `"\\u0000${digits}"` : digits)
    done = to
  }
  parts.push(source.slice(done))
  return parts.join('')
}

interface Scan {
  keys: number
  /** begin and end of each number that would lose digits */
  numbers: number[]
  problem: 'too-deep' | 'too-many' | null
  at: number
}

const QUOTE = 34
const BACKSLASH = 92
const COLON = 58
const MINUS = 45

// Strings are jumped over by indexOf; only what lies between them is looked at character by character.
// On text that is not JSON the counts mean nothing: JSON.parse refuses it afterwards.
function scanJson(text: string): Scan {
  const scan: Scan = { keys: 0, numbers: [], problem: null, at: 0 }
  const keysAt = new Int32Array(jsonDepthMax + 2)
  let depth = 0
  const end = text.length
  let at = 0
  while (at < end) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      at = closingQuote(text, at + 1) + 1
      if (at === 0) break
      continue
    }
    if (char === COLON) {
      scan.keys++
      if (depth >= 0 && ++keysAt[depth]! > keysOfOneMax) return { ...scan, problem: 'too-many', at }
    } else if (char === 123 || char === 91) {
      if (++depth > jsonDepthMax) return { ...scan, problem: 'too-deep', at }
      if (depth >= 0) keysAt[depth] = 0
    } else if (char === 125 || char === 93) depth--
    else if (char === MINUS || (char >= 48 && char <= 57)) {
      at = scanNumber(text, at, scan)
      if (scan.numbers.length > 2 * markedNumbersMax) return { ...scan, problem: 'too-many', at }
      continue
    }
    at++
  }
  return scan
}

function scanNumber(text: string, from: number, scan: Scan): number {
  let plain = text.charCodeAt(from) !== MINUS
  let at = from + 1
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at)
    if (digit >= 48 && digit <= 57) continue
    if (digit !== 46 && digit !== 43 && digit !== MINUS && digit !== 101 && digit !== 69) break
    plain = false
  }
  if (!(plain && at - from <= 15) && !keepsDigits(text.slice(from, at))) scan.numbers.push(from, at)
  return at
}

export function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (at > 0 && text.charCodeAt(at - 1) === BACKSLASH) {
    let before = at - 2
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((at - before) % 2 === 1) return at
    at = text.indexOf('"', at + 1)
  }
  return at
}

interface Seen {
  keys: number
  numbers: number
  /** whether there are marked numbers */
  marked: boolean
  /** `__proto__`, which would turn into a prototype wherever an object is copied by assignment */
  forbidden: boolean
}

/** Counts keys, and puts marked numbers back in their place. */
function walk(value: object, seen: Seen): void {
  if (Array.isArray(value)) {
    for (let place = 0; place < value.length; place++) {
      const item: unknown = value[place]
      if (typeof item === 'object') {
        if (item !== null) walk(item, seen)
      } else if (seen.marked && typeof item === 'string' && item.charCodeAt(0) === 0) value[place] = unmarked(item, seen)
    }
    return
  }
  const object = value as Record<string, unknown>
  for (const key in object) {
    if (key === '__proto__') seen.forbidden = true
    if (key.charCodeAt(0) === 0) seen.numbers = Number.NaN
    seen.keys++
    const item = object[key]
    if (typeof item === 'object') {
      if (item !== null) walk(item, seen)
    } else if (seen.marked && typeof item === 'string' && item.charCodeAt(0) === 0) object[key] = unmarked(item, seen)
  }
}

function unmarked(text: string, seen: Seen): ExactNumber {
  seen.numbers++
  return new ExactNumber(text.slice(1))
}

const exactStringifier = {
  test: (value: unknown) => value instanceof ExactNumber,
  stringify: (value: unknown) => (value as ExactNumber).text,
}

/** Values to JSON with every digit as it was written; `pretty` for people who read it. */
export function stringifyResource(resource: unknown, options: { pretty?: boolean } = {}): string {
  const space = options.pretty === true ? 2 : undefined
  const before = exactNumbersSerialized()
  const text = JSON.stringify(resource, undefined, space)
  if (exactNumbersSerialized() === before) return text
  return stringifyLossless(resource, undefined, space, [exactStringifier]) ?? text
}

/** One text for equal content: keys sorted by code unit, no blanks, numbers as written. */
export function canonicalJson(value: unknown): string {
  if (value instanceof ExactNumber) return value.text
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const object = value as Record<string, unknown>
  const parts: string[] = []
  for (const key of Object.keys(object).sort()) {
    const item = object[key]
    if (item !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(item)}`)
  }
  return `{${parts.join(',')}}`
}
