import { reachesStudy, type Grant } from '@aquifer/core/access'
import type { Repository, User } from '../repository/index.js'
import type { Clock } from '../storage/index.js'

// Another process may have changed a person: this long it may still go by the old.
const freshMs = 1_000
const cachedMax = 10_000

/** What access lets a user reach, by role, account and relationships; null where his role is no longer one. */
export type GrantFor = (user: User) => Promise<Grant | null>

/** Studies and sites; no sites: all of the studies'. */
export interface Places {
  studies: readonly string[] | 'all'
  sites: readonly string[]
}

/** What is written down for an account or a client. */
export const placesNamed = ({ studies, sites }: { studies: readonly string[]; sites: readonly string[] }): Places => ({
  studies: studies.includes('*') ? 'all' : studies,
  sites,
})

/** Where a grant reaches anybody at all; who reaches single people may meet them at any site. */
export function placesReached({ studies, sites, reach }: Grant): Places {
  if (reach === undefined) return { studies, sites }
  const reached = [...reach.studies.values()]
  const bySite = reached.every((each) => each.sites !== 'all' && each.people.size === 0)
  return {
    studies: studies === 'all' ? studies : [...reach.studies.keys()],
    sites: bySite ? [...new Set(reached.flatMap((each) => [...each.sites]))] : sites,
  }
}

/** What somebody may hand on: studies that he reaches as a whole, within the sites that he is limited to. */
export const handedOn = (by: Grant): Places =>
  by.reach === undefined
    ? { studies: by.studies, sites: by.sites }
    : {
        studies: [...by.reach.studies].filter(([id, { sites }]) => sites === 'all' && reachesStudy(by, id)).map(([id]) => id),
        sites: by.sites,
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
