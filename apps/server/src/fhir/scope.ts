import { isLimited, peopleOf, reachesSite, type Grant } from '@aquifer/core/access'
import { isObject } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { maySeeWithheld, mayReachStudy, noSuchStudy, tellsOfNobody } from '../access/index.js'
import { globalSid, type SearchScope, type Site, type Study } from '../repository/index.js'
import type { Studies } from '../study/index.js'
import type { AskedScope } from './systems.js'

const studyUrl = 'urn:aquifer:study-id'
const siteUrl = 'urn:aquifer:site-id'
// A scope said in another type of value is still said: it must not pass unheard.
const valueNames = ['valueString', 'valueCode', 'valueUri', 'valueId']

/** The site of a write: known, or that of each person's enrolment, or none because the study has none. */
export type SiteChoice = { kind: 'site'; site: Site } | { kind: 'of-person' } | { kind: 'none' }
export interface Scope {
  study: Study
  site: SiteChoice
}

/** What a resource itself says of its scope, added to what the request says. */
export function withExtensions(asked: AskedScope, resource: Record<string, unknown>): AskedScope {
  const extensions = resource['extension']
  if (!Array.isArray(extensions)) return asked
  const said = (url: string): string[] =>
    (extensions as unknown[])
      .filter((extension) => isObject(extension) && extension['url'] === url)
      .map((extension) => valueNames.map((name) => (extension as Record<string, unknown>)[name]).find((value) => value !== undefined))
      .filter((value): value is string => typeof value === 'string')
  const [studies, sites] = [said(studyUrl), said(siteUrl)]
  return studies.length + sites.length === 0 ? asked : { studies: [...asked.studies, ...studies], sites: [...asked.sites, ...sites] }
}

const allAgree = (names: readonly string[]): boolean => names.every((name) => name.toLowerCase() === names[0]?.toLowerCase())

const onlyStudyOf = (grant: Grant): string | undefined =>
  grant.studies !== 'all' && grant.studies.length === 1 ? grant.studies[0] : undefined

/** The study a request means; null when it names none and the token has not exactly one. */
export async function studyOf(studies: Studies, grant: Grant, asked: AskedScope): Promise<Study | null | Refusal> {
  if (!allAgree(asked.studies)) return refuse('scope-disagreement', { detail: 'Extension, headers and parameters name different studies.' })
  const named = asked.studies[0] ?? onlyStudyOf(grant)
  if (named === undefined) return null
  const study = await studies.byId(named)
  if (study === null) return noSuchStudy()
  return mayReachStudy(grant, study) ?? study
}

/** The scope of a write. A token of one study names it as a header does: what names another disagrees, whether it exists or not. */
export async function scopeOf(studies: Studies, grant: Grant, asked: AskedScope): Promise<Scope | Refusal> {
  const only = onlyStudyOf(grant)
  if (only !== undefined && !allAgree([only, ...asked.studies]))
    return refuse('scope-disagreement', { detail: 'The token is for one study, and another one is named.' })
  const study = await studyOf(studies, grant, asked)
  if (isRefusal(study)) return study
  if (study === null) return refuse('scope-missing', { detail: 'Name the study: X-Aquifer-Study, studyid, or a token of one study.' })
  const site = siteOf(study, grant, asked)
  return isRefusal(site) ? site : { study, site }
}

/** The scope of resources that come under one already found: what they say themselves has to agree with it. */
export function scopeWithin(scope: Scope, grant: Grant, asked: AskedScope): Scope | Refusal {
  const { study } = scope
  if (!allAgree([study.id, ...asked.studies]))
    return refuse('scope-disagreement', { detail: 'Extension, headers and parameters name different studies.' })
  if (asked.sites.length === 0) return scope
  const site = siteOf(study, grant, asked)
  return isRefusal(site) ? site : { study, site }
}

function siteOf(study: Study, grant: Grant, asked: AskedScope): SiteChoice | Refusal {
  if (!allAgree(asked.sites)) return refuse('scope-disagreement', { detail: 'Extension, headers and parameters name different sites.' })
  const onlyOfToken = grant.sites.length === 1 ? grant.sites[0] : undefined
  const named = asked.sites[0] ?? onlyOfToken
  if (named === undefined) {
    const [only, another] = study.sites
    if (only === undefined) return { kind: 'none' }
    return another === undefined && reachesSite(grant, only.id) ? { kind: 'site', site: only } : { kind: 'of-person' }
  }
  const site = study.sites.find((candidate) => candidate.id.toLowerCase() === named.toLowerCase())
  if (site === undefined || !reachesSite(grant, site.id)) {
    return refuse('bad-parameter', { detail: 'The study has no such site within your reach.', parameter: 'site' })
  }
  return { kind: 'site', site }
}

/** Sites a read is limited to; null: all sites of the study. */
export function sitesToRead(study: Study, grant: Grant, asked: AskedScope): number[] | null | Refusal {
  if (asked.sites.length === 0) {
    if (grant.sites.length === 0) return null
    return study.sites.filter((site) => grant.sites.includes(site.id)).map((site) => site.site)
  }
  const choice = siteOf(study, grant, asked)
  if (isRefusal(choice)) return choice
  return choice.kind === 'site' ? [choice.site.site] : null
}

/**
 * What a search of a type looks through for this caller: everything that finds resources takes its scope from here, so that none can
 * tell of what the caller may not see. null: nothing, where the type needs a study and there is none.
 */
export function searchScopeFor(grant: Grant, type: string, study: Study | null, sites: readonly number[] | null): SearchScope | null {
  const isFree = tellsOfNobody(type)
  if (study === null) return isFree && type !== 'Group' ? { sid: globalSid } : null
  const withheld = maySeeWithheld(grant, type) ? { withheldToo: true as const } : {}
  if ((isFree && type !== 'Group') || !isLimited(grant))
    return { sid: study.sid, ...withheld, ...(sites === null || isFree ? {} : { sites }) }
  const people = peopleOf(grant)
  const reached = grant.reach === undefined ? null : (grant.reach.studies.get(study.id) ?? { sites: [], people: new Set<string>() })
  const siteNumbers = (ids: readonly string[]): number[] => study.sites.filter(({ id }) => ids.includes(id)).map(({ site }) => site)
  return {
    sid: study.sid,
    ...withheld,
    ...(isFree ? { unnamed: true as const } : {}),
    ...(sites === null ? {} : { sites }),
    ...(people === null ? {} : { patientIds: people }),
    ...(reached === null || reached.sites === 'all'
      ? {}
      : { reached: { sites: siteNumbers(reached.sites), patientIds: [...reached.people] } }),
  }
}

export const siteIdOf = (study: Study | null, site: number | null): string | null =>
  study?.sites.find((candidate) => candidate.site === site)?.id ?? null
