import type { Queryable } from './people.js'
import { storedVersion } from './read.js'
import type { VersionRow } from './read.js'
import { decodeCursor, encodeCursor } from './search-cursor.js'
import type { Position } from './search-cursor.js'
import { countSql, pageSql, stretchesOf } from './search-sql.js'
import type { SearchPage, SearchQuery } from './types.js'

const countMax = 1_000

type FoundRow = VersionRow & { key: string | bigint | null }

export async function search(client: Queryable, query: SearchQuery): Promise<SearchPage> {
  const from = query.cursor ? decodeCursor(query, query.cursor) : null
  if (query.cursor && from === null) return { rows: [], total: 0, next: null, cursor: 'unusable' }
  const total = from?.total ?? (await countAll(client, query))
  const count = Math.min(query.count, countMax)
  // One more than the page tells whether there is another.
  const found = count === 0 || total === 0 ? [] : await findRows(client, query, from, count + 1)
  const page = found.slice(0, count)
  const last = found.length > count ? page.at(-1) : undefined
  return {
    rows: page.map(storedVersion),
    total,
    next: last === undefined ? null : encodeCursor(query, { total, key: keyOf(last.key), rid: String(last.rid) }),
    cursor: 'ok',
  }
}

const keyOf = (key: FoundRow['key']): Position['key'] => (typeof key === 'bigint' ? Number(key) : key)

async function countAll(client: Queryable, query: SearchQuery): Promise<number> {
  const { sql, parameters } = countSql(query)
  const { rows } = await client.query<{ total: bigint }>(sql, [...parameters])
  return Number(rows[0]?.total ?? 0n)
}

async function findRows(client: Queryable, query: SearchQuery, from: Position | null, limit: number): Promise<FoundRow[]> {
  const found: FoundRow[] = []
  for (const stretch of stretchesOf(query, from)) {
    if (found.length >= limit) break
    const { sql, parameters } = pageSql(query, stretch, from, limit - found.length)
    found.push(...(await client.query<FoundRow>(sql, [...parameters])).rows)
  }
  return found
}
