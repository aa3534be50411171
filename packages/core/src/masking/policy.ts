import type { PhiClass, Treatment } from './phi-class.js'
import type { MaskingRule } from './rule.js'

export const extensionValueTypes = [
  'boolean',
  'integer',
  'decimal',
  'instant',
  'string',
  'uri',
  'date',
  'dateTime',
  'time',
  'code',
  'unsignedInt',
  'positiveInt',
  'Identifier',
  'CodeableConcept',
  'Coding',
  'Quantity',
  'Range',
  'Period',
  'Ratio',
  'Reference',
  'Timing',
] as const
export type ExtensionValueType = (typeof extensionValueTypes)[number]

/** An extension that may stay. Its value is masked as that type is masked anywhere; strings, uris and codes stay only if listed in `oneOf`. */
export interface ExtensionRule {
  url: string
  values?: readonly ExtensionValueType[]
  oneOf?: readonly string[]
  /** For extensions made of extensions. */
  parts?: readonly ExtensionRule[]
}

export interface CodeRef {
  system: string
  code: string
}

/** How a study's data is masked. Data, not code: what no rule keeps is removed. */
export interface Policy {
  name: string
  version: number
  classes: Readonly<Record<PhiClass, Treatment>>
  /** Other treatment for single paths: 'Device.lotNumber' → 'remove'. */
  paths: Readonly<Record<string, Treatment>>
  /** The first that meets an element and whose conditions hold decides; then `paths`, then `classes`. */
  rules?: readonly MaskingRule[]
  /** Are the methods that were applied told in meta.security: in FHIR only, in rows too, or not? Not unless said. */
  securityLabels?: 'fhir' | 'always' | 'never'
  /** Is told element by element what was done to it? */
  provenance?: 'none' | 'elements'
  /** Types that never leave, whatever they hold. */
  withheld: readonly string[]
  /** Definitional types whose own texts (DEFN_TEXT) stay. */
  definitional: readonly string[]
  extensions: readonly ExtensionRule[]
  modifierExtensions: readonly ExtensionRule[]
  /** Added to the public code systems; any other system becomes a pseudonym and its displays never enter a dictionary. */
  codeSystems: readonly string[]
  /** Codes of all other systems: 'keep' those that are made of short parts and of words that published codes are made of. */
  unlistedCodes: 'keep' | 'pseudonym' | 'remove'
  identifierSystems: readonly string[]
  profiles: readonly string[]
  /** meta.security and meta.tag that stay; without `code`, all codes of the system. */
  labels: readonly { system: string; code?: string }[]
  /** Observations with these codes hold an age. */
  ageCodes: readonly CodeRef[]
  /** Ages at or above this become it; a birth date that gives such an age goes. */
  ageCap: number
  zip3: { census: string; lowPopulation: readonly string[] }
  answers: {
    /** Texts that may stand as an answer; compared without case. */
    texts: readonly string[]
    /** Larger numbers in questionnaire answers could be identifiers. */
    numberMax: number
    decimalsMax: number
  }
  /** Paths of texts that name products: kept where the study's dictionary has them. */
  sharedTexts: readonly string[]
}

export function policyLabel(policy: Pick<Policy, 'name' | 'version'>): string {
  return `${policy.name} v${policy.version}`
}

const dated = ['DATE', 'BIRTH_DATE', 'DEATH_DATE'] as const

/** Does any date leave moved? */
export function movesDates({ classes, paths, rules = [] }: Policy): boolean {
  return (
    dated.some((name) => classes[name] === 'shift') ||
    Object.values(paths).includes('shift') ||
    rules.some(({ method }) => method === 'dateShift')
  )
}

/** Do dates leave as years only? Then no `*_at` column has a value, and nothing finer than a year may partition the data. */
export function yearsOnly(policy: Policy): boolean {
  const finer = (policy.rules ?? []).some((rule) => rule.method === 'dateGeneralize' && (rule.to === 'month' || rule.to === 'quarter'))
  return !movesDates(policy) && !finer
}
