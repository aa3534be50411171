import { isResourceType } from '../fhir/index.js'
import { isUuid } from './id-key.js'
import type { Pseudonyms } from './pseudonyms.js'

/** What a reference says, whatever its form; null where it names nothing that could be looked up. */
export type ParsedReference =
  | { form: 'literal'; type: string; id: string }
  | { form: 'urn'; id: string }
  | { form: 'oid'; oid: string }
  | { form: 'contained'; id: string }
  | { form: 'identifier'; type: string; system: string; value: string }

const idShape = /^[A-Za-z0-9.-]{1,64}$/
const oidShape = /^urn:oid:[0-2](\.(0|[1-9]\d{0,40})){1,20}$/
const scheme = /^[a-z][a-z0-9+.-]*:/i

/** Relative, absolute, versioned, `urn:uuid:`, `urn:oid:`, `#contained`, and the two conditional forms that name one resource. */
export function parseReference(reference: string): ParsedReference | null {
  if (reference.startsWith('#')) return reference.length > 1 ? { form: 'contained', id: reference.slice(1) } : null
  if (reference.length === 45 && /^urn:uuid:/i.test(reference)) {
    const id = reference.slice(9)
    return isUuid(id) ? { form: 'urn', id } : null
  }
  if (oidShape.test(reference)) return { form: 'oid', oid: reference }
  if (scheme.test(reference) && !/^https?:\/\//i.test(reference)) return null
  const query = reference.indexOf('?')
  if (query >= 0) return parseConditional(reference.slice(0, query), reference.slice(query + 1))
  const parts = reference.split('/')
  if (parts.length >= 4 && parts.at(-2) === '_history') parts.length -= 2
  const id = parts.at(-1) ?? ''
  const type = parts.at(-2)
  return isResourceType(type) && idShape.test(id) ? { form: 'literal', type, id } : null
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

// Only `_id` and `identifier` name one resource and can be masked as these are masked elsewhere; any other search text is a value.
function parseConditional(path: string, query: string): ParsedReference | null {
  const type = path.split('/').at(-1)
  if (!isResourceType(type) || query.includes('&')) return null
  const equals = query.indexOf('=')
  const value = decoded(query.slice(equals + 1))
  if (equals < 1 || value === null || value === '' || value.includes(',')) return null
  const name = query.slice(0, equals)
  if (name === '_id') return idShape.test(value) ? { form: 'literal', type, id: value } : null
  if (name !== 'identifier') return null
  const bar = value.indexOf('|')
  const token = value.slice(bar + 1)
  return token === '' ? null : { form: 'identifier', type, system: bar < 0 ? '' : value.slice(0, bar), value: token }
}

/** A reference after masking: its type where it tells one, and the pseudonym of its target. */
export interface MaskedReference {
  type: string | null
  id: string
  text: string
}

/** The masked target of every form but `#contained`; null where it cannot be expressed without a value of the source. */
export function maskedTarget(reference: string, pseudonyms: Pseudonyms): MaskedReference | null {
  const parsed = parseReference(reference)
  switch (parsed?.form) {
    case 'literal': {
      const id = pseudonyms.id(parsed.type, parsed.id)
      return { type: parsed.type, id, text: `${parsed.type}/${id}` }
    }
    case 'urn': {
      const id = pseudonyms.id('', parsed.id)
      return { type: null, id, text: `urn:uuid:${id}` }
    }
    case 'oid': {
      const text = pseudonyms.uid(parsed.oid)
      return { type: null, id: text, text }
    }
    case 'identifier': {
      const id = pseudonyms.identifier(parsed.system, parsed.value)
      return { type: parsed.type, id, text: `${parsed.type}?identifier=${id}` }
    }
    case 'contained':
    case undefined:
      return null
  }
}

/** A reference to a contained resource, by the masked ids of those beside it. */
export function maskContained(reference: string, contained: ReadonlyMap<string, string> | null): string | null {
  const id = contained?.get(reference.slice(1))
  return id === undefined ? null : `#${id}`
}
