import { isObject } from './resource.js'

// What neither FHIR's strings nor XML can hold: control characters but tab and line ends, lone surrogates, U+FFFE and U+FFFF.
const unspeakable = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
// JSON can only write the first two as an escape, so that few texts need a closer look.
const suspicious = /\\[ubf]|[\ufffe\uffff]/

/** Path of the first string with a character that no FHIR string may have; null where there is none. `source` is the JSON of the value. */
export function forbiddenCharacter(source: string, value: unknown): string | null {
  return suspicious.test(source) ? find(value) : null
}

function find(value: unknown): string | null {
  if (typeof value === 'string') return unspeakable.test(value) ? '' : null
  if (Array.isArray(value)) {
    for (const [place, item] of value.entries()) {
      const path = find(item)
      if (path !== null) return join(`[${place}]`, path)
    }
    return null
  }
  if (!isObject(value)) return null
  for (const [key, item] of Object.entries(value)) {
    if (unspeakable.test(key)) return '?'
    const path = find(item)
    if (path !== null) return join(/^_?[a-z][A-Za-z]{0,40}$/.test(key) ? key : '?', path)
  }
  return null
}

const join = (part: string, path: string): string => (path === '' || path.startsWith('[') ? part + path : `${part}.${path}`)
