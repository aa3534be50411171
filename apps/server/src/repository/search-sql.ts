import { isGlobal, isReferenceData, typeNumber } from '@aquifer/core/fhir'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import type { CompiledQuery } from 'kysely'
import { versionColumns } from './read.js'
import { branchesOf, hasKey, isIdentifier, isNarrow } from './search-clauses.js'
import type { SqlClause } from './search-clauses.js'
import { all } from './search-comparisons.js'
import type { Condition } from './search-comparisons.js'
import type { Position } from './search-cursor.js'
import { globalSid } from './types.js'
import type { SearchQuery, SearchScope, SearchSort } from './search-types.js'

interface CurrentTable {
  current: { rid: string; version: number; id: string; updated: string; dlo: string | null }
}

// Composes and numbers parameters; it never runs anything.
const composer = new Kysely<CurrentTable>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

// One way to meet all clauses: conditions that all hold.
type Way = Condition[]

/** A search as SQL knows it. */
export interface SqlQuery extends Omit<SearchQuery, 'clauses' | 'sort'> {
  clauses: readonly SqlClause[]
  sort: SearchSort
}

function waysOf({ scope, type, clauses }: SqlQuery, kind = kindConditions): Way[] {
  const sids = sidsOf(scope, type)
  const isOne = isGlobal(type) && clauses.some((clause) => isIdentifier(clause, type))
  let ways: Way[] = [[...(isOne ? kindOfFew : kind)(type, sids), ...scopeConditions(scope, type, sids)]]
  const narrow = clauses.some((clause) => isNarrow(clause, type))
  for (const clause of clauses) {
    const branches = branchesOf(clause, { type, sids, isNarrow: narrow && !isNarrow(clause, type) })
    ways = ways.flatMap((way) => branches.map((branch) => [...way, branch]))
  }
  return ways
}

function sidsOf({ sid }: SearchScope, type: string): number[] {
  if (sid === globalSid || isGlobal(type)) return [globalSid]
  return isReferenceData(type) ? [sid, globalSid] : [sid]
}

const kindConditions = (type: string, sids: readonly number[]): Way => [
  sids.length === 1 ? sql`c.sid = ${sids[0]}` : sql`c.sid = any(${sids}::int2[])`,
  sql`c.type = ${typeNumber(type)}`,
]
// The planner takes the range of a small study or type for cheaper than it is, and would read it all beside a key. Written so it is no
// way in; what meets it is estimated as hardly any row, or as every other.
const kindOfFew = (type: string, sids: readonly number[]): Way => [
  sql`c.sid + 0 = any(${sids}::int4[])`,
  sql`c.type + 0 = ${typeNumber(type)}::int4`,
]
const kindOfMany = (type: string, sids: readonly number[]): Way => [sql`coalesce(${all(kindConditions(type, sids))}, false)`]

function scopeConditions(scope: SearchScope, type: string, sids: readonly number[]): Way {
  const number = typeNumber(type)
  const conditions: Way = [sql`not c.deleted`]
  const profile = isGlobal(type) && type !== 'Practitioner'
  const { sid } = scope
  if (sid !== globalSid && profile)
    conditions.push(type === 'Person' ? sql`(${isEnrolled(scope)}${orOfNobody(scope, number)})` : isEnrolled(scope))
  if (sid !== globalSid && !profile && sids.includes(globalSid)) {
    conditions.push(sql`(c.sid <> 0 or exists (select 1 from flow f where f.type = ${number} and f.id = c.id and f.sid = ${sid}))`)
  }
  if (sid !== globalSid && !isReferenceData(type) && type !== 'Practitioner' && !scope.withheldToo)
    conditions.push(ofNobodyWithheld(sid, profile))
  const limits: Way = []
  if (scope.sites && !profile) limits.push(sql`c.site = any(${scope.sites}::int4[])`)
  if (scope.sites) limits.push(nobodyElsewhere(sid, scope.sites))
  if (scope.patientIds) limits.push(isOf(scope.patientIds))
  if (scope.reached) limits.push(isReached(scope, scope.reached, profile))
  if (limits.length === 0) return conditions
  return [...conditions, ...(scope.unnamed ? [sql`(c.patient is null or (${all(limits)}))`] : limits)]
}

// Looked up once for the statement, not for each row.
function isOf(patientIds: readonly string[]): Condition {
  const pids = sql`array(select pid from person where id = any(${patientIds}))`
  return sql`c.patient = any(${pids}) and (c.patients is null or c.patients <@ ${pids})`
}

// Everybody at the sites, and these people wherever they are.
function isReached({ sid }: SearchScope, { sites, patientIds }: NonNullable<SearchScope['reached']>, profile: boolean): Condition {
  const atSite = profile ? isEnrolled({ sid, sites }) : sql`c.site = any(${sites}::int4[])`
  return sql`((${atSite} and ${nobodyElsewhere(sid, sites)}) or (${isOf(patientIds)}))`
}

// What names several people came from one site, and is for who reaches each of them at his own.
const nobodyElsewhere = (sid: number, sites: readonly number[]): Condition =>
  sql`(c.patients is null or not exists (select 1 from enrolment e where e.sid = ${sid} and e.patient = any(c.patients) and e.site <> all(${sites}::int4[])))`

// Where nobody's data is withheld, which is read once for the statement, nothing else is asked of a row: a join of each took half the
// time of a count. Where the enrolment is asked for, it says of the first person already.
function ofNobodyWithheld(sid: number, profile: boolean): Condition {
  const withheld = sql`select w.patient from enrolment w where w.sid = ${sid} and w.withheld`
  const others = sql`(c.patients is null or not (c.patients && array(${withheld})))`
  return sql`(not exists (${withheld}) or ${profile ? others : sql`((c.patient is null or c.patient not in (${withheld})) and ${others})`})`
}

function isEnrolled({ sid, sites }: SearchScope): Condition {
  const atSite = sites ? sql` and e.site = any(${sites}::int4[])` : sql``
  return sql`exists (select 1 from enrolment e where e.sid = ${sid} and e.patient = c.patient and e.to_at is null and not e.withheld${atSite})`
}

// A Person that names no Patient is seen where it was written, unless limits of site or person hold.
function orOfNobody({ sid, sites }: SearchScope, type: number): Condition {
  return sites
    ? sql``
    : sql` or (c.patient is null and exists (select 1 from flow f where f.type = ${type} and f.id = c.id and f.sid = ${sid}))`
}

// With dates, those without one come last in both directions: a stretch of its own, in order of arrival.
// Where few resources are found they are sorted at once.
export type Stretch = 'all' | 'keyed' | 'undated'

export function stretchesOf({ sort, clauses, type }: SqlQuery, from: Position | null): Stretch[] {
  if (sort.by !== 'date') return ['keyed']
  if (from === null && clauses.some((clause) => isNarrow(clause, type))) return ['all']
  return from !== null && from.keys[0] === null ? ['undated'] : ['keyed', 'undated']
}

export interface PageBounds {
  stretch: Stretch
  from: Position | null
  /** of the first statement of this search; null: this is the first */
  snapshot: string | null
  limit: number
  /** what it can be at most */
  among?: readonly string[] | null
}

export function pageSql(query: SqlQuery, { stretch, from, snapshot, limit, among = null }: PageBounds): CompiledQuery {
  const { by, descending } = query.sort
  const key = by === '_id' ? sql`c.id` : by === 'date' ? sql`c.dlo` : sql`c.updated`
  const more = sql.raw(descending ? '<' : '>')
  const direction = sql.raw(descending ? 'desc' : 'asc')
  const undated = stretch === 'undated'
  const order = (table: string): Condition =>
    undated
      ? sql`${sql.ref(`${table}.rid`)} ${direction}`
      : sql`key ${direction}${stretch === 'all' ? sql` nulls last` : sql``}, ${sql.ref(`${table}.rid`)} ${direction}`
  const bounds: Condition[] = among === null ? [] : [sql`c.rid = any(${among}::int8[])`]
  if (by === 'date' && stretch !== 'all') bounds.push(undated ? sql`c.dlo is null` : sql`c.dlo is not null`)
  if (from !== null && undated === (from.keys[0] === null)) {
    bounds.push(undated ? sql`c.rid ${more} ${from.rid}::int8` : sql`(${key}, c.rid) ${more} (${from.keys[0]}, ${from.rid}::int8)`)
  }
  // An id stays; another key may change between two pages, and what did is looked for apart.
  if (snapshot !== null && by !== '_id') bounds.push(asThen(snapshot))
  const ways = waysOf(query).map(
    (way) =>
      sql`(select c.rid, c.version, ${key} as key from current c where ${all([...way, ...bounds])} order by ${order('c')} limit ${sql.raw(String(limit))})`,
  )
  const found = sql`(${sql.join(ways, sql` union all `)}) f`
  return sql`select f.key, pg_current_snapshot()::text as snapshot, ${sql.raw(versionColumns)}
from (select f.* from ${found} order by ${order('f')} limit ${sql.raw(String(limit))}) f
join current c on c.rid = f.rid join version v on v.rid = f.rid and v.version = f.version order by ${order('f')}`.compile(composer)
}

const asThen = (snapshot: string): Condition =>
  sql`exists (select 1 from version w where w.rid = c.rid and w.version = c.version and pg_visible_in_snapshot(w.xid, ${snapshot}::pg_snapshot))`

export function countSql(query: SqlQuery): CompiledQuery {
  const counts = waysOf(query).map((way) => sql`(select count(*) from current c where ${all(way)})`)
  return sql`select (${sql.join(counts, sql` + `)})::int8 as total`.compile(composer)
}

/** How many a search finds, and which, if they are at most so many. */
export function fewSql(query: SqlQuery, max: number): CompiledQuery {
  const ways = waysOf(query).map((way) => sql`(select c.rid from current c where ${all(way)})`)
  return sql`select count(*) as total, case when count(*) <= ${sql.raw(String(max))} then coalesce(array_agg(f.rid), '{}') end as rids
from (${sql.join(ways, sql` union all `)}) f`.compile(composer)
}

/** Which resources a search finds, in no order. */
export function foundSql(query: SqlQuery, limit: number): CompiledQuery {
  const most = sql.raw(String(limit))
  const ways = waysOf(query).map((way) => sql`(select c.rid from current c where ${all(way)} limit ${most})`)
  return sql`select f.rid, pg_current_snapshot()::text as snapshot from (${sql.join(ways, sql` union all `)}) f limit ${most}`.compile(
    composer,
  )
}

interface EndBounds {
  max: number
  /** Of more than so many people the ids are not told, unless a resource that may name them names several. */
  named: (Pick<SearchQuery, 'type' | 'scope'> & { max: number }) | null
}

/** What a search finds, in one row, for another to be joined with. */
export function endSql(query: SqlQuery, { max, named }: EndBounds): CompiledQuery {
  const hasOne = query.clauses.some((clause) => hasKey(clause, query.type))
  const ways = waysOf(query, hasOne ? kindOfMany : kindConditions).map(
    (way) => sql`(select c.id, c.patient from current c where ${all(way)} limit ${sql.raw(String(max + 1))})`,
  )
  const several =
    named &&
    sql`exists (select 1 from current c where ${all(kindConditions(named.type, sidsOf(named.scope, named.type)))}
  and not c.deleted and c.patients is not null)`
  const ids = sql`coalesce(array_agg(f.id), '{}')`
  const told = named ? sql`case when count(*) <= ${sql.raw(String(named.max))} or ${several} then ${ids} end` : ids
  return sql`select count(*) as total, ${told} as ids, coalesce(array_agg(f.patient), '{}')::text as numbers
from (${sql.join(ways, sql` union all `)}) f`.compile(composer)
}

/** Those of them that changed after the snapshot. */
export function changedSql(query: SqlQuery, snapshot: string): CompiledQuery {
  const changed = sql`c.rid in (select w.rid from version w where w.xid >= pg_snapshot_xmin(${snapshot}::pg_snapshot)
    and not pg_visible_in_snapshot(w.xid, ${snapshot}::pg_snapshot))`
  const ways = waysOf(query).map((way) => sql`(select c.rid from current c where ${all([...way, changed])})`)
  return sql`select f.rid from (${sql.join(ways, sql` union all `)}) f`.compile(composer)
}
