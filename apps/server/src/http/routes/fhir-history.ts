import type { FastifyRequest } from 'fastify'
import { dateRange } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { history, historyOf, historySet } from '../../fhir/index.js'
import type { Answer } from '../answer.js'
import { paramOf, queryOf, wholeNumber } from '../bind.js'
import { baseOf, fhirRequestOf } from '../fhir-request.js'
import type { RoutedSystems } from '../systems.js'
import type { On } from './fhir-parts.js'

const pageMax = 1000
const pageDefault = 100
const known = new Set(['_since', '_count', '_page', 'before', 'studyid', 'siteid', '_format', '_pretty'])

/** History of a resource, of a type and of all: http.html of DSTU2, history. */
export function historyRoutes(on: On, systems: RoutedSystems): void {
  on('history', { act: 'history', handler: (request) => ofInstance(systems, request) })
  on('typeHistory', { act: 'history', handler: (request) => ofTypes(systems, request, paramOf(request, 'type')) })
  on('systemHistory', { act: 'history', handler: (request) => ofTypes(systems, request, null) })
}

interface Asked {
  count: number
  since: number | null
}

function askedOf(request: FastifyRequest): Asked | Refusal {
  const query = queryOf(request)
  const unknown = Object.keys(query).find((name) => !known.has(name))
  if (unknown !== undefined)
    return refuse('bad-parameter', { detail: 'A history takes _since, _count, studyid and siteid.', parameter: '_since' })
  const count = wholeNumber(query['_count'], { min: 1, max: 999_999_999, otherwise: pageDefault })
  if (count === null) return refuse('bad-parameter', { detail: '_count is a whole number from 1.', parameter: '_count' })
  const said = query['_since']
  const since = said === undefined ? null : dateRange(said)
  if (said !== undefined && since === null) return refuse('bad-parameter', { detail: '_since is an instant.', parameter: '_since' })
  return { count: Math.min(count, pageMax), since: since?.lo ?? null }
}

/** The address as it was asked, with other paging. */
function addressOf(request: FastifyRequest, path: string, more: Record<string, string>): string {
  const kept = Object.entries(queryOf(request)).filter(([name]) => name !== '_page' && name !== 'before')
  const text = new URLSearchParams([...kept, ...Object.entries(more)]).toString()
  return `${baseOf(request)}/${path}${text === '' ? '' : `?${text}`}`
}

async function ofInstance(systems: RoutedSystems, request: FastifyRequest): Promise<Answer | Refusal> {
  const asked = askedOf(request)
  if (isRefusal(asked)) return asked
  const before = wholeNumber(queryOf(request)['before'], { min: 1, max: 999_999_999, otherwise: 0 })
  if (before === null) return refuse('bad-parameter', { detail: 'before is a version.', parameter: 'before' })
  const key = { type: paramOf(request, 'type'), id: paramOf(request, 'id') }
  const page = await history(systems.fhir, fhirRequestOf(request), key, {
    limit: asked.count,
    ...(before === 0 ? {} : { before }),
    ...(asked.since === null ? {} : { since: asked.since }),
  })
  if (isRefusal(page)) return page
  const path = `${key.type}/${key.id}/_history`
  const next = page.next === null ? null : addressOf(request, path, { before: String(page.next) })
  return { body: historySet(baseOf(request), page.found, { self: addressOf(request, path, {}), next }) }
}

async function ofTypes(systems: RoutedSystems, request: FastifyRequest, type: string | null): Promise<Answer | Refusal> {
  const asked = askedOf(request)
  if (isRefusal(asked)) return asked
  const token = queryOf(request)['_page'] ?? null
  const page = await historyOf(systems.fhir, fhirRequestOf(request), type, { ...asked, token })
  if (isRefusal(page)) return page
  const path = type === null ? '_history' : `${type}/_history`
  const next = page.next === null ? null : addressOf(request, path, { _page: page.next })
  return { body: historySet(baseOf(request), page.found, { self: addressOf(request, path, {}), next }) }
}
