import { randomUUID } from 'node:crypto'
import { isRole, type GrantClaims, type Role } from '@aquifer/core/access'
import { SignJWT, jwtVerify, type JWTPayload } from 'jose'
import { signingAlgorithm, type TokenKeys } from './token-keys.js'

export const audience = 'aquifer'
export const issuer = 'urn:aquifer:embedded'

export interface TokenClaims {
  user: string
  role: Role
  /** null: as access grants */
  studies: string[] | null
  sites: string[] | null
  patient: string | null
  expiresAt: number
  /** a service account on the server's machine, whose claims are its grant */
  local: boolean
}

export async function signToken(
  keys: TokenKeys,
  who: { user: string; claims: GrantClaims },
  times: { now: number; ttlS: number },
): Promise<string> {
  const issuedAt = Math.floor(times.now / 1000)
  const { role, studies, sites, patient } = who.claims
  const claims: JWTPayload = {
    aquifer_role: role,
    ...(studies === null ? {} : { aquifer_studies: [...studies] }),
    ...(sites === null || sites.length === 0 ? {} : { aquifer_sites: [...sites] }),
    ...(patient === null ? {} : { aquifer_patient: patient }),
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: signingAlgorithm, kid: keys.kid, typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(who.user)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + times.ttlS)
    .sign(keys.sign)
}

// A claim that cannot be read must not be taken for one that is not there, which would narrow nothing.
const areStrings = (value: unknown): value is string[] | undefined =>
  value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'))

/** The claims of a token we signed and that still holds; null for anything else. */
export async function verifyToken(keys: TokenKeys, token: string, now: number): Promise<TokenClaims | null> {
  try {
    const { payload } = await jwtVerify(token, keys.verify, {
      issuer,
      audience,
      algorithms: [signingAlgorithm],
      currentDate: new Date(now),
      requiredClaims: ['sub', 'exp', 'aquifer_role'],
    })
    const role = payload['aquifer_role']
    if (typeof role !== 'string' || !isRole(role) || payload.sub === undefined || payload.exp === undefined) return null
    const { aquifer_studies: studies, aquifer_sites: sites, aquifer_patient: patient } = payload
    if (!areStrings(studies) || !areStrings(sites) || (patient !== undefined && typeof patient !== 'string')) return null
    return {
      user: payload.sub,
      role,
      studies: studies ?? null,
      sites: sites ?? null,
      patient: patient ?? null,
      expiresAt: payload.exp * 1000,
      local: payload.sub.startsWith('local:'),
    }
  } catch {
    return null
  }
}
