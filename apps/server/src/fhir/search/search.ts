import { isResourceType } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType, noSuchType } from '../../access/index.js'
import type { SearchScope, StoredVersion } from '../../repository/index.js'
import { searchScopeFor, sitesToRead, studyOf } from '../scope.js'
import type { AskedScope, FhirRequest, FhirSystems } from '../systems.js'
import { includedIn } from './includes.js'
import { searchRequestOf } from './request.js'

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
  if (!isResourceType(type)) return noSuchType()
  const forbidden = mayTouchType(request.grant, 'read', type)
  if (forbidden !== null) return forbidden
  const asked = searchRequestOf(type, pairs, request.base)
  if (isRefusal(asked)) return asked
  const scopes = await scopesOf(systems, request, {
    studies: [...request.asked.studies, ...asked.studies],
    sites: [...request.asked.sites, ...asked.sites],
  })
  if (isRefusal(scopes)) return scopes
  const scope = scopes(type)
  if (scope === null) return refuse('scope-missing', { detail: 'Name the study: X-Aquifer-Study, studyid, or a token of one study.' })
  request.facts.sid = scope.sid
  const cursor = asked.page === null ? null : systems.pages.open(asked.page, request.grant)
  if (asked.page !== null && cursor === null) return noSuchPage()
  const page = await systems.repository.search({
    scope,
    type,
    clauses: asked.clauses,
    ...(asked.sort === undefined ? {} : { sort: asked.sort }),
    count: asked.onlyTotal ? 0 : asked.count,
    cursor,
  })
  if (page.cursor === 'unusable') return noSuchPage()
  const included = await includedIn(systems, request, scopes, page.rows, asked.includes)
  request.facts.detail['matches'] = page.rows.length
  for (const row of [...page.rows, ...included])
    request.facts.entries.push({ op: 'search', type: row.type, rid: row.rid, version: row.version })
  return { total: page.total, matches: page.rows, included, next: page.next === null ? null : systems.pages.seal(page.next, request.grant) }
}

/** The scope of each type that this search shows, its own and included ones; null: not without a study. */
export type Scopes = (type: string) => SearchScope | null

async function scopesOf(systems: FhirSystems, { grant }: FhirRequest, asked: AskedScope): Promise<Scopes | Refusal> {
  const study = await studyOf(systems.studies, grant, asked)
  if (isRefusal(study)) return study
  const sites = study === null ? null : sitesToRead(study, grant, asked)
  if (isRefusal(sites)) return sites
  return (type) => searchScopeFor(grant, type, study, sites)
}

const noSuchPage = (): Refusal => refuse('bad-parameter', { detail: 'The page does not belong to this search.', parameter: '_page' })
