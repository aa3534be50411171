import { createHash } from 'node:crypto'
import type { SearchQuery, SearchSort } from './types.js'

export const defaultSort: SearchSort = { by: '_id', descending: false }

// Where a page ended: the last row's sort key and tie-breaker, and the total that the first page counted.
export interface Position {
  total: number
  key: string | number | null // null: among the resources without a date, which come last
  rid: string
}

// The same search again, or the cursor means nothing. It is no secret and grants nothing: scope and clauses come with each request.
function fingerprintOf(query: SearchQuery): string {
  const { scope, type, clauses, sort, asker } = query
  return createHash('sha256')
    .update(JSON.stringify([scope, type, clauses, sort ?? defaultSort, asker ?? null]))
    .digest('base64url')
    .slice(0, 12)
}

export function encodeCursor(query: SearchQuery, position: Position): string {
  return Buffer.from(JSON.stringify([fingerprintOf(query), position.total, position.key, position.rid])).toString('base64url')
}

export function decodeCursor(query: SearchQuery, cursor: string): Position | null {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
  if (!Array.isArray(parts) || parts.length !== 4) return null
  const [fingerprint, total, key, rid] = parts as unknown[]
  const byId = (query.sort ?? defaultSort).by === '_id'
  const keyFits = byId ? typeof key === 'string' : key === null || Number.isSafeInteger(key)
  if (fingerprint !== fingerprintOf(query) || !Number.isSafeInteger(total) || !keyFits) return null
  if (typeof rid !== 'string' || !/^\d{1,18}$/.test(rid)) return null
  return { total: total as number, key: key as Position['key'], rid }
}
