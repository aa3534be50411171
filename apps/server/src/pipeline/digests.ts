import { createHash } from 'node:crypto'

/** One version of a resource as a store has it. */
export interface Held {
  type: string
  id: string
  version: number
  op: 'C' | 'U' | 'D'
  /** Hash of its content; null for a delete. */
  hash: Uint8Array | null
}

const buckets = 1024

/** What a store holds of one type: counted, and summed so that order does not matter; in parts, so that a difference is found again. */
export class TypeDigest {
  rows = 0
  readonly #sums = new BigUint64Array(buckets)

  add(held: Held): void {
    this.rows += 1
    const place = bucketOf(held.id)
    this.#sums[place] = BigInt.asUintN(64, this.#sums[place]! + digestOf(held))
  }

  get hash(): string {
    return createHash('sha256').update(Buffer.from(this.#sums.buffer)).digest('hex').slice(0, 16)
  }

  differing(other: TypeDigest | undefined): Set<number> {
    const found = new Set<number>()
    for (let place = 0; place < buckets; place += 1) if (this.#sums[place] !== (other?.sumOf(place) ?? 0n)) found.add(place)
    return found
  }

  sumOf(place: number): bigint {
    return this.#sums[place]!
  }
}

export type Digests = Map<string, TypeDigest>

export function addTo(digests: Digests, held: Held): void {
  const known = digests.get(held.type)
  if (known) return known.add(held)
  const made = new TypeDigest()
  digests.set(held.type, made)
  made.add(held)
}

/** By type, the parts in which two stores differ. */
export function differing(a: Digests, b: Digests): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>()
  for (const type of new Set([...a.keys(), ...b.keys()])) {
    const parts = (a.get(type) ?? new TypeDigest()).differing(b.get(type))
    if (parts.size > 0) found.set(type, parts)
  }
  return found
}

// FNV-1a: only to spread ids over parts.
export function bucketOf(id: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < id.length; place += 1) hash = Math.imul(hash ^ id.charCodeAt(place), 0x01000193)
  return (hash >>> 0) % buckets
}

function digestOf({ id, version, op, hash }: Held): bigint {
  const digest = createHash('sha256').update(`${id}\u0000${version}\u0000${op === 'D' ? 'D' : 'P'}`)
  if (hash !== null) digest.update(hash)
  return digest.digest().readBigUInt64LE()
}
