import { compareKeys, extractIndex, normalizeText, parseJson, sortKeyOf } from '@aquifer/core/fhir'
import type { Resource, SortKey } from '@aquifer/core/fhir'
import type { Queryable } from './people.js'
import { contentText, storedVersion, versionColumns } from './read.js'
import type { VersionRow } from './read.js'
import type { Position } from './search-cursor.js'
import type { StoredVersion } from './types.js'
import type { SearchClause, SearchSort } from './search-types.js'

const portion = 500

/** A resource’s place in the order of a search. */
export interface Placed {
  rid: string
  keys: readonly SortKey[]
}

export type ContentClause = Extract<SearchClause, { kind: 'content' }>

export interface Reading {
  sort: readonly SearchSort[]
  filters: readonly ContentClause[]
  /** Keys as they were then; what did not exist then has no place. */
  snapshot: string | null
}

/** Reads resources to place them by values that no index has in order, and to look for words. */
export async function placedByContent(client: Queryable, rids: readonly string[], reading: Reading): Promise<Placed[]> {
  const placed: Placed[] = []
  for (let from = 0; from < rids.length; from += portion) {
    const rows = await contentsOf(client, rids.slice(from, from + portion), reading)
    for (const { rid, at, then, now } of rows) {
      const resource = resourceOf(then)
      if (resource === null || !reading.filters.every((filter) => meets(now, filter))) continue
      placed.push({ rid: String(rid), keys: reading.sort.map((by) => keyOf(resource, by, Number(at))) })
    }
  }
  return placed
}

interface ContentRow {
  rid: bigint
  at: bigint
  then: string | null
  now: string | null
}

async function contentsOf(client: Queryable, rids: readonly string[], { snapshot, filters }: Reading): Promise<ContentRow[]> {
  // A text search reads what the resource says now, its place is of then.
  const now =
    filters.length > 0
      ? `(select convert_from(n.content, 'UTF8') from current c join version n on n.rid = c.rid and n.version = c.version where c.rid = v.rid)`
      : 'null'
  const newest =
    snapshot === null
      ? `v.version = (select c.version from current c where c.rid = v.rid)`
      : `v.version = (select max(w.version) from version w where w.rid = v.rid and pg_visible_in_snapshot(w.xid, $2::pg_snapshot))`
  const { rows } = await client.query<ContentRow>(
    `select v.rid, v.at, ${contentText} as then, ${now} as now from version v where v.rid = any($1::int8[]) and ${newest}`,
    snapshot === null ? [rids] : [rids, snapshot],
  )
  return rows
}

function resourceOf(text: string | null): Resource | null {
  const parsed = text === null ? null : parseJson(text)
  return parsed === null || parsed.problem !== undefined ? null : (parsed.resource as Resource)
}

function keyOf(resource: Resource, { by, descending }: SearchSort, at: number): SortKey {
  if (by === '_id') return resource.id ?? null
  if (by === '_lastUpdated') return at
  return by === 'date' ? extractIndex(resource).dateLo : sortKeyOf(resource, by, descending)
}

/** All words of one of the texts, in any order: _text looks at the narrative, _content at everything. */
function meets(content: string | null, { part, any }: ContentClause): boolean {
  const resource = resourceOf(content)
  const searched = normalizeText(part === 'all' ? (content ?? '') : narrativeOf(resource))
  return any.some((text) =>
    normalizeText(text)
      .split(' ')
      .every((word) => searched.includes(word)),
  )
}

function narrativeOf(resource: Resource | null): string {
  const text = resource?.['text'] as { div?: unknown } | undefined
  return typeof text?.div === 'string' ? text.div.replaceAll(/<[^>]*>/g, ' ') : ''
}

/** In the order of a search: without a value last in either direction, equals in order of arrival. */
export function inOrder(sort: readonly SearchSort[]): (a: Placed, b: Placed) => number {
  const last = sort.at(-1)?.descending === true ? -1 : 1
  return (a, b) => {
    for (const [place, { descending }] of sort.entries()) {
      const [left, right] = [a.keys[place] ?? null, b.keys[place] ?? null]
      if (left === right) continue
      if (left === null || right === null) return left === null ? 1 : -1
      const order = compareKeys(left, right)
      if (order !== 0) return descending ? -order : order
    }
    return last * (BigInt(a.rid) < BigInt(b.rid) ? -1 : BigInt(a.rid) > BigInt(b.rid) ? 1 : 0)
  }
}

export function after(placed: readonly Placed[], from: Position | null, sort: readonly SearchSort[]): Placed[] {
  const order = inOrder(sort)
  const later = from === null ? [...placed] : placed.filter((each) => order(each, from) > 0)
  return later.sort(order)
}

/** Current versions in the order given; what is gone by now is left out. */
export async function rowsOf(client: Queryable, rids: readonly string[]): Promise<Map<string, StoredVersion>> {
  if (rids.length === 0) return new Map()
  const { rows } = await client.query<VersionRow>(
    `select ${versionColumns} from current c join version v on v.rid = c.rid and v.version = c.version where c.rid = any($1::int8[])`,
    [rids],
  )
  return new Map(rows.map((row) => [String(row.rid), storedVersion(row)]))
}
