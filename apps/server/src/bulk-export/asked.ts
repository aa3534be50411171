import type { Grant } from '@aquifer/core/access'
import type { Study } from '../repository/index.js'

/** What an export job works by: plain data, since it lies in the job's row until a worker takes it. */
export interface ExportRequest {
  study: string
  /** types to write, or all that the caller may read */
  types: string[] | null
  since: number | null
  /** people: data about people only · members: of these · all: reference data too */
  whose: 'all' | 'people' | 'members'
  members: string[]
  /** the address that was asked, for the manifest */
  address: string
  site: string[]
  grant: StoredGrant
}
interface StoredGrant {
  user: string
  role: Grant['role']
  studies: Grant['studies']
  sites: Grant['sites']
  people: Grant['people']
  /** what relationships reached in the study; null: not asked */
  reach: { sites: readonly string[] | 'all'; people: string[] } | null
}

export function storedGrant(grant: Grant, study: Study): StoredGrant {
  const reached = grant.reach?.studies.get(study.id)
  const people = [...(reached?.people ?? [])].toSorted()
  const reach = grant.reach === undefined ? null : { sites: reached?.sites ?? [], people }
  const { user, role, studies, sites } = grant
  return { user, role, studies, sites, people: grant.people, reach }
}

/** The grant as it was when the export was asked for; what roles may do is that of now. */
export function grantOf({ reach, ...stored }: StoredGrant, study: string, policy: Grant['policy']): Grant {
  const grant: Grant = { ...stored, ...(policy === undefined ? {} : { policy }) }
  if (reach === null) return grant
  const studies = new Map([[study, { sites: reach.sites, people: new Set(reach.people) }]])
  return { ...grant, reach: { studies, holders: [], stamp: '', until: 0 } }
}

// The database gives the properties back in an order of its own.
const nameOf = ({ user, role, studies, sites, people, reach }: StoredGrant): string =>
  JSON.stringify([user, role, studies, sites, people, reach === null ? null : [reach.sites, reach.people]])

/** Whether somebody still reaches exactly what he reached. */
export const sameReach = (then: StoredGrant, now: StoredGrant): boolean => nameOf(then) === nameOf(now)
