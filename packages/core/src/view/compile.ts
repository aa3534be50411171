import { columnsOf, repeatDepthMax } from './check.js'
import { isRowIndex, tagOf, viewTags, type ViewColumn, type ViewDefinition, type ViewSelect } from './definition.js'
import { parsePath } from './fhirpath-dstu2.js'
import { compileNode } from './path-sql.js'
import {
  asText,
  elementOf,
  isText,
  mapEach,
  NotCompilable,
  one,
  onlyOne,
  scalar,
  withoutRepeats,
  type PathScope,
  type PathSql,
} from './path-value.js'
import { bigint, boolean, double, json, parseSqlType, quoteName, quoteText, typeSql, varchar, type SqlType } from './sql-type.js'

export interface CompileOptions {
  /** SQL of the relation with one row per living resource: `from` may follow FROM. */
  from: string
  /** The same, of the rows that can have an element in a list, by the list's name. */
  having?: Readonly<Record<string, string>>
  /** DuckDB types of its element columns, by name. */
  columns: Readonly<Record<string, string>>
  /** Its column with the resource's key. */
  key: string
  /** Columns that stand beside the resource: what the tag aquifer/row may name. */
  besides: readonly string[]
  /** SQL of a relation (system, code, text) with one row per code and '' for no system; null: there is no dictionary. */
  displays: string | null
  /** Columns that somebody will read; dictionary texts and study days of others are not worked out. All when absent. */
  needed?: ReadonlySet<string>
  /** Refuses columns that the path alone does not keep to one value; otherwise several values end the statement. */
  singleByPath?: true
}
export interface CompiledView {
  sql: string
  columns: { name: string; type: string }[]
}
export type Compilation = CompiledView | { notCompilable: string }

// unionAll multiplied out: each alternative is a chain of iterations with the columns that are read along it.
// `absent`: its element may be missing, since it or one around it makes one row of nothing.
type Iteration = { parent: number; absent: boolean } & ({ path: string; orNull: boolean } | { repeat: readonly string[] })
interface Alternative {
  iterations: Iteration[]
  columns: { column: ViewColumn; at: number }[]
  /** Iterations whose row of nothing is told by another alternative. */
  presentAt: readonly number[]
}

/** DuckDB SQL that gives the rows of a checked view, or the reason why the view must be run by the reference runner. */
export function compileView(view: ViewDefinition, options: CompileOptions): Compilation {
  try {
    const compiled = alternativesOf(view).map((alternative) => compileAlternative(view, alternative, options))
    const first = compiled[0]
    if (first === undefined) throw new NotCompilable('the view has no rows')
    const union = compiled.map(({ sql }) => sql).join('\nUNION ALL\n')
    return { sql: withDays(view, union, options), columns: first.columns }
  } catch (error) {
    if (error instanceof NotCompilable) return { notCompilable: error.message }
    throw error
  }
}

function alternativesOf(view: ViewDefinition): Alternative[] {
  return cross(view.select, [{ iterations: [], columns: [], presentAt: [] }], -1)
}

function cross(selects: readonly ViewSelect[], start: Alternative[], parent: number): Alternative[] {
  return selects.reduce((done, select) => done.flatMap((alternative) => extend(select, alternative, parent)), start)
}

function extend(select: ViewSelect, alternative: Alternative, parent: number): Alternative[] {
  const own = iterationOf(select, parent, alternative.iterations[parent]?.absent ?? false)
  const iterations = own === null ? alternative.iterations : [...alternative.iterations, own]
  const at = own === null ? parent : iterations.length - 1
  const columns = [...alternative.columns, ...(select.column ?? []).map((column) => ({ column, at }))]
  const inner = cross(select.select ?? [], [{ ...alternative, iterations, columns }], at)
  const [first, ...others] = select.unionAll ?? []
  if (first === undefined) return inner
  // Of nothing there is one row, whatever its branches.
  const apart = (one: Alternative): Alternative => (iterations[at]?.absent ? { ...one, presentAt: [...one.presentAt, at] } : one)
  return inner.flatMap((one) => [...extend(first, one, at), ...others.flatMap((branch) => extend(branch, apart(one), at))])
}

function condition(value: PathSql): string {
  if (value.type.kind === 'json') return `coalesce(CAST(${scalar(value)} AS BOOLEAN), false)`
  if (value.type.kind !== 'scalar' || value.type.name !== 'BOOLEAN') throw new NotCompilable('where takes what is true or false')
  return `coalesce(${scalar(value)}, false)`
}

/** Says where in the view it is that does not compile. */
function placed<T>(place: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof NotCompilable ? new NotCompilable(`${place}: ${error.message}`) : error
  }
}

function iterationOf(select: ViewSelect, parent: number, within: boolean): Iteration | null {
  if (select.repeat) return { parent, absent: within, repeat: select.repeat }
  const path = select.forEach ?? select.forEachOrNull
  const orNull = select.forEach === undefined
  return path === undefined ? null : { parent, absent: within || orNull, path, orNull }
}

const rowType = (columns: Readonly<Record<string, string>>): SqlType => ({
  kind: 'struct',
  fields: new Map(Object.entries(columns).map(([name, type]) => [name, parseSqlType(type)])),
})

function compileAlternative(view: ViewDefinition, alternative: Alternative, options: CompileOptions): CompiledView {
  const root: PathSql = { ...one('r', rowType(options.columns)), root: true, fact: view.resource }
  const base: PathScope = {
    focus: root,
    resource: root,
    rowIndex: '0',
    constants: constantsOf(view),
    key: quoteName(options.key),
    names: { next: 0 },
    compile: compileNode,
  }
  const wheres = (view.where ?? []).map(({ path }, index) => placed(`where[${index}]`, () => condition(compile(path, base))))
  const scopes: PathScope[] = []
  let source = `SELECT * FROM ${relationOf(alternative, options)}${wheres.length > 0 ? ` WHERE ${wheres.join(' AND ')}` : ''}`
  for (const [index, iteration] of alternative.iterations.entries()) {
    const scope = scopes[iteration.parent] ?? base
    const place = { ...base, rowIndex: `i${index}` }
    // Where the element around it is missing, it is missing as well, and the row stays.
    const missing = alternative.iterations[iteration.parent]?.absent ? `e${iteration.parent} IS NULL` : 'false'
    if ('repeat' in iteration) {
      source = repeated(source, index, iteration.repeat, scope, missing)
      scopes.push({ ...place, focus: one(`e${index}`, json) })
    } else {
      const list = placed(`forEach ${iteration.path}`, () => withoutRepeats(compile(iteration.path, scope)))
      source = iterated(source, index, list, iteration.orNull ? 'true' : missing)
      scopes.push({ ...place, focus: elementOf(list, `e${index}`) })
    }
    if (alternative.presentAt.includes(index)) source = `SELECT * FROM (${source}) WHERE e${index} IS NOT NULL`
  }
  return project(view, alternative, source, scopes, base, options)
}

/** Rows without an element in the list that is gone through first are no rows of the alternative. */
function relationOf({ iterations: [first] }: Alternative, { from, having = {} }: CompileOptions): string {
  return first !== undefined && 'path' in first && !first.orNull ? (having[first.path] ?? from) : from
}

/** The rows of an iteration, each with its element e<n> and its place i<n>; `stays`: when a row without an element stays. */
function iterated(source: string, index: number, list: PathSql, stays: string): string {
  const [element, place, all] = [`e${index}`, `i${index}`, `l${index}`]
  if (!list.many) {
    const rows = `SELECT *, ${list.sql} AS ${element}, 0 AS ${place} FROM (${source})`
    if (stays === 'true') return rows
    return `SELECT * FROM (${rows}) WHERE ${element} IS NOT NULL${stays === 'false' ? '' : ` OR ${stays}`}`
  }
  const isEmpty = `coalesce(len(${all}), 0) = 0${stays === 'true' ? '' : ` AND ${stays}`}`
  const rows = stays === 'false' ? all : `(CASE WHEN ${isEmpty} THEN [NULL] ELSE ${all} END)`
  return `SELECT *, unnest(${rows}) AS ${element}, unnest(range(len(${rows}))) AS ${place} FROM (SELECT *, ${list.sql} AS ${all} FROM (${source}))`
}

/** What the paths reach from the element, and from that, to any depth: in the order of a walk. As JSON, whose depth no type limits. */
function repeated(source: string, index: number, paths: readonly string[], scope: PathScope, stays: string): string {
  const [element, place, base, walk, key] = [`e${index}`, `i${index}`, `b${index}`, `w${index}`, `k${index}`]
  if (paths.some((path) => /%`?(resource|rootResource|rowIndex|context)\b/.test(path)))
    throw new NotCompilable('repeat compiles with paths that stay below the element')
  const below = (focus: PathSql): string => {
    const lists = paths.map((path) => jsonList(withoutRepeats(compile(path, { ...scope, focus, resource: focus })), scope))
    return lists.reduce((all, list) => `list_concat(${all}, ${list})`)
  }
  const [first, next] = [below(scope.focus), below(one('el', json))]
  const places = (list: string, before: string): string =>
    `unnest(list_transform(range(len(${list})), lambda n: list_append(${before}, n)))`
  const joined = stays === 'false' ? `JOIN ${walk} ON k = ${key}` : `LEFT JOIN ${walk} ON k = ${key} WHERE k IS NOT NULL OR ${stays}`
  return `WITH RECURSIVE ${base} AS (SELECT *, row_number() OVER () AS ${key} FROM (${source})),
  ${walk} AS (
    SELECT ${key} AS k, unnest(li) AS el, ${places('li', 'CAST([] AS BIGINT[])')} AS tr FROM (SELECT ${key}, ${first} AS li FROM ${base} AS r)
    UNION ALL
    SELECT k, unnest(li) AS el, ${places('li', 'tr')} AS tr FROM (SELECT k, tr, ${next} AS li FROM ${walk} WHERE len(tr) < ${repeatDepthMax})
  )
  SELECT ${base}.*, ${walk}.el AS ${element}, row_number() OVER (PARTITION BY ${key} ORDER BY tr) - 1 AS ${place} FROM ${base} ${joined}`
}

function jsonList(value: PathSql, scope: PathScope): string {
  if (value.type.kind === 'json') return `coalesce(${value.many ? value.sql : `[${value.sql}]`}, [])`
  const texts = mapEach(
    value.many ? value : { ...value, many: true, sql: `(CASE WHEN ${value.sql} IS NOT NULL THEN [${value.sql}] END)` },
    scope,
    (each) => one(`to_json(${each.sql})`, json),
  )
  return `coalesce(${texts.sql}, [])`
}

function project(
  view: ViewDefinition,
  { columns, iterations }: Alternative,
  source: string,
  scopes: PathScope[],
  base: PathScope,
  options: CompileOptions,
): CompiledView {
  const joins: string[] = []
  const order = columnsOf(view).map(({ name }) => name)
  const made = columns.map(({ column, at }) => {
    const trail = scopes.slice(0, at + 1).map(({ rowIndex }) => rowIndex)
    const value = placed(`column ${column.name}`, () => columnSql(column, scopes[at] ?? base, trail, joins, options))
    return { name: column.name, value: iterations[at]?.absent && !isRowIndex(column) ? ofElement(value, `e${at}`) : value }
  })
  made.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  const list = made.map(({ name, value }) => `${value.sql} AS ${quoteName(name)}`).join(',\n  ')
  const days = made.some(({ name }) => dayColumns(view).has(name)) ? [...dayColumns(view).values()] : []
  if (days.some(({ of }) => !order.includes(of))) throw new NotCompilable('study days of a column that is not there')
  return {
    sql: `SELECT\n  ${list}\nFROM (${source}) AS r${joins.join('')}`,
    columns: made.map(({ name, value }) => ({ name, type: value.many ? `${typeSql(value.type)}[]` : typeSql(value.type) })),
  }
}

/** Nothing of an element that is not there, also where the path would say something of nothing: exists(), a literal. */
const ofElement = (value: PathSql, element: string): PathSql => ({
  ...value,
  sql: `(CASE WHEN ${element} IS NOT NULL THEN ${value.sql}${value.many ? ' ELSE []' : ''} END)`,
})

function columnSql(column: ViewColumn, scope: PathScope, trail: string[], joins: string[], options: CompileOptions): PathSql {
  const beside = tagOf(column, viewTags.row)
  if (beside !== undefined && options.besides.includes(beside)) return one(quoteName(beside), varchar)
  const coding = tagOf(column, viewTags.dictionary)
  if (coding !== undefined) return dictionaryText(column.name, compile(coding, scope), scope, joins, options)
  if (tagOf(column, viewTags.day) !== undefined) return one('CAST(NULL AS BIGINT)', bigint)
  const found = compile(column.path, scope)
  if (column.collection) return collected(withoutRepeats(found))
  if (found.many && !found.loose && options.singleByPath) throw new NotCompilable('may have several values: add .first() or say collection')
  const value = onlyOne(found, `column ${column.name}`)
  if (tagOf(column, viewTags.trail) !== undefined) {
    return one([asText(value), ...trail.map((index) => `'.' || (${index} + 1)`)].join(' || '), varchar)
  }
  return typed(
    value,
    tagOf(column, viewTags.sqlType) ?? (value.type.kind === 'json' ? jsonTypes[column.type ?? value.fact ?? ''] : undefined),
  )
}

// What JSON holds is text until its type is known.
const jsonTypes: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  positiveInt: 'BIGINT',
  unsignedInt: 'BIGINT',
  decimal: 'DOUBLE',
}

const collected = (value: PathSql): PathSql => ({
  ...value,
  many: true,
  sql: value.many ? `coalesce(${value.sql}, [])` : `(CASE WHEN ${value.sql} IS NULL THEN [] ELSE [${value.sql}] END)`,
})

function dictionaryText(name: string, coding: PathSql, scope: PathScope, joins: string[], options: CompileOptions): PathSql {
  if (options.displays === null || (options.needed && !options.needed.has(name))) return one('CAST(NULL AS VARCHAR)', varchar)
  const part = (member: string): string => scalar(compileNode(parsePath(`${member}.first()`), { ...scope, focus: coding }))
  const [alias, n] = [`d${joins.length}`, joins.length]
  const displays = `SELECT "system" AS s${n}, code AS c${n}, "text" AS t${n} FROM (${options.displays})`
  joins.push(`\nLEFT JOIN (${displays}) AS ${alias} ON s${n} = coalesce(${part('system')}, '') AND c${n} = ${part('code')}`)
  return one(`t${n}`, varchar)
}

// A date or time that is not known to the day is no TIMESTAMP: null here, while its year stands in the companion column.
function typed(value: PathSql, type: string | undefined): PathSql {
  if (value.type.kind === 'json' && type === undefined) return one(scalar(value), varchar)
  if (type === undefined) return value
  const from = scalar(value)
  // A cast to TIMESTAMP drops the zone; one to TIMESTAMPTZ keeps the instant (and takes a time without a zone as the session's: UTC).
  const instant = `make_timestamp(epoch_us(TRY_CAST(${from} AS TIMESTAMPTZ)))`
  const dated = `(CASE WHEN length(${from}) = 10 THEN TRY_CAST(${from} AS TIMESTAMP) WHEN length(${from}) > 10 THEN ${instant} END)`
  switch (type) {
    case 'TIMESTAMP':
      return one(dated, { kind: 'scalar', name: 'TIMESTAMP' })
    case 'DATE':
      return one(`CAST(${dated} AS DATE)`, { kind: 'scalar', name: 'DATE' })
    case 'INTEGER':
    case 'BIGINT':
      return one(
        isText(value)
          ? `(CASE WHEN regexp_full_match(${from}, '[+-]?\\d{1,18}') THEN TRY_CAST(${from} AS ${type}) END)`
          : `CAST(${from} AS ${type})`,
        { kind: 'scalar', name: type },
      )
    case 'DOUBLE':
    case 'BOOLEAN':
      return one(`TRY_CAST(${from} AS ${type})`, type === 'DOUBLE' ? double : boolean)
    default:
      return one(asText(value), varchar)
  }
}

function dayColumns(view: ViewDefinition): Map<string, { of: string }> {
  const found = columnsOf(view).flatMap((column) => {
    const of = tagOf(column, viewTags.day)
    return of === undefined ? [] : [[column.name, { of }] as const]
  })
  return new Map(found)
}

function withDays(view: ViewDefinition, union: string, options: CompileOptions): string {
  const days = [...dayColumns(view)].filter(([name]) => !options.needed || options.needed.has(name))
  if (days.length === 0) return union
  const replaced = days.map(([name, { of }]) => {
    const at = quoteName(of)
    return `date_diff('day', min(${at}) OVER (PARTITION BY patient_key), ${at}) + 1 AS ${quoteName(name)}`
  })
  return `SELECT * REPLACE (${replaced.join(', ')}) FROM (${union})`
}

function constantsOf(view: ViewDefinition): Map<string, PathSql> {
  const entries = (view.constant ?? []).map((constant) => {
    const [, value] = Object.entries(constant).find(([key]) => key !== 'name') ?? []
    if (typeof value === 'number') return [constant.name, one(String(value), Number.isInteger(value) ? bigint : double)] as const
    if (typeof value === 'boolean') return [constant.name, one(String(value), boolean)] as const
    return [constant.name, one(quoteText(value ?? ''), varchar)] as const
  })
  return new Map(entries)
}

const compile = (path: string, scope: PathScope): PathSql => compileNode(parsePath(path), scope)
