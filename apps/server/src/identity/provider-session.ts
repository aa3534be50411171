import { createHash } from 'node:crypto'

/**
 * Our session behind a sign-in at the provider: the same for all codes and refresh tokens that come from it, another one for the next
 * sign-in in the same browser. null: this record comes from no sign-in.
 */
export function sessionIdOf(payload: Record<string, unknown>): string | null {
  const uid = payload['sessionUid'] ?? payload['uid']
  const at = payload['authTime'] ?? payload['loginTs']
  if (typeof uid !== 'string' || typeof at !== 'number') return null
  return createHash('sha256').update(`${uid} ${at}`).digest('base64url').slice(0, 32)
}
