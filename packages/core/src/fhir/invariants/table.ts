import { invariantTable } from '../invariants.generated.js'
import { bundleInvariants } from './bundles.js'
import { clinicalInvariants } from './clinical.js'
import type { JsonObject } from '../resource.js'
import type { Holds, Within } from './conditions.js'
import { conformanceInvariants } from './conformance.js'
import { dataTypeInvariants } from './data-types.js'
import type { Translation, Translations } from './translation.js'

/** An invariant as published, with its translation. */
export interface Invariant {
  /** 'obs-6'; two are called inv-1. */
  key: string
  /** Element whose every occurrence has to satisfy it, or the data type, or the profile of Quantity. */
  path: string
  severity: 'error' | 'warning'
  human: string
  xpath: string
  translation: Translation
}

const translations: Translations = { ...dataTypeInvariants, ...clinicalInvariants, ...conformanceInvariants, ...bundleInvariants }

/** All invariants of DSTU2, in the order of the definitions' paths. */
export const invariants: readonly Invariant[] = invariantTable
  .slice(1, -1)
  .split('\n')
  .map((line) => {
    const [path = '', key = '', severity = '', human = '', xpath = ''] = line.split('\t')
    const translation = translations[`${path} ${key}`]
    if (translation === undefined) throw new Error(`the invariant ${key} of ${path} is not translated`)
    return { key, path, severity: severity === 'warning' ? 'warning' : 'error', human, xpath, translation }
  })

export interface Rule {
  invariant: Invariant
  holds: Holds
}
export interface ValueRule {
  invariant: Invariant
  holdsOf: (value: unknown) => boolean
}

const rules = new Map<string, Rule[]>()
const valueRules = new Map<string, ValueRule[]>()
for (const invariant of invariants) {
  const { path, translation } = invariant
  if ('holds' in translation) rules.set(path, [...(rules.get(path) ?? []), { invariant, holds: translation.holds }])
  if ('holdsOf' in translation) valueRules.set(path, [...(valueRules.get(path) ?? []), { invariant, holdsOf: translation.holdsOf }])
}

/** What an object at this path, or of this type, has to satisfy; null: nothing. */
export const rulesAt = (path: string): readonly Rule[] | null => rules.get(path) ?? null
/** What the value of a primitive element at this path has to satisfy; null: nothing. */
export const valueRulesAt = (path: string): readonly ValueRule[] | null => valueRules.get(path) ?? null

const nowhere: Within = { container: { resource: {}, ids: new Set() }, inContained: false }

/**
 * Do the invariants at these places hold of an element, as far as it tells by itself? null: there are none. What a reference to a contained
 * resource needs is told by its resource only.
 */
export function soundnessAt(...places: readonly string[]): ((element: JsonObject) => boolean) | null {
  const asked = places
    .flatMap((place) => (place === 'Reference' ? [] : (rules.get(place) ?? [])))
    .filter(({ invariant }) => invariant.severity === 'error')
  const [only] = asked
  if (only === undefined) return null
  if (asked.length === 1) return (element) => only.holds(element, nowhere)
  return (element) => asked.every(({ holds }) => holds(element, nowhere))
}

/** Do the invariants of a primitive element at this place hold of its value? null: there are none. */
export function valueSoundnessAt(place: string): ((value: unknown) => boolean) | null {
  const asked = (valueRules.get(place) ?? []).filter(({ invariant }) => invariant.severity === 'error')
  return asked.length === 0 ? null : (value) => asked.every(({ holdsOf }) => holdsOf(value))
}
