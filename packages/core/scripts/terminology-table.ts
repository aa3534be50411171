import type { Concept, ValueSet } from './definitions.js'

// A code may hold a blank; no code of DSTU2 holds a bar.
const separator = '|'

/** The code systems that DSTU2 itself defines: a header line, then a code each, indented by its depth. */
export function systemLines(valueSets: readonly ValueSet[]): string[] {
  const systems = new Map<string, Concept[]>()
  for (const { codeSystem } of valueSets) if (codeSystem?.concept) systems.set(codeSystem.system, codeSystem.concept)
  return [...systems].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([system, concepts]) => [system, ...conceptLines(concepts, 1)])
}

function conceptLines(concepts: readonly Concept[], depth: number): string[] {
  return concepts.flatMap(({ code, concept }) => [' '.repeat(depth) + code, ...conceptLines(concept ?? [], depth + 1)])
}

/**
 * The value sets that can be written out from those systems: `url` and its parts. `+system` takes all codes of a system, `+system|code…`
 * these, `+system^code` a code and what is below it, `=url` all of another set, `-system|code…` leaves out.
 */
export function valueSetLines(valueSets: readonly ValueSet[]): string[] {
  const carried = new Set(valueSets.filter(({ codeSystem }) => codeSystem?.concept).map(({ codeSystem }) => codeSystem?.system))
  const known = new Map<string, string[]>()
  for (const set of valueSets) {
    const parts = partsOf(set, carried)
    if (parts !== null && parts.length > 0) known.set(set.url, parts)
  }
  // A set that takes in one that cannot be written out cannot be either.
  for (let before = -1; before !== known.size;) {
    before = known.size
    for (const [url, parts] of known) if (parts.some((part) => part.startsWith('=') && !known.has(part.slice(1)))) known.delete(url)
  }
  return [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([url, parts]) => [url, ...parts.map((part) => ` ${part}`)])
}

function partsOf({ codeSystem, compose }: ValueSet, carried: ReadonlySet<string | undefined>): string[] | null {
  const parts: string[] = codeSystem?.concept ? [`+${codeSystem.system}`] : []
  parts.push(...(compose?.import ?? []).map((url) => `=${url}`))
  for (const { system = '', concept, filter } of compose?.include ?? []) {
    if (concept) parts.push([`+${system}`, ...concept.map(({ code }) => code)].join(separator))
    else if (!carried.has(system)) return null
    else if (!filter) parts.push(`+${system}`)
    else if (filter.every(({ property, op }) => property === 'concept' && op === 'is-a'))
      parts.push(...filter.map(({ value }) => `+${system}^${value}`))
    else return null
  }
  for (const { system = '', concept, filter } of compose?.exclude ?? []) {
    if (!concept || filter) return null
    parts.push([`-${system}`, ...concept.map(({ code }) => code)].join(separator))
  }
  return parts
}
