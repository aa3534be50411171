import { subsumedBy, type SystemCode } from './hierarchy.js'
import { ownValueSets, type CodeSystem, type Compose, type OwnConcept } from './tables.js'

export interface Expanded {
  system: string
  version: string
  code: string
  display: string
  abstract: boolean
}

type Part = NonNullable<Compose['include']>[number]
/** A value set to expand: one of DSTU2’s own, or one that somebody stored. */
interface Asked {
  system?: string
  /** the code system defined with the value set itself */
  own?: CodeSystem
  compose?: Compose
}

/** All codes of a value set, each once; or the name of what DSTU2 does not carry and so cannot be counted up. */
export function expansionOf(asked: Asked): Expanded[] | { missing: string } {
  const found = new Map<string, Expanded>()
  const missing = collect(asked, found, new Set())
  return missing === null ? [...found.values()] : { missing }
}

/** All codes of a value set of DSTU2, by its url; null where there is none of this url, or one that cannot be counted up (SNOMED, LOINC …). */
export function codesOf(url: string): SystemCode[] | null {
  const set = ownValueSets().byUrl.get(url)
  const expanded = set === undefined ? null : expansionOf(set)
  return expanded === null || 'missing' in expanded ? null : expanded.map(({ system, code }) => ({ system, code }))
}

const keyOf = ({ system, code }: { system: string; code: string }): string => `${system}\n${code}`

function collect(asked: Asked, found: Map<string, Expanded>, seen: Set<string>): string | null {
  const { systems, byUrl } = ownValueSets()
  const own = asked.own ?? (asked.system === undefined ? undefined : systems.get(asked.system))
  if (own !== undefined) add(found, own, own.concepts)
  for (const url of asked.compose?.import ?? []) {
    const imported = byUrl.get(url)
    if (imported === undefined) return url
    if (seen.has(url)) continue
    const missing = collect(imported, found, seen.add(url))
    if (missing !== null) return missing
  }
  for (const part of asked.compose?.include ?? []) {
    const missing = take(part, found, own)
    if (missing !== null) return missing
  }
  for (const part of asked.compose?.exclude ?? []) {
    const excluded = new Map<string, Expanded>()
    const missing = take(part, excluded, own)
    if (missing !== null) return missing
    for (const key of excluded.keys()) found.delete(key)
  }
  return null
}

function take({ system = '', concept, filter }: Part, found: Map<string, Expanded>, own: CodeSystem | undefined): string | null {
  const carried = own?.system === system ? own : ownValueSets().systems.get(system)
  if (concept !== undefined) {
    const displays = new Map((carried?.concepts ?? []).map((each) => [each.code, each.display]))
    for (const { code, display } of concept) {
      const entry = { system, version: carried?.version ?? '', code, display: display ?? displays.get(code) ?? '', abstract: false }
      found.set(keyOf(entry), entry)
    }
    return null
  }
  if (carried === undefined) return system
  if (filter === undefined) {
    add(found, carried, carried.concepts)
    return null
  }
  for (const { property, op, value } of filter) {
    if (property !== 'concept' || op !== 'is-a') return `${system} by ${property} ${op}`
    const subsumed = subsumedBy(carried, value)
    add(
      found,
      carried,
      carried.concepts.filter((each) => subsumed.has(each.code)),
    )
  }
  return null
}

function add(found: Map<string, Expanded>, { system, version }: CodeSystem, concepts: readonly OwnConcept[]): void {
  for (const { code, display, abstract } of concepts) {
    const entry = { system, version, code, display, abstract }
    if (!found.has(keyOf(entry))) found.set(keyOf(entry), entry)
  }
}
