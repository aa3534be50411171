import { createHash } from 'node:crypto'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Identities } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import { sessionIdOf } from './provider-session.js'
import type { SessionDesk } from './sessions.js'

const hash = (id: string): Buffer => createHash('sha256').update(id).digest()
// Something without an end of its own is not kept for longer than a working day.
const ttlDefaultS = 8 * 3600
const sweepMs = 60_000

interface StoreParts {
  records: Identities['records']
  sessions: SessionDesk
  clock: Clock
  /** a client's registration, as the provider reads it */
  client(id: string): Promise<AdapterPayload | undefined>
  /** told in the provider's own words, so that it answers 400 and not 500 */
  usedAlready(kind: string): Error
}

/** What the provider remembers, in PostgreSQL. An id is what its holder shows: only its hash is stored, here and in the payload. */
export function providerStore(parts: StoreParts): (kind: string) => Adapter {
  const { records, sessions, clock } = parts
  const withId = (id: string | undefined, found: { payload: Record<string, unknown>; consumedAt: number | null } | null) =>
    found === null
      ? undefined
      : ({
          ...(id === undefined ? found.payload : { ...shown(found.payload, id), jti: id }),
          ...(found.consumedAt === null ? {} : { consumed: Math.floor(found.consumedAt / 1000) }),
        } as AdapterPayload)
  const endSessionOf = async (payload: Record<string, unknown>, why: string): Promise<void> => {
    const id = sessionIdOf(payload)
    if (id !== null) await sessions.end(id, why)
  }
  let sweptAt = clock.now()
  // Whoever knocks at the door leaves a record; what is over goes before it grows.
  const sweep = async (): Promise<void> => {
    if (clock.now() - sweptAt < sweepMs) return
    sweptAt = clock.now()
    await records.sweep(sweptAt)
  }
  return (kind) => ({
    async upsert(id, payload, expiresIn) {
      await sweep()
      const { jti: _shown, ...kept } = payload
      const expiresAt = clock.now() + (expiresIn || ttlDefaultS) * 1000
      if (kind === 'ReplayDetection') {
        if (!(await records.putOnce({ kind, id: hash(id) }, { payload: kept, expiresAt }))) throw parts.usedAlready(kind)
        return
      }
      await records.put(
        { kind, id: hash(id) },
        {
          payload: withoutCookies(hidden(kept, id)),
          grant: typeof payload.grantId === 'string' ? hash(payload.grantId) : null,
          uid: typeof payload.uid === 'string' ? hash(payload.uid) : null,
          expiresAt,
        },
      )
    },
    async find(id) {
      if (kind === 'Client') return parts.client(id)
      return withId(id, await records.find({ kind, id: hash(id) }, clock.now()))
    },
    findByUid: async (uid) => withId(undefined, await records.findByUid(kind, hash(uid), clock.now())),
    findByUserCode: () => Promise.resolve(undefined),
    async consume(id) {
      if (!(await records.consume({ kind, id: hash(id) }, clock.now()))) throw parts.usedAlready(kind)
    },
    async destroy(id) {
      const key = { kind, id: hash(id) }
      // The browser's session ends: so does what was signed in with it.
      const found = kind === 'Session' ? await records.find(key, clock.now()) : null
      await records.remove(key)
      if (found !== null) await endSessionOf(found.payload, 'signed-out')
    },
    async revokeByGrantId(grantId) {
      for (const payload of await records.removeGrant(hash(grantId))) await endSessionOf(payload, 'revoked')
    },
  })
}

// Addresses inside a payload repeat its id.
const hidden = (payload: Record<string, unknown>, id: string): Record<string, unknown> =>
  JSON.parse(JSON.stringify(payload).replaceAll(id, '{id}')) as Record<string, unknown>
const shown = (payload: Record<string, unknown>, id: string): Record<string, unknown> =>
  JSON.parse(JSON.stringify(payload).replaceAll('{id}', id)) as Record<string, unknown>

/** An interaction repeats the browser's session id beside its own. */
function withoutCookies(payload: Record<string, unknown>): Record<string, unknown> {
  const session = payload['session'] as { cookie?: string } | undefined
  if (session?.cookie === undefined) return payload
  const { cookie: _shown, ...kept } = session
  return { ...payload, session: kept }
}
