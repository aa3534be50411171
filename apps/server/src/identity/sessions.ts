import { randomUUID } from 'node:crypto'
import { sessionEnd, sessionOver, type SessionLimits } from '@aquifer/core/identity'
import type { Repository, SessionRow } from '../repository/index.js'
import type { Clock } from '../storage/index.js'

// Another process may have ended a session or withdrawn a token: this long it may still be taken for good.
const freshMs = 1000
const cachedMax = 10_000

export interface SessionDesk {
  /** Opens a session, or finds the one with this id. */
  open(session: { user: string; client: string; id?: string }): Promise<SessionRow>
  /** null: over, or never there. */
  holding(id: string): Promise<SessionRow | null>
  /** Its person did something: the idle time begins anew. null: too late. */
  renew(id: string): Promise<SessionRow | null>
  end(id: string, why: string): Promise<void>
  endAllOf(user: string, why: string): Promise<number>
  /** how many each has open */
  openByUser(): Promise<Map<string, number>>
  /** until when a token of this session may hold */
  until(session: SessionRow): number
  revoke(token: { id: string; expiresAt: number }, by: string): Promise<void>
  isRevoked(tokenId: string): Promise<boolean>
}

export function openSessionDesk(systems: { repository: Repository; clock: Clock; limits: SessionLimits }): SessionDesk {
  const { clock, limits } = systems
  const { sessions, revocations } = systems.repository.identities
  const known = new Map<string, { at: number; row: SessionRow | null }>()
  let revoked = { at: -Infinity, ids: new Map<string, number>() }

  async function byId(id: string): Promise<SessionRow | null> {
    const held = known.get(id)
    if (held !== undefined && Math.abs(clock.now() - held.at) < freshMs) return held.row
    const row = await sessions.byId(id)
    if (known.size >= cachedMax) known.clear()
    known.set(id, { at: clock.now(), row })
    return row
  }
  const holding = async (id: string): Promise<SessionRow | null> => {
    const row = await byId(id)
    return row === null || sessionOver(row, clock.now(), limits) !== null ? null : row
  }
  return {
    open: ({ user, client, id }) => sessions.open({ id: id ?? randomUUID(), user, client }, clock.now()),
    holding,
    async renew(id) {
      known.delete(id)
      if ((await holding(id)) === null) return null
      await sessions.seen(id, clock.now())
      known.delete(id)
      return holding(id)
    },
    async end(id, why) {
      await sessions.end(id, why, clock.now())
      known.delete(id)
    },
    async endAllOf(user, why) {
      const ended = await sessions.endOf(user, why, clock.now())
      for (const id of ended) known.delete(id)
      return ended.length
    },
    openByUser: () => sessions.countOpen({ seen: clock.now() - limits.idleMs, started: clock.now() - limits.maxMs }),
    until: (session) => sessionEnd(session, limits),
    async revoke(token, by) {
      await revocations.add({ jti: token.id, until: token.expiresAt, by }, clock.now())
      revoked.ids.set(token.id, token.expiresAt)
    },
    async isRevoked(tokenId) {
      if (Math.abs(clock.now() - revoked.at) >= freshMs) revoked = { at: clock.now(), ids: await revocations.open(clock.now()) }
      return revoked.ids.has(tokenId)
    },
  }
}
