import type { Grant } from '@aquifer/core/access'
import { forEachReference, isResourceType, parseReference } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType } from '../../access/index.js'
import type { Repository, SearchClause, Study, Tx } from '../../repository/index.js'
import { terminologyFor } from '../search/asking.js'
import { strictClauseOf } from '../search/clauses.js'
import { pairsOf } from '../search/request.js'
import { searchScopeFor, sitesToRead } from '../scope.js'
import type { PlannedWrite } from './plan.js'

/** Who asks, where: a condition meets only what this caller may see. */
export interface Asking {
  grant: Grant
  study: Study | null
  /** the time that relative dates of a condition are seen from, ms */
  now: number
}
/** `Type?query`, of a conditional create or reference. */
export interface Condition {
  type: string
  query: string
}

/** What meets a condition, in the version that did. */
export interface Match {
  id: string
  version: number
}

/** The one living resource that a query names; null when there is none. */
export async function oneMatch(
  reader: Pick<Tx | Repository, 'search'>,
  { grant, study, now }: Asking,
  { type, query }: Condition,
): Promise<Match | null | Refusal> {
  if (!isResourceType(type)) return refuse('unsupported-type', { detail: 'This is not a DSTU2 resource type.' })
  // Meeting a condition tells that something is there: for that one has to be allowed to read it.
  const forbidden = mayTouchType(grant, 'read', type)
  if (forbidden !== null) return forbidden
  // It sees as far as a search, whatever site is written to.
  const sites = study === null ? null : sitesToRead(study, grant, { studies: [], sites: [] })
  if (isRefusal(sites)) return sites
  const scope = searchScopeFor(grant, type, study, sites)
  if (scope === null) return refuse('scope-missing', { detail: 'Name the study in which the condition is met.' })
  const clauses: SearchClause[] = []
  const scopeOf = (other: string) => (mayTouchType(grant, 'read', other) === null ? searchScopeFor(grant, other, study, sites) : null)
  const pairs = pairsOf(query)
  const asking = { base: '', now, scopeOf, terminology: await terminologyFor(pairs.map(([name]) => name)) }
  for (const [name, value] of pairs) {
    const clause = strictClauseOf(asking, type, name, value)
    if (isRefusal(clause)) return clause
    clauses.push(clause)
  }
  if (clauses.length === 0)
    return refuse('bad-parameter', { detail: 'A condition has at least one search parameter.', parameter: 'condition' })
  const page = await reader.search({
    scope,
    type,
    clauses,
    count: 2,
  })
  if (page.rows.length > 1) return refuse('precondition-failed', { detail: 'The condition is met by several resources.' })
  const [found] = page.rows
  return found === undefined ? null : { id: found.id, version: found.version }
}

/** The name under which those who write under the same condition wait for each other, however they wrote it down. */
export const lockOf = (study: Study | null, { type, query }: Condition): string =>
  `${study?.sid ?? 0}/${type}?${pairsOf(query)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join('&')}`

export function conditionOf({ act }: Pick<PlannedWrite, 'act'>): Condition | null {
  const query = act.act === 'create' ? act.ifNoneExist : act.condition
  return query === null ? null : { type: act.type, query: query.replace(/^[^?]*\?/, '') }
}

/** Looks up what meets each entry’s condition. The id of an entry is that of what it meets, so that references lead there. */
export async function meetConditions(repository: Repository, asking: Asking, planned: readonly PlannedWrite[]): Promise<Refusal | null> {
  for (const each of planned) {
    const condition = conditionOf(each)
    if (condition === null) continue
    const found = await oneMatch(repository, asking, condition)
    if (isRefusal(found)) return found
    each.id = found?.id ?? each.ownId
    if (found === null) delete each.met
    else each.met = found
  }
  return null
}

/** `Type?query` references in a transaction, each found once; a reference that meets none or several refuses the whole. */
export async function conditionalTargets(
  repository: Repository,
  asking: Asking,
  planned: readonly PlannedWrite[],
  targets: Map<string, string>,
): Promise<Refusal | null> {
  const asked = new Set<string>()
  for (const { act } of planned)
    if (act.act !== 'delete' && act.type !== 'Bundle')
      forEachReference(act.resource, (text) => (text.includes('?') && !targets.has(text) ? asked.add(text) : undefined))
  for (const text of asked) {
    const reference = parseReference(text)
    if (reference.kind !== 'conditional') continue
    const found = await oneMatch(repository, asking, reference)
    if (isRefusal(found)) return found
    if (found === null) return refuse('precondition-failed', { detail: 'A conditional reference is met by no resource.' })
    targets.set(text, `${reference.type}/${found.id}`)
  }
  return null
}
