// sfc32 (Chris Doty-Humphrey, public domain): small, fast, passes PractRand. Not for secrets. Each topic of each person opens its own
// stream, so that a draw added in one place moves nothing elsewhere.
export interface Random {
  /** 0 ≤ x < 1 */
  next(): number
  /** whole number, both ends included */
  int(low: number, high: number): number
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** one of the list by weight */
  weigh<T>(list: readonly T[], weightOf: (item: T) => number): T
  normal(mean: number, deviation: number): number
  digits(count: number): string
  /** letters and digits without those that look alike */
  mark(count: number): string
  uuid(): string
}

const marks = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const hex = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'))

export function openRandom(stream: string): Random {
  const next = sfc32(stream)
  const unit = () => next() / 4294967296
  const int = (low: number, high: number) => low + Math.floor(unit() * (high - low + 1))
  const pick = <T>(list: readonly T[]): T => list[Math.floor(unit() * list.length)] as T
  return {
    next: unit,
    int,
    pick,
    between: (low, high) => low + unit() * (high - low),
    chance: (probability) => unit() < probability,
    weigh: (list, weightOf) => weighed(unit(), list, weightOf),
    normal: (mean, deviation) => mean + deviation * (unit() + unit() + unit() + unit() + unit() + unit() - 3) * Math.SQRT2,
    digits: (count) => repeat(count, () => String(Math.floor(unit() * 10))),
    mark: (count) => repeat(count, () => marks[Math.floor(unit() * marks.length)] as string),
    uuid: () => uuidOf(next(), next(), next(), next()),
  }
}

/** A number of 32 bits that belongs to the text: for choices that need no stream. */
export function hashOf(text: string, basis = 0x811c9dc5): number {
  let hash = basis
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function sfc32(stream: string): () => number {
  let a = hashOf(stream, 0x811c9dc5)
  let b = hashOf(stream, 0x9e3779b9)
  let c = hashOf(stream, 0x243f6a88)
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  return next
}

function weighed<T>(at: number, list: readonly T[], weightOf: (item: T) => number): T {
  let total = 0
  for (const item of list) total += weightOf(item)
  let left = at * total
  for (const item of list) {
    left -= weightOf(item)
    if (left < 0) return item
  }
  return list[list.length - 1] as T
}

function repeat(count: number, draw: () => string): string {
  let text = ''
  for (let i = 0; i < count; i++) text += draw()
  return text
}

function uuidOf(a: number, b: number, c: number, d: number): string {
  const version = (b & 0xffff0fff) | 0x4000
  const variant = (c & 0x3fffffff) | 0x80000000
  return `${four(a)}-${two(version >>> 16)}-${two(version)}-${two(variant >>> 16)}-${two(variant)}${four(d)}`
}

const two = (n: number) => `${hex[(n >>> 8) & 255]}${hex[n & 255]}`
const four = (n: number) => `${hex[n >>> 24]}${hex[(n >>> 16) & 255]}${hex[(n >>> 8) & 255]}${hex[n & 255]}`
