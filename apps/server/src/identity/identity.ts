import { timingSafeEqual } from 'node:crypto'
import path from 'node:path'
import { isRole, narrowGrant, type Grant } from '@aquifer/core/access'
import type { TokenRequest } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, User } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import { hashPassword, passwordMatches } from './passwords.js'
import { openLocalSecret, openTokenKeys } from './token-keys.js'
import { signToken, verifyToken, type TokenClaims } from './tokens.js'

const failuresMax = 5
const lockMs = 15 * 60_000
const sessionTtlS = 8 * 3600
const tokensCachedMax = 10_000
const userFreshMs = 5_000
const tokenTtlDefaultS = 3600

/** Who is asking, with what is left of the grant under the token used. */
export interface Caller {
  grant: Grant
  name: string
  expiresAt: number
}
export interface Session {
  token: string
  expiresInS: number
  caller: Caller
}
export interface NewUser {
  name: string
  display: string
  grant: Omit<Grant, 'user'>
  password: string | null
}

export interface Identity {
  authenticate(token: string | null): Promise<Caller | Refusal>
  signIn(user: string, password: string): Promise<Session | Refusal>
  /** Re-authentication: whether this is still the person whose account it is. Counted and locked like a sign-in. */
  confirm(user: string, password: string): Promise<true | Refusal>
  refresh(caller: Caller): Promise<Session | Refusal>
  /** Whether a secret shows that the request comes from the server's own machine and user. */
  isLocalAdmin(secret: string): boolean
  mint(request: TokenRequest): Promise<Session | Refusal>
  putUser(user: NewUser): Promise<void>
  publicJwk: Record<string, unknown>
}

export async function openIdentity(options: { repository: Repository; dataDir: string; clock: Clock }): Promise<Identity> {
  const { repository, clock } = options
  const keysDir = path.join(options.dataDir, 'keys')
  const keys = await openTokenKeys(keysDir)
  const localSecret = Buffer.from(openLocalSecret(keysDir))
  const verified = new Map<string, TokenClaims>()
  const users = new Map<string, { at: number; user: User | null }>()

  async function userByName(name: string): Promise<User | null> {
    const known = users.get(name)
    if (known && clock.now() - known.at < userFreshMs) return known.user
    const user = await repository.users.byName(name)
    users.set(name, { at: clock.now(), user })
    return user
  }
  async function claimsOf(token: string): Promise<TokenClaims | null> {
    const known = verified.get(token)
    if (known) return known.expiresAt > clock.now() ? known : null
    const claims = await verifyToken(keys, token, clock.now())
    if (claims === null) return null
    if (verified.size >= tokensCachedMax) verified.clear()
    verified.set(token, claims)
    return claims
  }
  async function sessionOf(grant: Grant, name: string, ttlS: number): Promise<Session> {
    const now = clock.now()
    const token = await signToken(keys, grant, { now, ttlS })
    return { token, expiresInS: ttlS, caller: { grant, name, expiresAt: (Math.floor(now / 1000) + ttlS) * 1000 } }
  }
  return {
    async authenticate(token) {
      if (token === null) return refuse('not-signed-in', { detail: 'Send a bearer token.' })
      const claims = await claimsOf(token)
      if (claims === null) return refuse('not-signed-in', { detail: 'The token is not valid or has expired.' })
      if (claims.local) {
        const grant: Grant = {
          user: claims.user,
          role: claims.role,
          studies: claims.studies ?? 'all',
          sites: claims.sites ?? [],
          patient: claims.patient,
        }
        return { grant, name: claims.user, expiresAt: claims.expiresAt }
      }
      const user = await userByName(claims.user)
      const granted = user === null || user.status !== 'active' ? null : grantOf(user)
      const grant = granted === null ? null : narrowGrant(granted, claims)
      if (user === null || grant === null) return refuse('not-signed-in', { detail: 'The token’s grant is no longer there.' })
      return { grant, name: user.display, expiresAt: claims.expiresAt }
    },
    async signIn(name, password) {
      const user = await repository.users.byName(name)
      const refusal = await checkPassword({ repository, clock }, user, password)
      if (isRefusal(refusal)) return refusal
      users.delete(name)
      const grant = user === null ? null : grantOf(user)
      if (user === null || grant === null) return refuse('sign-in-failed', { detail: 'User or password is wrong.' })
      return sessionOf(grant, user.display, sessionTtlS)
    },
    async confirm(name, password) {
      return checkPassword({ repository, clock }, await repository.users.byName(name), password)
    },
    async refresh(caller) {
      if (caller.grant.user.startsWith('local:'))
        return refuse('not-permitted', { detail: 'A local service token is minted again, not refreshed.' })
      return sessionOf(caller.grant, caller.name, sessionTtlS)
    },
    isLocalAdmin(secret) {
      const given = Buffer.from(secret)
      return given.length === localSecret.length && timingSafeEqual(given, localSecret)
    },
    async mint(request) {
      const ttlS = request.ttlS ?? tokenTtlDefaultS
      const claimed = {
        role: request.role,
        studies: request.studies ?? null,
        sites: request.sites ?? null,
        patient: request.patient ?? null,
      }
      if (request.user === undefined) {
        const grant: Grant = {
          user: `local:${request.requestedBy}`,
          role: request.role,
          studies: claimed.studies ?? 'all',
          sites: claimed.sites ?? [],
          patient: claimed.patient,
        }
        return sessionOf(grant, grant.user, ttlS)
      }
      const user = await repository.users.byName(request.user)
      const granted = user === null || user.status !== 'active' ? null : grantOf(user)
      const grant = granted === null ? null : narrowGrant(granted, claimed)
      if (user === null || grant === null) return refuse('unknown', { detail: 'There is no such user with that role.' })
      return sessionOf(grant, user.display, ttlS)
    },
    async putUser(user) {
      const { studies } = user.grant
      const password = user.password === null ? null : await hashPassword(user.password)
      await repository.users.put({
        name: user.name,
        display: user.display,
        role: user.grant.role,
        password,
        status: 'active',
        studies: studies === 'all' ? ['*'] : [...studies],
        sites: [...user.grant.sites],
        patient: user.grant.patient,
        settings: {},
      })
      users.delete(user.name)
    },
    publicJwk: { ...keys.publicJwk, use: 'sig' },
  }
}

function grantOf(user: User): Grant | null {
  if (!isRole(user.role)) return null
  return {
    user: user.name,
    role: user.role,
    studies: user.studies.includes('*') ? 'all' : user.studies,
    sites: user.sites,
    patient: user.patient,
  }
}

// Hashed against when there is no such user, so that the answer takes as long and tells nothing.
const nobody = 'scrypt$32768$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='

async function checkPassword(
  systems: { repository: Repository; clock: Clock },
  user: User | null,
  password: string,
): Promise<true | Refusal> {
  const { repository, clock } = systems
  const tries = (user?.settings['signIn'] ?? {}) as { failures?: number; lockedUntil?: number }
  const lockedFor = (tries.lockedUntil ?? 0) - clock.now()
  if (user !== null && lockedFor > 0)
    return refuse('locked-out', { detail: 'Too many failed sign-ins; try again later.', retryAfterS: lockedFor / 1000 })
  const right =
    (await passwordMatches(password, user?.password ?? nobody)) && user !== null && user.status === 'active' && user.password !== null
  if (user === null) return refuse('sign-in-failed', { detail: 'User or password is wrong.' })
  const { createdAt: _created, updatedAt: _updated, ...kept } = user
  if (right) {
    if (tries.failures) await repository.users.put({ ...kept, settings: { ...user.settings, signIn: {} } })
    return true
  }
  const failures = (lockedFor <= 0 && tries.lockedUntil ? 0 : (tries.failures ?? 0)) + 1
  const signIn = failures >= failuresMax ? { failures, lockedUntil: clock.now() + lockMs } : { failures }
  await repository.users.put({ ...kept, settings: { ...user.settings, signIn } })
  return refuse('sign-in-failed', { detail: 'User or password is wrong.' })
}
