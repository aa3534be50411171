import { isObject } from '../fhir/index.js'
import { mayBeCodeOf } from './code-systems.js'
import { applied } from './labels.js'
import { misshapen, removed } from './removal.js'
import type { Run } from './run.js'
import { fold, wordsOf } from './words.js'

const month =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)'
const ageOver = '(?:9\\d|1[0-4]\\d)'
const years = '[\\s-]*(?:y\\.?\\s?\\/?o\\b\\.?|(?:years?|yrs?\\.?)(?:[\\s-]*(?:old|of\\s+age))?|y\\b)'

// In any case, but the name that follows is told by its capital.
const titles = 'mr mrs ms miss mx dr prof doctor nurse sister sr sra herr frau pan pani'
  .split(' ')
  .flatMap((title) => [title, title.toUpperCase(), title.charAt(0).toUpperCase() + title.slice(1)])
  .join('|')

/** Shapes of what names a person, in the order in which they are sought: what is longer comes first. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/\b(?:https?|ftp):\/\/\S+|\bwww\.\S+/gi, '[url]'],
  [/[\p{L}\p{N}._%+-]+\s?(?:@|\(at\)|\[at\])\s?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/giu, '[email]'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}\b/gi, '[id]'],
  [/(?<!\d)\d{3}[-. ]\d{2}[-. ]\d{4}(?!\d)/g, '[ssn]'],
  [/(?<!\d)\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:T[\d:.Z+-]*)?(?!\d)/g, '[date]'],
  [/(?<!\d)\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?!\d)/g, '[date]'],
  [new RegExp(`\\b\\d{1,2}(?:st|nd|rd|th)?[\\s.-]*(?:of\\s+)?${month}\\b\\.?(?:[\\s,-]*(?:\\d{4}|'?\\d{2})\\b)?`, 'gi'), '[date]'],
  [new RegExp(`\\b(?:\\d{4}[\\s,./-]+)?${month}\\b\\.?[\\s-]*\\d{1,2}(?:st|nd|rd|th)?(?:[\\s,-]+\\d{2,4})?\\b`, 'gi'), '[date]'],
  [new RegExp(`\\b${month}\\b\\.?[\\s,-]*\\d{4}\\b`, 'gi'), '[date]'],
  [/(?<![\d/])\d{1,2}\/\d{4}(?!\d)/g, '[date]'],
  [new RegExp(`(?<![\\d.])${ageOver}(?!\\d)${years}`, 'gi'), '[age]'],
  [new RegExp(`\\b(?:aged?|age\\s+(?:is|of)|aged\\s+about)[\\s:]*${ageOver}(?!\\d)`, 'gi'), '[age]'],
  [/(?<![\p{L}\d])(?:\+|00)?\d{0,3}[\s.-]?\(?\d{3}\)?[\s./-]{1,2}\d{3}[\s./-]{0,2}\d{3,4}(?!\d)/gu, '[phone]'],
  [/\+\d[\d\s()./-]{6,18}\d/g, '[phone]'],
  [/(?<!\d)\d{5}-\d{4}(?!\d)/g, '[zip]'],
  [/[\p{L}\d]*[-_]?\d(?:[ .-]?\d){5,}[\p{L}\d]*/gu, '[id]'],
  [/(?=[\p{L}\d]*\d[\p{L}\d]*\d[\p{L}\d]*\d[\p{L}\d]*\d)(?=[\p{L}\d]*\p{L})[\p{L}\d]{5,}/gu, '[id]'],
  [/(?<![\p{L}\d.,])\d{5}(?![\p{L}\d]|[.,]\d)/gu, '[zip]'],
  [new RegExp(`(?<=\\b(?:${titles})\\b\\.?\\s+)\\p{Lu}[\\p{L}'’-]+(?:\\s+\\p{Lu}[\\p{L}'’-]+){0,2}`, 'gu'), '[name]'],
]

// Years, version numbers and short numbers belong to definitions.
const inDefinitions = new Set(['[url]', '[email]', '[ssn]', '[date]', '[age]', '[phone]', '[name]'])
const definitionShapes: typeof shapes = [
  ...shapes.filter(([, label]) => inDefinitions.has(label)),
  [/(?<![\p{L}\d.-])\p{L}{0,4}-?\d{7,}(?![\p{L}\d]|[.-]\d)/gu, '[id]'],
  [/(?<![\p{L}\d.-])(?:\p{L}{1,4}-)?\d{3}-\d{4}(?![\p{L}\d]|[.-]\d)/gu, '[phone]'],
]
const publishedAddress =
  /^https?:\/\/(?:[a-z0-9-]+\.)*(?:hl7\.org|loinc\.org|snomed\.(?:info|org)|ihtsdo\.org|unitsofmeasure\.org|who\.int|nlm\.nih\.gov|cdc\.gov|iso\.org|ietf\.org|w3\.org|fda\.gov|nema\.org|ihe\.net|smarthealthit\.org|unicode\.org)(?:[/:?#]|$)/i

const isConcept = (found: string): boolean => mayBeCodeOf('http://snomed.info/sct', found)

/** The text of a definition without what has the shape of an address, a number or a birth date of somebody. */
export function withoutShapes(value: string, run: Run): string {
  let text = value.replace(/\p{Cf}/gu, '')
  for (const [shape, label] of definitionShapes)
    text = text.replace(shape, (found) => (publishedAddress.test(found) || isConcept(found) ? found : label))
  if (text === value) return value
  run.applied |= applied.scrubbed
  run.counts.identifying++
  return text
}

/** Free text without what the person is known by and what looks as if it named one. What is left can still tell of a person. */
export function scrubbed(value: unknown, run: Run, unknownNames: 'remove' | 'scrub'): string | undefined {
  if (typeof value !== 'string') return misshapen(run)
  const names = (run.names ??= namesIn(run.source))
  const known = run.patient === null ? null : (run.knownWords?.(run.patient) ?? null)
  if (unknownNames === 'remove' && known === null && !names.person) {
    removed(value, run)
    return undefined
  }
  run.applied |= applied.scrubbed
  // What is not seen parts no word: a soft hyphen, a space of no width.
  let text = value.replace(/\p{Cf}/gu, '')
  for (const [shape, label] of shapes) text = text.replace(shape, label)
  const isName = (word: string): boolean => names.words.has(word) || (known !== null && known.has(run.pseudonyms.word(word)))
  const clean = text.replace(/\[(?:url|email|ssn|date|age|phone|zip|id|name)\]|[\p{L}\p{N}\p{M}]+/gu, (token) =>
    token.startsWith('[') || !tells(token, names.words, isName) ? token : '[name]',
  )
  if (clean !== value) run.counts.identifying++
  return clean.replace(/\[name\](?:[\s,.'’-]{1,2}\[name\])+/g, '[name]')
}

function tells(token: string, words: ReadonlySet<string>, isName: (word: string) => boolean): boolean {
  for (const word of wordsOf(token)) {
    // A name of two letters is one only where it is written as one: every 'an' is not Ms. An.
    if (isName(word) && (word.length > 2 || /^\p{Lu}/u.test(token) || !/^\p{L}/u.test(token))) return true
  }
  const glued = fold(token)
  if (glued.length < 6) return false
  for (const word of words) if (word.length >= 5 && glued.length > word.length && glued.includes(word)) return true
  return false
}

/** Words by which the people in a resource are known, and whether a person's own resource is among what was read. */
export interface KnownNames {
  words: ReadonlySet<string>
  person: boolean
}

const telling: ReadonlySet<string> = new Set([
  'family',
  'given',
  'line',
  'city',
  'district',
  'postalCode',
  'authorString',
  'prefix',
  'suffix',
])
const namedTypes: ReadonlySet<unknown> = new Set(['Patient', 'RelatedPerson', 'Practitioner', 'Person'])

export function namesIn(source: unknown): KnownNames {
  const texts: string[] = []
  const found = { person: false }
  gather(source, texts, found)
  return { words: new Set(texts.flatMap(wordsOf).filter((word) => /\p{L}/u.test(word) || word.length >= 4)), person: found.person }
}

function gather(value: unknown, texts: string[], found: { person: boolean }): void {
  if (Array.isArray(value)) for (const item of value) gather(item, texts, found)
  if (!isObject(value)) return
  if (value['resourceType'] === 'Patient' && value['name'] !== undefined) found.person = true
  if (namedTypes.has(value['resourceType'])) for (const key of ['name', 'contact', 'address', 'extension']) namingTexts(value[key], texts)
  for (const key in value) {
    const inner = value[key]
    if (telling.has(key) || (key === 'display' && value['reference'] !== undefined)) texts.push(...textsOf(inner))
    gather(inner, texts, found)
  }
  if (telecoms.has(value['system'])) texts.push(...textsOf(value['value']))
}

const telecoms: ReadonlySet<unknown> = new Set(['phone', 'email', 'fax'])
const namingKeys: ReadonlySet<string> = new Set(['text', 'valueString'])

// Names written as one text, also of a contact, or in an extension as the mother's name is.
function namingTexts(value: unknown, texts: string[]): void {
  if (Array.isArray(value)) for (const item of value) namingTexts(item, texts)
  if (!isObject(value)) return
  for (const key in value) {
    if (namingKeys.has(key)) texts.push(...textsOf(value[key]))
    else if (key === 'name' || key === 'address' || key === 'extension') namingTexts(value[key], texts)
  }
}

const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? (value as unknown[]) : [value]).filter((text) => typeof text === 'string')
