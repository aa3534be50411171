import type { Refusal } from '@aquifer/core/refusal'
import { isRefusal } from '@aquifer/core/refusal'
import type { Item } from './item.js'

/** Worker threads for the pure part of large writes: reading, checking, indexing. They know nobody and reach no store. */
export interface Threads {
  readonly count: number
  /** A place in the thread that has the fewest; what is kept there between two questions stays until it is left. */
  seat(): Seat
}
export interface Seat {
  /** Null where the thread could not do it or is gone: then it is done here. */
  ask<Answer>(job: { kind: string }): Promise<Answer | null>
  leave(): void
}

// Sent one by one, each small buffer would take along all of the pool it lies in.
const hashBytes = 16

/** Contents and hashes of items in one piece, which changes hands without being copied. */
export interface CarriedBytes {
  bytes: Uint8Array<ArrayBuffer>
  /** of the contents */
  lengths: number[]
}

/** Takes their bytes off the items. */
export function bytesOff(items: readonly (Item | Refusal)[]): CarriedBytes {
  const held = items.filter((item): item is Item => !isRefusal(item) && item.content !== null)
  const lengths = held.map(({ content }) => content?.length ?? 0)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length + hashBytes, 0))
  let at = 0
  for (const item of held) {
    if (item.content === null || item.hash?.length !== hashBytes) throw new Error('an item without its hash')
    bytes.set(item.content, at)
    bytes.set(item.hash, at + item.content.length)
    at += item.content.length + hashBytes
    item.content = item.hash = null
  }
  return { bytes, lengths }
}

/** Gives items their bytes back, in the same order. */
export function bytesOn(items: readonly (Item | Refusal)[], { bytes, lengths }: CarriedBytes): void {
  let at = 0
  const made = items.filter((item): item is Item => !isRefusal(item) && item.op !== 'delete')
  if (made.length !== lengths.length) throw new Error('a thread gave other items than bytes')
  for (const [place, item] of made.entries()) {
    const end = at + (lengths[place] ?? 0)
    item.content = Buffer.from(bytes.buffer, at, end - at)
    item.hash = Buffer.from(bytes.buffer, end, hashBytes)
    at = end + hashBytes
  }
}
