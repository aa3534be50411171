import type { RiskEffect, RiskMeasures } from '@aquifer/core/contract'
import { count } from '../../../ui/format.js'

export type Generalization = RiskEffect['generalizations'][number]
type Count = RiskMeasures['people']

const attributeWords: Record<string, string> = {
  gender: 'gender',
  birth_year: 'year of birth',
  zip3: 'zip3',
  state: 'state',
  race: 'race',
  ethnicity: 'ethnicity',
  marital_status: 'marital status',
  language: 'language',
  deceased: 'deceased',
}
/** An attribute that this page does not know keeps its name. */
export const attributeName = (name: string): string => attributeWords[name] ?? name
export const attributeNames = (names: readonly string[]): string => names.map(attributeName).join(', ')

const stepWords: Record<Generalization['to'], string> = {
  drop: 'left out',
  'five-years': 'to five years',
  decade: 'to the decade',
  'two-digits': 'to two digits',
  'one-digit': 'to one digit',
}
export const generalizationWords = ({ attribute, to }: Generalization): string => `${attributeName(attribute)} ${stepWords[to]}`

/** What an attacker knows, in words: these attributes, some of them less exactly. */
export function knownWords(attributes: readonly string[], generalizations: readonly Generalization[]): string {
  const less = new Map(generalizations.map((each) => [each.attribute, each]))
  return attributes
    .map((name) => {
      const step = less.get(name)
      return step === undefined ? attributeName(name) : generalizationWords(step)
    })
    .join(', ')
}

export const countWords = (value: Count | null): string => (value === null ? '∅' : typeof value === 'number' ? count(value) : value)
export const isHidden = (value: Count | null): boolean => typeof value === 'string'
/** As a percentage; 1 in n where that says more. */
export const shareWords = (share: number | null): string =>
  share === null ? 'hidden' : `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`

export interface Bands {
  /** nobody looks like them */
  alone: number
  few: number
  enough: number
  /** in one of these, but it may not be told in which */
  hidden: number
}

/** How many people are in groups of which size; where a mark stands for a number, what it hides stays together. */
export function bandsOf({ people, unique, below }: Pick<RiskMeasures, 'people' | 'unique' | 'below'>): Bands {
  if (typeof people !== 'number') return { alone: 0, few: 0, enough: 0, hidden: 0 }
  if (typeof below !== 'number') return { alone: 0, few: 0, enough: 0, hidden: people }
  const enough = people - below
  if (typeof unique !== 'number') return { alone: 0, few: 0, enough, hidden: below }
  return { alone: unique, few: below - unique, enough, hidden: 0 }
}

/** One step for each attribute: another one for it takes its place. */
export function choose(chosen: readonly Generalization[], next: readonly Generalization[]): Generalization[] {
  const added = next.filter((each) => !chosen.some((old) => keyOf(old) === keyOf(each)))
  const taken = new Set(added.map(({ attribute }) => attribute))
  return [...next.filter((each) => !taken.has(each.attribute)), ...added]
}
export const keyOf = ({ attribute, to }: Generalization): string => `${attribute} ${to}`
