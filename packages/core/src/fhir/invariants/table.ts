import { invariantTable } from '../invariants.generated.js'
import { bundleInvariants } from './bundles.js'
import { clinicalInvariants } from './clinical.js'
import type { Holds } from './conditions.js'
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
