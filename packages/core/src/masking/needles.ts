import { isObject } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { compact, wordsOf } from './words.js'

export type NeedleKind = 'name' | 'identifier' | 'contact' | 'address' | 'id'

/** Something of a person that masked data must not hold, as a term that texts can be compared by. */
export interface Needle {
  kind: NeedleKind
  term: string
}

// Shorter ones are found in texts that are about nobody: a month, a unit, a code of two letters.
const nameLettersMin = 4
const compactMin = 6
const phoneDigitsMin = 7

const people: ReadonlySet<unknown> = new Set(['Patient', 'Person', 'RelatedPerson', 'Practitioner'])
const naming = /maiden|[/-](?:name|alias)$/i

/** The term of a word of a name. */
export const nameTerm = (word: string): string => `w|${word}`
/** The term of an identifier, however its parts are set apart. */
export const compactTerm = (text: string): string => `x|${text}`

// A sign of these scripts says as much as a syllable or two.
const dense = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]{2}/u

/** Does this word say enough to be looked for? */
export const tellsName = (word: string): boolean => (word.length >= nameLettersMin && /\p{L}/u.test(word)) || dense.test(word)

/** Terms of two words beside each other, in either order, of which one is too short to be looked for alone: Bo Li. */
export function pairTerms(words: readonly string[]): string[] {
  const terms: string[] = []
  for (let at = 1; at < words.length; at++) {
    const pair = [words[at - 1]!, words[at]!]
    if (pair.every((word) => /^\p{L}+$/u.test(word)) && !pair.every(tellsName)) terms.push(`p|${pair.toSorted().join(' ')}`)
  }
  return terms
}
export const tellsIdentifier = (text: string): boolean => text.length >= compactMin && /\d/.test(text)
export const tellsPhone = (digits: string): boolean => digits.length >= phoneDigitsMin

/** Needles of a person’s resource: names, identifiers, contacts, address lines and the id; of others, and of relatives within, the names. */
export function needlesOf(resource: JsonObject, id: string): Needle[] {
  const type = resource['resourceType']
  if (type === 'FamilyMemberHistory') return namesIn(resource['name'])
  if (!people.has(type)) return []
  const needles = [
    ...namesIn(resource['name']),
    ...each(resource['contact']).flatMap((contact) => [...namesIn(contact['name']), ...reachOf(contact)]),
    ...each(resource['extension']).flatMap(namesInExtension),
    ...each(resource['identifier']).flatMap(({ value }) => compacted('identifier', value)),
    ...reachOf(resource),
    ...compacted('id', id),
  ]
  const known = new Map(needles.map((needle) => [needle.term, needle]))
  return [...known.values()]
}

const each = (value: unknown): JsonObject[] => (Array.isArray(value) ? value : [value]).filter(isObject)
const texts = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string')

function namesIn(name: unknown): Needle[] {
  const said = [...texts(name), ...each(name).flatMap(({ text, family, given }) => [text, family, given].flatMap(texts))]
  const words = said.flatMap(wordsOf).filter(tellsName).map(nameTerm)
  const pairs = each(name).flatMap(({ family, given }) =>
    texts(given)
      .slice(0, 1)
      .flatMap((first) => texts(family).flatMap((last) => pairTerms(wordsOf(`${first} ${last}`)))),
  )
  return [...words, ...pairs].map((term) => ({ kind: 'name', term }))
}

function namesInExtension({ url, valueString }: JsonObject): Needle[] {
  return typeof url === 'string' && naming.test(url) ? namesIn(valueString) : []
}

function reachOf({ telecom, address }: JsonObject): Needle[] {
  return [
    ...each(telecom).flatMap(({ value }) => contacts(value)),
    ...each(address).flatMap(({ line }) => texts(line).flatMap((text) => compacted('address', text))),
  ]
}

function contacts(value: unknown): Needle[] {
  if (typeof value !== 'string') return []
  if (value.includes('@')) return [{ kind: 'contact', term: compactTerm(compact(value)) }]
  const digits = value.replace(/\D/g, '')
  return tellsPhone(digits) ? [{ kind: 'contact', term: compactTerm(digits.slice(-10)) }] : []
}

function compacted(kind: NeedleKind, value: unknown): Needle[] {
  const text = typeof value === 'string' ? compact(value) : ''
  return tellsIdentifier(text) ? [{ kind, term: compactTerm(text) }] : []
}
