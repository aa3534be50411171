import { importJWK, type JWK } from 'jose'
import { refuse, type Refusal } from '@aquifer/core/refusal'

const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']
const rsaBytesMin = 256

/** Public keys fit for RS384 or ES384, as SMART Backend Services asks for. A private key that somebody sends is refused, not kept. */
export async function keysFault(keys: readonly Record<string, unknown>[]): Promise<Refusal | null> {
  for (const [at, key] of keys.entries()) {
    const fault = await faultOf(key)
    if (fault !== null) return refuse('invalid', { detail: `key ${at + 1}: ${fault}` })
  }
  const kids = keys.map((key) => key['kid'])
  return kids.length > 1 && new Set(kids).size < kids.length ? refuse('invalid', { detail: 'Each key needs a kid of its own.' }) : null
}

async function faultOf(key: Record<string, unknown>): Promise<string | null> {
  if (secretMembers.some((member) => member in key)) return 'this is a private key: make a new pair and send its public half'
  const algorithm = key['kty'] === 'RSA' ? 'RS384' : key['kty'] === 'EC' && key['crv'] === 'P-384' ? 'ES384' : null
  if (algorithm === null) return 'RSA, or EC on the curve P-384'
  if (key['kty'] === 'RSA' && Buffer.from(String(key['n']), 'base64url').length < rsaBytesMin) return 'an RSA key has at least 2048 bits'
  return importJWK(key as JWK, algorithm).then(
    () => null,
    () => 'it cannot be read',
  )
}

/** Keys are fetched over the network only where nobody on the way can change them. */
export function isKeyAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username } = new URL(text)
  if (username !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
}
