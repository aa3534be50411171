// A fast 64-bit hash for search tokens: two 32-bit lanes (multiply, rotate per UTF-16 unit; murmur3's finalizer, lanes crossed).
// Not cryptographic: two texts may meet, and someone may make them meet. Whoever decides access by it rechecks the content.

let first = 0
let second = 0
const halves = new Int32Array(2)
const whole = new BigInt64Array(halves.buffer)

function begin(): void {
  first = 0x2545f491
  second = 0x6c8e9cf5
}

function absorb(text: string): void {
  let a = first
  let b = second
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    a = Math.imul(a ^ unit, 0x9e3779b1)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b ^ unit, 0x85ebca77)
    b = (b << 17) | (b >>> 15)
  }
  first = a
  second = b
}

function mix(lane: number): number {
  let value = lane ^ (lane >>> 16)
  value = Math.imul(value, 0x85ebca6b)
  value ^= value >>> 13
  value = Math.imul(value, 0xc2b2ae35)
  return value ^ (value >>> 16)
}

function finish(): bigint {
  const a = mix(first ^ Math.imul(second, 0x27d4eb2f))
  halves[0] = a
  halves[1] = mix(second ^ Math.imul(a, 0x165667b1))
  return whole[0]!
}

/** Signed, as PostgreSQL's bigint. The same text gives the same number for ever: it is stored. */
export function hash64(text: string): bigint {
  begin()
  absorb(text)
  return finish()
}

/** hash64 of the parts put together, without making the string. */
export function hashOf(start: string, middle: string, end = ''): bigint {
  begin()
  absorb(start)
  absorb(middle)
  if (end !== '') absorb(end)
  return finish()
}

/** Two 32-bit halves as one signed 64-bit number. */
export function joinHalves(low: number, high: number): bigint {
  halves[0] = low
  halves[1] = high
  return whole[0]!
}
