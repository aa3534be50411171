import { createHash } from 'node:crypto'
import type { SortKey } from '@aquifer/core/fhir'
import type { SearchQuery, SearchSort } from './search-types.js'

export const defaultSort: readonly SearchSort[] = [{ by: '_id', descending: false }]

// Where a page ended: the last row's sort keys and tie-breaker, the total that the first page counted, and what the database held then:
// every resource keeps the place in the order that it had at that moment, so that none is passed over or met twice.
export interface Position {
  total: number
  keys: readonly SortKey[] // null: among the resources without a value, which come last
  rid: string
  snapshot: string
}

// The same search again, or the cursor means nothing. It is no secret and grants nothing: scope and clauses come with each request.
function fingerprintOf(query: SearchQuery): string {
  const { scope, type, clauses, sort } = query
  return createHash('sha256')
    .update(JSON.stringify([scope, type, clauses, sort ?? defaultSort]))
    .digest('base64url')
    .slice(0, 12)
}

export function encodeCursor(query: SearchQuery, { total, keys, rid, snapshot }: Position): string {
  return Buffer.from(JSON.stringify([fingerprintOf(query), total, keys, rid, snapshot])).toString('base64url')
}

export function decodeCursor(query: SearchQuery, cursor: string): Position | null {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
  if (!Array.isArray(parts) || parts.length !== 5) return null
  const [fingerprint, total, keys, rid, snapshot] = parts as unknown[]
  if (fingerprint !== fingerprintOf(query) || !Number.isSafeInteger(total)) return null
  if (!Array.isArray(keys) || !keys.every(isKey) || keys.length !== (query.sort ?? defaultSort).length) return null
  if (typeof rid !== 'string' || !/^\d{1,18}$/.test(rid)) return null
  if (typeof snapshot !== 'string' || !/^\d{1,20}:\d{1,20}:[\d,]*$/.test(snapshot)) return null
  return { total: total as number, keys, rid, snapshot }
}

const isKey = (key: unknown): key is SortKey => key === null || typeof key === 'string' || typeof key === 'number'
