import type { PersonView } from '@aquifer/core/contract'
import type { BadgeKind } from '../../../ui/Badge.js'
import { clock } from '../../../ui/format.js'

export type Standing = 'active' | 'invited' | 'locked' | 'disabled'
export const standings: readonly { id: Standing | ''; label: string }[] = [
  { id: '', label: 'Everybody' },
  { id: 'active', label: 'Active' },
  { id: 'invited', label: 'Code open' },
  { id: 'locked', label: 'Locked out' },
  { id: 'disabled', label: 'Suspended' },
]

export function standingOf({ status, hasPassword, lockedUntil }: PersonView): Standing {
  if (status === 'disabled') return 'disabled'
  if (lockedUntil !== null) return 'locked'
  return hasPassword ? 'active' : 'invited'
}

/** One look for each standing. Whoever has no password yet holds a code, or signs in at an outside provider. */
export function standingBadge(person: PersonView): { kind: BadgeKind; words: string } {
  switch (standingOf(person)) {
    case 'disabled':
      return { kind: 'suspended', words: 'Suspended' }
    case 'locked':
      return { kind: 'stale', words: `Locked out until ${clock(person.lockedUntil ?? '')}` }
    case 'invited':
      return { kind: 'missing', words: 'No password yet' }
    default:
      return { kind: 'active', words: person.sessions > 0 ? 'Signed in' : 'Active' }
  }
}

/** What was typed is looked for in all that names a person. */
export const names = (person: PersonView, text: string): boolean =>
  [person.user, person.name, person.email ?? '', person.actor ?? '', ...person.studies, ...person.sites].some((part) =>
    part.toLowerCase().includes(text.trim().toLowerCase()),
  )
