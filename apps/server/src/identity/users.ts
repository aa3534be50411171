import { isRole, type Grant } from '@aquifer/core/access'
import type { Repository, User } from '../repository/index.js'
import type { Clock } from '../storage/index.js'

// Another process may have changed a person: this long it may still go by the old.
const freshMs = 1_000
const cachedMax = 10_000

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

export interface UserCache {
  byName(name: string): Promise<User | null>
  forget(name: string): void
}

export function openUserCache(repository: Repository, clock: Clock): UserCache {
  const known = new Map<string, { at: number; user: User | null }>()
  return {
    async byName(name) {
      const held = known.get(name)
      if (held !== undefined && Math.abs(clock.now() - held.at) < freshMs) return held.user
      const user = await repository.users.byName(name)
      if (known.size >= cachedMax) known.clear()
      known.set(name, { at: clock.now(), user })
      return user
    },
    forget: (name) => void known.delete(name),
  }
}
