import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

const secretCharacters = 22
const pattern = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})[A-Za-z0-9_-]{22}$/

/** Made from the server's key whenever it has to be told, so that it need not be kept. */
export function codeOf(key: Uint8Array, { id, generation }: { id: string; generation: number }): string {
  const secret = createHmac('sha256', key).update(`${id}/${generation}`).digest('base64url').slice(0, secretCharacters)
  return `${id.replaceAll('-', '')}${secret}`
}

export const hashOf = (code: string): Buffer => createHash('sha256').update(code).digest()
/** The invitation a code is meant for; null: this is no code. */
export const invitationIn = (code: string): string | null => pattern.exec(code)?.slice(1).join('-') ?? null
export const isCodeOf = (code: string, hash: Buffer): boolean => timingSafeEqual(hashOf(code), hash)
