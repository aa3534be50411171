import { randomUUID } from 'node:crypto'
import { isRole, type Grant, type GrantClaims, type Role } from '@aquifer/core/access'
import { SignJWT, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose'
import { signingAlgorithm, type TokenKeys } from './token-keys.js'

export const audience = 'aquifer'
/** who signs what is minted here, whatever address the server has */
export const localIssuer = 'urn:aquifer:embedded'

export interface Narrowing {
  /** null: as access grants */
  studies: string[] | null
  sites: string[] | null
  patient: string | null
}
export interface TokenClaims extends Narrowing {
  id: string
  user: string
  role: Role
  issuedAt: number
  expiresAt: number
  /** the session it lives with; null where it stands alone */
  session: string | null
  /** of a headless client; null where nothing is narrowed by scopes */
  scopes: string[] | null
  /** whom it was given to; null for tokens minted on the server's machine */
  client: string | null
}

/**
 * A grant as claims, for whoever knows nothing else of it. What relationships let reach cannot be said in claims and is not claimed:
 * here it is looked up with each request, elsewhere it is nothing.
 */
export const claimsOf = ({ role, studies, sites, people, reach }: Grant): GrantClaims =>
  reach === undefined
    ? { role, studies: studies === 'all' ? null : studies, sites, patient: people?.length === 1 ? (people[0] ?? null) : null }
    : { role, studies: null, sites: null, patient: null }

/** Claims under their names in a token; what is not said is as access grants it. */
export const payloadOf = ({ role, studies, sites, patient }: GrantClaims): JWTPayload => ({
  aquifer_role: role,
  ...(studies === null ? {} : { aquifer_studies: [...studies] }),
  ...(sites === null || sites.length === 0 ? {} : { aquifer_sites: [...sites] }),
  ...(patient === null ? {} : { aquifer_patient: patient }),
})

export async function signToken(
  keys: TokenKeys,
  who: { user: string; claims: GrantClaims },
  facts: { now: number; ttlS: number; session: string | null },
): Promise<{ token: string; id: string }> {
  const issuedAt = Math.floor(facts.now / 1000)
  const id = randomUUID()
  const token = await new SignJWT({ ...payloadOf(who.claims), ...(facts.session === null ? {} : { sid: facts.session }) })
    .setProtectedHeader({ alg: signingAlgorithm, kid: keys.kid(), typ: 'at+jwt' })
    .setIssuer(localIssuer)
    .setAudience(audience)
    .setSubject(who.user)
    .setJti(id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + facts.ttlS)
    .sign(keys.sign())
  return { token, id }
}

const strings = (value: unknown): string[] | null =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** The claims of a token we signed and that still holds; null for anything else. */
export async function verifyToken(
  keys: TokenKeys,
  token: string,
  expect: { now: number; issuers: readonly string[] },
): Promise<TokenClaims | null> {
  try {
    const key = keys.verifying(decodeProtectedHeader(token).kid, expect.now)
    if (key === null) return null
    const { payload } = await jwtVerify(token, key, {
      issuer: [...expect.issuers],
      audience,
      algorithms: [signingAlgorithm],
      currentDate: new Date(expect.now),
      requiredClaims: ['sub', 'exp', 'iat', 'jti', 'aquifer_role'],
    })
    return readClaims(payload)
  } catch {
    return null
  }
}

/** What a verified payload says in our words; null where it says it wrongly. */
function readClaims(payload: JWTPayload): TokenClaims | null {
  const role = payload['aquifer_role']
  const { sub, exp, iat, jti } = payload
  if (typeof role !== 'string' || !isRole(role)) return null
  if (sub === undefined || exp === undefined || iat === undefined || jti === undefined) return null
  const narrowing = readNarrowing(payload)
  if (narrowing === null) return null
  const client = textOrNull(payload['client_id'])
  return {
    id: jti,
    user: sub,
    role,
    ...narrowing,
    issuedAt: iat * 1000,
    expiresAt: exp * 1000,
    session: textOrNull(payload['sid']),
    scopes: sub.startsWith('client:') ? (textOrNull(payload['scope']) ?? '').split(' ').filter((scope) => scope !== '') : null,
    client,
  }
}

/** How far a token narrows; null where it says so in a way that cannot be read, which must not read as not at all. */
export function readNarrowing(payload: JWTPayload): Narrowing | null {
  const { aquifer_studies: studies, aquifer_sites: sites, aquifer_patient: patient } = payload
  const wrong = [studies, sites].some((list) => list !== undefined && strings(list) === null)
  if (wrong || (patient !== undefined && typeof patient !== 'string')) return null
  return { studies: strings(studies), sites: strings(sites), patient: textOrNull(patient) }
}
