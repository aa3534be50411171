import { boundedCache } from './bounded-cache.js'
import { idKey } from './id-key.js'
import { maskedTarget } from './references.js'
import type { MaskedReference } from './references.js'

/** HMAC-SHA-256 under the study's key: 32 bytes as a string of one character per byte, which is cheaper to make than an array. */
export type Hmac = (message: string) => string

/** Everything that is derived from the study's key. Pure: the same key and input give the same output in every process and year. */
export interface Pseudonyms {
  /** Of a logical id. A UUID is hashed without its type, so that `urn:uuid:X`, `Patient/X` and the id `X` agree. */
  id(type: string, id: string): string
  /** The masked target of a reference; null where there is none to express. */
  target(reference: string): MaskedReference | null
  identifier(system: string, value: string): string
  /** Of a name in words, as `<label>-…`: equal names stay equal. */
  text(label: string, value: string): string
  /** Of a DICOM or other OID-shaped uid. */
  uid(value: string): string
  /** Of a uri that could name a house: another uri. */
  uri(uri: string): string
  /** Days by which all dates of this person move: −365 to 365, never 0. */
  shiftDays(person: string): number
  /** The same within other bounds: −maxDays to maxDays, never 0. */
  shiftDaysWithin(person: string, maxDays: number): number
  /** A number from −1 to 1 that belongs to a person and a place. */
  noise(person: string, place: string): number
  /** A word as it may be compared and stored without being readable. */
  word(word: string): string
}

const shiftDaysMax = 365

// Pseudonyms have the shape of a UUID, but no group of theirs can read as anything else: a run of digits could by chance be
// somebody's telephone number or birth date, a group of letters somebody's name (Dade). So digits stand alone, and in every group.
// 21 letters of 6, 9 digits and one bit: 85 bits.
const uuidShape = 'ldlldlll-ldll-8ldl-vdll-ldlldlldllll'
const nameShape = 'ldlldlldlldlldll'
const uuidSpelling = spelling(uuidShape)
const nameSpelling = spelling(nameShape)
const wordSpelling = spelling('ldllldllldll')

type Spelling = readonly { byte: number; characters: Uint8Array }[]

// l a letter, d a digit, v the variant of a UUID; all else stands for itself and leaves its byte to the end of the text.
function spelling(shape: string): Spelling {
  const spare = [...shape].flatMap((kind, at) => ('ldv'.includes(kind) ? [] : [at]))
  return [...shape].map((kind, at) => ({
    byte: at < 32 ? at : spare[at - 32]!,
    characters: Uint8Array.from({ length: 256 }, (_, byte) => characterOf(kind, byte).charCodeAt(0)),
  }))
}

function characterOf(kind: string, byte: number): string {
  if (kind === 'l') return 'abcdef'.charAt(byte % 6)
  if (kind === 'd') return String(byte % 10)
  return kind === 'v' ? 'ab'.charAt(byte % 2) : kind
}

const patternOf = (shape: string): string => [...shape].map((kind) => ({ l: '[a-f]', d: '\\d', v: '[ab]' })[kind] ?? kind).join('')

/** What pseudonyms look like, wherever they stand in a text. */
export const pseudonymPattern = new RegExp(`${patternOf(uuidShape)}|${patternOf(nameShape)}|urn:oid:2\\.25\\.\\d+`, 'g')

// All characters at once: a text that is put together character by character is a chain that has to be walked before it is used.
function spell(shape: Spelling, hash: string): string {
  const characters = shape.map((place) => place.characters[hash.charCodeAt(place.byte)]!)
  return String.fromCharCode(...characters)
}

export function createPseudonyms(hmac: Hmac, cacheSizeMax = 40_000): Pseudonyms {
  const uuid = boundedCache(cacheSizeMax, (key) => spell(uuidSpelling, hmac(key)))
  const name = boundedCache(cacheSizeMax / 8, (key) => spell(nameSpelling, hmac(key)))
  const shift = boundedCache(cacheSizeMax / 8, (person) => shiftOf(hmac(`shift|${person}`)))
  const noise = boundedCache(cacheSizeMax / 8, (key) => (2 * drawOf(hmac(key))) / 2 ** 48 - 1)
  const word = boundedCache(cacheSizeMax / 8, (text) => spell(wordSpelling, hmac(`word|${text}`)))
  const pseudonyms: Pseudonyms = {
    id: (type, id) => uuid(idKey(type, id)),
    identifier: (system, value) => uuid(`identifier|${system}|${value}`),
    text: (label, value) => `${label}-${name(`text|${label}|${value}`)}`,
    uid: (value) => `urn:oid:2.25.${decimalOf(hmac(`uid|${value}`))}`,
    uri: (uri) => `urn:uuid:${uuid(`uri|${uri}`)}`,
    shiftDays: shift,
    shiftDaysWithin: (person, maxDays) => shiftOf(hmac(`shift|${maxDays}|${person}`), maxDays),
    noise: (person, place) => noise(`noise|${person}|${place}`),
    word,
    // The same patient is referred to again and again: finding the text costs less than taking it apart.
    target: boundedCache(cacheSizeMax, (reference) => maskedTarget(reference, pseudonyms)),
  }
  return pseudonyms
}

function drawOf(hash: string): number {
  let draw = 0
  for (let at = 0; at < 6; at++) draw = draw * 256 + hash.charCodeAt(at)
  return draw
}

function shiftOf(hash: string, daysMax = shiftDaysMax): number {
  const draw = drawOf(hash) % (2 * daysMax)
  return draw < daysMax ? draw - daysMax : draw - daysMax + 1
}

function decimalOf(hash: string): string {
  let value = 0n
  for (let at = 0; at < 16; at++) value = value * 256n + BigInt(hash.charCodeAt(at))
  return value.toString()
}
