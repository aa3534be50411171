import { isResourceType, resourceTypes, transportTypes } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { mayTouchType, noSuchType } from '../access/index.js'
import { globalSid, type Cursor, type Study } from '../repository/index.js'
import { bytesOf, maySeeInHistory, type Found } from './read.js'
import { searchScopeFor, studyOf } from './scope.js'
import type { FhirRequest, FhirSystems } from './systems.js'

// What the caller may not see is passed over; a page that would need more rows than this ends early and goes on with the next one.
const rowsReadMax = 5_000
const rowsAtOnce = 200

/** Versions of all resources of a type, or of all types, newest first, as far as the caller may see each of them. */
export async function historyOf(
  systems: FhirSystems,
  request: FhirRequest,
  type: string | null,
  page: { since: number | null; count: number; token: string | null },
): Promise<{ found: Found[]; next: string | null } | Refusal> {
  const study = await studyOf(systems.studies, request.grant, request.asked)
  if (isRefusal(study)) return study
  const types = typesToRead(request, type, study)
  if (isRefusal(types)) return types
  const asked = `${type ?? ''}|${page.since ?? ''}`
  const from = page.token === null ? null : cursorIn(systems.pages.open(page.token, request.grant), asked)
  if (page.token !== null && from === null)
    return refuse('bad-parameter', { detail: 'The page does not belong to this history.', parameter: '_page' })
  request.facts.sid = study?.sid ?? null
  const { found, next } = await visibleRows(systems, request, { study, types, since: page.since, count: page.count, from })
  for (const { version } of found)
    request.facts.entries.push({ op: 'history', type: version.type, rid: version.rid, version: version.version })
  return { found, next: next === null ? null : systems.pages.seal(`${asked}|${next.xid}|${next.seq}`, request.grant) }
}

/** The types whose history is told: the one asked for, or all that the caller may read. */
function typesToRead({ grant }: FhirRequest, type: string | null, study: Study | null): string[] | Refusal {
  if (type !== null && !isResourceType(type)) return noSuchType()
  const asked = type === null ? resourceTypes.filter((each) => !transportTypes.has(each)) : [type]
  const readable = asked.filter((each) => mayTouchType(grant, 'read', each) === null)
  if (readable.length === 0) return refuse('not-permitted', { detail: `The role ${grant.role} may not read ${type ?? 'any resource'}.` })
  const needed = type === null && study === null
  const within = readable.filter((each) => searchScopeFor(grant, each, study, null) !== null)
  if (needed || within.length === 0)
    return refuse('scope-missing', { detail: 'Name the study: X-Aquifer-Study, studyid, or a token of one study.' })
  return within
}

function cursorIn(opened: string | null, asked: string): Cursor | null {
  if (opened === null || !opened.startsWith(`${asked}|`)) return null
  const [xid, seq] = opened.slice(asked.length + 1).split('|')
  return xid === undefined || seq === undefined ? null : { xid, seq }
}

async function visibleRows(
  systems: FhirSystems,
  request: FhirRequest,
  asked: { study: Study | null; types: string[]; since: number | null; count: number; from: Cursor | null },
): Promise<{ found: Found[]; next: Cursor | null }> {
  const { study, types, since, count } = asked
  const found: (Found & { at: Cursor })[] = []
  let before = asked.from
  // One more than the page: that there is a next page must not tell of what is hidden there.
  for (let read = 0; read < rowsReadMax;) {
    const limit = Math.min(count + 1 - found.length, rowsAtOnce)
    const page = await systems.repository.historyOf({ sid: study?.sid ?? globalSid, types, since, before, limit })
    for (const row of page.rows)
      if (await maySeeInHistory(systems, request, study, row)) found.push({ version: row.version, bytes: bytesOf(row.version), at: row.at })
    before = page.next
    if (before === null || found.length > count) break
    read += page.rows.length
  }
  return { found: found.slice(0, count), next: found.length > count ? (found[count - 1]?.at ?? null) : before }
}
