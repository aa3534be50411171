import { isResourceType } from './facts.js'
import { isId } from './primitives.js'
import { ExactNumber } from './resource.js'
import type { JsonObject } from './resource.js'

export type Reference =
  | { kind: 'relative'; type: string; id: string; version?: string }
  | { kind: 'absolute'; base: string; type: string; id: string; version?: string }
  /** urn:uuid:… or urn:oid:… */
  | { kind: 'urn'; urn: string }
  /** #id; the empty id is the containing resource itself. */
  | { kind: 'contained'; id: string }
  /** Patient?identifier=… */
  | { kind: 'conditional'; type: string; query: string }
  /** Anything else: kept, joins nothing. */
  | { kind: 'other' }

export function parseReference(text: string): Reference {
  if (text.startsWith('#')) return { kind: 'contained', id: text.slice(1) }
  if (text.startsWith('urn:')) return { kind: 'urn', urn: text }
  const question = text.indexOf('?')
  if (question > 0) {
    const type = text.slice(0, question)
    return isResourceType(type) ? { kind: 'conditional', type, query: text.slice(question + 1) } : { kind: 'other' }
  }
  const parts = text.split('/')
  const version = parts.length >= 4 && parts.at(-2) === '_history' ? parts.at(-1) : undefined
  if (version !== undefined) parts.splice(-2)
  const id = parts.pop() ?? ''
  const type = parts.pop() ?? ''
  if (!isResourceType(type) || !isId(id) || (version !== undefined && !isId(version))) return { kind: 'other' }
  const found = version === undefined ? { type, id } : { type, id, version }
  if (parts.length === 0) return { kind: 'relative', ...found }
  const base = parts.join('/')
  return /^[a-z][a-z0-9+.-]*:\/\/./i.test(base) ? { kind: 'absolute', base, ...found } : { kind: 'other' }
}

/** Every reference in the resource, also in contained resources, entries and extensions. `holder.reference` is the text. */
export function forEachReference(resource: unknown, visit: (reference: string, holder: JsonObject) => void): void {
  if (typeof resource !== 'object' || resource === null || resource instanceof ExactNumber) return
  if (Array.isArray(resource)) {
    for (const item of resource) forEachReference(item, visit)
    return
  }
  const object = resource as JsonObject
  const reference = object['reference']
  // On the resource itself an element of this name is a string of its own (ProcessRequest.reference).
  if (typeof reference === 'string' && object['resourceType'] === undefined) visit(reference, object)
  for (const key in object) {
    const value = object[key]
    if (typeof value === 'object') forEachReference(value, visit)
  }
}

/** Writes references anew in place; returns how many changed. */
export function rewriteReferences(resource: unknown, rewrite: (reference: string) => string): number {
  let changed = 0
  forEachReference(resource, (reference, holder) => {
    const next = rewrite(reference)
    if (next === reference) return
    holder['reference'] = next
    changed++
  })
  return changed
}
