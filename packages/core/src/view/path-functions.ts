import { boundary } from './path-boundaries.js'
import type { PathNode } from './fhirpath-dstu2.js'
import {
  asText,
  elementOf,
  filterBy,
  isText,
  lambda,
  many,
  mapEach,
  member,
  NotCompilable,
  one,
  onlyOne,
  refuseUnless,
  scalar,
  withoutRepeats,
  type PathScope,
  type PathSql,
} from './path-value.js'
import { bigint, boolean, double, quoteText, varchar } from './sql-type.js'

type PathFunction = (focus: PathSql, args: readonly PathNode[], scope: PathScope) => PathSql

/** Calls a FHIRPath function on the scope's focus; the table below is all that compiles. */
export function callFunction(name: string, args: readonly PathNode[], scope: PathScope): PathSql {
  const compile = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (compile === undefined) throw new NotCompilable(`${name}() does not compile`)
  return compile(scope.focus, args, scope)
}

const exists = (value: PathSql): PathSql => one(value.many ? `(coalesce(len(${value.sql}), 0) > 0)` : `(${value.sql} IS NOT NULL)`, boolean)

const argument = (args: readonly PathNode[], index: number, scope: PathScope): PathSql => {
  const node = args[index]
  refuseUnless(node !== undefined, 'an argument is missing')
  // Arguments that are values are read from where the path starts, not from the function's input.
  return scope.compile(node, { ...scope, focus: scope.resource })
}

const typeArgument = (args: readonly PathNode[]): string => {
  const name = args[0]?.text?.split('.').pop()
  refuseUnless(name !== undefined, 'a type is missing')
  return name.replaceAll('`', '')
}

const textFunction =
  (sql: (text: string, ...args: string[]) => string): PathFunction =>
  (focus, args, scope) =>
    one(sql(asText(focus), ...args.map((_node, index) => scalar(argument(args, index, scope)))), varchar)
const textTest =
  (sql: (text: string, arg: string) => string): PathFunction =>
  (focus, args, scope) =>
    one(sql(asText(focus), scalar(argument(args, 0, scope))), boolean)

const referencePattern = '^(?:(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\\-.]{1,64})(?:/_history/[^/]*)?|urn:(?:uuid|oid):(.+))$'
const referenceParts = "['type', 'id', 'urn']"

function referenceKeyOf(focus: PathSql, args: readonly PathNode[], scope: PathScope): PathSql {
  return mapEach(focus, scope, (element) => {
    const reference =
      element.type.kind === 'json' ? `json_extract_string(${element.sql}, '$.reference')` : scalar(member(element, 'reference', scope))
    const parts = `regexp_extract(${reference}, ${quoteText(referencePattern)}, ${referenceParts})`
    const key = `coalesce(nullif(${parts}.id, ''), nullif(${parts}.urn, ''))`
    if (args.length === 0) return one(key, varchar)
    return one(`(CASE WHEN ${parts}.type IN ('', ${quoteText(typeArgument(args))}) THEN ${key} END)`, varchar)
  })
}

/** ofType() of a choice reads the column of that type; of anything else it can't know. */
const ofType: PathFunction = (focus, args, scope) => {
  const type = typeArgument(args)
  const { from } = focus
  refuseUnless(from !== undefined, 'ofType() compiles right after a choice element')
  return { ...member(from.parent, from.member + type.charAt(0).toUpperCase() + type.slice(1), scope), fact: type }
}

const extension: PathFunction = (focus, args, scope) => {
  const list = member(focus, 'extension', scope)
  const url = scalar(argument(args, 0, scope))
  const name = lambda(scope)
  const urlOf = list.type.kind === 'json' ? `json_extract_string(${name}, '$.url')` : `${name}.url`
  return many(`list_filter(${list.sql}, lambda ${name}: ${urlOf} = ${url})`, list.type)
}

const iif: PathFunction = (focus, args, scope) => {
  const inner = { ...scope, focus }
  const [condition, yes, no] = args.map((node) => scope.compile(node, inner))
  refuseUnless(condition !== undefined && yes !== undefined, 'iif() takes a condition and a value')
  refuseUnless(!yes.many && !(no?.many ?? false), 'iif() compiles for single values')
  const type = yes.sql === 'NULL' && no !== undefined ? no.type : yes.type
  const value = (side: PathSql): string => (type.kind === 'scalar' ? scalar(side) : side.sql)
  return one(`(CASE WHEN ${scalar(condition)} THEN ${value(yes)} ELSE ${no === undefined ? 'NULL' : value(no)} END)`, type)
}

const toInteger: PathFunction = (focus) =>
  isText(focus)
    ? one(`(CASE WHEN regexp_full_match(${scalar(focus)}, '[+-]?\\d{1,18}') THEN CAST(${scalar(focus)} AS BIGINT) END)`, bigint)
    : one(`CAST(${scalar(focus)} AS BIGINT)`, bigint)

const substring: PathFunction = (focus, args, scope) => {
  const start = scalar(argument(args, 0, scope))
  const length = args.length > 1 ? `, ${scalar(argument(args, 1, scope))}` : ''
  return one(`nullif(substr(${asText(focus)}, ${start} + 1${length}), '')`, varchar)
}

const refused = (reason: string): never => {
  throw new NotCompilable(reason)
}

const functions: Record<string, PathFunction> = {
  first: (focus) => (focus.many ? elementOf(focus, `(${focus.sql})[1]`) : focus),
  last: (focus) => (focus.many ? elementOf(focus, `(${focus.sql})[-1]`) : focus),
  single: (focus) => onlyOne(focus, 'single()'),
  lowBoundary: (focus, _args, scope) => boundary('low', focus, scope),
  highBoundary: (focus, _args, scope) => boundary('high', focus, scope),
  where: (focus, args, scope) => filterBy(focus, scope, args[0] ?? { type: 'NullLiteral' }),
  select: (focus, args, scope) =>
    mapEach(focus, scope, (element) => scope.compile(args[0] ?? { type: 'ThisInvocation' }, { ...scope, focus: element })),
  exists: (focus, args, scope) => exists(args[0] === undefined ? focus : filterBy(focus, scope, args[0])),
  all: (focus, args, scope) => {
    const each = mapEach(focus, scope, (element) =>
      one(`coalesce(${scalar(scope.compile(args[0] ?? { type: 'NullLiteral' }, { ...scope, focus: element }))}, false)`, boolean),
    )
    return one(each.many ? `(NOT coalesce(list_contains(${each.sql}, false), false))` : `(${focus.sql} IS NULL OR ${each.sql})`, boolean)
  },
  skip: (focus, args, scope) =>
    focus.many ? { ...focus, sql: `(${focus.sql})[${scalar(argument(args, 0, scope))} + 1:]` } : refused('skip() compiles on lists'),
  take: (focus, args, scope) =>
    focus.many ? { ...focus, sql: `(${focus.sql})[:${scalar(argument(args, 0, scope))}]` } : refused('take() compiles on lists'),
  tail: (focus) => (focus.many ? { ...focus, sql: `(${focus.sql})[2:]` } : refused('tail() compiles on lists')),
  empty: (focus) => one(`(NOT ${exists(focus).sql})`, boolean),
  hasValue: (focus) => exists(focus),
  count: (focus) =>
    one(focus.many ? `coalesce(len(${withoutRepeats(focus).sql}), 0)` : `(CASE WHEN ${focus.sql} IS NULL THEN 0 ELSE 1 END)`, bigint),
  not: (focus) => one(`(NOT ${scalar(focus)})`, boolean),
  iif,
  ofType,
  extension,
  getResourceKey: (focus, _args, scope) => {
    refuseUnless(focus.root === true, 'getResourceKey() compiles on the resource')
    return one(scope.key, varchar)
  },
  getReferenceKey: referenceKeyOf,
  join: (focus, args, scope) => {
    const separator = args.length > 0 ? scalar(argument(args, 0, scope)) : "''"
    const texts = mapEach(withoutRepeats(focus), scope, (element) => one(asText(element), varchar))
    return one(texts.many ? `coalesce(array_to_string(${texts.sql}, ${separator}), '')` : `coalesce(${texts.sql}, '')`, varchar)
  },
  toString: (focus: PathSql) => one(asText(focus), varchar),
  toInteger,
  toDecimal: (focus) => one(`TRY_CAST(${scalar(focus)} AS DOUBLE)`, double),
  substring,
  length: (focus) => one(`length(${asText(focus)})`, bigint),
  lower: textFunction((text) => `lower(${text})`),
  upper: textFunction((text) => `upper(${text})`),
  replace: textFunction((text, pattern, by) => `replace(${text}, ${pattern}, ${by})`),
  trim: textFunction((text) => `trim(${text})`),
  indexOf: (focus, args, scope) => one(`(instr(${asText(focus)}, ${scalar(argument(args, 0, scope))}) - 1)`, bigint),
  matches: textTest((text, pattern) => `regexp_matches(${text}, ${pattern})`),
  startsWith: textTest((text, part) => `starts_with(${text}, ${part})`),
  endsWith: textTest((text, part) => `ends_with(${text}, ${part})`),
  contains: textTest((text, part) => `contains(${text}, ${part})`),
}
