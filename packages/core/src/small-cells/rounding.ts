import type { SmallCellPolicy } from './policy.js'

/** HMAC-SHA-256 under a key of the study: 32 bytes as a string of one character per byte. */
export type KeyedHash = (message: string) => string

/** What a rounded number belongs to. */
export interface CellKey {
  study: string
  snapshot: string
  /** Names the cell: the question and its values, the same text whenever the same is asked. */
  cell: string
}

/**
 * Random rounding to a multiple of `base`: up with the probability remainder / base, so that the expected value is the count. Whoever
 * asks again gets the same number, or averaging would undo it.
 */
export function roundStably(count: number, base: number, key: CellKey, hash: KeyedHash): number {
  const over = count % base
  if (over === 0) return count
  const drawn = fraction(hash(['round', key.study, key.snapshot, key.cell, String(count), String(base)].map(withLength).join('')))
  return count - over + (drawn < over / base ? base : 0)
}

// With its length, so that two keys never read the same.
const withLength = (part: string): string => `${part.length}:${part}`

function fraction(hash: string): number {
  let value = 0
  for (let at = 0; at < 6; at++) value = value * 256 + hash.charCodeAt(at)
  return value / 2 ** 48
}

/** How the numbers of one answer are rounded. */
export interface Rounding {
  study: string
  snapshot: string
  hash: KeyedHash
}

/** The rounded number where the policy rounds; a policy that rounds is of no use without a key. */
export function rounded(count: number, { rounding }: SmallCellPolicy, cell: string, by: Rounding | null): number {
  if (rounding === null) return count
  if (by === null) throw new Error('a policy that rounds needs a key')
  return roundStably(count, rounding, { study: by.study, snapshot: by.snapshot, cell }, by.hash)
}
