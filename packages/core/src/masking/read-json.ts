import { parseJson } from '../fhir/index.js'

// A number that JSON.parse would not give back as written: a trailing zero, an exponent, more digits than a double holds.
// May match inside a string too: that costs time, never digits.
const inexactNumber = /[:,[]\s*-?(?:\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|\d{16}|\d[\d.]{16}|0(?<=-0)(?![.\d]))/

/**
 * JSON to values; undefined where it is none. Of repeated keys the last one counts: the masker writes a new resource from what it
 * reads, so what is not read cannot pass.
 */
export function readJson(text: string): unknown {
  if (inexactNumber.test(text)) return parseJson(text).resource
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return undefined
  }
}
