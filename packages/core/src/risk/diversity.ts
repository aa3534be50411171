import { classKey, peopleIn, type EquivalenceClass, type Population, type Value } from './classes.js'

/** People of a class who have a value of the sensitive attribute. Somebody may have several, as of diagnoses. */
export interface SensitiveValue {
  values: readonly Value[]
  sensitive: string
  people: number
}

/** What somebody learns who finds the class of a person, though not which of its people it is. */
export interface Diversity {
  /** l: fewest different values in a class that has any (Machanavajjhala 2007). */
  distinct: number | null
  /** Entropy l: e to the least entropy of a class's values. */
  entropy: number | null
  /** Classes, and people in them, where a value is everybody's: it is known of each without knowing who is who. */
  shared: { classes: number; people: number }
  /** t: greatest distance between a class's values and everybody's (Li 2007), values equally far from one another. */
  closeness: number | null
}

export function diversityOf(population: Population, sensitive: readonly SensitiveValue[]): Diversity {
  const groups = groupsOf(population, sensitive)
  const everybody = [...sumBy(sensitive).values()]
  const all = everybody.reduce((sum, each) => sum + each, 0)
  const overall = sumBy(sensitive)
  let distinct: number | null = null
  let entropy: number | null = null
  let closeness: number | null = null
  const shared = { classes: 0, people: 0 }
  for (const { people, values } of groups) {
    if (values.size === 0) continue
    const total = [...values.values()].reduce((sum, each) => sum + each, 0)
    distinct = Math.min(distinct ?? Infinity, values.size)
    entropy = Math.min(entropy ?? Infinity, Math.exp(entropyOf([...values.values()], total)))
    closeness = Math.max(closeness ?? 0, distance(values, total, overall, all))
    if (Math.max(...values.values()) < people) continue
    shared.classes++
    shared.people += people
  }
  return { distinct, entropy, shared, closeness }
}

interface Group {
  people: number
  values: Map<string, number>
}

function groupsOf({ classes }: Population, sensitive: readonly SensitiveValue[]): Group[] {
  const groups = new Map<string, Group>(
    classes.map(({ values, people }: EquivalenceClass) => [classKey(values), { people, values: new Map() }]),
  )
  for (const { values, sensitive: value, people } of sensitive) {
    const group = groups.get(classKey(values))
    if (group) group.values.set(value, (group.values.get(value) ?? 0) + people)
  }
  return [...groups.values()]
}

function sumBy(sensitive: readonly SensitiveValue[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { sensitive: value, people } of sensitive) sums.set(value, (sums.get(value) ?? 0) + people)
  return sums
}

export function entropyOf(counts: readonly number[], total: number): number {
  let entropy = 0
  for (const count of counts) if (count > 0) entropy -= (count / total) * Math.log(count / total)
  return entropy
}

/** Half the sum of differences: only where the class has more of a value than everybody need be looked at. */
function distance(values: ReadonlyMap<string, number>, total: number, overall: ReadonlyMap<string, number>, all: number): number {
  let far = 0
  for (const [value, count] of values) far += Math.max(0, count / total - (overall.get(value) ?? 0) / all)
  return far
}

/** Of each value that few have: a rare diagnosis finds its person whatever else is masked. */
export function rareOf(sensitive: readonly SensitiveValue[], threshold: number): { values: number; rare: number } {
  const sums = [...sumBy(sensitive).values()]
  return { values: sums.length, rare: sums.filter((people) => people < threshold).length }
}

/** Bits that the attributes carry in all: what a generalization leaves of them is its use. */
export function informationOf(population: Population): number {
  const total = peopleIn(population)
  if (total === 0) return 0
  return population.attributes.reduce((sum, _, at) => {
    const counts = new Map<Value, number>()
    for (const { values, people } of population.classes) counts.set(values[at]!, (counts.get(values[at]!) ?? 0) + people)
    return sum + entropyOf([...counts.values()], total) / Math.LN2
  }, 0)
}
