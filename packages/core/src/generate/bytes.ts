// Base64 of text and of a small picture, without a platform's help: core knows neither Buffer nor btoa.
import type { Random } from './random.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function base64(bytes: readonly number[]): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]]
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    text += alphabet.charAt(word >> 18) + alphabet.charAt((word >> 12) & 63)
    text += b === undefined ? '==' : alphabet.charAt((word >> 6) & 63) + (c === undefined ? '=' : alphabet.charAt(word & 63))
  }
  return text
}

export function utf8(text: string): number[] {
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  }
  return bytes
}

/** A valid BMP of 8 × 8 pixels, mirrored like a face: enough for a screen to show and for a checker to find again. */
export function portrait(random: Random): number[] {
  const side = 8
  const size = 54 + side * side * 3
  const header = [0x42, 0x4d, ...word(size), ...word(0), ...word(54), ...word(40), ...word(side), ...word(side), 1, 0, 24, 0]
  const bytes = [...header, ...word(0), ...word(side * side * 3), ...word(2835), ...word(2835), ...word(0), ...word(0)]
  const skin = [random.int(90, 200), random.int(120, 220), random.int(160, 250)]
  for (let row = 0; row < side; row++) {
    const half = Array.from({ length: side / 2 }, () => skin.map((part) => (random.chance(0.3) ? part >> 2 : part)))
    for (const pixel of [...half, ...half.toReversed()]) bytes.push(...pixel)
  }
  return bytes
}

const word = (n: number) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255]
