import { childrenAt } from '../fhir/index.js'
import type { PathNode } from './fhirpath-dstu2.js'
import { json, quoteName, quoteText, varchar, type SqlType } from './sql-type.js'

/** What a path means in SQL: one value (null is empty), or a list without nulls. */
export interface PathSql {
  sql: string
  type: SqlType
  many: boolean
  /** JSON that may turn out to be a list; the model has one value here wherever a single one is asked for. */
  loose?: boolean
  /** A union that may hold equal values twice: good for first() and exists(), not for counting or listing. */
  repeats?: boolean
  /** Where it was read from: ofType() goes back there to find the choice's own column. */
  from?: { parent: PathSql; member: string }
  /** What the model calls it: a path such as Patient.contact, or a type such as HumanName or date. */
  fact?: string
  /** The whole row of the resource. */
  root?: true
}

/** The path is outside the part of FHIRPath that compiles. */
export class NotCompilable extends Error {}

export interface PathScope {
  /** What the path starts at. */
  focus: PathSql
  resource: PathSql
  /** 0-based place in the nearest iteration. */
  rowIndex: string
  constants: ReadonlyMap<string, PathSql>
  /** Key of the resource's row. */
  key: string
  names: { next: number }
  compile: (node: PathNode, scope: PathScope) => PathSql
}

/** The element of a list, or a part of what was there: the same in the model. */
export const elementOf = (value: PathSql, sql: string): PathSql => ({
  ...one(sql, value.type),
  ...(value.fact === undefined ? {} : { fact: value.fact }),
})
export const one = (sql: string, type: SqlType): PathSql => ({ sql, type, many: false })
export const many = (sql: string, type: SqlType): PathSql => ({ sql, type, many: true })
export const refuseUnless: (good: boolean, reason: string) => asserts good = (good, reason) => {
  if (!good) throw new NotCompilable(reason)
}
export const isText = ({ type }: PathSql): boolean =>
  type.kind === 'json' || (type.kind === 'scalar' && /^VARCHAR|^ENUM|^UUID/.test(type.name))

export const single = (value: PathSql): PathSql => (value.many && value.loose ? one(`(${value.sql})[1]`, value.type) : value)

/** A scalar as SQL can compare it: JSON scalars become text. */
export function scalar(given: PathSql): string {
  const value = single(given)
  refuseUnless(!value.many, 'a single value is needed here: add .first()')
  refuseUnless(value.type.kind === 'scalar' || value.type.kind === 'json', 'a primitive is needed here')
  return value.type.kind === 'json' ? `(${value.sql} ->> '$')` : value.sql
}

/** One value of what may be several; several end the statement, as the specification asks. */
export function onlyOne(value: PathSql, place: string): PathSql {
  const some = single(value)
  if (!some.many) return some
  const several = `error(${quoteText(`${place} has several values: add .first() or say collection`)})`
  return elementOf(some, `list_transform([${some.sql}], lambda s: CASE WHEN len(s) > 1 THEN ${several} ELSE s[1] END)[1]`)
}

export const lambda = (scope: PathScope): string => `x${scope.names.next++}`

/** Applies `make` to the value, or to every element of the list, dropping what comes out empty. */
export function mapEach(value: PathSql, scope: PathScope, make: (element: PathSql) => PathSql): PathSql {
  if (!value.many) return make(value)
  const name = lambda(scope)
  const made = make(elementOf(value, name))
  const kept = `list_filter(list_transform(${value.sql}, lambda ${name}: ${made.sql}), lambda ${name}: ${name} IS NOT NULL)`
  const loose = value.loose === true && (made.loose === true || !made.many)
  const { sql: _sql, fact: _fact, ...rest } = value
  return { ...rest, sql: made.many ? `flatten(${kept})` : kept, type: made.type, loose }
}

export function filterBy(value: PathSql, scope: PathScope, criterion: PathNode): PathSql {
  if (!value.many) {
    const condition = scope.compile(criterion, { ...scope, focus: value })
    return elementOf(value, `(CASE WHEN ${scalar(condition)} THEN ${value.sql} END)`)
  }
  const name = lambda(scope)
  const condition = scope.compile(criterion, { ...scope, focus: elementOf(value, name) })
  return { ...value, sql: `list_filter(${value.sql}, lambda ${name}: coalesce(${scalar(condition)}, false))` }
}

/** For what counts or lists values. */
export function withoutRepeats(value: PathSql): PathSql {
  refuseUnless(!value.repeats, 'a union compiles before first() or exists() only')
  return value
}

export function member(value: PathSql, name: string, scope: PathScope): PathSql {
  if (value.root && name === 'id') return one(scope.key, varchar)
  const found = mapEach(value, scope, (element) => memberOfOne(element, name, scope))
  const fact = factOf(value.fact, name)
  return { ...found, from: { parent: value, member: name }, ...(fact === undefined ? {} : { fact }) }
}

function factOf(parent: string | undefined, name: string): string | undefined {
  if (parent === undefined) return undefined
  const found = childrenAt(parent).find((child) => child.name === name)
  const type = found?.choice ? undefined : found?.types[0]
  return type === 'BackboneElement' || type === 'Element' ? `${parent}.${name}` : type
}

function memberOfOne(element: PathSql, name: string, scope: PathScope): PathSql {
  if (element.type.kind === 'json') return jsonItems(`json_extract(${element.sql}, ${quoteText(`$."${name.replaceAll('"', '')}"`)})`, scope)
  refuseUnless(element.type.kind === 'struct', `${name} is read from a value that has no parts`)
  const type = element.type.fields.get(name)
  if (type === undefined) {
    const choice = [...element.type.fields.keys()].some((field) => field.startsWith(name) && /^[A-Z]/.test(field.slice(name.length)))
    refuseUnless(choice, `there is no ${name} here`)
    return one('NULL', { kind: 'struct', fields: new Map() })
  }
  const sql = element.root ? quoteName(name) : `${element.sql}.${quoteName(name)}`
  if (type.kind === 'json') return jsonItems(sql, scope)
  if (type.kind !== 'list') return one(sql, type)
  // Only lists of primitives hold nulls: they keep the places of values that have nothing but an extension.
  const item = lambda(scope)
  return many(type.of.kind === 'scalar' ? `list_filter(${sql}, lambda ${item}: ${item} IS NOT NULL)` : sql, type.of)
}

// JSON says by itself whether it holds one value or a list. What is looked at several times is written down once: text that doubles with
// every step of a path takes the engine longer to plan than to run.
function jsonItems(found: string, scope: PathScope): PathSql {
  if (!/^"?\w+"?$/.test(found)) {
    const name = lambda(scope)
    const bound = jsonItems(name, scope)
    return { ...bound, sql: `list_transform([${found}], lambda ${name}: ${bound.sql})[1]` }
  }
  const items = `from_json(${found}, '["JSON"]')`
  const sql = `(CASE coalesce(json_type(${found}), 'NULL') WHEN 'NULL' THEN NULL WHEN 'ARRAY' THEN ${items} ELSE [${found}] END)`
  return { ...many(sql, json), loose: true }
}

export const asText = (value: PathSql): string => (isText(value) ? scalar(value) : `CAST(${scalar(value)} AS VARCHAR)`)
