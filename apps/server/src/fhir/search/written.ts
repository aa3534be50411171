import { dateRange } from '@aquifer/core/fhir'
import type { DateValue, SearchPrefix } from '../../repository/index.js'

const prefixes: readonly SearchPrefix[] = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']

/** Splits where a separator is not escaped by `\`; the parts keep their escapes. */
export function splitAt(text: string, separator: string): string[] {
  const parts: string[] = []
  let part = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\') {
      part += text.slice(at, at + 2)
      at += 1
    } else if (char === separator) {
      parts.push(part)
      part = ''
    } else part += char
  }
  return [...parts, part]
}

/** `\,` `\|` `\$` `\\` stand for the characters themselves. */
export const unescaped = (text: string): string => text.replaceAll(/\\([,|$\\])/g, '$1')

/** Alternatives of a value: `a\,b,c` is two. Empty ones are none. */
export const alternatives = (text: string): string[] => splitAt(text, ',').filter((each) => each !== '')

export function prefixOf(value: string): { prefix: SearchPrefix; rest: string } {
  const prefix = prefixes.find((candidate) => value.startsWith(candidate))
  return prefix === undefined ? { prefix: 'eq', rest: value } : { prefix, rest: value.slice(2) }
}

// DSTU2: "10% of the gap between now and the date", of a number 10 % of itself.
const about = 0.1

export function dateValue(written: string, now: number): DateValue | null {
  // A plus that was not escaped in the address arrives as a blank.
  const { prefix, rest } = prefixOf(unescaped(written).replaceAll(' ', '+'))
  const range = dateRange(rest)
  if (range === null || prefix !== 'ap') return range && { prefix, ...range }
  const gap = about * Math.max(0, now < range.lo ? range.lo - now : now - range.hi)
  return { prefix, lo: Math.round(range.lo - gap), hi: Math.round(range.hi + gap) }
}

export interface Amount {
  prefix: SearchPrefix
  value: number
  lo: number
  hi: number
}

/** The number and the span its precision stands for: 5.4 is 5.35 to 5.45, 100 is 99.5 to 100.5. The ends are exact, not summed up. */
export function amountValue(written: string): Amount | null {
  const { prefix, rest } = prefixOf(written)
  const match = /^([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(rest.trim())
  if (!match) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  const power = Number(exponent) - fraction.length
  const value = Number(`${digits}e${power}`)
  if (!Number.isFinite(value)) return null
  if (prefix === 'ap') return { prefix, value, lo: value - about * Math.abs(value), hi: value + about * Math.abs(value) }
  return around(prefix, value, Number(`${digits * 10n - 5n}e${power - 1}`), Number(`${digits * 10n + 5n}e${power - 1}`))
}

/** Of so many digits that both ends of its span are the number itself, it still is in it. */
export function around(prefix: SearchPrefix, value: number, lo: number, hi: number): Amount {
  return { prefix, value, lo: Math.min(lo, value), hi: hi > value ? hi : value + Math.max(Math.abs(value) * 2 ** -50, Number.MIN_VALUE) }
}
