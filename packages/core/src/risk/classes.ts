/** A value of an attribute; null: nothing is said, which is a value like others: an attacker sees that nothing is said. */
export type Value = string | null

/** People who look alike, as the quasi-identifiers tell them apart. */
export interface EquivalenceClass {
  values: readonly Value[]
  people: number
}
export interface Population {
  /** Names of the quasi-identifiers, in the order of the values. */
  attributes: readonly string[]
  classes: readonly EquivalenceClass[]
}

/** Sorts people into classes by only some of the attributes, in the order given, each value as `as` makes it. */
export function regroup(
  population: Population,
  attributes: readonly string[],
  as: (attribute: string, value: Value) => Value = (_, value) => value,
): Population {
  const at = attributes.map((name) => population.attributes.indexOf(name))
  const found = new Map<string, { values: Value[]; people: number }>()
  for (const { values, people } of population.classes) {
    const kept = at.map((index, order) => as(attributes[order]!, values[index] ?? null))
    const key = classKey(kept)
    const known = found.get(key)
    if (known) known.people += people
    else found.set(key, { values: kept, people })
  }
  return { attributes, classes: [...found.values()] }
}

export const classKey = (values: readonly Value[]): string => JSON.stringify(values)

export const peopleIn = ({ classes }: Population): number => classes.reduce((sum, { people }) => sum + people, 0)
