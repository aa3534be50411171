import { createHash } from 'node:crypto'
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import type { CodeSignIn, SignInWays } from '@aquifer/core/contract'
import type { Clock } from '../storage/index.js'
import { isKeyAddress } from './client-keys.js'
import { audience, readNarrowing, type Narrowing } from './tokens.js'

// Signatures by keys that only the provider has; nothing that a shared secret could make.
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const fetchMs = 5_000
const bytesMax = 256 * 1024
const keysFreshMs = 600_000
// A token with an unknown key may mean that the provider turned its keys, or that somebody makes tokens up.
const unknownKeyPauseMs = 10_000
const configurationFreshMs = 3_600_000
const cachedMax = 10_000

export interface OutsideClaims extends Narrowing {
  id: string
  subject: string
  /** only where the provider says that it verified it */
  email: string | null
  name: string
  role: string | null
  issuedAt: number
  expiresAt: number
}

/** Another organisation's OpenID provider, of which we know only what it signs. */
export interface OutsideIssuer {
  readonly issuer: string
  /** its discovery document; null where it cannot be reached or is not its own */
  configuration(): Promise<Record<string, unknown> | null>
  verify(token: string): Promise<OutsideClaims | null>
  /** How the workbench sends people there; null while it cannot be reached. */
  way(): Promise<SignInWays['provider']>
  /** The access token for a code; null where the provider gives none. */
  exchange(code: CodeSignIn): Promise<string | null>
  /** Who signed in, and when, for a code that was asked for with this nonce; null where its id token does not say so. */
  authentication(code: CodeSignIn, nonce: string): Promise<{ subject: string; at: number } | null>
}

export function openOutsideIssuer({ issuer, clientId, clock }: { issuer: string; clientId: string; clock: Clock }): OutsideIssuer {
  let configured: { at: number; document: Record<string, unknown> } | null = null
  let keys: { at: number; find: ReturnType<typeof createLocalJWKSet> } | null = null
  const verified = new Map<string, OutsideClaims>()

  async function configuration(): Promise<Record<string, unknown> | null> {
    if (configured !== null && clock.now() - configured.at < configurationFreshMs) return configured.document
    const document = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
    if (document?.['issuer'] !== issuer) return configured?.document ?? null
    configured = { at: clock.now(), document }
    return document
  }
  async function keySet(maxAgeMs: number): Promise<ReturnType<typeof createLocalJWKSet> | null> {
    if (keys !== null && clock.now() - keys.at < maxAgeMs) return keys.find
    const address = (await configuration())?.['jwks_uri']
    const set = typeof address === 'string' && isKeyAddress(address) ? await fetchJson(address) : null
    // An unreachable provider takes nobody's access away before his token ends.
    if (set === null || !Array.isArray(set['keys'])) return keys?.find ?? null
    verified.clear()
    keys = { at: clock.now(), find: createLocalJWKSet(set as unknown as JSONWebKeySet) }
    return keys.find
  }
  async function check(token: string, audienceAsked: string, maxAgeMs: number): Promise<JWTPayload | 'unknown-key' | null> {
    const find = await keySet(maxAgeMs)
    if (find === null) return null
    const expected = {
      issuer,
      audience: audienceAsked,
      algorithms,
      currentDate: new Date(clock.now()),
      requiredClaims: ['sub', 'exp', 'iat'],
    }
    return jwtVerify(token, find, expected).then(
      ({ payload }) => payload,
      (error: unknown) => (error instanceof errors.JWKSNoMatchingKey ? 'unknown-key' : null),
    )
  }
  async function checked(token: string, audienceAsked: string): Promise<JWTPayload | null> {
    const first = await check(token, audienceAsked, keysFreshMs)
    const payload = first === 'unknown-key' ? await check(token, audienceAsked, unknownKeyPauseMs) : first
    return payload === 'unknown-key' ? null : payload
  }
  async function tokensFor({ code, verifier, redirectUri }: CodeSignIn): Promise<Record<string, unknown> | null> {
    const endpoint = (await configuration())?.['token_endpoint']
    if (typeof endpoint !== 'string' || !isKeyAddress(endpoint)) return null
    const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier, redirect_uri: redirectUri }
    return fetchJson(endpoint, new URLSearchParams(form))
  }
  return {
    issuer,
    configuration,
    async way() {
      const endpoint = (await configuration())?.['authorization_endpoint']
      if (typeof endpoint !== 'string' || !isKeyAddress(endpoint)) return null
      return { issuer, authorizationEndpoint: endpoint, clientId, scope: 'openid profile email' }
    },
    async exchange(code) {
      const token = (await tokensFor(code))?.['access_token']
      return typeof token === 'string' ? token : null
    },
    async authentication(code, nonce) {
      const token = (await tokensFor(code))?.['id_token']
      if (typeof token !== 'string') return null
      const payload = await checked(token, clientId)
      const at = payload?.['auth_time']
      if (payload === null || payload.sub === undefined || payload['nonce'] !== nonce || typeof at !== 'number') return null
      // One that was made for several is for us only where it says so.
      const parties = [payload.aud ?? []].flat()
      const isOurs = parties.length === 1 || payload['azp'] === clientId
      return isOurs ? { subject: payload.sub, at: at * 1000 } : null
    },
    async verify(token) {
      const held = verified.get(token)
      if (held !== undefined) return held.expiresAt > clock.now() ? held : null
      const payload = await checked(token, audience)
      const claims = payload === null ? null : claimsOf(payload, token)
      if (claims === null) return null
      if (verified.size >= cachedMax) verified.clear()
      verified.set(token, claims)
      return claims
    },
  }
}

function claimsOf(payload: JWTPayload, token: string): OutsideClaims | null {
  const { sub, exp, iat, jti } = payload
  const narrowing = readNarrowing(payload)
  if (sub === undefined || exp === undefined || iat === undefined || narrowing === null) return null
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
  return {
    ...narrowing,
    id: jti ?? createHash('sha256').update(token).digest('base64url'),
    subject: sub,
    email: payload['email_verified'] === true ? text(payload['email']) : null,
    name: text(payload['name']) ?? sub,
    role: text(payload['aquifer_role']),
    issuedAt: iat * 1000,
    expiresAt: exp * 1000,
  }
}

async function fetchJson(address: string, form?: URLSearchParams): Promise<Record<string, unknown> | null> {
  try {
    const how = { headers: { accept: 'application/json' }, redirect: 'error', signal: AbortSignal.timeout(fetchMs) } as const
    const answer = await fetch(address, form === undefined ? how : { ...how, method: 'POST', body: form })
    if (!answer.ok) return null
    const bytes = await answer.arrayBuffer()
    return bytes.byteLength > bytesMax ? null : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>)
  } catch {
    return null
  }
}
