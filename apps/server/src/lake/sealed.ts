import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

// A sealed file: `AQL1` | header length (u32) | header JSON | AES-256-GCM ciphertext | tag. The header is authenticated, so that bytes
// sealed for one study, or under one name, do not open as another's.

export type SealedHeader = { study: string; name: string; key: string } & Record<string, string | number>

export class TamperedError extends Error {
  override readonly name = 'TamperedError'
}

/** A file that the manifest names is not there. */
export class MissingError extends Error {
  override readonly name = 'MissingError'
  readonly code = 'ENOENT'
}

const magic = Buffer.from('AQL1')
const ivBytes = 12
const tagBytes = 16
const headerBytesMax = 4096

export function seal(key: Buffer, header: SealedHeader, plain: Uint8Array): Buffer {
  const iv = randomBytes(ivBytes)
  const json = Buffer.from(JSON.stringify({ ...header, iv: iv.toString('base64') }))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  const head = Buffer.concat([magic, length, json])
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(head)
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Opens what `seal` made; the study and the name must be those the caller expects. */
export async function unseal(
  keyOf: (key: string) => Promise<{ key: Buffer }>,
  expected: { study: string; name: string },
  sealed: Buffer,
): Promise<Buffer> {
  const bodyAt = 8 + (sealed.length >= 8 ? sealed.readUInt32BE(4) : 0)
  if (sealed.length < bodyAt + tagBytes || bodyAt > headerBytesMax || !sealed.subarray(0, 4).equals(magic)) {
    throw new TamperedError(`${expected.name} of ${expected.study} is no sealed file`)
  }
  const header = readHeader(sealed.subarray(8, bodyAt), expected)
  const decipher = createDecipheriv('aes-256-gcm', (await keyOf(header.key)).key, Buffer.from(header.iv, 'base64'))
  decipher.setAAD(sealed.subarray(0, bodyAt))
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(bodyAt, sealed.length - tagBytes)), decipher.final()])
  } catch {
    throw new TamperedError(`${expected.name} of ${expected.study} was altered`)
  }
}

function readHeader(json: Buffer, expected: { study: string; name: string }): { key: string; iv: string } {
  let header: Partial<SealedHeader & { iv: string }>
  try {
    header = JSON.parse(json.toString()) as typeof header
  } catch {
    throw new TamperedError(`${expected.name} of ${expected.study} has no readable header`)
  }
  if (header.study !== expected.study || header.name !== expected.name || typeof header.key !== 'string' || typeof header.iv !== 'string') {
    throw new TamperedError(`${expected.name} of ${expected.study} holds another file's content`)
  }
  return { key: header.key, iv: header.iv }
}
