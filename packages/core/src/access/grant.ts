import type { Role } from './roles.js'

/** What a caller was given: a role and how far it reaches. Empty sites mean all sites of the studies. */
export interface Grant {
  user: string
  role: Role
  studies: readonly string[] | 'all'
  sites: readonly string[]
  /** the one person a patient, guardian or device stands for */
  patient: string | null
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
  if (grant.patient !== null && claims.patient !== null && claims.patient !== grant.patient) return null
  return {
    user: grant.user,
    role: grant.role,
    studies:
      claims.studies === null
        ? grant.studies
        : grant.studies === 'all'
          ? claims.studies
          : claims.studies.filter((id) => grant.studies.includes(id)),
    sites: narrowSites(grant.sites, claims.sites),
    patient: grant.patient ?? claims.patient,
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

export const reachesStudy = (grant: Grant, study: string): boolean => grant.studies === 'all' || grant.studies.includes(study)
export const reachesSite = (grant: Grant, site: string | null): boolean =>
  grant.sites.length === 0 || (site !== null && grant.sites.includes(site))

// A device may be a gateway that many people share; it names one person where it is his own.
const personalRoles: ReadonlySet<Role> = new Set(['patient', 'guardian'])
/** The people a grant reaches; null: everyone of its studies and sites. Who stands for a person and names none reaches nobody. */
export function peopleOf(grant: Grant): readonly string[] | null {
  if (grant.patient !== null) return [grant.patient]
  return personalRoles.has(grant.role) ? [] : null
}
export function reachesPerson(grant: Grant, patients: readonly string[]): boolean {
  const people = peopleOf(grant)
  return people === null || (patients.length > 0 && patients.every((id) => people.includes(id)))
}
