import type { StructureDefinition } from './definitions.js'

/** One line per invariant: path, key, severity, human text, XPath as published, parted by tabs. A profile stands for its type's path. */
export function invariantLines(structures: StructureDefinition[]): string[] {
  const lines = new Map<string, string>()
  const inherited = new Set<string>()
  // A profile repeats what its type says, so types come first.
  for (const structure of structures.toSorted((a, b) => Number(isProfile(a)) - Number(isProfile(b)))) {
    for (const element of structure.snapshot.element) {
      for (const { key, severity, human, xpath } of element.constraint ?? []) {
        const path = isProfile(structure) ? element.path.replace(/^[^.]+/, structure.id) : element.path
        const said = `${element.path} ${key}`
        if (isProfile(structure) && inherited.has(said)) continue
        if (!isProfile(structure)) inherited.add(said)
        lines.set(`${path} ${key}`, [path, key, severity, human, xpath ?? ''].map(oneLine).join('\t'))
      }
    }
  }
  return [...lines.values()].toSorted((a, b) => (a < b ? -1 : 1))
}

const isProfile = (structure: StructureDefinition): boolean => structure.constrainedType !== undefined
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
