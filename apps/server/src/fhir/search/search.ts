import { isResourceType } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType } from '../../access/index.js'
import type { SearchScope, StoredVersion } from '../../repository/index.js'
import { scopeOf, searchScopeFor, sitesToRead, studyOf } from '../scope.js'
import type { FhirRequest, FhirSystems } from '../systems.js'
import { includedIn } from './includes.js'
import { searchRequestOf, type SearchRequest } from './request.js'

export interface SearchResult {
  total: number
  matches: StoredVersion[]
  included: StoredVersion[]
  next: string | null
}

/** Search of one type within the scope asked for. */
export async function search(
  systems: FhirSystems,
  request: FhirRequest,
  type: string,
  pairs: readonly (readonly [string, string])[],
): Promise<SearchResult | Refusal> {
  if (!isResourceType(type)) return refuse('unsupported-type', { detail: 'This is not a DSTU2 resource type.' })
  const forbidden = mayTouchType(request.grant, 'read', type)
  if (forbidden !== null) return forbidden
  const asked = searchRequestOf(type, pairs, request.base)
  if (isRefusal(asked)) return asked
  const scopes = await scopesOf(systems, request, asked)
  if (isRefusal(scopes)) return scopes
  const scope = scopes(type)
  if (scope === null) return needsStudy(systems, request, asked)
  request.facts.sid = scope.sid
  const page = await systems.repository.search({
    scope,
    type,
    clauses: asked.clauses,
    ...(asked.sort === undefined ? {} : { sort: asked.sort }),
    count: asked.onlyTotal ? 0 : asked.count,
    cursor: asked.cursor,
    asker: request.grant.user,
  })
  if (page.cursor === 'unusable') return refuse('bad-parameter', { detail: 'The page does not belong to this search.', parameter: '_page' })
  const included = await includedIn(systems, request, scopes, page.rows, asked.includes)
  request.facts.detail['matches'] = page.rows.length
  for (const row of [...page.rows, ...included])
    request.facts.entries.push({ op: 'search', type: row.type, rid: row.rid, version: row.version })
  return { total: page.total, matches: page.rows, included, next: page.next }
}

/** The scope of each type that this search shows, its own and included ones; null: not without a study. */
export type Scopes = (type: string) => SearchScope | null

async function scopesOf(systems: FhirSystems, request: FhirRequest, asked: SearchRequest): Promise<Scopes | Refusal> {
  const { grant } = request
  const names = namesIn(request, asked)
  const study = await studyOf(systems.studies, grant, names)
  if (isRefusal(study)) return study
  const sites = study === null ? null : sitesToRead(study, grant, names)
  if (isRefusal(sites)) return sites
  return (type) => searchScopeFor(grant, type, study, sites)
}

const namesIn = (request: FhirRequest, asked: SearchRequest): FhirRequest['asked'] => ({
  studies: [...request.asked.studies, ...asked.studies],
  sites: [...request.asked.sites, ...asked.sites],
})

async function needsStudy(systems: FhirSystems, request: FhirRequest, asked: SearchRequest): Promise<Refusal> {
  return (await scopeOf(systems.studies, request.grant, namesIn(request, asked))) as Refusal
}
