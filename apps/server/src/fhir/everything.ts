import { forEachReference, isResourceType, parseJson, parseReference, resourceTypes, transportTypes, typeNumber } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType } from '../access/index.js'
import type { RecordPage, StoredVersion, Study } from '../repository/index.js'
import { bytesOf, placeInHistory, placeOf } from './read.js'
import { searchScopeFor, sitesToRead } from './scope.js'
import { bundleAround, type PageLinks } from './searchset.js'
import type { FhirRequest, FhirSystems } from './systems.js'

export interface EverythingPage {
  matches: StoredVersion[]
  /** what the matches refer to outside the person’s record: practitioners, places, medications */
  included: StoredVersion[]
  next: string | null
}

/** A person’s whole record in a study, the Patient first, as far as the caller may see each resource. */
export async function everything(
  systems: FhirSystems,
  request: FhirRequest,
  id: string,
  asked: { from: number | null; to: number | null; count: number; token: string | null },
): Promise<EverythingPage | Refusal> {
  const place = await placeOf(systems, request, { type: 'Patient', id })
  if (isRefusal(place)) return place
  const { current, study } = place
  if (current.content === null) return refuse('deleted', { detail: 'The resource is deleted; its history is kept.' })
  if (study === null) return refuse('scope-missing', { detail: 'Name the study: X-Aquifer-Study, studyid, or a token of one study.' })
  const name = `${id}|${asked.from ?? ''}|${asked.to ?? ''}`
  const after = asked.token === null ? null : positionIn(systems.pages.open(asked.token, request.grant), name)
  if (asked.token !== null && after === null)
    return refuse('bad-parameter', { detail: 'The page does not belong to this record.', parameter: '_page' })
  request.facts.sid = study.sid
  const matches = after === null ? [current] : []
  const { from, to } = asked
  const next = await gather(systems, request, study, { patientId: id, from, to, after, count: asked.count, matches })
  const included = await referredTo(systems, request, study, { id, matches })
  for (const row of [...matches, ...included])
    request.facts.entries.push({ op: 'read', type: row.type, rid: row.rid, version: row.version })
  return { matches, included, next: next === null ? null : systems.pages.seal(`${name}|${next.type}|${next.rid}`, request.grant) }
}

function positionIn(opened: string | null, name: string): RecordPage['next'] {
  if (opened === null || !opened.startsWith(`${name}|`)) return null
  const [type, rid] = opened.slice(name.length + 1).split('|')
  return type === undefined || rid === undefined ? null : { type: Number(type), rid }
}

// Before the first of what is about the person.
const afterPatient = { type: -1, rid: '0' }

async function gather(
  systems: FhirSystems,
  request: FhirRequest,
  study: Study,
  asked: { patientId: string; from: number | null; to: number | null; after: RecordPage['next']; count: number; matches: StoredVersion[] },
): Promise<RecordPage['next']> {
  const { patientId, from, to, count, matches } = asked
  const types = resourceTypes.filter(
    (type) => type !== 'Patient' && !transportTypes.has(type) && mayTouchType(request.grant, 'read', type) === null,
  )
  let { after } = asked
  // One more than the page: that there is a next page must not tell of what is hidden there.
  while (matches.length <= count) {
    const limit = count + 1 - matches.length
    const page = await systems.repository.recordOf({ sid: study.sid, types, patientId, from, to, after, limit })
    for (const row of page.rows) if ((await placeInHistory(systems, request, study, row)) !== null) matches.push(row)
    after = page.next
    if (after === null) break
  }
  if (matches.length <= count) return null
  matches.length = count
  const last = matches.at(-1)
  return last === undefined || last.type === 'Patient' ? afterPatient : { type: typeNumber(last.type), rid: String(last.rid) }
}

const referredMax = 1_000

/** What the page’s resources refer to and no page of the record has: one look-up a type, within the scope of a search. */
async function referredTo(
  systems: FhirSystems,
  request: FhirRequest,
  study: Study,
  { id, matches }: { id: string; matches: readonly StoredVersion[] },
): Promise<StoredVersion[]> {
  const byType = new Map<string, Set<string>>()
  for (const { content } of matches) {
    const parsed = content === null ? null : parseJson(content.toString())
    if (parsed === null || parsed.problem !== undefined) continue
    forEachReference(parsed.resource, (text) => {
      const reference = parseReference(text)
      if (reference.kind !== 'relative' || reference.type === 'Patient' || !isResourceType(reference.type)) return
      byType.set(reference.type, (byType.get(reference.type) ?? new Set()).add(reference.id))
    })
  }
  const found: StoredVersion[] = []
  for (const [type, ids] of byType) {
    const sites = sitesToRead(study, request.grant, request.asked)
    const scope = isRefusal(sites) ? null : searchScopeFor(request.grant, type, study, sites)
    if (scope === null || mayTouchType(request.grant, 'read', type) !== null) continue
    const page = await systems.repository.search({ scope, type, clauses: [{ kind: 'id', ids: [...ids] }], count: referredMax })
    found.push(...page.rows.filter((row) => !row.patientIds.includes(id)))
  }
  return found
}

export function everythingSet(base: string, page: EverythingPage, links: PageLinks): Buffer {
  const link = [{ relation: 'self', url: links.self }, ...(links.next === null ? [] : [{ relation: 'next', url: links.next }])]
  const entry = (mode: 'match' | 'include') => (row: StoredVersion) => ({
    before: `"fullUrl":${JSON.stringify(`${base}/${row.type}/${row.id}`)},`,
    bytes: bytesOf(row),
    after: `"search":{"mode":"${mode}"}`,
  })
  return bundleAround({ resourceType: 'Bundle', type: 'searchset', link }, [
    ...page.matches.map(entry('match')),
    ...page.included.map(entry('include')),
  ])
}
