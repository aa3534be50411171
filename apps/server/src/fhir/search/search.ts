import { isGlobal, isReferenceData, isResourceType } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { maySeeWithheld, mayTouchType } from '../../access/index.js'
import { globalSid, type SearchScope, type StoredVersion } from '../../repository/index.js'
import { scopeOf, sitesToRead, studyOf } from '../scope.js'
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
  const scope = await searchScope(systems, request, type, asked)
  if (isRefusal(scope)) return scope
  request.facts.sid = scope.sid
  const page = await systems.repository.search({
    scope,
    type,
    clauses: asked.clauses,
    ...(asked.sort === undefined ? {} : { sort: asked.sort }),
    count: asked.onlyTotal ? 0 : asked.count,
    cursor: asked.cursor,
  })
  if (page.cursor === 'unusable') return refuse('bad-parameter', { detail: 'The page does not belong to this search.', parameter: '_page' })
  // What the type searched for shows of withheld people, the types that come along do not.
  const { withheldToo: _ofTheType, ...along } = scope
  const included = await includedIn(systems, request, along, page.rows, asked.includes)
  request.facts.detail['matches'] = page.rows.length
  for (const row of [...page.rows, ...included])
    request.facts.entries.push({ op: 'search', type: row.type, rid: row.rid, version: row.version })
  return { total: page.total, matches: page.rows, included, next: page.next }
}

async function searchScope(systems: FhirSystems, request: FhirRequest, type: string, asked: SearchRequest): Promise<SearchScope | Refusal> {
  const { grant } = request
  const names = { studies: [...request.asked.studies, ...asked.studies], sites: [...request.asked.sites, ...asked.sites] }
  const study = await studyOf(systems.studies, grant, names)
  if (isRefusal(study)) return study
  if (study === null) {
    if (isReferenceData(type) || (isGlobal(type) && type === 'Practitioner')) return { sid: globalSid }
    return (await scopeOf(systems.studies, grant, names)) as Refusal
  }
  const sites = sitesToRead(study, grant, names)
  if (isRefusal(sites)) return sites
  // What tells about nobody has no site that limits who may see it.
  const free = isReferenceData(type) || type === 'Practitioner' || type === 'Group'
  return {
    sid: study.sid,
    ...(sites === null || free ? {} : { sites }),
    ...(maySeeWithheld(grant, type) ? { withheldToo: true as const } : {}),
    ...(grant.patient === null || free ? {} : { patientIds: [grant.patient] }),
  }
}
