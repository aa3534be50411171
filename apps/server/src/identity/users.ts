import { isRole, type Grant } from '@aquifer/core/access'
import type { User } from '../repository/index.js'

/** What access gave a user; null where his role is no longer one. */
export function grantOf(user: User): Grant | null {
  if (!isRole(user.role)) return null
  return {
    user: user.name,
    role: user.role,
    studies: user.studies.includes('*') ? 'all' : user.studies,
    sites: user.sites,
    patient: user.patient,
  }
}
