import { canonicalParameter, indexKeys, mainCodeParameter, mainDateParameter, searchParameter, typeNumber } from '@aquifer/core/fhir'
import { sql } from 'kysely'
import { furtherCode, mixed, parameterNumber } from './mix.js'
import {
  all,
  amountCondition,
  arrayOf,
  either,
  instantCondition,
  mainSpanBranches,
  nearCondition,
  nothing,
  spanCondition,
  textCondition,
  uriCondition,
} from './search-comparisons.js'
import type { Condition } from './search-comparisons.js'
import type { CodeValue, PairValue, ReferenceValue, SearchClause, TokenValue } from './search-types.js'

// A clause that has two ways to hold, each with an index of its own, becomes two branches that no row can meet both: an OR would make
// the planner give up the order of either index.
export type Branches = Condition[]

/** The clauses as SQL knows them: chains are resolved before, what has to be read through is left for later. */
export type SqlClause = Exclude<SearchClause, { kind: 'chain' | 'content' | 'reference' }> | References
export interface References {
  kind: 'reference'
  param: string
  any: readonly ReferenceValue[]
  /** The numbers of the patients among them, where they are known already. */
  pids?: readonly bigint[]
  /** Too many to be named: their numbers as PostgreSQL writes an array. What names several people is none of these resources. */
  people?: string
}

export interface ClauseContext {
  type: string
  sids: readonly number[]
  /** another clause leaves few resources */
  isNarrow: boolean
}

type Clause<K extends SqlClause['kind']> = Extract<SqlClause, { kind: K }>

export function branchesOf(clause: SqlClause, context: ClauseContext): Branches {
  if (context.isNarrow) return [conditionOf(clause, context)]
  if (clause.kind === 'token') return tokenBranches(clause, context)
  if (clause.kind === 'reference') return referenceBranches(clause, context)
  const [value, another] = clause.kind === 'date' && isMainDate(clause.param, context.type) ? clause.any : []
  return value && !another ? mainSpanBranches(value) : [conditionOf(clause, context)]
}

const isMainDate = (param: string, type: string): boolean => mainDateParameter(type) === canonicalParameter(type, param)

/** Few resources meet such a clause: what else is asked is tried on each of them. */
export function isNarrow(clause: SqlClause, type: string): boolean {
  if (clause.kind === 'id') return true
  if (clause.kind === 'reference' && clause.people !== undefined) return false
  return (
    clause.kind === 'reference' && canonicalParameter(type, clause.param) === 'patient' && clause.any.filter(isLocal).length <= narrowMax
  )
}
const narrowMax = 20

/** Amounts go with codes: how many meet both is nothing that the planner knows of each, and in an order of ids they may come late or never. */
export const isUneven = (clauses: readonly SqlClause[], type: string): boolean =>
  clauses.length > 1 && clauses.some(({ kind }) => kind === 'quantity') && !clauses.some((clause) => isNarrow(clause, type))

/** Found by a key of its own, which is of one study and type: their indexes are no better way in. */
export function hasKey(clause: SqlClause, type: string): boolean {
  if (clause.kind !== 'token' || clause.not || clause.any.length === 0 || clause.any.some(({ code }) => code === undefined)) return false
  return canonicalParameter(type, clause.param) !== mainCodeParameter(type)
}
export const isIdentifier = (clause: SqlClause, type: string): boolean =>
  hasKey(clause, type) && clause.kind === 'token' && canonicalParameter(type, clause.param) === 'identifier'

/** All ways of a clause to hold in one condition. */
function conditionOf(clause: SqlClause, context: ClauseContext): Condition {
  switch (clause.kind) {
    case 'id':
      return sql`c.id = any(${clause.ids})`
    case 'token':
      return tokenCondition(clause, context)
    case 'reference':
      return either(referenceBranches(clause, context).map((branch) => sql`(${branch})`))
    case 'string':
      return clause.match === 'exact' ? exactCondition(clause, context) : textsCondition(clause, clause.match, context)
    case 'uri':
      return inTexts(
        placeOf(context.type, clause.param),
        clause.any.map((uri) => uriCondition(uri, clause.match)),
      )
    case 'date':
      return dateCondition(clause, context)
    case 'lastUpdated':
      return either(clause.any.map(instantCondition))
    case 'quantity':
      return either(
        clause.any.map((value) =>
          inAmounts(indexKeys.quantityKey(canonicalParameter(context.type, clause.param), value.unit), amountCondition(value), context),
        ),
      )
    case 'near':
      return nearPlaces(clause, context)
    case 'missing':
      return sql`c.present & ${String(bitOf(context.type, clause.param))}::int8 ${clause.missing ? sql`=` : sql`<>`} 0`
    case 'pair':
      return either(clause.any.map((value) => pairCondition(clause.composite, value, context)))
    case 'any':
      return either(clause.of.map((clauses) => sql`(${all(clauses.map((each) => conditionOf(each as SqlClause, context)))})`))
  }
}

function bitOf(type: string, param: string): bigint {
  const place = searchParameter(type, param)?.place
  return place === undefined ? 0n : BigInt.asIntN(64, 1n << BigInt(place))
}

function inStudies(hashes: readonly bigint[], { sids, type }: ClauseContext): bigint[] {
  return sids.flatMap((sid) => hashes.map((hash) => mixed(hash, sid, typeNumber(type))))
}

// For each candidate GIN looks at every key of an overlap, so many keys are asked for in portions.
const portion = 100

function hasToken(hashes: readonly bigint[], context: ClauseContext): Condition {
  const keys = inStudies(hashes, context)
  if (keys.length === 0) return nothing
  if (keys.length === 1) return sql`c.toks @> ${arrayOf(keys)}`
  if (keys.length <= portion) return sql`c.toks && ${arrayOf(keys)}`
  return sql`c.rid in (select x.rid from (select ${arrayOf(keys)} as keys) k, generate_series(0, ${Math.floor((keys.length - 1) / portion)}::int) g
    cross join lateral (select t.rid from current t where t.toks && k.keys[g * ${portion} + 1 : (g + 1) * ${portion}]) x)`
}

function tokenKey(param: string, { system, code }: TokenValue): bigint {
  if (code === undefined) return indexKeys.systemKey(param, system ?? '')
  return system === undefined ? indexKeys.codeKey(param, code) : indexKeys.codingKey(param, system ?? '', code)
}

function tokenCondition({ param, any, not }: Clause<'token'>, context: ClauseContext): Condition {
  const name = canonicalParameter(context.type, param)
  const keys = any.map((value) => tokenKey(name, value))
  const found = context.isNarrow ? namedAmong(keys, context) : hasToken(keys, context)
  return not ? sql`not (${found})` : found
}

function tokenBranches(clause: Clause<'token'>, context: ClauseContext): Branches {
  const { param, any, not } = clause
  const codings = any.filter((value): value is CodeValue => value.code !== undefined && value.system !== undefined)
  const isMain = mainCodeParameter(context.type) === canonicalParameter(context.type, param)
  if (not || !isMain || codings.length < any.length || any.length === 0) return [tokenCondition(clause, context)]
  // The first coding of the main code has indexes in orders of its own; the others are found as tokens.
  const codes = codings.map(({ system, code }) => indexKeys.mainCodeKey(system ?? '', code))
  const others = hasToken(codes.map(furtherCode), context)
  if (codes.length === 1) {
    const code = sql`${String(codes[0])}::int8`
    return [sql`c.hcode = ${code}`, sql`${others} and c.hcode is distinct from ${code}`]
  }
  return [sql`c.hcode = any(${arrayOf(codes)})`, sql`${others} and c.hcode <> all(${arrayOf(codes)})`]
}

const referenceTextOf = (value: ReferenceValue): string => ('text' in value ? value.text : `${value.type}/${value.id}`)
const isLocal = (value: ReferenceValue): boolean => 'id' in value
const isPatient = (value: ReferenceValue): value is { type: string; id: string } => 'id' in value && value.type === 'Patient'

function referenceBranches({ param, any, pids, people }: References, context: ClauseContext): Branches {
  const name = canonicalParameter(context.type, param)
  // Of one person alone, a parameter that has a value names him.
  const hasValue = sql`c.present & ${String(bitOf(context.type, name))}::int8 <> 0`
  // "is true" keeps it from becoming a join: many people are no way in, but each row is quickly looked up among them.
  if (people !== undefined) return [sql`(c.patient in (select unnest(${people}::int8[]))) is true and c.patients is null and ${hasValue}`]
  const patients = name === 'patient' ? any.filter(isPatient) : []
  const hashes = any.map((value) => indexKeys.referenceKey(name, referenceTextOf(value)))
  const [only, another] = patients
  if (only === undefined || patients.length < any.filter(isLocal).length) return [hasToken(hashes, context)]
  // Whose data it is, is known by index, each way by its own, but this parameter may name another person, or none by its id.
  const named = namedAmong(hashes, context)
  if (another === undefined) {
    const pid = sql`(select pid from person where id = ${only.id})`
    return [sql`(c.patient = ${pid} or (c.patients is not null and c.patients @> array[${pid}])) and ${named}`]
  }
  const numbers = pids === undefined ? sql`array(select pid from person where id = any(${patients.map(({ id }) => id)}))` : arrayOf(pids)
  return [
    sql`c.patient = any(${numbers}) and c.patients is null and ${pids === undefined ? named : hasValue}`,
    sql`c.patients is not null and c.patients && ${numbers} and ${named}`,
  ]
}

// Not as an overlap, which the planner would take for a way in by the index.
function namedAmong(hashes: readonly bigint[], context: ClauseContext): Condition {
  const keys = inStudies(hashes, context)
  return keys.length === 1
    ? sql`${String(keys[0])}::int8 = any(c.toks)`
    : sql`exists (select 1 from unnest(c.toks) t where t = any(${arrayOf(keys)}))`
}

const noParameter = 0

function placeOf(type: string, name: string): number {
  const place = searchParameter(type, canonicalParameter(type, name))?.place
  return place === undefined ? noParameter : parameterNumber(typeNumber(type), place)
}

const inTexts = (place: number, texts: readonly Condition[]): Condition =>
  sql`c.rid in (select s.rid from str s where s.p = ${place} and ${either(texts)})`
const inDates = (place: number, dates: readonly Condition[]): Condition =>
  sql`c.rid in (select d.rid from dat d where d.p = ${place} and ${either(dates)})`
const inAmounts = (key: bigint, amounts: Condition, context: ClauseContext): Condition =>
  sql`c.rid in (select q.rid from qty q where q.h = any(${arrayOf(inStudies([key], context))}) and ${amounts})`

const textsCondition = ({ param, any }: Clause<'string'>, match: 'starts' | 'contains', { type }: ClauseContext): Condition =>
  inTexts(
    placeOf(type, param),
    any.map((text) => textCondition(text, match)),
  )

const exactCondition = ({ param, any }: Clause<'string'>, context: ClauseContext): Condition =>
  hasToken(
    any.map((text) => indexKeys.exactKey(canonicalParameter(context.type, param), text)),
    context,
  )

function dateCondition({ param, any }: Clause<'date'>, { type }: ClauseContext): Condition {
  const name = canonicalParameter(type, param)
  if (isMainDate(param, type)) return either(any.map((value) => spanCondition(value, sql`c.dlo`, sql`c.dhi`)))
  return inDates(
    placeOf(type, name),
    any.map((value) => spanCondition(value, sql`d.lo`, sql`d.hi`)),
  )
}

function nearPlaces({ param, any }: Clause<'near'>, context: ClauseContext): Condition {
  const keysOf = (part: string): Condition =>
    arrayOf(inStudies([indexKeys.quantityKey(canonicalParameter(context.type, param), part)], context))
  return either(any.map((place) => nearCondition({ latitudes: keysOf('latitude'), longitudes: keysOf('longitude') }, place)))
}

const formOf = ({ system, code }: CodeValue): string => indexKeys.pairForm(system === undefined ? undefined : (system ?? ''), code)

function pairCondition(composite: string, pair: PairValue, context: ClauseContext): Condition {
  const first = formOf(pair.first)
  const place = indexKeys.pairPlace(context.type, composite, first)
  switch (pair.kind) {
    case 'token':
      return hasToken([indexKeys.pairKey(composite, first, formOf(pair.second))], context)
    case 'reference':
      return hasToken(
        pair.second.map((value) => indexKeys.pairKey(composite, first, referenceTextOf(value))),
        context,
      )
    case 'quantity':
      return either(
        pair.second.map((value) =>
          inAmounts(indexKeys.quantityKey(indexKeys.pairParam(composite, first), value.unit), amountCondition(value), context),
        ),
      )
    case 'string':
      return inTexts(place, [textCondition(pair.second, 'starts')])
    case 'date':
      return inDates(place, [spanCondition(pair.second, sql`d.lo`, sql`d.hi`)])
  }
}
