import type { Population, Value } from './classes.js'

/** Attributes that together tell people apart. */
export interface Combination {
  attributes: string[]
  /** People who are alone with their values of these. */
  unique: number
  /** Those among them whom no fewer of these attributes already tell: minimal sample uniques (Elliot, SUDA 2002). */
  minimal: number
}
export interface Pattern {
  values: { attribute: string; value: Value }[]
  people: number
}
export interface Combinations {
  /** Up to so many attributes at a time were looked at; fewer where there are too many classes. */
  upTo: number
  worst: Combination[]
  /** The values of people who are alone with the fewest attributes: for whoever may see single people’s values. */
  patterns: Pattern[]
}

export interface CombinationOptions {
  attributesMax: number
  worst: number
  patterns: number
  /** Classes times subsets that may be gone through. */
  workMax: number
}
export const combinationDefaults: CombinationOptions = { attributesMax: 3, worst: 20, patterns: 20, workMax: 20_000_000 }

export function worstCombinations(population: Population, options: CombinationOptions = combinationDefaults): Combinations {
  const { attributes, classes } = population
  const coded = codesOf(population)
  const subsets = subsetsWithin(attributes.length, classes.length, options)
  // Of each class: the subsets, as bits, that make its person unique without a smaller one doing so.
  const found: number[][] = classes.map(() => [])
  const combinations = subsets.map((subset) => countUniques(coded, classes, subset, found))
  const upTo = Math.max(0, ...subsets.map((subset) => subset.length))
  return {
    upTo,
    worst: combinations
      .filter(({ unique }) => unique > 0)
      .sort((a, b) => b.minimal - a.minimal || a.subset.length - b.subset.length || b.unique - a.unique)
      .slice(0, options.worst)
      .map(({ subset, unique, minimal }) => ({ attributes: subset.map((at) => attributes[at]!), unique, minimal })),
    patterns: patternsOf(population, found, options.patterns),
  }
}

/** Values as small numbers, so that a key of several is one number. */
function codesOf({ attributes, classes }: Population): { codes: Int32Array[]; sizes: number[] } {
  const codes = attributes.map(() => new Int32Array(classes.length))
  const sizes = attributes.map((_, at) => {
    const known = new Map<Value, number>()
    for (const [row, { values }] of classes.entries()) {
      const value = values[at]!
      const code = known.get(value) ?? known.size
      known.set(value, code)
      codes[at]![row] = code
    }
    return known.size
  })
  return { codes, sizes }
}

function subsetsWithin(attributes: number, classes: number, { attributesMax, workMax }: CombinationOptions): number[][] {
  let sized: number[][] = [[]]
  const all: number[][] = []
  for (let size = 1; size <= attributesMax; size++) {
    sized = sized.flatMap((subset) => range((subset.at(-1) ?? -1) + 1, attributes).map((at) => [...subset, at]))
    if ((all.length + sized.length) * classes > workMax) break
    all.push(...sized)
  }
  return all
}
const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at)

function countUniques(
  { codes, sizes }: ReturnType<typeof codesOf>,
  classes: Population['classes'],
  subset: number[],
  found: number[][],
): { subset: number[]; unique: number; minimal: number } {
  const people = new Map<number, number>()
  const keys = new Float64Array(classes.length)
  for (const [row, each] of classes.entries()) {
    let key = 0
    for (const at of subset) key = key * sizes[at]! + codes[at]![row]!
    keys[row] = key
    people.set(key, (people.get(key) ?? 0) + each.people)
  }
  const bits = subset.reduce((sum, at) => sum | (1 << at), 0)
  let [unique, minimal] = [0, 0]
  for (const row of classes.keys()) {
    if (people.get(keys[row]!) !== 1) continue
    unique++
    if (found[row]!.some((smaller) => (smaller & bits) === smaller)) continue
    minimal++
    found[row]!.push(bits)
  }
  return { subset, unique, minimal }
}

/** The easiest to find first: told by the fewest attributes, and by the most ways. */
function patternsOf({ attributes, classes }: Population, found: readonly number[][], most: number): Pattern[] {
  return [...classes.keys()]
    .filter((row) => found[row]!.length > 0)
    .sort((a, b) => attributesIn(found[a]![0]!) - attributesIn(found[b]![0]!) || found[b]!.length - found[a]!.length)
    .slice(0, most)
    .map((row) => ({
      values: attributes.flatMap((attribute, at) =>
        (found[row]![0]! & (1 << at)) === 0 ? [] : [{ attribute, value: classes[row]!.values[at]! }],
      ),
      people: 1,
    }))
}

function attributesIn(bits: number): number {
  let count = 0
  for (let left = bits; left !== 0; left &= left - 1) count++
  return count
}
