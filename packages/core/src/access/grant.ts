import type { RolePolicy } from './policy.js'
import type { Reach, StudyReach } from './reach.js'
import type { Role } from './roles.js'

/**
 * What a caller was given: a role, the outer limits of account and token, and within them what his relationships reach. Empty sites
 * mean all sites of the studies.
 */
export interface Grant {
  user: string
  role: Role
  studies: readonly string[] | 'all'
  sites: readonly string[]
  /** the only people it reaches; null: not bound to persons, or nobody for a role that stands for persons */
  people: readonly string[] | null
  /** a named user's reach; a local service token has none and stands for exactly the limits above */
  reach?: Reach
  /** what roles may do, as it was when the request came; without one the built-in policy */
  policy?: RolePolicy
}

/** The claims of a token that narrow a grant; null leaves that side as granted. */
export interface GrantClaims {
  role: Role
  studies: readonly string[] | null
  sites: readonly string[] | null
  patient: string | null
}

/** The grant as a token narrows it. A token never widens: what is claimed beyond the grant is not there. */
export function narrowGrant(grant: Grant, claims: GrantClaims): Grant | null {
  if (claims.role !== grant.role) return null
  const people = peopleOf(grant)
  if (people !== null && claims.patient !== null && !people.includes(claims.patient)) return null
  return {
    ...grant,
    studies:
      claims.studies === null
        ? grant.studies
        : grant.studies === 'all'
          ? claims.studies
          : claims.studies.filter((id) => grant.studies.includes(id)),
    sites: narrowSites(grant.sites, claims.sites),
    people: claims.patient === null ? people : [claims.patient],
  }
}

// A narrowing that leaves nothing must not read as "all sites", so it names a site that cannot exist.
const noSite = ['\u0000']
function narrowSites(granted: readonly string[], claimed: readonly string[] | null): readonly string[] {
  if (claimed === null || claimed.length === 0) return granted
  if (granted.length === 0) return claimed
  const both = claimed.filter((site) => granted.includes(site))
  return both.length > 0 ? both : noSite
}

export const reachesStudy = (grant: Grant, study: string): boolean =>
  (grant.studies === 'all' || grant.studies.includes(study)) && (grant.reach === undefined || grant.reach.studies.has(study))
/** Within the outer limit of sites; `reachesPlace` also asks the relationships. */
export const reachesSite = (grant: Grant, site: string | null): boolean =>
  grant.sites.length === 0 || (site !== null && grant.sites.includes(site))

// A device may be a gateway that many people share; it names one person where it is his own.
const personalRoles: ReadonlySet<Role> = new Set(['patient', 'guardian'])
/** The people within the outer limit; null: everyone. Who stands for persons and names none reaches nobody. */
export const peopleOf = ({ people, role }: Grant): readonly string[] | null => people ?? (personalRoles.has(role) ? [] : null)
/** Within the outer limit of people; `reachesPlace` also asks the relationships. */
export function reachesPerson(grant: Grant, patients: readonly string[]): boolean {
  const people = peopleOf(grant)
  return people === null || (patients.length > 0 && patients.every((id) => people.includes(id)))
}

/** Where something about people stands. */
export interface Place {
  /** null: in no study */
  study: string | null
  site: string | null
  patients: readonly string[]
}

/** Whether data about people at a place is within reach: inside every outer limit, and by some relationship. */
export function reachesPlace(grant: Grant, { study, site, patients }: Place): boolean {
  if (!reachesPerson(grant, patients) || !reachesSite(grant, site)) return false
  if (grant.reach === undefined) return true
  const reached = study === null ? undefined : grant.reach.studies.get(study)
  if (reached === undefined) return false
  if (reached.sites === 'all' || (site !== null && reached.sites.includes(site))) return true
  return patients.length > 0 && patients.every((id) => reached.people.has(id))
}

/** The grant without what only an emergency opens: that is for treating somebody, not for speaking for him or letting others in. */
export function withoutEmergency(grant: Grant): Grant {
  const { reach } = grant
  if (reach === undefined) return grant
  const studies = [...reach.studies].map(([id, { sites, people, emergency }]): [string, StudyReach] => [
    id,
    { sites, people: new Set([...people].filter((person) => emergency?.has(person) !== true)) },
  ])
  return { ...grant, reach: { ...reach, studies: new Map(studies) } }
}

/** The sites of a study whose people as a whole are within reach; null: all of them. */
export function sitesReached(grant: Grant, study: string): readonly string[] | null {
  const outer = grant.sites.length === 0 ? null : grant.sites
  if (grant.reach === undefined) return outer
  const sites = grant.reach.studies.get(study)?.sites ?? []
  if (sites === 'all') return outer
  return outer === null ? sites : sites.filter((site) => outer.includes(site))
}

/** Whether anything but role and study limits the grant. */
export const isLimited = (grant: Grant): boolean => peopleOf(grant) !== null || grant.sites.length > 0 || grant.reach !== undefined
