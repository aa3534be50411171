import { folded, items, type Node, nodes, text } from './tree.js'

/** A column of a table, by the names of the catalogue. */
export interface TableColumn {
  table: string
  column: string
}
export interface StatementSources {
  columns: { name: string; from: TableColumn[] }[]
  /** What decides which rows there are, and how they are put together. */
  filteredBy: TableColumn[]
}
export interface LineageTable {
  name: string
  columns: readonly string[]
}

interface Output {
  name: string
  from: TableColumn[]
}
interface Source {
  alias: string
  columns: readonly Output[]
}
type Named = ReadonlyMap<string, readonly Output[]>
interface Walk {
  tables: ReadonlyMap<string, LineageTable>
  filters: Map<string, TableColumn>
}

/**
 * From which columns each column of a result is had, and by which rows are chosen, followed through named results, subqueries, joins and
 * unions. Of a statement that passed the gate; where it cannot be told, every column that could be meant is named.
 */
export function sourcesOfStatement(parsed: unknown, tables: readonly LineageTable[]): StatementSources {
  const walk: Walk = { tables: new Map(tables.map((table) => [folded(table.name), table])), filters: new Map() }
  const root = (parsed as { statements?: Node[] }).statements?.[0]?.['node']
  const columns = root === undefined ? [] : outputsOf(root as Node, new Map(), [], walk)
  return { columns: columns.map(({ name, from }) => ({ name, from: distinct(from) })), filteredBy: distinct([...walk.filters.values()]) }
}

const keyOf = ({ table, column }: TableColumn): string => `${table}.${column}`
const distinct = (columns: readonly TableColumn[]): TableColumn[] => [...new Map(columns.map((each) => [keyOf(each), each])).values()]

function outputsOf(query: Node, named: Named, outer: readonly Source[], walk: Walk): Output[] {
  const node = (query['node'] ?? query) as Node
  const known = new Map(named)
  const map = (node['cte_map'] as { map?: unknown } | undefined)?.map
  for (const { key = '', value } of items(map) as { key?: string; value?: Node }[]) {
    const name = folded(key)
    known.set(name, renamed(outputsOf((value?.['query'] ?? {}) as Node, new Map([...known, [name, []]]), outer, walk), value?.['aliases']))
  }
  if (node['type'] === 'SELECT_NODE') return selectOf(node, known, outer, walk)
  const own = folded(text(node['cte_name'] ?? node['ctename']))
  const parts = ['left', 'right', 'query', 'child'].flatMap((name) => (node[name] == null ? [] : [node[name] as Node]))
  const branches: Output[][] = []
  for (const part of [...parts, ...nodes(node['children'])]) {
    const first = branches[0]
    branches.push(
      outputsOf(part, own === '' || first === undefined ? known : new Map([...known, [own, renamed(first, node['aliases'])]]), outer, walk),
    )
  }
  if (node['type'] === 'CTE_NODE') return branches.at(-1) ?? []
  const [first = [], ...rest] = branches
  return first.map(({ name, from }, at) => ({ name, from: [...from, ...rest.flatMap((branch) => branch[at]?.from ?? [])] }))
}

const renamed = (outputs: readonly Output[], names: unknown): Output[] =>
  outputs.map(({ name, from }, at) => ({ name: text(items(names)[at]) || name, from }))

function selectOf(node: Node, named: Named, outer: readonly Source[], walk: Walk): Output[] {
  const own = node['from_table'] == null ? [] : sourcesOf(node['from_table'] as Node, named, outer, walk)
  const sources = [...own, ...outer]
  const labels = nodes(node['select_list']).flatMap((item, at): Output[] => {
    if (item['class'] === 'STAR') return starOf(item, own)
    const name = text(item['alias']) || text(items(item['column_names']).at(-1)) || text(item['function_name']) || `column ${at + 1}`
    return [{ name, from: refsOf(item, named, sources, walk) }]
  })
  for (const part of ['where_clause', 'group_expressions', 'having', 'qualify'])
    for (const each of refsOf(node[part], named, [...sources, { alias: '', columns: labels }], walk)) walk.filters.set(keyOf(each), each)
  for (const group of nodes(node['group_expressions'])) {
    const { value } = (group['value'] ?? {}) as { value?: unknown }
    for (const each of labels[Number(value) - 1]?.from ?? []) walk.filters.set(keyOf(each), each)
  }
  return labels
}

function starOf(item: Node, sources: readonly Source[]): Output[] {
  const of = folded(text(item['relation_name']))
  const left = new Set(items(item['exclude_list']).map((name) => folded(text((name as Node)?.['column'] ?? name))))
  const within = sources.filter(({ alias }) => of === '' || alias === of)
  return within.flatMap(({ columns }) => columns).filter(({ name }) => !left.has(folded(name)))
}

function sourcesOf(from: Node, named: Named, outer: readonly Source[], walk: Walk): Source[] {
  const alias = folded(text(from['alias']))
  const as = (columns: readonly Output[], name = ''): Source[] => [
    { alias: alias || folded(name), columns: renamed(columns, from['column_name_alias']) },
  ]
  switch (text(from['type'])) {
    case 'BASE_TABLE': {
      const name = text(from['table_name'])
      const table = walk.tables.get(folded(name))
      const result = text(from['schema_name']) === '' ? named.get(folded(name)) : undefined
      return as(result ?? table?.columns.map((column) => ({ name: column, from: [{ table: table.name, column }] })) ?? [], name)
    }
    case 'SUBQUERY':
      return as(outputsOf((from['subquery'] ?? {}) as Node, named, outer, walk))
    case 'JOIN': {
      const left = sourcesOf(from['left'] as Node, named, outer, walk)
      const right = sourcesOf(from['right'] as Node, named, [...outer, ...left], walk)
      const both = [...left, ...right]
      for (const name of items(from['using_columns'])) {
        const ref = { class: 'COLUMN_REF', column_names: [name] }
        for (const side of both) for (const each of refOf(ref, [side])) walk.filters.set(keyOf(each), each)
      }
      for (const each of refsOf(from['condition'], named, both, walk)) walk.filters.set(keyOf(each), each)
      return both
    }
    case 'EMPTY':
      return []
    default: {
      // Functions, PIVOT, DESCRIBE: what goes in may come out in every column.
      const inner = from['source'] == null ? [] : sourcesOf(from['source'] as Node, named, outer, walk)
      const all = [
        ...inner.flatMap(({ columns }) => columns.flatMap((each) => each.from)),
        ...refsOf(from['function'] ?? from['query'], named, outer, walk),
      ]
      return as([...inner.flatMap(({ columns }) => columns), { name: alias || 'unnest', from: all }])
    }
  }
}

/** The columns that an expression reads, those of its subqueries among them. */
function refsOf(value: unknown, named: Named, sources: readonly Source[], walk: Walk): TableColumn[] {
  if (Array.isArray(value)) return value.flatMap((each) => refsOf(each, named, sources, walk))
  if (value === null || typeof value !== 'object') return []
  const node = value as Node
  if (node['class'] === 'COLUMN_REF') return refOf(node, sources)
  if (node['class'] === 'STAR') return sources.flatMap(({ columns }) => columns.flatMap(({ from }) => from))
  if (node['type'] === 'SELECT_NODE' || node['type'] === 'SET_OPERATION_NODE')
    return outputsOf(node, named, sources, walk).flatMap(({ from }) => from)
  return Object.values(node).flatMap((each) => refsOf(each, named, sources, walk))
}

function refOf(node: Node, sources: readonly Source[]): TableColumn[] {
  const path = items(node['column_names']).map((part) => folded(text(part)))
  const of = (source: Source, name: string | undefined): TableColumn[] | undefined =>
    source.columns.find((column) => folded(column.name) === name)?.from
  for (const [at, name] of path.slice(0, -1).entries()) {
    const within = sources.find(({ alias }) => alias === name)
    const found = within === undefined ? undefined : of(within, path[at + 1])
    if (found !== undefined) return found
  }
  for (const source of sources) {
    const found = of(source, path[0])
    if (found !== undefined) return found
  }
  // A table's name alone is its whole row.
  return sources.find(({ alias }) => alias === path[0])?.columns.flatMap(({ from }) => from) ?? []
}
