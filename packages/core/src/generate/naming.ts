// Draws people's names. A name in another script is the official one, with its Latin form beside it.
import type { NamePool, Spelling } from './names.js'
import { namePools } from './names.js'
import type { Random } from './random.js'

export interface Spelled {
  native: string
  latin: string
}

export interface PersonName {
  use: 'official' | 'usual' | 'maiden' | 'nickname' | 'old'
  family: readonly string[]
  given: readonly string[]
  prefix?: readonly string[]
  suffix?: readonly string[]
  text: string
}

export function drawPool(random: Random): NamePool {
  return random.weigh(namePools, (pool) => pool.share)
}

export function drawFamily(pool: NamePool, random: Random): Spelled {
  return spelled(random.pick(pool.families))
}

export function drawGiven(pool: NamePool, female: boolean, random: Random): Spelled {
  return spelled(random.pick(female ? pool.women : pool.men))
}

export function fullName(use: PersonName['use'], families: readonly string[], givens: readonly string[]): PersonName {
  return { use, family: families, given: givens, text: `${givens.join(' ')} ${families.join(' ')}` }
}

/** Lower-case ASCII of a name as it stands in mail addresses and user names. */
export function asciiName(text: string): string {
  const letters: Record<string, string> = { ł: 'l', ø: 'o', ö: 'o', ü: 'u', ä: 'a', ß: 'ss', þ: 'th', ı: 'i', å: 'a' }
  return text
    .toLowerCase()
    .replace(/[łøöüäßþıå]/g, (letter) => letters[letter] ?? letter)
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '')
}

function spelled(entry: Spelling): Spelled {
  return typeof entry === 'string' ? { native: entry, latin: entry } : { native: entry[0], latin: entry[1] }
}
