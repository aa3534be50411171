import { regroup, type Population, type Value } from './classes.js'
import { informationOf } from './diversity.js'
import { measure, type MeasureOptions, type Measures } from './measures.js'

export const generalizations = ['drop', 'five-years', 'decade', 'two-digits', 'one-digit'] as const

/** What would be made of an attribute: left out, years to spans, codes to their first digits. */
export interface Generalization {
  attribute: string
  to: (typeof generalizations)[number]
}

const make: Record<Generalization['to'], (value: string) => string | null> = {
  drop: () => null,
  'five-years': (value) => span(value, 5),
  decade: (value) => span(value, 10),
  'two-digits': (value) => value.slice(0, 2),
  'one-digit': (value) => value.slice(0, 1),
}

/** The first year of the span. What is no year is as it is: it would be wrong to say that it were known. */
function span(value: string, years: number): string {
  const year = Number(value)
  return Number.isInteger(year) && value !== '' ? String(year - (year % years)) : value
}

/** The population as it would look. */
export function generalize(population: Population, by: readonly Generalization[]): Population {
  const made = new Map(by.map(({ attribute, to }) => [attribute, make[to]]))
  return regroup(population, population.attributes, (attribute, value): Value => {
    const of = made.get(attribute)
    return of === undefined || value === null ? value : of(value)
  })
}

export interface Effect {
  generalizations: Generalization[]
  measures: Measures
  /** Share of the information in the quasi-identifiers that would be lost (entropy, attribute by attribute). */
  loss: number
}

export function effectOf(population: Population, by: readonly Generalization[], options: MeasureOptions): Effect {
  const after = generalize(population, by)
  const before = informationOf(population)
  const loss = before === 0 ? 0 : Math.max(0, 1 - informationOf(after) / before)
  return { generalizations: [...by], measures: measure(after, options), loss }
}

const stepsOf: Readonly<Record<string, readonly Generalization['to'][]>> = {
  birth_year: ['five-years', 'decade', 'drop'],
  zip3: ['two-digits', 'one-digit', 'drop'],
}

/** What could be done to each attribute that the population has. */
export const proposals = ({ attributes }: Population): Generalization[] =>
  attributes.flatMap((attribute) => (stepsOf[attribute] ?? (['drop'] as const)).map((to) => ({ attribute, to })))

/**
 * One after the other, always the proposal that does most for what it costs, until no class is too small: a way that works, not proven to be
 * the cheapest, which is NP-hard (Meyerson, Williams 2004). What counts is the people who leave too small classes and, since a first step
 * often frees nobody, the fall of the mean risk.
 */
export function path(population: Population, options: MeasureOptions): Effect[] {
  const effects: Effect[] = []
  let last = effectOf(population, [], options)
  while (last.measures.below > 0) {
    const { generalizations: chosen } = last
    const tried = proposals(population)
      .filter((each) => rankOf(each) === 1 + Math.max(-1, ...chosen.filter(({ attribute }) => attribute === each.attribute).map(rankOf)))
      .map((each) => effectOf(population, [...chosen.filter(({ attribute }) => attribute !== each.attribute), each], options))
    const before = last
    const best = tried.sort((a, b) => worth(before, b) - worth(before, a))[0]
    if (best === undefined) break
    effects.push(best)
    last = best
  }
  return effects
}

function worth(before: Effect, after: Effect): number {
  const freed = (before.measures.below - after.measures.below) / before.measures.people
  const fallen = (before.measures.risk.mean ?? 0) - (after.measures.risk.mean ?? 0)
  return (freed + fallen) / Math.max(0.01, after.loss - before.loss)
}

const rankOf = ({ attribute, to }: Generalization): number => (stepsOf[attribute] ?? ['drop']).indexOf(to)
