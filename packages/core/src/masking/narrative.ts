import { isObject, numberOf } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'

const left: ReadonlySet<string> = new Set(['resourceType', 'id', 'meta', 'text', 'language', 'implicitRules', 'contained', 'extension'])

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!)

/** A narrative of the coded data that a masked resource holds: nothing else has a way into it. */
export function narrativeOf(masked: JsonObject): JsonObject {
  const lines = Object.keys(masked)
    .filter((name) => !left.has(name) && !name.startsWith('_'))
    .flatMap((name) => {
      const words = itemsOf(masked[name]).flatMap((item) => wordsFor(item) ?? [])
      return words.length > 0 ? [`<li>${escaped(name)}: ${escaped(words.join('; '))}</li>`] : []
    })
  const list = lines.length > 0 ? `<ul>${lines.join('')}</ul>` : ''
  return {
    status: 'generated',
    div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${escaped(String(masked['resourceType']))}</p>${list}</div>`,
  }
}

const itemsOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value])
const isText = (value: unknown): value is string => typeof value === 'string'

function wordsFor(value: unknown): string | null {
  if (isText(value) || typeof value === 'boolean') return String(value)
  if (numberOf(value) !== null) return String(value)
  if (!isObject(value)) return null
  const { coding, text, start, end, unit, code, reference } = value
  if (isText(text)) return text
  if (Array.isArray(coding)) return codeWords(coding[0])
  if (isText(start) || isText(end)) return `${isText(start) ? start : ''} – ${isText(end) ? end : ''}`
  const amount = value['value']
  if (numberOf(amount) !== null)
    return [value['comparator'], amount, unit ?? code]
      .filter((part) => part !== undefined)
      .map(String)
      .join(' ')
  return isText(reference) ? null : codeWords(value)
}

function codeWords(coding: unknown): string | null {
  if (!isObject(coding)) return null
  const { display, code } = coding
  return isText(display) ? display : isText(code) ? code : null
}
