import { isId, isResourceType, parseJson, parseReference, type OutcomeIssue, type Resource, type Subset } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType, noSuchType } from '../../access/index.js'
import type { SearchClause, SearchScope, StoredVersion } from '../../repository/index.js'
import { searchScopeFor, sitesToRead, studyOf } from '../scope.js'
import type { AskedScope, FhirRequest, FhirSystems } from '../systems.js'
import { terminologyFor, type Asking } from './asking.js'
import { includedIn, includedMax } from './includes.js'
import { searchRequestOf, type Pairs, type SearchRequest } from './request.js'

export interface SearchResult {
  total: number
  matches: StoredVersion[]
  included: StoredVersion[]
  next: string | null
  /** the part of each resource that is answered; null: all of it */
  subset: Subset | null
  /** what the answer leaves out, for its reader */
  notes: OutcomeIssue[]
}

/** Search of one type within the scope asked for. */
export async function search(systems: FhirSystems, request: FhirRequest, type: string, pairs: Pairs): Promise<SearchResult | Refusal> {
  if (!isResourceType(type)) return noSuchType()
  const forbidden = mayTouchType(request.grant, 'read', type)
  if (forbidden !== null) return forbidden
  const scopes = await scopesOf(systems, request, {
    studies: [...request.asked.studies, ...valuesNamed(pairs, 'studyid')],
    sites: [...request.asked.sites, ...valuesNamed(pairs, 'siteid')],
  })
  const page = pageOf(systems, request, valuesNamed(pairs, '_page').at(-1))
  if (isRefusal(page)) return page
  // What an answer can be cut short by or refused for is told before where it would be looked for.
  const terminology = await terminologyFor(pairs.map(([name]) => name))
  const asked = searchRequestOf({
    asking: { ...askingOf(request, page.now, scopes), terminology },
    type,
    pairs,
    lenient: request.lenient === true,
  })
  if (isRefusal(asked)) return asked
  if (isRefusal(scopes)) return scopes
  const scope = scopes(type)
  if (scope === null) return refuse('scope-missing', { detail: 'Name the study: X-Aquifer-Study, studyid, or a token of one study.' })
  request.facts.sid = scope.sid
  const lists = await entriesOf(systems, request, scopes, { type, lists: asked.lists })
  if (isRefusal(lists)) return lists
  return answered(systems, request, { type, scope, scopes, asked: { ...asked, clauses: [...asked.clauses, ...lists] }, page })
}

const valuesNamed = (pairs: Pairs, name: string): string[] => pairs.filter(([each]) => each === name).map(([, value]) => value)

/** The scope of each type that this search shows, its own and included ones; null: not without a study. */
export type Scopes = (type: string) => SearchScope | null

function askingOf(request: FhirRequest, now: number, scopes: Scopes | Refusal): Omit<Asking, 'terminology'> {
  const scopeOf: Scopes = (type) => (isRefusal(scopes) || mayTouchType(request.grant, 'read', type) !== null ? null : scopes(type))
  return { base: request.base, now, scopeOf }
}

/** Where a page goes on, and when its search began: what is about so old stays so from page to page. */
interface Page {
  now: number
  cursor: string | null
}

function pageOf(systems: FhirSystems, request: FhirRequest, token: string | undefined): Page | Refusal {
  if (token === undefined) return { now: systems.now(), cursor: null }
  const [now, cursor] = (systems.pages.open(token, request.grant) ?? '').split(' ')
  return cursor === undefined ? noSuchPage() : { now: Number(now), cursor }
}

interface Answering {
  type: string
  scope: SearchScope
  scopes: Scopes
  asked: SearchRequest
  page: Page
}

async function answered(
  systems: FhirSystems,
  request: FhirRequest,
  { type, scope, scopes, asked, page }: Answering,
): Promise<SearchResult | Refusal> {
  const found = await systems.repository.search({
    scope,
    type,
    clauses: asked.clauses,
    ...(asked.sort.length === 0 ? {} : { sort: asked.sort }),
    count: asked.onlyTotal ? 0 : asked.count,
    cursor: page.cursor,
  })
  if (found.outcome === 'unusable') return noSuchPage()
  if (found.outcome === 'too-many')
    return refuse('bad-parameter', {
      detail: 'Too many resources would have to be read or joined for this sort, chain or text: narrow the search by other parameters.',
      parameter: asked.sort.length > 0 ? '_sort' : 'search',
    })
  const included = await includedIn(systems, request, scopes, found.rows, asked.includes)
  request.facts.detail['matches'] = found.rows.length
  for (const row of [...found.rows, ...included.rows])
    request.facts.entries.push({ op: 'search', type: row.type, rid: row.rid, version: row.version })
  const ignored = asked.ignored.map(({ detail }) => note('not-supported', `Passed over: ${detail}`))
  return {
    total: found.total,
    matches: found.rows,
    included: included.rows,
    next: found.next === null ? null : systems.pages.seal(`${page.now} ${found.next}`, request.grant),
    subset: asked.subset,
    notes: [
      ...ignored,
      ...(included.isCut ? [note('incomplete', `A page includes at most ${includedMax} resources; there are more.`)] : []),
    ],
  }
}

const note = (code: string, message: string): OutcomeIssue => ({ severity: 'warning', code, message })

/** _list: only what a List of the caller’s names. A List that is not there holds nothing. */
async function entriesOf(
  systems: FhirSystems,
  request: FhirRequest,
  scopes: Scopes,
  { type, lists }: { type: string; lists: readonly string[] },
): Promise<SearchClause[] | Refusal> {
  if (lists.length === 0) return []
  if (lists.some((id) => !isId(id))) return refuse('bad-parameter', { detail: '_list is the id of a List.', parameter: '_list' })
  const scope = scopes('List')
  const isReadable = scope !== null && mayTouchType(request.grant, 'read', 'List') === null
  const page = isReadable
    ? await systems.repository.search({ scope, type: 'List', clauses: [{ kind: 'id', ids: lists }], count: lists.length })
    : null
  const ids = (page?.rows ?? []).flatMap((row) => {
    const parsed = row.content === null ? null : parseJson(row.content.toString())
    return parsed === null || parsed.problem !== undefined ? [] : namedIn(parsed.resource as Resource, type)
  })
  return [{ kind: 'id', ids }]
}

function namedIn(list: Resource, type: string): string[] {
  const entries = (list['entry'] ?? []) as { deleted?: boolean; item?: { reference?: string } }[]
  return entries.flatMap(({ deleted, item }) => {
    const reference = parseReference(item?.reference ?? '')
    return reference.kind === 'relative' && reference.type === type && deleted !== true ? [reference.id] : []
  })
}

async function scopesOf(systems: FhirSystems, { grant }: FhirRequest, asked: AskedScope): Promise<Scopes | Refusal> {
  const study = await studyOf(systems.studies, grant, asked)
  if (isRefusal(study)) return study
  const sites = study === null ? null : sitesToRead(study, grant, asked)
  if (isRefusal(sites)) return sites
  return (type) => searchScopeFor(grant, type, study, sites)
}

const noSuchPage = (): Refusal => refuse('bad-parameter', { detail: 'The page does not belong to this search.', parameter: '_page' })
