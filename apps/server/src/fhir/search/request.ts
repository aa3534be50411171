import { isResourceType } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { SearchClause, SearchSort } from '../../repository/index.js'
import { clauseOf, searchParametersOf } from './clauses.js'

export const pageSizeDefault = 50
export const pageSizeMax = 1000

/** `Type:param` of an _include or _revinclude, and for the latter whose parameter it is. */
export interface Include {
  direction: 'include' | 'revinclude'
  type: string
  param: string
}

export interface SearchRequest {
  clauses: SearchClause[]
  sort: SearchSort | undefined
  count: number
  onlyTotal: boolean
  page: string | null
  includes: Include[]
  studies: string[]
  sites: string[]
}

// Asked by every client and without meaning for what is found here: answers are JSON and whole resources.
const ignored = new Set(['_format', '_pretty'])

/** Parameters of a search, in the order they were written; what is not known is refused, since ignoring it would widen the answer. */
export function searchRequestOf(type: string, pairs: readonly (readonly [string, string])[], base: string): SearchRequest | Refusal {
  const request: SearchRequest = {
    clauses: [],
    sort: undefined,
    count: pageSizeDefault,
    onlyTotal: false,
    page: null,
    includes: [],
    studies: [],
    sites: [],
  }
  for (const [name, value] of pairs) {
    const refusal = take(request, type, name, value, base)
    if (refusal !== null) return refusal
  }
  return request
}

const bad = (parameter: string, detail: string): Refusal => refuse('bad-parameter', { detail, parameter })

const ofEverySearch = ['_count', '_sort', '_summary', '_include', '_revinclude', '_page', 'studyid', 'siteid', 'patientid', ...ignored]

function take(request: SearchRequest, type: string, name: string, value: string, base: string): Refusal | null {
  if (ignored.has(name)) return null
  switch (name) {
    case 'studyid':
      request.studies.push(value)
      return null
    case 'siteid':
      request.sites.push(value)
      return null
    case '_count':
      return takeCount(request, value)
    case '_summary':
      if (value !== 'count' && value !== 'false') return bad(name, '_summary takes count or false here.')
      request.onlyTotal = value === 'count'
      return null
    case '_page':
      request.page = value
      return null
    case '_sort':
    case '_sort:asc':
    case '_sort:desc':
      return takeSort(request, name, value, type)
    case '_include':
    case '_revinclude':
      return takeInclude(request, name === '_include' ? 'include' : 'revinclude', value)
    default:
      break
  }
  const clause = clauseOf(type, name === 'patientid' ? (type === 'Patient' ? '_id' : 'patient') : name, value, base, ofEverySearch)
  if (isRefusal(clause)) return clause
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

function takeSort(request: SearchRequest, name: string, value: string, type: string): Refusal | null {
  if (request.sort !== undefined || value.includes(',')) return bad('_sort', 'Results are sorted by one parameter.')
  const descending = name === '_sort:desc' || value.startsWith('-')
  const by = value.replace(/^-/, '')
  if (by !== '_id' && by !== '_lastUpdated' && by !== 'date') return bad('_sort', `${type} can be sorted by _id, _lastUpdated and date.`)
  request.sort = { by, descending }
  return null
}

function takeInclude(request: SearchRequest, direction: Include['direction'], value: string): Refusal | null {
  const [type = '', param = '', more] = value.split(':')
  if (!isResourceType(type) || param === '' || (more !== undefined && !isResourceType(more)))
    return bad(`_${direction}`, 'An include is written Type:parameter.')
  const known = searchParametersOf(type).filter((fact) => fact.type === 'reference')
  if (!known.some((fact) => fact.name === param))
    return bad(`_${direction}`, `${type} has no such reference. It has: ${known.map((fact) => fact.name).join(', ')}.`)
  request.includes.push({ direction, type, param })
  return null
}

/** `a=1&b=2` as written, in order, with repeats. */
export function pairsOf(text: string): (readonly [string, string])[] {
  return [...new URLSearchParams(text)]
}
