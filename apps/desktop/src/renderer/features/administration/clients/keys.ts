import type { ClientKeys } from '@aquifer/core/contract'

/** What was pasted as public keys: a set, one key, or what is wrong with it. */
export function keysIn(text: string): { keys: ClientKeys } | { wrong: string } {
  const said = text.trim()
  if (said === '') return { wrong: '' }
  if (/^https?:\/\//.test(said)) return { keys: { jwksUrl: said } }
  let value: unknown
  try {
    value = JSON.parse(said)
  } catch {
    return { wrong: 'This is neither JSON nor an address.' }
  }
  const list = isSet(value) ? value.keys : [value]
  if (list.length === 0 || !list.every(isKey)) return { wrong: 'A key has a kty, such as EC or RSA; a set has keys.' }
  // Told here so that the private half never leaves the page.
  if (list.some((key) => 'd' in key || 'k' in key))
    return { wrong: 'This is a private key. Keep it where it is and paste its public half.' }
  return { keys: { jwks: { keys: list } } }
}

const isSet = (value: unknown): value is { keys: unknown[] } =>
  typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)
const isKey = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && 'kty' in value
