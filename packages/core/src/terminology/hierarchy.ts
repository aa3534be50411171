import { ownValueSets, type CodeSystem } from './tables.js'

export interface SystemCode {
  system: string
  code: string
}

/** A code may stand at several places of its system, so it may have several parents. */
interface Concept {
  code: string
  parents: Concept[]
  children: Concept[]
}

const hierarchies = new WeakMap<CodeSystem, ReadonlyMap<string, Concept>>()

function hierarchyOf(system: CodeSystem): ReadonlyMap<string, Concept> {
  const known = hierarchies.get(system)
  if (known) return known
  const concepts = new Map<string, Concept>()
  const open: Concept[] = []
  for (const { code, depth } of system.concepts) {
    const concept = concepts.get(code) ?? { code, parents: [], children: [] }
    concepts.set(code, concept)
    const parent = depth > 0 ? open[depth - 1] : undefined
    if (parent) {
      concept.parents.push(parent)
      parent.children.push(concept)
    }
    open[depth] = concept
  }
  hierarchies.set(system, concepts)
  return concepts
}

function reached(from: Concept | undefined, next: (concept: Concept) => Concept[]): Set<string> {
  const found = new Set<Concept>(from ? [from] : [])
  for (const concept of found) for (const other of next(concept)) found.add(other)
  return new Set([...found].map(({ code }) => code))
}

/** The codes of a system that one subsumes, itself included; none where the system does not know it. */
export const subsumedBy = (system: CodeSystem, code: string): ReadonlySet<string> =>
  reached(hierarchyOf(system).get(code), ({ children }) => children)

/** A code and those it subsumes; null where the system is not carried. A code that the system does not know subsumes itself. */
export const codesBelow = (asked: SystemCode): string[] | null => related(asked, ({ children }) => children)

/** A code and those that subsume it. */
export const codesAbove = (asked: SystemCode): string[] | null => related(asked, ({ parents }) => parents)

function related({ system, code }: SystemCode, next: (concept: Concept) => Concept[]): string[] | null {
  const carried = ownValueSets().systems.get(system)
  if (carried === undefined) return null
  const known = hierarchyOf(carried).get(code)
  return known === undefined ? [code] : [...reached(known, next)]
}
