const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A time-ordered UUID (version 7) from a clock reading and ten random bytes. */
export function uuidV7(nowMs: number, random: Uint8Array): string {
  const time = nowMs.toString(16).padStart(12, '0')
  const r = (i: number) => random[i] ?? 0
  const rest = [
    hex[0x70 | (r(0) & 0x0f)],
    hex[r(1)],
    '-',
    hex[0x80 | (r(2) & 0x3f)],
    hex[r(3)],
    '-',
    hex[r(4)],
    hex[r(5)],
    hex[r(6)],
    hex[r(7)],
    hex[r(8)],
    hex[r(9)],
  ]
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-${rest.join('')}`
}

// Namespace 6c0b6f0e-6d0a-5c50-9a3c-3f9f3f0a7e11 of the ids Aquifer derives itself; another would change every derived id.
const derivedIds = Uint8Array.of(0x6c, 0x0b, 0x6f, 0x0e, 0x6d, 0x0a, 0x5c, 0x50, 0x9a, 0x3c, 0x3f, 0x9f, 0x3f, 0x0a, 0x7e, 0x11)

/** SHA-1 of a namespace followed by a text in UTF-8. */
export type Sha1 = (namespace: Uint8Array, text: string) => Uint8Array

/** The same UUID (version 5) for the same parts, for ever: what lets an import without ids be repeated. */
export function derivedUuid(sha1: Sha1, ...parts: readonly string[]): string {
  const bytes = sha1(derivedIds, parts.map((part) => `${part.length}:${part}`).join('|'))
  let text = ''
  for (let i = 0; i < 16; i += 1) {
    const byte = bytes[i] ?? 0
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
    text += hex[i === 6 ? 0x50 | (byte & 0x0f) : i === 8 ? 0x80 | (byte & 0x3f) : byte] ?? ''
  }
  return text
}

const fhirId = /^[A-Za-z0-9\-.]{1,64}$/
export const isFhirId = (text: string): boolean => fhirId.test(text)

const urnUuid = /^urn:uuid:([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$/
/** The UUID of a `urn:uuid:…`, or null. */
export const uuidOfUrn = (text: string): string | null => urnUuid.exec(text)?.[1] ?? null
