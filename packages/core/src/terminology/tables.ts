import { systemTable, valueSetTable } from './terminology.generated.js'

export interface OwnConcept {
  code: string
  display: string
  /** groups others and is no code to be used */
  abstract: boolean
  depth: number
}
export interface CodeSystem {
  system: string
  version: string
  /** parents before their children, which are deeper */
  concepts: readonly OwnConcept[]
}
interface Part {
  system?: string
  filter?: readonly { property: string; op: string; value: string }[]
  concept?: readonly { code: string; display?: string }[]
}
export interface Compose {
  import?: readonly string[]
  include?: readonly Part[]
  exclude?: readonly Part[]
}
export interface ValueSetFacts {
  id: string
  url: string
  name: string
  /** the code system defined with it */
  system?: string
  compose?: Compose
}
export interface OwnValueSets {
  systems: ReadonlyMap<string, CodeSystem>
  byUrl: ReadonlyMap<string, ValueSetFacts>
  byId: ReadonlyMap<string, ValueSetFacts>
}

let read: OwnValueSets | null = null

/** The tables, read once when they are first needed. */
export function ownValueSets(): OwnValueSets {
  read ??= readTables()
  return read
}

const linesOf = (table: string): string[] => table.split('\n').filter((line) => line !== '')

function readTables(): OwnValueSets {
  const systems = new Map<string, CodeSystem>()
  let concepts: OwnConcept[] = []
  for (const line of linesOf(systemTable)) {
    const indent = line.search(/[^\t]/)
    const [head = '', text = '', mark] = line.slice(indent).split('\t')
    if (indent === 0) {
      concepts = []
      systems.set(head, { system: head, version: text, concepts })
    } else concepts.push({ code: head, display: text, abstract: mark === '!', depth: indent - 1 })
  }
  const sets = linesOf(valueSetTable).map((line) => JSON.parse(line) as ValueSetFacts)
  return {
    systems,
    byUrl: new Map(sets.map((set) => [set.url, set])),
    byId: new Map(sets.map((set) => [set.id, set])),
  }
}
