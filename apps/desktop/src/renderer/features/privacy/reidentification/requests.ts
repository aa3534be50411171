import type { Me, ReidentificationView } from '@aquifer/core/contract'
import { mayDecideWho } from '../../../api/roles.js'
import type { BadgeKind } from '../../../ui/Badge.js'

type Request = Pick<ReidentificationView, 'state' | 'requestedBy'>

/** What a request waits for from this reader: nobody decides what he asked himself, and only who asked is told. */
export function waitsFor({ state, requestedBy }: Request, me: Pick<Me, 'user' | 'rights'>): 'decision' | 'answer' | null {
  if (state === 'approved') return requestedBy === me.user ? 'answer' : null
  return state === 'requested' && requestedBy !== me.user && mayDecideWho(me) ? 'decision' : null
}

export type Shown = 'all' | 'open' | 'past'
export const isOpen = ({ state }: Pick<Request, 'state'>): boolean => state === 'requested' || state === 'approved'

export function standing({ state, outcome }: Pick<ReidentificationView, 'state' | 'outcome'>): { kind: BadgeKind; words: string } {
  switch (state) {
    case 'requested':
      return { kind: 'proposed', words: 'Waits for a decision' }
    case 'approved':
      return { kind: 'stale', words: 'Approved, not yet told' }
    case 'denied':
      return { kind: 'declined', words: 'Denied' }
    case 'expired':
      return { kind: 'expired', words: 'Expired' }
    case 'answered':
      return outcome === 'nobody' ? { kind: 'missing', words: 'Nobody to be named' } : { kind: 'active', words: 'Told once' }
  }
}

/** Whole minutes that are left, none when it is over. */
export const minutesLeft = (until: string, now: Date): number => Math.max(0, Math.ceil((Date.parse(until) - now.getTime()) / 60_000))
