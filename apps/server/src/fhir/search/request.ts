import { isResourceType, mainDateParameter, searchParameter, type Subset } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { SearchClause, SearchSort } from '../../repository/index.js'
import { isUnsupported, unsupported, type Asking, type Unsupported } from './asking.js'
import { clauseOf, nearClause, parametersNamed } from './clauses.js'
import { alternatives, unescaped } from './written.js'

export const pageSizeDefault = 50
export const pageSizeMax = 1000

/** `Type:param[:target]` of an _include or _revinclude. */
export interface Include {
  direction: 'include' | 'revinclude'
  /** whose references; null: of every type */
  type: string | null
  /** null: every reference */
  param: string | null
  /** only to this type */
  target: string | null
  /** also from what was included */
  recurse: boolean
}

export interface SearchRequest {
  clauses: SearchClause[]
  sort: SearchSort[]
  count: number
  onlyTotal: boolean
  page: string | null
  includes: Include[]
  subset: Subset | null
  /** Lists whose entries are searched among */
  lists: string[]
  near: { places: string[]; distances: string[] }
  studies: string[]
  sites: string[]
  /** what was passed over, in words for the answer */
  ignored: Unsupported[]
}

export type Pairs = readonly (readonly [string, string])[]

const ofEverySearch = [
  '_count',
  '_sort',
  '_summary',
  '_elements',
  '_include',
  '_revinclude',
  'studyid',
  'siteid',
  'patientid',
  '_format',
  '_pretty',
]
// Asked by every client and without meaning for what is found here: how an answer is written is not what it holds.
const ofForm = new Set(['_format', '_pretty'])

export interface AskedSearch {
  asking: Asking
  type: string
  pairs: Pairs
  /** pass over what is not supported */
  lenient: boolean
}

/** Parameters of a search, in the order they were written; what is not known is refused, since ignoring it would widen the answer. */
export function searchRequestOf({ asking, type, pairs, lenient }: AskedSearch): SearchRequest | Refusal {
  const request: SearchRequest = {
    clauses: [],
    sort: [],
    count: pageSizeDefault,
    onlyTotal: false,
    page: null,
    includes: [],
    subset: null,
    lists: [],
    near: { places: [], distances: [] },
    studies: [],
    sites: [],
    ignored: [],
  }
  for (const [name, value] of pairs) {
    const problem = take(request, { asking, type, name, value })
    if (problem === null) continue
    if (isRefusal(problem)) return problem
    if (lenient) request.ignored.push(problem)
    else
      return refuse('bad-parameter', {
        detail: `${problem.detail} Of every search: ${ofEverySearch.join(', ')}.`,
        parameter: problem.parameter,
      })
  }
  const { places, distances } = request.near
  if (places.length + distances.length === 0) return request
  const near = nearClause(places.length > 0 ? 'near' : 'near-distance', places.flatMap(alternatives), distances)
  return isRefusal(near) ? near : { ...request, clauses: [...request.clauses, near] }
}

const bad = (parameter: string, detail: string): Refusal => refuse('bad-parameter', { detail, parameter })

const withoutModifier: ReadonlySet<string> = new Set(['_count', '_elements', '_list', '_page', '_summary', 'studyid', 'siteid'])

interface Pair {
  asking: Asking
  type: string
  name: string
  value: string
}

function take(request: SearchRequest, pair: Pair): Refusal | Unsupported | null {
  const { asking, type, name, value } = pair
  if (ofForm.has(name)) return null
  const [param = '', modifier] = name.split(':')
  if (modifier !== undefined && withoutModifier.has(param)) return unsupported(param, `${param} takes no modifier.`)
  switch (param) {
    case 'studyid':
      request.studies.push(value)
      return null
    case 'siteid':
      request.sites.push(value)
      return null
    case '_list':
      request.lists.push(...alternatives(value))
      return null
    case '_count':
      return takeCount(request, value)
    case '_summary':
    case '_elements':
      return takeSubset(request, type, param, value)
    case '_page':
      request.page = value
      return null
    case '_sort':
      return takeSort(request, pair)
    case '_include':
    case '_revinclude':
      return takeIncludes(request, name, value)
    case 'near':
    case 'near-distance':
      if (type !== 'Location' || name !== param) break
      request.near[param === 'near' ? 'places' : 'distances'].push(value)
      return null
    default:
      break
  }
  const clause = clauseOf(asking, type, name === 'patientid' ? (type === 'Patient' ? '_id' : 'patient') : name, value)
  if (isRefusal(clause) || isUnsupported(clause)) return clause
  request.clauses.push(clause)
  return null
}

function takeCount(request: SearchRequest, value: string): Refusal | null {
  if (!/^\d{1,9}$/.test(value)) return bad('_count', '_count is a whole number.')
  const count = Number(value)
  request.count = Math.min(count, pageSizeMax)
  if (count === 0) request.onlyTotal = true
  return null
}

function takeSubset(request: SearchRequest, type: string, name: string, value: string): Refusal | null {
  if (request.subset !== null) return bad(name, 'An answer is cut in one way: _summary or _elements.')
  if (name === '_elements') {
    // Each may be written with its type, as answers can hold several.
    const names = alternatives(value).map((each) => (each.startsWith(`${type}.`) ? each.slice(type.length + 1) : each))
    if (names.length === 0 || names.some((each) => !/^[A-Za-z]+$/.test(each)))
      return bad(name, '_elements are names of elements of the resource itself.')
    request.subset = { kind: 'elements', names }
    return null
  }
  const kinds: Readonly<Record<string, Subset>> = { true: { kind: 'summary' }, text: { kind: 'text' }, data: { kind: 'data' } }
  const subset = kinds[value]
  if (subset === undefined && value !== 'count' && value !== 'false') return bad(name, '_summary takes true, text, data, count or false.')
  request.subset = subset ?? null
  if (value === 'count') request.onlyTotal = true
  return null
}

const sortMax = 5

function takeSort(request: SearchRequest, { type, name, value }: Pair): Refusal | Unsupported | null {
  const direction = name.slice('_sort'.length)
  if (direction !== '' && direction !== ':asc' && direction !== ':desc') return unsupported('_sort', '_sort takes :asc or :desc.')
  for (const written of alternatives(value)) {
    const by = written.replace(/^-/, '')
    const fact = searchParameter(type, by)?.fact
    const isDate = by === 'date' && mainDateParameter(type) !== null
    const isSortable =
      by === '_id' || by === '_lastUpdated' || isDate || (fact !== undefined && fact.type !== 'composite' && fact.paths.length > 0)
    if (!isSortable) {
      const names = parametersNamed(type)
        .filter((each) => each.type !== 'composite')
        .map((each) => each.name)
      return unsupported('_sort', `${type} is sorted by _id, _lastUpdated, ${names.join(', ')}.`)
    }
    request.sort.push({ by, descending: direction === ':desc' || (direction === '' && written.startsWith('-')) })
  }
  return request.sort.length > sortMax ? bad('_sort', `Results are sorted by at most ${sortMax} parameters.`) : null
}

/** The references of a type, by which it includes others. */
export const referencesOf = (type: string): string[] =>
  parametersNamed(type)
    .filter((each) => each.type === 'reference')
    .map((each) => each.name)

function takeIncludes(request: SearchRequest, name: string, value: string): Refusal | Unsupported | null {
  const [head = '', modifier] = name.split(':')
  if (modifier !== undefined && modifier !== 'recurse') return unsupported(head, 'An include takes :recurse.')
  const direction = head === '_include' ? 'include' : 'revinclude'
  for (const written of alternatives(value).map(unescaped)) {
    const [type = '', param, target, more] = written.split(':')
    const include = { direction, recurse: modifier === 'recurse' } as const
    if (written === '*') {
      request.includes.push({ ...include, type: null, param: null, target: null })
      continue
    }
    if (!isResourceType(type) || param === undefined || more !== undefined || (target !== undefined && !isResourceType(target)))
      return bad(head, 'An include is written Type:parameter, Type:parameter:Type, Type:* or *.')
    const known = referencesOf(type)
    if (param !== '*' && !known.includes(param)) return unsupported(head, `${type} has no such reference. It has: ${known.join(', ')}.`)
    request.includes.push({ ...include, type, param: param === '*' ? null : param, target: target ?? null })
  }
  return null
}

/** `a=1&b=2` as written, in order, with repeats. */
export function pairsOf(text: string): (readonly [string, string])[] {
  return [...new URLSearchParams(text)]
}
