import { dateRange, isId, isResourceType, parseReference, searchParameters, type SearchParameterFact } from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { DatePrefix, DateValue, SearchClause } from '../../repository/index.js'

const prefixes: readonly DatePrefix[] = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb']
const bad = (parameter: string, detail: string): Refusal => refuse('bad-parameter', { detail, parameter })

/** Splits at commas that are not escaped and takes the escapes out: `a\,b,c` is two values. */
export function valuesOf(text: string): string[] {
  const values: string[] = []
  let value = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\' && at + 1 < text.length) value += text.charAt((at += 1))
    else if (char === ',') {
      values.push(value)
      value = ''
    } else value += char
  }
  values.push(value)
  return values.filter((each) => each !== '')
}

/** One parameter of a search to a condition; `base` is this server’s own address, under which references may be written. */
export function clauseOf(type: string, name: string, text: string, base: string, besides: readonly string[] = []): SearchClause | Refusal {
  const [param = '', modifier, ...rest] = name.split(':')
  if (rest.length > 0 || param.includes('.')) return bad(param, `Chained parameters are not supported. ${supported(type, besides)}`)
  const values = valuesOf(text)
  const fact = searchParametersOf(type).find((candidate) => candidate.name === param)
  if (fact === undefined && !ofEveryType.includes(param))
    return bad(
      param,
      `${type} has no search parameter${plainName.test(param) ? ` ${param}` : ' of this name'}. ${supported(type, besides)}`,
    )
  if (values.length === 0) return bad(param, `The parameter ${param} has no value.`)
  if (text.includes('\0')) return bad(param, `The value of ${param} has a character that no text has.`)
  if (param === '_id') return modifier === undefined ? { kind: 'id', ids: values.filter(isId) } : unsupported(param, modifier)
  if (param === '_lastUpdated') return modifier === undefined ? dateClause('lastUpdated', param, values) : unsupported(param, modifier)
  if (fact === undefined) return unsupported(param, modifier ?? '')
  if (modifier === 'missing') {
    if (values[0] !== 'true' && values[0] !== 'false') return bad(param, ':missing takes true or false.')
    return { kind: 'missing', param, missing: values[0] === 'true' }
  }
  switch (fact.type) {
    case 'token':
      return tokenClause(param, modifier, values)
    case 'string':
      return stringClause(param, modifier, values)
    case 'reference':
      return referenceClause(fact, modifier, values, base)
    case 'date':
      return modifier === undefined ? dateClause('date', param, values) : unsupported(param, modifier, fact.type)
    case 'quantity':
    case 'number':
      return modifier === undefined ? quantityClause(param, values) : unsupported(param, modifier, fact.type)
    case 'uri':
      return modifier === undefined
        ? { kind: 'token', param, any: values.map((code) => ({ code })) }
        : unsupported(param, modifier, fact.type)
    case 'composite':
      return bad(param, 'Composite parameters are not supported.')
  }
}

/** Modifiers by the type of a parameter, as Conformance tells them. */
export const modifiersOf: Readonly<Record<string, readonly string[]>> = {
  token: ['missing', 'not'],
  string: ['missing', 'contains'],
  reference: ['missing', 'type'],
  date: ['missing'],
  quantity: ['missing'],
  number: ['missing'],
  uri: ['missing'],
}

function unsupported(param: string, modifier: string, kind?: string): Refusal {
  const taken = kind === undefined ? [] : (modifiersOf[kind] ?? [])
  const list =
    taken.length === 0
      ? 'It takes none.'
      : `Supported: ${taken.map((each) => (each === 'type' ? 'a resource type' : `:${each}`)).join(', ')}.`
  return bad(
    param,
    `The parameter ${param} does not take ${plainName.test(modifier) ? `the modifier :${modifier}` : 'this modifier'}. ${list}`,
  )
}

// What does not look like a name may be a value that lost its name: it is not told back.
const plainName = /^[A-Za-z_][A-Za-z0-9_-]{0,39}$/
const ofEveryType = ['_id', '_lastUpdated']

/** The parameters of a type that are indexed. */
export const searchParametersOf = (type: string): readonly SearchParameterFact[] =>
  (searchParameters[type] ?? []).filter((fact) => fact.paths.length > 0 && fact.type !== 'composite')

const supported = (type: string, besides: readonly string[]): string =>
  `Supported: ${[...ofEveryType, ...searchParametersOf(type).map((fact) => fact.name), ...besides].join(', ')}.`

function tokenClause(param: string, modifier: string | undefined, values: readonly string[]): SearchClause | Refusal {
  if (modifier !== undefined && modifier !== 'not') return unsupported(param, modifier, 'token')
  const any = values.map((value) => {
    const bar = value.indexOf('|')
    if (bar < 0) return { code: value }
    return { system: bar === 0 ? null : value.slice(0, bar), code: value.slice(bar + 1) }
  })
  if (any.some((value) => value.code === '')) return bad(param, 'A token names a code: system|code, |code or code.')
  return { kind: 'token', param, any, ...(modifier === 'not' ? { not: true } : {}) }
}

function stringClause(param: string, modifier: string | undefined, values: readonly string[]): SearchClause | Refusal {
  const match = modifier === undefined ? 'starts' : modifier === 'contains' ? modifier : null
  return match === null ? unsupported(param, modifier ?? '', 'string') : { kind: 'string', param, any: values, match }
}

function referenceClause(
  fact: SearchParameterFact,
  modifier: string | undefined,
  values: readonly string[],
  base: string,
): SearchClause | Refusal {
  if (modifier !== undefined && !isResourceType(modifier)) return unsupported(fact.name, modifier, 'reference')
  const any: { type: string; id: string }[] = []
  for (const value of values) {
    const reference = parseReference(value.startsWith(`${base}/`) ? value.slice(base.length + 1) : value)
    if (reference.kind === 'relative') any.push({ type: reference.type, id: reference.id })
    else if (!isId(value)) return bad(fact.name, 'A reference is an id or Type/id.')
    else for (const type of modifier === undefined ? (fact.target ?? ['Patient']) : [modifier]) any.push({ type, id: value })
  }
  return { kind: 'reference', param: fact.name, any }
}

function prefixOf(value: string): { prefix: DatePrefix; rest: string } {
  const prefix = prefixes.find((candidate) => value.startsWith(candidate))
  return prefix === undefined ? { prefix: 'eq', rest: value } : { prefix, rest: value.slice(2) }
}

function dateClause(kind: 'date' | 'lastUpdated', param: string, values: readonly string[]): SearchClause | Refusal {
  const any: DateValue[] = []
  for (const value of values) {
    const { prefix, rest } = prefixOf(value)
    const range = dateRange(rest)
    if (range === null) return bad(param, 'A date is written YYYY, YYYY-MM, YYYY-MM-DD or with a time.')
    any.push({ prefix, ...range })
  }
  return kind === 'date' ? { kind, param, any } : { kind, any }
}

function quantityClause(param: string, values: readonly string[]): SearchClause | Refusal {
  const any: Extract<SearchClause, { kind: 'quantity' }>['any'][number][] = []
  for (const value of values) {
    const { prefix, rest } = prefixOf(value)
    const [number = '', system, code] = rest.split('|')
    const amount = amountOf(number)
    if (amount === null) return bad(param, 'A quantity is written number, or number|system|code.')
    any.push({ prefix, ...amount, ...(code ? { code, ...(system ? { system } : {}) } : {}) })
  }
  return { kind: 'quantity', param, any }
}

/** The number and the span its precision stands for: 5.4 is 5.35 to 5.45. */
function amountOf(text: string): { value: number; lo: number; hi: number } | null {
  const match = /^-?\d+(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (!match) return null
  const value = Number(text)
  const half = 0.5 * 10 ** (Number(match[2] ?? 0) - (match[1]?.length ?? 0))
  return { value, lo: value - half, hi: value + half }
}
