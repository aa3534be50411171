import type { StructureDefinition } from './definitions.js'

/** One line per resource type: the elements that a summary shows, children of theirs by path. */
export function summaryLines(resources: readonly StructureDefinition[]): string[] {
  return resources.map(({ id, snapshot }) => {
    const paths = snapshot.element.filter((element) => element.isSummary && element.path.includes('.')).map((element) => element.path)
    return [id, ...paths.map((path) => path.slice(id.length + 1).replace('[x]', ''))].join(' ')
  })
}
