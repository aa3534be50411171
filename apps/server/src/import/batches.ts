import type { Prepared } from './prepare.js'

// A writing transaction holds the change feed back, so a batch ends long before half a second of writing. 2026-11, 2 cores: about
// 15,000 resources/s on one connection, so 1,500 resources take some 100 ms.
export const resourcesPerBatch = 1_500
const resourcesPerBatchMax = 2 * resourcesPerBatch

export interface Batch {
  units: Prepared[]
  resources: number
  people: ReadonlySet<string>
}

/** Gathers units to batches; one person's lines stay together where that is possible. */
export interface Gathering {
  /** The batch that is complete before this unit, or null. */
  add(unit: Prepared): Batch | null
  rest(): Batch | null
}

export const peopleOf = (unit: Prepared): string[] => [...new Set(unit.items.flatMap((item) => item.patients))]

export function openGathering(): Gathering {
  let units: Prepared[] = []
  let people = new Set<string>()
  let resources = 0
  const rest = (): Batch | null => {
    if (units.length === 0) return null
    const batch = { units: inOrder(units), resources, people }
    units = []
    people = new Set()
    resources = 0
    return batch
  }
  return {
    add(unit) {
      const named = peopleOf(unit)
      const isFull = resources >= resourcesPerBatchMax || (resources >= resourcesPerBatch && !named.some((id) => people.has(id)))
      const complete = isFull ? rest() : null
      units.push(unit)
      for (const id of named) people.add(id)
      resources += unit.items.length
      return complete
    },
    rest,
  }
}

// Lines of single resources come in any order: consents first, then people, then what tells about them.
const rank = (unit: Prepared): number => {
  const [only, another] = unit.items
  if (only === undefined || another !== undefined) return 1
  return only.consent !== undefined ? 0 : only.type === 'Patient' ? 1 : 2
}
const inOrder = (units: Prepared[]): Prepared[] =>
  units.some((unit) => unit.items.length === 1) ? units.toSorted((a, b) => rank(a) - rank(b)) : units
