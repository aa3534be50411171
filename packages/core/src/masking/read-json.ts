import { parseJson } from '../fhir/index.js'

// Numbers that JSON.parse might not give back as written: a trailing zero, an exponent, more digits than a double surely holds.
// May match inside a string too: that costs time, never digits. What ends as no number does is in one: the uuid behind `urn:uuid:`.
const suspect = /[:,[]\s*(-?\d+\.\d*0|-?\d+(?:\.\d+)?[eE][-+\d]+|-?(?:\d{16}|\d[\d.]{16})[\d.]*|-0)(?=[\s,}\]])/g

function losesDigits(text: string): boolean {
  suspect.lastIndex = 0
  for (let match = suspect.exec(text); match !== null; match = suspect.exec(text)) {
    if (String(Number(match[1])) !== match[1]) return true
  }
  return false
}

/**
 * JSON to values; undefined where it is none. Of repeated keys the last one counts: the masker writes a new resource from what it
 * reads, so what is not read cannot pass.
 */
export function readJson(text: string): unknown {
  if (losesDigits(text)) return parseJson(text).resource
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return undefined
  }
}
