import { hkdfSync, timingSafeEqual } from 'node:crypto'
import path from 'node:path'
import { narrowGrant, type Grant, type GrantClaims } from '@aquifer/core/access'
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
  /** what the token claims, for one that takes its place */
  claims: GrantClaims
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
  grant: Omit<Grant, 'user' | 'reach'>
  /** the FHIR resource the user is, such as `Practitioner/x` */
  actor?: string | null
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
  /** A key for one purpose, the same after a restart; nothing of the secret it comes from can be told from it. */
  keyFor(purpose: string): Buffer
}

export interface IdentityParts {
  repository: Repository
  dataDir: string
  clock: Clock
  /** What access lets a user reach; null where the account has no role. */
  grantFor: (user: User) => Promise<Grant | null>
}

export async function openIdentity(options: IdentityParts): Promise<Identity> {
  const { repository, clock, grantFor } = options
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
  async function sessionOf(session: Omit<Caller, 'expiresAt'>, ttlS: number): Promise<Session> {
    const now = clock.now()
    const { grant, claims } = session
    const token = await signToken(keys, { user: grant.user, claims }, { now, ttlS })
    return { token, expiresInS: ttlS, caller: { ...session, expiresAt: (Math.floor(now / 1000) + ttlS) * 1000 } }
  }
  const grantOf = async (user: User | null): Promise<Grant | null> => (user === null || user.status !== 'active' ? null : grantFor(user))
  return {
    async authenticate(token) {
      if (token === null) return refuse('not-signed-in', { detail: 'Send a bearer token.' })
      const claims = await claimsOf(token)
      if (claims === null) return refuse('not-signed-in', { detail: 'The token is not valid or has expired.' })
      if (claims.local) return { grant: localGrant(claims.user, claims), name: claims.user, claims, expiresAt: claims.expiresAt }
      const user = await userByName(claims.user)
      const granted = await grantOf(user)
      const grant = granted === null ? null : narrowGrant(granted, claims)
      if (user === null || grant === null) return refuse('not-signed-in', { detail: 'The token’s grant is no longer there.' })
      return { grant, name: user.display, claims, expiresAt: claims.expiresAt }
    },
    async signIn(name, password) {
      const user = await repository.users.byName(name)
      const refusal = await checkPassword({ repository, clock }, user, password)
      if (isRefusal(refusal)) return refusal
      users.delete(name)
      const grant = await grantOf(user)
      if (user === null || grant === null) return refuse('sign-in-failed', { detail: 'User or password is wrong.' })
      // The token claims nothing but the role: relationships that come or go count at once.
      return sessionOf({ grant, name: user.display, claims: { role: grant.role, studies: null, sites: null, patient: null } }, sessionTtlS)
    },
    async confirm(name, password) {
      return checkPassword({ repository, clock }, await repository.users.byName(name), password)
    },
    async refresh(caller) {
      if (caller.grant.user.startsWith('local:'))
        return refuse('not-permitted', { detail: 'A local service token is minted again, not refreshed.' })
      return sessionOf(caller, sessionTtlS)
    },
    isLocalAdmin(secret) {
      const given = Buffer.from(secret)
      return given.length === localSecret.length && timingSafeEqual(given, localSecret)
    },
    async mint(request) {
      const ttlS = request.ttlS ?? tokenTtlDefaultS
      const claims: GrantClaims = {
        role: request.role,
        studies: request.studies ?? null,
        sites: request.sites ?? null,
        patient: request.patient ?? null,
      }
      if (request.user === undefined) {
        const grant = localGrant(`local:${request.requestedBy}`, claims)
        return sessionOf({ grant, name: grant.user, claims }, ttlS)
      }
      const user = await repository.users.byName(request.user)
      const granted = await grantOf(user)
      const grant = granted === null ? null : narrowGrant(granted, claims)
      if (user === null || grant === null) return refuse('unknown', { detail: 'There is no such user with that role.' })
      return sessionOf({ grant, name: user.display, claims }, ttlS)
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
        patient: user.grant.people?.[0] ?? null,
        actor: user.actor ?? null,
        settings: {},
      })
      users.delete(user.name)
    },
    publicJwk: { ...keys.publicJwk, use: 'sig' },
    keyFor: (purpose) => Buffer.from(hkdfSync('sha256', localSecret, '', purpose, 32)),
  }
}

/** A local service account stands for exactly what its token says. */
function localGrant(user: string, { role, studies, sites, patient }: GrantClaims): Grant {
  return { user, role, studies: studies ?? 'all', sites: sites ?? [], people: patient === null ? null : [patient] }
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
