import { v5 } from 'uuid'

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

// Namespace of the ids Aquifer derives itself; changing it would change every derived id.
const derivedIds = '6c0b6f0e-6d0a-5c50-9a3c-3f9f3f0a7e11'

/** The same UUID for the same parts, for ever: what lets an import without ids be repeated. */
export function derivedUuid(...parts: readonly string[]): string {
  return v5(parts.map((part) => `${part.length}:${part}`).join('|'), derivedIds)
}

const fhirId = /^[A-Za-z0-9\-.]{1,64}$/
export const isFhirId = (text: string): boolean => fhirId.test(text)

const urnUuid = /^urn:uuid:([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$/
/** The UUID of a `urn:uuid:…`, or null. */
export const uuidOfUrn = (text: string): string | null => urnUuid.exec(text)?.[1] ?? null
