type Node = Record<string, unknown>

const items = (value: unknown): Node[] => (Array.isArray(value) ? (value as Node[]) : [])

/**
 * For each column of a statement's result the names of columns that its expression names, of the tree that the engine's parser made;
 * null where the columns are not listed one by one, as by a star or in a union.
 */
export function selectedNames(parsed: unknown): string[][] | null {
  const [statement] = items((parsed as Node)['statements'])
  const node = statement?.['node'] as Node | undefined
  if (node?.['type'] !== 'SELECT_NODE') return null
  const list = items(node['select_list'])
  if (list.length === 0 || list.some((each) => each['class'] === 'STAR')) return null
  return list.map((each) => [...namesIn(each)])
}

function namesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value as unknown[]) namesIn(item, found)
  else if (value !== null && typeof value === 'object') {
    const node = value as Node
    const names = node['class'] === 'COLUMN_REF' ? (node['column_names'] as unknown[]) : []
    const last = names.at(-1)
    if (typeof last === 'string') found.add(last)
    for (const part of Object.values(node)) if (typeof part === 'object') namesIn(part, found)
  }
  return found
}
