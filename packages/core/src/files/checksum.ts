import { refuse, type Refusal } from '../refusal/index.js'

export interface AskedChecksum {
  algorithm: 'sha256' | 'sha512'
  base64: string
}

const algorithms: Readonly<Record<string, AskedChecksum['algorithm']>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' }
const lengths: Readonly<Record<AskedChecksum['algorithm'], number>> = { sha256: 44, sha512: 88 }

/**
 * The checksums by which a client holds us to what it sent: Content-Digest and Repr-Digest (RFC 9530), and Digest of before them.
 * Algorithms that are not known are passed over, as the RFC asks; a client that names no other relies on nothing, and is told.
 */
export function checksumsAsked(headers: Readonly<Record<string, string | null>>): AskedChecksum[] | Refusal<'bad-header'> {
  const asked: AskedChecksum[] = []
  for (const [header, value] of Object.entries(headers)) {
    if (value === null) continue
    const members = value.split(',').map((member) => /^\s*([\w-]+)\s*=\s*:?([A-Za-z0-9+/=]+):?\s*(?:;.*)?$/.exec(member))
    const known = members.flatMap((member) => {
      const algorithm = algorithms[member?.[1]?.toLowerCase() ?? '']
      return algorithm === undefined ? [] : [{ algorithm, base64: member?.[2] ?? '' }]
    })
    if (members.includes(null) || known.length === 0 || known.some(({ algorithm, base64 }) => base64.length !== lengths[algorithm]))
      return refuse('bad-header', { detail: `${header} is sha-256 or sha-512 in base64, such as sha-256=:…:.`, header })
    asked.push(...known)
  }
  return asked
}
