import type { Population } from './classes.js'

/** How alike people look (Sweeney 2002), and what an attacker's chances are to name somebody. */
export interface Measures {
  people: number
  classes: number
  /** k: size of the smallest class; null where there is nobody. */
  minimum: number | null
  median: number | null
  /** People who are alone in their class. */
  unique: number
  /** People in classes below the threshold. */
  below: number
  risk: {
    /** Somebody known to be in the data is sought (prosecutor): 1 / class size. The highest, the mean over people. */
    highest: number | null
    mean: number | null
    /** Share of people whose risk is above 1 / threshold, which EMA and Health Canada write as 0.09. */
    above: number | null
    /** Somebody of the population is sought, who may not be in the data (journalist): classes are so much larger there. */
    journalist: number | null
    /** Share of all that an attacker would name rightly who links everybody (marketer). */
    marketer: number | null
  }
}

export interface MeasureOptions {
  /** Classes below it count as too small. */
  threshold: number
  /** Share of the population that is in the data. 1, the worst case, unless somebody knows better. */
  sampled: number
}

export function measure({ classes }: Population, { threshold, sampled }: MeasureOptions): Measures {
  const sizes = classes.map(({ people }) => people).sort((a, b) => a - b)
  const people = sizes.reduce((sum, size) => sum + size, 0)
  const peopleWhere = (of: (size: number) => boolean): number => sizes.reduce((sum, size) => sum + (of(size) ? size : 0), 0)
  const below = peopleWhere((size) => size < threshold)
  const smallest = sizes[0] ?? null
  // Over people the mean of 1 / class size is classes by people.
  const mean = people === 0 ? null : sizes.length / people
  return {
    people,
    classes: sizes.length,
    minimum: smallest,
    median: medianClassOf(sizes, people),
    unique: peopleWhere((size) => size === 1),
    below,
    risk: {
      highest: smallest === null ? null : 1 / smallest,
      mean,
      above: people === 0 ? null : below / people,
      journalist: smallest === null ? null : Math.min(1, sampled / smallest),
      marketer: mean === null ? null : mean * sampled,
    },
  }
}

/** Size of the class in which the middle person is. */
function medianClassOf(sizes: readonly number[], people: number): number | null {
  let seen = 0
  for (const size of sizes) {
    seen += size
    if (seen * 2 >= people) return size
  }
  return null
}
