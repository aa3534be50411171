import {
  canonicalParameter,
  hash64,
  mainCodeParameter,
  mainDateParameter,
  normalizeText,
  searchParameters,
  typeNumber,
} from '@aquifer/core/fhir'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { furtherCode, mixed, parameterNumber } from './mix.js'
import type { DateValue, QuantityValue, SearchClause, TokenValue } from './types.js'

// What must hold of a row. A clause that has two ways to hold, each with an index of its own, becomes two branches that no row can
// meet both: an OR would make the planner give up the order of either index.
export type Condition = RawBuilder<unknown>
export type Branches = Condition[]

export interface ClauseContext {
  type: string
  sids: readonly number[]
}

type Clause<K extends SearchClause['kind']> = Extract<SearchClause, { kind: K }>

export function branchesOf(clause: SearchClause, context: ClauseContext): Branches {
  switch (clause.kind) {
    case 'id':
      return [sql`c.id = any(${clause.ids})`]
    case 'token':
      return tokenBranches(clause, context)
    case 'reference':
      return referenceBranches(clause, context)
    case 'string':
      return [stringCondition(clause, context)]
    case 'date':
      return [dateCondition(clause, context)]
    case 'lastUpdated':
      return [either(clause.any.map(instantCondition))]
    case 'quantity':
      return [either(clause.any.map((value) => quantityCondition(clause.param, value, context)))]
    case 'missing':
      return [sql`c.present & ${String(bitOf(context.type, clause.param))}::int8 ${clause.missing ? sql`=` : sql`<>`} 0`]
  }
}

function either(conditions: readonly Condition[]): Condition {
  return sql`(${sql.join(conditions, sql` or `)})`
}

function bitOf(type: string, param: string): bigint {
  const place = (searchParameters[type] ?? []).findIndex((fact) => fact.name === param)
  return place < 0 ? 0n : BigInt.asIntN(64, 1n << BigInt(place))
}

const arrayOf = (hashes: readonly bigint[]): Condition => sql`${hashes.map(String)}::int8[]`

function inStudies(hashes: readonly bigint[], { sids, type }: ClauseContext): bigint[] {
  return sids.flatMap((sid) => hashes.map((hash) => mixed(hash, sid, typeNumber(type))))
}

function hasToken(hashes: readonly bigint[], context: ClauseContext): Condition {
  const all = inStudies(hashes, context)
  return all.length === 1 ? sql`c.toks @> ${arrayOf(all)}` : sql`c.toks && ${arrayOf(all)}`
}

function tokenHash(param: string, { system, code }: TokenValue): bigint {
  return hash64(system === undefined ? `${param}|${code}` : `${param}|${system ?? ''}|${code}`)
}

function tokenBranches({ param, any, not }: Clause<'token'>, context: ClauseContext): Branches {
  const name = canonicalParameter(context.type, param)
  const withSystem = any.every((value) => value.system !== undefined)
  if (!not && withSystem && mainCodeParameter(context.type) === name) return codeBranches(any, context)
  const found = hasToken(
    any.map((value) => tokenHash(name, value)),
    context,
  )
  return [not ? sql`not (${found})` : found]
}

// The first coding of the main code has indexes in orders of its own; the others are found as tokens.
function codeBranches(any: readonly TokenValue[], context: ClauseContext): Branches {
  const codes = any.map(({ system, code }) => hash64(`${system ?? ''}|${code}`))
  const others = hasToken(codes.map(furtherCode), context)
  if (codes.length === 1) {
    const code = sql`${String(codes[0])}::int8`
    return [sql`c.hcode = ${code}`, sql`${others} and c.hcode is distinct from ${code}`]
  }
  return [sql`c.hcode = any(${arrayOf(codes)})`, sql`${others} and c.hcode <> all(${arrayOf(codes)})`]
}

function referenceBranches({ param, any, not }: Clause<'reference'>, context: ClauseContext): Branches {
  const name = canonicalParameter(context.type, param)
  const tokens = hasToken(
    any.map(({ type, id }) => hash64(`${name}|${type}/${id}`)),
    context,
  )
  if (not) return [sql`not (${tokens})`]
  if (name !== 'patient' || any.some(({ type }) => type !== 'Patient')) return [tokens]
  // Whose data it is, is known exactly and by index: where the parameter has a value, the first person is the one it names.
  const ids = any.map(({ id }) => id)
  const bit = sql`c.present & ${String(bitOf(context.type, name))}::int8 <> 0`
  if (ids.length === 1) {
    const pid = sql`(select pid from person where id = ${ids[0]})`
    return [sql`c.patient = ${pid} and ${bit}`, sql`c.patients @> array[${pid}] and c.patient <> ${pid} and ${tokens}`]
  }
  const pids = sql`array(select pid from person where id = any(${ids}))`
  return [sql`c.patient = any(${pids}) and ${bit}`, sql`c.patients && ${pids} and c.patient <> all(${pids}) and ${tokens}`]
}

const noParameter = -1

function placeOf(type: string, name: string): number {
  const place = (searchParameters[type] ?? []).findIndex((fact) => fact.name === name)
  return place < 0 ? noParameter : parameterNumber(typeNumber(type), place)
}

const lastCharacter = '\u{10ffff}'

function stringCondition({ param, any, match }: Clause<'string'>, { type }: ClauseContext): Condition {
  const p = placeOf(type, canonicalParameter(type, param))
  const texts = any
    .map(normalizeText)
    .map((text) => (match === 'starts' ? sql`(s.t >= ${text} and s.t < ${text + lastCharacter})` : sql`strpos(s.t, ${text}) > 0`))
  return sql`c.rid in (select s.rid from str s where s.p = ${p} and ${either(texts)})`
}

function dateCondition({ param, any }: Clause<'date'>, { type }: ClauseContext): Condition {
  const name = canonicalParameter(type, param)
  if (mainDateParameter(type) === name) return either(any.map((value) => rangeCondition(value, sql`c.dlo`, sql`c.dhi`)))
  const ranges = any.map((value) => rangeCondition(value, sql`d.lo`, sql`d.hi`))
  return sql`c.rid in (select d.rid from dat d where d.p = ${placeOf(type, name)} and ${either(ranges)})`
}

// DSTU2 search, "prefixes and ranges": both the value and the resource stand for a span, lo included, hi excluded.
function rangeCondition({ prefix, lo, hi }: DateValue, from: Condition, to: Condition): Condition {
  const within = sql`(${from} >= ${lo} and ${from} < ${hi} and ${to} <= ${hi})`
  switch (prefix) {
    case 'eq':
      return within
    case 'ne':
      return sql`(${from} < ${lo} or ${to} > ${hi})`
    case 'gt':
      return sql`${to} > ${hi}`
    case 'lt':
      return sql`${from} < ${lo}`
    case 'ge':
      return sql`(${to} > ${hi} or ${within})`
    case 'le':
      return sql`(${from} < ${lo} or ${within})`
    case 'sa':
      return sql`${from} >= ${hi}`
    case 'eb':
      return sql`${to} <= ${lo}`
  }
}

function instantCondition({ prefix, lo, hi }: DateValue): Condition {
  const at = sql`c.updated`
  switch (prefix) {
    case 'eq':
      return sql`(${at} >= ${lo} and ${at} < ${hi})`
    case 'ne':
      return sql`(${at} < ${lo} or ${at} >= ${hi})`
    case 'gt':
    case 'sa':
      return sql`${at} >= ${hi}`
    case 'lt':
    case 'eb':
      return sql`${at} < ${lo}`
    case 'ge':
      return sql`${at} >= ${lo}`
    case 'le':
      return sql`${at} < ${hi}`
  }
}

function quantityCondition(param: string, value: QuantityValue, context: ClauseContext): Condition {
  const name = canonicalParameter(context.type, param)
  const unit = value.code === undefined ? name : `${name}|${value.system ?? ''}|${value.code}`
  const hashes = inStudies([hash64(unit)], context)
  return sql`c.rid in (select q.rid from qty q where q.h = any(${arrayOf(hashes)}) and ${amountCondition(value)})`
}

function amountCondition({ prefix, value, lo, hi }: QuantityValue): Condition {
  switch (prefix) {
    case 'eq':
      return sql`q.v >= ${lo} and q.v < ${hi}`
    case 'ne':
      return sql`(q.v < ${lo} or q.v >= ${hi})`
    case 'gt':
    case 'sa':
      return sql`q.v > ${value}`
    case 'lt':
    case 'eb':
      return sql`q.v < ${value}`
    case 'ge':
      return sql`q.v >= ${value}`
    case 'le':
      return sql`q.v <= ${value}`
  }
}
