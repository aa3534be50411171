import { isResourceType } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { boundedCache } from './bounded-cache.js'
import { isPublicSystem, publicCodeSystems, systemSet } from './code-systems.js'
import { isWordedAsCode } from './code-words.js'
import { compactTerm, nameTerm, pairTerms, tellsIdentifier, tellsName, tellsPhone } from './needles.js'
import { isCountry, isState } from './places.js'
import { modelCodes } from './model-codes.js'
import { yearsOnly } from './policy.js'
import type { ExtensionRule, Policy } from './policy.js'
import { pseudonymPattern } from './pseudonyms.js'
import { isUnit } from './units.js'
import { compact, wordsOf } from './words.js'

/** Terms of one masked text, where it stands: 'Observation code'. */
export interface SeenText {
  place: string
  terms: readonly string[]
}

export interface Haystack {
  /** Looks at every text and long number of a masked resource. */
  see(resource: JsonObject): void
  /** What was seen since the last call, each text once, and where dates finer than the policy’s stood. */
  take(): { texts: SeenText[]; fineDates: string[] }
}

const fineDate = /^\d{4}-\d{2}/
const anyDate = /^\d{4}(?:-\d{2}(?:-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/
const termCharactersMin = 4
// Shorter ones are counted and measured every day: some of them are also somebody's number.
const longNumberMin = { measured: 100_000_000, else: 1_000_000 }
const codeDigitsMax = 8
// What a questionnaire, an operation, a profile or a file format is called is nobody's name, if it is a word of published codes.
const wordedPlaces: ReadonlySet<string> = new Set(['linkId', 'name', 'profile', 'contentType', 'language'])
const systemPlaces: ReadonlySet<string> = new Set(['system', 'codeSystem', 'url'])

/** What is looked for in masked rows before they are published. It shares no rule with the masker: it only knows words. */
export function openHaystack(policy: Policy, hide: (term: string) => string): Haystack {
  const harmless = harmlessTexts(policy)
  const publicSystems = systemSet(publicCodeSystems)
  const yearly = yearsOnly(policy)
  const hidden = boundedCache(20_000, (text) => termsOf(text).map(hide))
  let seen = new Map<string, Map<string, Set<string>>>()
  let fineDates = new Set<string>()

  function look(value: unknown, name: string, parent: JsonObject, places: Map<string, Set<string>>): void {
    if (typeof value === 'string') return lookAt(value, name, parent, places)
    if (typeof value === 'number') {
      const least = name === 'value' ? longNumberMin.measured : longNumberMin.else
      if (Number.isInteger(value) && Math.abs(value) >= least) lookAt(String(value), name, parent, places)
      return
    }
    if (Array.isArray(value)) for (const item of value) look(item, name, parent, places)
    else if (typeof value === 'object' && value !== null)
      for (const key in value) look((value as JsonObject)[key], key, value as JsonObject, places)
  }
  function lookAt(text: string, name: string, parent: JsonObject, places: Map<string, Set<string>>): void {
    if (text.length < termCharactersMin || name === 'resourceType') return
    const known = places.get(name)
    if (known?.has(text)) return
    if (anyDate.test(text)) {
      if (yearly && fineDate.test(text)) fineDates.add(name)
      return
    }
    if (harmless.has(text) || harmless.has(text.toLowerCase()) || isPublic(text, name, parent)) return
    if (withoutType(text).replace(pseudonymPattern, '').length < termCharactersMin) return
    if (known) known.add(text)
    else places.set(name, new Set([text]))
  }
  /** Said by everybody in this place: units, states, and words and short numbers of published codes. They are some people's names, too. */
  function isPublic(text: string, name: string, { system, country }: JsonObject): boolean {
    switch (name) {
      case 'unit':
        return isUnit(text)
      case 'state':
        return isState(text, country)
      case 'country':
        return isCountry(text)
      case 'code':
        if (typeof system === 'string' && !isPublicSystem(system, publicSystems)) return false
        // A number of a public list, which has as many digits as a ward’s own number of a patient, says nothing about anybody.
        if (/\d/.test(text)) return system !== undefined && text.length <= codeDigitsMax
        return isUnit(text) || isWordedAsCode(text)
      default:
        if (systemPlaces.has(name)) return isPublicSystem(text, publicSystems)
        return wordedPlaces.has(name) && isWordedAsCode(text) && !/\d{6}/.test(text)
    }
  }
  return {
    see(resource) {
      const type = typeof resource['resourceType'] === 'string' ? resource['resourceType'] : ''
      let places = seen.get(type)
      if (!places) seen.set(type, (places = new Map()))
      look(resource, type, resource, places)
    },
    take() {
      const texts = [...seen].flatMap(([type, places]) =>
        [...places].flatMap(([name, all]) => [...all].map((text) => ({ place: `${type} ${name}`, terms: hidden(text) }))),
      )
      const taken = { texts: texts.filter(({ terms }) => terms.length > 0), fineDates: [...fineDates] }
      seen = new Map()
      fineDates = new Set()
      return taken
    },
  }
}

/** Terms of a masked text that could be somebody’s: its words, its parts and itself without signs, and all its digits. */
export function termsOf(text: string): string[] {
  const plain = withoutType(decoded(text)).replace(pseudonymPattern, ' ')
  const words = wordsOf(plain)
  const whole = compact(plain)
  const digits = plain.replace(/\D/g, '')
  return [
    ...new Set([
      ...words.filter(tellsName).map(nameTerm),
      ...pairTerms(words),
      ...[...words, whole].filter(tellsIdentifier).map(compactTerm),
      ...(whole.length >= termCharactersMin && plain.includes('@') ? [compactTerm(whole)] : []),
      ...(tellsPhone(digits) ? [compactTerm(digits), compactTerm(digits.slice(-10))] : []),
    ]),
  ]
}

// The type of what a reference leads to.
function withoutType(text: string): string {
  const end = text.indexOf('/')
  return end > 0 && isResourceType(text.slice(0, end)) ? text.slice(end) : text
}

// As a query of an address has it.
function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Texts that the model or the policy gives, so that nobody wrote them about anybody. */
function harmlessTexts(policy: Policy): ReadonlySet<string> {
  const urls = (rules: readonly ExtensionRule[]): string[] =>
    rules.flatMap((rule) => [rule.url, ...(rule.oneOf ?? []), ...urls(rule.parts ?? [])])
  return new Set([
    ...modelCodes(),
    ...publicCodeSystems,
    ...policy.codeSystems,
    ...policy.identifierSystems,
    ...policy.profiles,
    ...policy.answers.texts,
    ...policy.labels.map(({ system }) => system),
    ...urls(policy.extensions),
    ...urls(policy.modifierExtensions),
  ])
}
