import { operationOutcome, parseJson, stringifyResource, subsetOf, type Resource, type Subset } from '@aquifer/core/fhir'
import type { StoredVersion } from '../repository/index.js'
import type { Found } from './read.js'
import { bytesOf } from './read.js'
import type { SearchResult } from './search/search.js'

const fullUrlOf = (base: string, row: StoredVersion): string => `${base}/${row.type}/${row.id}`

/** A Bundle around bytes that are served as stored: parsing and writing them again could change their digits. */
export function bundleAround(
  head: Record<string, unknown>,
  entries: readonly { before: string; bytes: Buffer | null; after: string }[],
): Buffer {
  const parts: Buffer[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)}${entries.length === 0 ? '' : ',"entry":['}`)]
  for (const [place, { before, bytes, after }] of entries.entries()) {
    parts.push(Buffer.from(`${place === 0 ? '' : ','}{${before}`))
    if (bytes !== null) parts.push(Buffer.from('"resource":'), bytes, Buffer.from(after === '' ? '' : ','))
    parts.push(Buffer.from(`${after}}`))
  }
  parts.push(Buffer.from(entries.length === 0 ? '}' : ']}'))
  return Buffer.concat(parts)
}

export interface PageLinks {
  self: string
  next: string | null
}

export function searchset(base: string, result: SearchResult, links: PageLinks): Buffer {
  const link = [{ relation: 'self', url: links.self }, ...(links.next === null ? [] : [{ relation: 'next', url: links.next }])]
  const entry = (mode: 'match' | 'include') => (row: StoredVersion) => ({
    before: `"fullUrl":${JSON.stringify(fullUrlOf(base, row))},`,
    bytes: subsetBytes(bytesOf(row), result.subset),
    after: `"search":{"mode":"${mode}"}`,
  })
  const notes =
    result.notes.length === 0
      ? []
      : [{ before: '', bytes: Buffer.from(JSON.stringify(operationOutcome(result.notes))), after: '"search":{"mode":"outcome"}' }]
  return bundleAround({ resourceType: 'Bundle', type: 'searchset', total: result.total, link }, [
    ...result.matches.map(entry('match')),
    ...result.included.map(entry('include')),
    ...notes,
  ])
}

/** The part of a resource that was asked for; null: all of it, byte for byte. */
export function subsetBytes(bytes: Buffer | null, subset: Subset | null): Buffer | null {
  if (bytes === null || subset === null) return bytes
  const parsed = parseJson(bytes.toString())
  return parsed.problem === undefined ? Buffer.from(stringifyResource(subsetOf(parsed.resource as Resource, subset))) : bytes
}

const verbs = { C: 'POST', U: 'PUT', D: 'DELETE' } as const

export function historySet(base: string, found: readonly Found[], links: PageLinks): Buffer {
  const link = [{ relation: 'self', url: links.self }, ...(links.next === null ? [] : [{ relation: 'next', url: links.next }])]
  const entries = found.map(({ version, bytes }) => ({
    before: `"fullUrl":${JSON.stringify(fullUrlOf(base, version))},`,
    bytes,
    after: `"request":{"method":"${verbs[version.op]}","url":"${version.type}${version.op === 'C' ? '' : `/${version.id}`}"}`,
  }))
  return bundleAround({ resourceType: 'Bundle', type: 'history', link }, entries)
}
