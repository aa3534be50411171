import { parse as parseLossless, stringify as stringifyLossless } from 'lossless-json'
import { ExactNumber, exactNumbersSerialized } from './resource.js'

/** Deeper nesting than any resource has; keeps every recursive walker far from the end of the stack. */
export const jsonDepthMax = 100

export type JsonProblem = 'not-json' | 'duplicate-key' | 'forbidden-key' | 'too-deep'
export interface ParsedJson {
  resource: unknown
  /** False where JSON.parse would have lost written digits and the slow, lossless parser was used. */
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
 * digits it drops (parsed again losslessly), and repeated keys, `__proto__` and absurd nesting (refused).
 */
export function parseJson(text: string): ParsedJson | UnparsedJson {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const scan = scanJson(source)
  if (scan.depth > jsonDepthMax) return { problem: 'too-deep', offset: null }
  let resource: unknown
  try {
    resource = JSON.parse(source)
  } catch (error) {
    const offset = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    return { problem: 'not-json', offset: offset === undefined ? null : Number(offset) }
  }
  const keys = countKeys(resource)
  if (keys < 0) return { problem: 'forbidden-key', offset: null }
  if (keys !== scan.keys) return { problem: 'duplicate-key', offset: null }
  if (scan.exact) return { resource, exact: true }
  return { resource: parseLossless(source, undefined, { parseNumber: numberFrom }), exact: false }
}

function numberFrom(text: string): number | ExactNumber {
  return keepsDigits(text) ? Number(text) : new ExactNumber(text)
}

const keepsDigits = (text: string): boolean => String(Number(text)) === text && !text.includes('e')

interface Scan {
  keys: number
  depth: number
  exact: boolean
}

const QUOTE = 34
const BACKSLASH = 92
const COLON = 58
const MINUS = 45

// Strings are jumped over by indexOf; only what lies between them is looked at character by character.
// On text that is not JSON the counts mean nothing: JSON.parse refuses it afterwards.
function scanJson(text: string): Scan {
  let keys = 0
  let depth = 0
  let deepest = 0
  let exact = true
  const end = text.length
  let at = 0
  while (at < end) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      at = closingQuote(text, at + 1) + 1
      if (at === 0) break
      continue
    }
    if (char === COLON) keys++
    else if (char === 123 || char === 91) {
      if (++depth > deepest) deepest = depth
    } else if (char === 125 || char === 93) depth--
    else if (char === MINUS || (char >= 48 && char <= 57)) {
      const from = at
      let plain = char !== MINUS
      for (at++; at < end; at++) {
        const digit = text.charCodeAt(at)
        if (digit >= 48 && digit <= 57) continue
        if (digit !== 46 && digit !== 43 && digit !== MINUS && digit !== 101 && digit !== 69) break
        plain = false
      }
      if (!(plain && at - from <= 15) && !keepsDigits(text.slice(from, at))) exact = false
      continue
    }
    at++
  }
  return { keys, depth: deepest, exact }
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (at > 0 && text.charCodeAt(at - 1) === BACKSLASH) {
    let before = at - 2
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((at - before) % 2 === 1) return at
    at = text.indexOf('"', at + 1)
  }
  return at
}

/** Keys in the whole tree; −1 where one is `__proto__`, which would turn into a prototype wherever an object is copied by assignment. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item !== 'object') continue
      const keys = countKeys(item)
      if (keys < 0) return -1
      count += keys
    }
    return count
  }
  for (const key in value) {
    if (key === '__proto__') return -1
    count++
    const item = (value as Record<string, unknown>)[key]
    if (typeof item !== 'object') continue
    const keys = countKeys(item)
    if (keys < 0) return -1
    count += keys
  }
  return count
}

const exactStringifier = {
  test: (value: unknown) => value instanceof ExactNumber,
  stringify: (value: unknown) => (value as ExactNumber).text,
}

/** Values to JSON with every digit as it was written. */
export function stringifyResource(resource: unknown): string {
  const before = exactNumbersSerialized()
  const text = JSON.stringify(resource)
  if (exactNumbersSerialized() === before) return text
  return stringifyLossless(resource, undefined, undefined, [exactStringifier]) ?? text
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
