import { hkdfSync, timingSafeEqual } from 'node:crypto'
import path from 'node:path'
import { narrowGrant, type Grant, type GrantClaims } from '@aquifer/core/access'
import type { TokenRequest } from '@aquifer/core/contract'
import { isPersonName, sessionMaxMs } from '@aquifer/core/identity'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { Repository, SessionRow, User } from '../repository/index.js'
import type { Clock } from '../storage/index.js'
import { certifiedCaller, isCertificateId, type PresentedCertificate } from './certificates.js'
import { openClientDesk, type ClientDesk } from './clients.js'
import { openCodeDesk } from './codes.js'
import { openConfirmations, type Confirmations } from './confirmation.js'
import { firstStart, type FirstStart } from './first-start.js'
import { hashPassword } from './passwords.js'
import { outsideCaller } from './outside-caller.js'
import { openOutsideIssuer, type OutsideIssuer } from './outside.js'
import { openPeopleDesk, type PeopleDesk } from './people.js'
import { openProvider, type EmbeddedProvider } from './provider.js'
import { openReviewDesk, type ReviewDesk } from './review.js'
import { openSessionDesk, type SessionDesk } from './sessions.js'
import { openPasswordGate, type PasswordGate } from './sign-in.js'
import { openLocalSecret, openSecret, openTokenKeys, type TokenKeys } from './token-keys.js'
import { localIssuer, signToken, verifyToken, type TokenClaims } from './tokens.js'
import { openUserCache, type GrantFor, type UserCache } from './users.js'

const tokensCachedMax = 10_000
const tokenTtlDefaultS = 3600
// The longest that a token may hold: so long a withdrawal is remembered.
const tokenMaxMs = 366 * 86_400_000
/** the name under which the workbench's own sign-in stands in the list of sessions */
const workbench = 'workbench'

/** Who is asking, with what is left of the grant under the token used. */
export interface Caller {
  grant: Grant
  name: string
  /** what the token claims, for one that takes its place */
  claims: GrantClaims
  expiresAt: number
  tokenId: string
  /** null: the token stands alone */
  session: string | null
  /** null: no scopes narrow it */
  scopes: readonly string[] | null
  /** as his own provider or authority names him, where that is another name */
  external: string | null
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
  /** By token, by the certificate of the connection, or by both where they agree. */
  authenticate(token: string | null, certificate?: PresentedCertificate | null): Promise<Caller | Refusal>
  signIn(user: string, password: string): Promise<Session | Refusal>
  /** Re-authentication, before a signature. */
  confirmations: Confirmations
  refresh(caller: Caller): Promise<Session | Refusal>
  /** Ends the session of this token, or the token where it stands alone. */
  signOut(caller: Caller): Promise<void>
  /** A token that its holder gives up. False: it was none, or not this client's. */
  revokeToken(token: string, client: string): Promise<boolean>
  /** Whether a secret shows that the request comes from the server's own machine and user. */
  isLocalAdmin(secret: string): boolean
  mint(request: TokenRequest): Promise<Session | Refusal>
  putUser(user: NewUser): Promise<void>
  /** A key for one purpose, the same after a restart; nothing of the secret it comes from can be told from it. */
  keyFor(purpose: string): Buffer
  keys: Pick<TokenKeys, 'jwks' | 'rotate'>
  /** null: people and clients sign in at an outside provider */
  provider: EmbeddedProvider | null
  outside: OutsideIssuer | null
  people: PeopleDesk
  clients: ClientDesk
  reviews: ReviewDesk
  /** Withdraws one token by its id, wherever it is. */
  revokeById(tokenId: string, by: string): Promise<void>
  /** null: there are people already. */
  firstStart(): Promise<FirstStart | null>
}

export interface IdentityOptions {
  repository: Repository
  dataDir: string
  clock: Clock
  /** What access lets a user reach; null where the account has no role. */
  grantFor: GrantFor
  idleMs: number
  /** the server's own address, once it is known */
  address(): string
  /** an outside provider instead of the embedded one */
  outside?: { issuer: string; acceptClaims: boolean; clientId: string } | null
}

interface Parts {
  repository: Repository
  clock: Clock
  grantFor: GrantFor
  idleMs: number
  keys: TokenKeys
  sessions: SessionDesk
  gate: PasswordGate
  clients: ClientDesk
  users: UserCache
  embedded: boolean
  address(): string
}

export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { repository, clock, grantFor, idleMs, address } = options
  const keysDir = path.join(options.dataDir, 'keys')
  const keys = await openTokenKeys(keysDir)
  const localSecret = Buffer.from(openLocalSecret(keysDir))
  const sessions = openSessionDesk({ repository, clock, limits: { idleMs, maxMs: sessionMaxMs } })
  const gate = openPasswordGate({ repository, clock })
  const clients = openClientDesk({ repository, clock })
  const users = openUserCache(repository, clock)
  const parts: Parts = { repository, clock, grantFor, idleMs, keys, sessions, gate, clients, users, address, embedded: !options.outside }
  const keyFor = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', localSecret, '', purpose, 32))
  const codes = openCodeDesk({ repository, clock, key: keyFor('codes that are told again') })
  const people = openPeopleDesk({ repository, clock, grantFor, users, sessions, gate, codes })
  const cookieSecret = openSecret(keysDir, 'sign-in-cookies.secret')
  const claimsOf = openVerifier(parts)
  const outside = options.outside ? openOutsideIssuer({ ...options.outside, clock }) : null
  async function byToken(token: string): Promise<Caller | Refusal> {
    const claims = await claimsOf(token)
    if (claims === null && outside !== null) {
      const told = await outside.verify(token)
      if (told !== null && !(await sessions.isRevoked(told.id)))
        return outsideCaller({ repository, grantFor, acceptClaims: options.outside?.acceptClaims === true }, told)
    }
    if (claims === null) return refuse('not-signed-in', { detail: 'The token is not valid or has expired.' })
    return callerOf(parts, claims)
  }
  return {
    async authenticate(token, certificate = null) {
      const certified = certificate === null ? null : await certifiedCaller(parts, certificate)
      if (token === null || isRefusal(certified)) return certified ?? refuse('not-signed-in', { detail: 'Send a bearer token.' })
      const caller = await byToken(token)
      if (isRefusal(caller) || certified === null || caller.grant.user === certified.grant.user) return caller
      return refuse('not-signed-in', { detail: 'The token is not of the client that the certificate names.' })
    },
    async signIn(name, password) {
      if (outside !== null) return refuse('not-supported', { detail: `Sign in at ${outside.issuer}.` })
      const user = await gate.pass(name, password)
      if (isRefusal(user)) return user
      users.forget(name)
      const grant = await grantFor(user)
      if (grant === null) return refuse('sign-in-failed', { detail: 'User or password is wrong.' })
      // The token claims nothing but the role: relationships that come or go count at once.
      const claims = { role: grant.role, studies: null, sites: null, patient: null }
      return sessionToken(parts, await sessions.open({ user: user.name, client: workbench }), { grant, name: user.display, claims })
    },
    confirmations: openConfirmations({ clock, codes, gate, outside, key: keyFor('confirmations') }),
    async refresh(caller) {
      if (caller.session === null) return refuse('not-permitted', { detail: 'A token without a session is given again, not refreshed.' })
      const row = await sessions.renew(caller.session)
      if (row === null) return refuse('not-signed-in', { detail: 'The session is over.' })
      return sessionToken(parts, row, caller)
    },
    async signOut(caller) {
      // A certificate is withdrawn by who registered it, not by signing out.
      if (isCertificateId(caller.tokenId)) return
      await sessions.revoke({ id: caller.tokenId, expiresAt: caller.expiresAt }, caller.grant.user)
      if (caller.session !== null) await sessions.end(caller.session, 'signed-out')
    },
    async revokeToken(token, client) {
      const claims = await claimsOf(token)
      if (claims === null || claims.client !== client) return false
      await sessions.revoke({ id: claims.id, expiresAt: claims.expiresAt }, client)
      return true
    },
    isLocalAdmin(secret) {
      const given = Buffer.from(secret)
      return given.length === localSecret.length && timingSafeEqual(given, localSecret)
    },
    mint: (request) => mint(parts, request),
    async putUser(user) {
      if (!isPersonName(user.name)) throw new Error('not a name for a person')
      const { studies, ...grant } = user.grant
      const password = user.password === null ? null : await hashPassword(user.password)
      await repository.users.put({
        name: user.name,
        display: user.display,
        role: grant.role,
        password,
        status: 'active',
        studies: studies === 'all' ? ['*'] : [...studies],
        sites: [...grant.sites],
        patient: grant.people?.[0] ?? null,
        actor: user.actor ?? null,
        settings: {},
      })
      users.forget(user.name)
    },
    keyFor,
    keys,
    people,
    clients,
    reviews: openReviewDesk({ repository, clock, grantFor, people, clients }),
    revokeById: (id, by) => sessions.revoke({ id, expiresAt: clock.now() + tokenMaxMs }, by),
    firstStart: async () => (outside !== null ? null : firstStart({ repository, codes, keysDir, clock })),
    outside,
    provider:
      outside !== null
        ? null
        : openProvider({ repository, clock, grantFor, keys, sessions, gate, clients, cookieSecret, idleMs, issuer: address }),
  }
}

/** Signatures are checked once; whether a token still holds is asked with each request. */
function openVerifier({ keys, clock, sessions, address, embedded }: Parts): (token: string) => Promise<TokenClaims | null> {
  const verified = new Map<string, { kid: string; claims: TokenClaims }>()
  return async (token) => {
    const held = verified.get(token)
    const known = held?.kid === keys.kid() ? held.claims : null
    const issuers = embedded ? [localIssuer, address()] : [localIssuer]
    const claims = known ?? (await verifyToken(keys, token, { now: clock.now(), issuers }))
    if (claims === null || claims.expiresAt <= clock.now() || (await sessions.isRevoked(claims.id))) return null
    if (known === null) {
      if (verified.size >= tokensCachedMax) verified.clear()
      verified.set(token, { kid: keys.kid(), claims })
    }
    return claims
  }
}

const gone = () => refuse('not-signed-in', { detail: 'The token’s grant is no longer there.' })

async function callerOf(parts: Parts, claims: TokenClaims): Promise<Caller | Refusal> {
  const facts = { claims, expiresAt: claims.expiresAt, tokenId: claims.id, session: claims.session, scopes: claims.scopes, external: null }
  // Only what is minted on the server's machine names such a user, and there the claims are the grant.
  if (claims.user.startsWith('local:')) return { ...facts, grant: claimedGrant(claims.user, claims), name: claims.user }
  if (claims.user.startsWith('client:')) {
    const granted = await parts.clients.grantOf(claims.user)
    const grant = granted === null || claims.issuedAt + 999 < granted.tokensFrom ? null : narrowGrant(granted.grant, claims)
    return grant === null ? gone() : { ...facts, grant, name: claims.user }
  }
  const user = await parts.users.byName(claims.user)
  const grant = user === null || claims.issuedAt + 999 < user.tokensFrom ? null : await narrowedGrant(parts, user, claims)
  if (user === null || grant === null) return gone()
  if (claims.session !== null && (await parts.sessions.holding(claims.session)) === null)
    return refuse('not-signed-in', { detail: 'The session is over.' })
  return { ...facts, grant, name: user.display }
}

/** What a token leaves of what access grants today; null where the account is closed or the token is for another role. */
async function narrowedGrant({ grantFor }: Parts, user: User, claims: GrantClaims): Promise<Grant | null> {
  const granted = user.status === 'active' ? await grantFor(user) : null
  return granted === null ? null : narrowGrant(granted, claims)
}

/** A local service account stands for exactly what its token says. */
const claimedGrant = (user: string, { role, studies, sites, patient }: GrantClaims): Grant => ({
  user,
  role,
  studies: studies ?? 'all',
  sites: sites ?? [],
  people: patient === null ? null : [patient],
})

type Bearer = Pick<Caller, 'grant' | 'name' | 'claims'>

async function sessionToken(parts: Parts, row: SessionRow, who: Bearer): Promise<Session> {
  const ttlS = Math.max(1, Math.floor((parts.sessions.until(row) - parts.clock.now()) / 1000))
  return tokenOf(parts, who, { ttlS, session: row.id })
}

async function tokenOf(
  parts: Parts,
  { grant, name, claims }: Bearer,
  { ttlS, session }: { ttlS: number; session?: string },
): Promise<Session> {
  const now = parts.clock.now()
  const { token, id } = await signToken(parts.keys, { user: grant.user, claims }, { now, ttlS, session: session ?? null })
  const expiresAt = (Math.floor(now / 1000) + ttlS) * 1000
  return {
    token,
    expiresInS: ttlS,
    caller: { grant, name, claims, expiresAt, tokenId: id, session: session ?? null, scopes: null, external: null },
  }
}

async function mint(parts: Parts, request: TokenRequest): Promise<Session | Refusal> {
  const ttlS = request.ttlS ?? tokenTtlDefaultS
  const claims: GrantClaims = {
    role: request.role,
    studies: request.studies ?? null,
    sites: request.sites ?? null,
    patient: request.patient ?? null,
  }
  if (request.user === undefined) {
    const grant = claimedGrant(`local:${request.requestedBy}`, claims)
    return tokenOf(parts, { grant, name: grant.user, claims }, { ttlS })
  }
  const user = await parts.repository.users.byName(request.user)
  const grant = user === null ? null : await narrowedGrant(parts, user, claims)
  if (user === null || grant === null) return refuse('unknown', { detail: 'There is no such user with that role.' })
  return tokenOf(parts, { grant, name: user.display, claims }, { ttlS })
}
