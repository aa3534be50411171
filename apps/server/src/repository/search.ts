import { mainDateParameter } from '@aquifer/core/fhir'
import type { Queryable } from './people.js'
import { prepared } from './prepared.js'
import { storedVersion } from './read.js'
import type { VersionRow } from './read.js'
import { resolved } from './search-chains.js'
import { decodeCursor, defaultSort, encodeCursor } from './search-cursor.js'
import type { Position } from './search-cursor.js'
import { after, inOrder, placedByContent, rowsOf } from './search-scan.js'
import type { ContentClause, Placed } from './search-scan.js'
import { isUneven } from './search-clauses.js'
import { changedSql, countSql, fewSql, foundSql, pageSql, stretchesOf } from './search-sql.js'
import type { SqlQuery } from './search-sql.js'
import type { StoredVersion } from './types.js'
import type { SearchPage, SearchQuery, SearchSort } from './search-types.js'

const countMax = 1_000
// So many are put in order at once; of more, every page is soon found in the order of an index.
const fewMax = 2_000
// More is not read through for one page.
const readMax = 20_000

const empty = (outcome: SearchPage['outcome']): SearchPage => ({ rows: [], total: 0, next: null, outcome })

export async function search(client: Queryable, query: SearchQuery): Promise<SearchPage> {
  const from = query.cursor ? decodeCursor(query, query.cursor) : null
  if (query.cursor && from === null) return empty('unusable')
  const clauses = await resolved(client, query.clauses, query)
  if (clauses === null) return empty('too-many')
  const sort = query.sort ?? defaultSort
  const filters = query.clauses.filter((clause) => clause.kind === 'content')
  const indexed = filters.length === 0 ? indexedSort(query.type, sort) : null
  const sqlQuery: SqlQuery = { ...query, clauses, sort: indexed ?? { by: '_id', descending: false } }
  const asked: Asked = { sort, filters, count: Math.min(query.count, countMax), from }
  const page = indexed === null ? await readThrough(client, sqlQuery, asked) : await byIndex(client, sqlQuery, asked)
  if (page === null) return empty('too-many')
  const { rows, total, last } = page
  return { rows, total, next: last === null ? null : encodeCursor(query, { total, ...last }), outcome: 'ok' }
}

interface Asked {
  sort: readonly SearchSort[]
  filters: readonly ContentClause[]
  count: number
  from: Position | null
}
interface FoundPage {
  rows: StoredVersion[]
  total: number
  last: Omit<Position, 'total'> | null
}

/** The order that an index has; null where resources have to be read for it. */
function indexedSort(type: string, sort: readonly SearchSort[]): SearchSort | null {
  const [only, another] = sort
  if (only === undefined || another !== undefined) return null
  if (only.by === '_id' || only.by === '_lastUpdated') return only
  return only.by === mainDateParameter(type) || only.by === 'date' ? { ...only, by: 'date' } : null
}

type FoundRow = VersionRow & { key: string | bigint | null; snapshot: string }

interface Candidate extends Placed {
  row: StoredVersion | null
}

async function byIndex(client: Queryable, query: SqlQuery, { count, from }: Asked): Promise<FoundPage> {
  if (count === 0) return { rows: [], total: from?.total ?? (await countAll(client, query)), last: null }
  const few = isUneven(query.clauses, query.type) && (from?.total ?? 0) <= fewMax ? await fewOf(client, query) : null
  // One more than the page tells whether there is another.
  const found = await findRows(client, query, from, { limit: count + 1, among: few?.rids ?? null })
  // A first page that is not full is all there is.
  const counted = from?.total ?? few?.total ?? (query.uncounted || found.length <= count ? null : await countAll(client, query))
  const snapshot = from?.snapshot ?? found[0]?.snapshot ?? ''
  const keyed: Candidate[] = found.map((row) => ({ rid: String(row.rid), keys: [keyOf(row.key)], row: storedVersion(row) }))
  const moved = from === null || query.sort.by === '_id' ? [] : await movedSince(client, query, from)
  // What changed between the two statements is in both.
  const known = new Set(keyed.map(({ rid }) => rid))
  const ordered = [...keyed, ...moved.filter(({ rid }) => !known.has(rid))].sort(inOrder([query.sort]))
  const page = ordered.slice(0, count)
  const missing = await rowsOf(
    client,
    page.filter(({ row }) => row === null).map(({ rid }) => rid),
  )
  return {
    rows: page.map(({ rid, row }) => row ?? missing.get(rid)).filter((row) => row !== undefined),
    total: counted ?? page.length,
    last: lastOf(page, ordered.length > count, snapshot),
  }
}

function lastOf(page: readonly Placed[], isMore: boolean, snapshot: string): FoundPage['last'] {
  const last = isMore ? page.at(-1) : undefined
  return last === undefined ? null : { keys: last.keys, rid: last.rid, snapshot }
}

const keyOf = (key: FoundRow['key']): string | number | null => (typeof key === 'bigint' ? Number(key) : key)

async function countAll(client: Queryable, query: SqlQuery): Promise<number> {
  const { sql, parameters } = countSql(query)
  const { rows } = await client.query<{ total: bigint }>(prepared(sql, parameters))
  return Number(rows[0]?.total ?? 0n)
}

async function fewOf(client: Queryable, query: SqlQuery): Promise<{ total: number; rids: string[] | null }> {
  const { sql, parameters } = fewSql(query, fewMax)
  const { rows } = await client.query<{ total: bigint; rids: string[] | null }>(prepared(sql, parameters))
  return { total: Number(rows[0]?.total ?? 0n), rids: rows[0]?.rids ?? null }
}

async function findRows(
  client: Queryable,
  query: SqlQuery,
  from: Position | null,
  { limit, among }: { limit: number; among: readonly string[] | null },
): Promise<FoundRow[]> {
  const found: FoundRow[] = []
  for (const stretch of stretchesOf(query, from)) {
    if (found.length >= limit) break
    const snapshot = from?.snapshot ?? found[0]?.snapshot ?? null
    const { sql, parameters } = pageSql(query, { stretch, from, snapshot, among, limit: limit - found.length })
    found.push(...(await client.query<FoundRow>(prepared(sql, parameters))).rows)
  }
  return found
}

/** Later resources that changed since the first page, at the places they had then. */
async function movedSince(client: Queryable, query: SqlQuery, from: Position): Promise<Candidate[]> {
  const { sql, parameters } = changedSql(query, from.snapshot)
  const { rows } = await client.query<{ rid: bigint }>(sql, [...parameters])
  const rids = rows.map(({ rid }) => String(rid))
  const placed = await placedByContent(client, rids, { sort: [query.sort], filters: [], snapshot: from.snapshot })
  return after(placed, from, [query.sort]).map((each) => ({ ...each, row: null }))
}

/** Where no index has the order, or words are looked for: everything that is found is read for each page. null: too much of it. */
async function readThrough(client: Queryable, query: SqlQuery, { sort, filters, count, from }: Asked): Promise<FoundPage | null> {
  const { sql, parameters } = foundSql(query, readMax + 1)
  const { rows } = await client.query<{ rid: bigint; snapshot: string }>(sql, [...parameters])
  if (rows.length > readMax) return null
  const snapshot = from?.snapshot ?? rows[0]?.snapshot ?? null
  const rids = rows.map(({ rid }) => String(rid))
  if (count === 0 && filters.length === 0) return { rows: [], total: rids.length, last: null }
  const placed = await placedByContent(client, rids, { sort, filters, snapshot })
  const later = after(placed, from, sort)
  const page = later.slice(0, count)
  const found = await rowsOf(
    client,
    page.map(({ rid }) => rid),
  )
  return {
    rows: page.map(({ rid }) => found.get(rid)).filter((row) => row !== undefined),
    total: from?.total ?? placed.length,
    last: lastOf(page, later.length > count, snapshot ?? ''),
  }
}
