import { folded, items, type Node, nodes, refuse, text } from '../tree.js'
import { columnOf, isKey, resolve, type Column, type Scope, type Source } from './columns.js'
import { kindOf } from './expressions.js'
import { madeOf } from './made.js'

// What the rows that are counted come from: tables, named results and joins, so that every row stays one person's.

export interface CountTable {
  name: string
  columns: readonly { name: string; type: string }[]
  /** Rows are people's; else of a code list. */
  people: boolean
  /** Made by the platform's own views: what its numbers are is known. */
  measured: boolean
}
export interface CountScope {
  schema: string
  tables: readonly CountTable[]
  /** Types of the values that are given; a list of texts is none of an expression's kinds. */
  parameters?: Readonly<Record<string, { type: string }>>
}
export interface Reading extends Pick<Scope, 'products' | 'parameters'> {
  scope: CountScope
}
export type Named = ReadonlyMap<string, ReadonlyMap<string, Column>>

/** A SELECT that only filters, joins and names: what a CTE, a subquery or a list of people may be. */
export function plainSelect(query: Node, named: Named, reading: Reading): Map<string, Column> {
  const node = (query['node'] ?? query) as Node
  if (node['type'] !== 'SELECT_NODE') return refuse(node, 'A named result is one SELECT that filters and joins.')
  const known = namedResults(node, named, reading)
  if (nodes(node['modifiers']).length > 0 || nodes(node['group_sets']).length > 0 || node['aggregate_handling'] !== 'STANDARD_HANDLING')
    refuse(node, 'There is one level of GROUP BY, the outermost: named results and subqueries filter and join.')
  refuseRest(node)
  const sources = sourcesOf(node['from_table'] as Node, known, reading)
  const scope: Scope = { ...reading, sources }
  where(node, scope, known, reading)
  const columns = new Map<string, Column>()
  for (const item of nodes(node['select_list']))
    for (const column of selected(item, scope, known, reading)) columns.set(column.name, column)
  if (columns.get('patient_key')?.kind !== 'key')
    refuse(node, 'A named result keeps patient_key, so that its rows are told apart by person.')
  return columns
}

export function refuseRest(node: Node): void {
  if (node['having'] != null) refuse(node, 'HAVING would tell of small groups: filter the figures that are told.')
  if (node['qualify'] != null) refuse(node, 'QUALIFY is none of counts.')
  if (node['sample'] != null) refuse(node, 'A sample would be another one each time: counts are of everybody.')
}

export function where(node: Node, scope: Scope, named: Named, reading: Reading): void {
  const condition = node['where_clause'] as Node | null
  if (condition == null) return
  const kind = kindOf(condition, scope, listOfPeople(named, reading))
  if (kind !== 'flag') refuse(condition, 'WHERE takes a condition.')
}

/** The check of a subquery after `patient_key IN`. */
export const listOfPeople =
  (named: Named, reading: Reading) =>
  (subquery: Node): void => {
    const columns = plainSelect(subquery, named, reading)
    if (columns.size !== 1) refuse(subquery, 'A list of people has one column: patient_key.')
  }

export function namedResults(node: Node, outer: Named, reading: Reading): Named {
  const known = new Map(outer)
  const map = (node['cte_map'] as { map?: unknown } | undefined)?.map
  for (const { key = '', value } of items(map) as { key?: string; value?: Node }[]) {
    if (items(value?.['aliases']).length > 0 || items(value?.['key_targets']).length > 0)
      refuse(node, 'A named result takes the names of its columns.')
    known.set(folded(key), plainSelect((value?.['query'] ?? {}) as Node, known, reading))
  }
  return known
}

function selected(item: Node, scope: Scope, named: Named, reading: Reading): Column[] {
  if (item['class'] === 'STAR') return starred(item, scope)
  const alias = folded(text(item['alias']))
  if (item['class'] === 'COLUMN_REF') {
    const column = resolve(item, scope)
    const name = alias === '' ? column.name : alias
    if ((column.kind === 'key') !== isKey(name) || (name === 'patient_key' && column.name !== 'patient_key'))
      refuse(item, 'A key keeps a name that says so, and no other column takes one.')
    return [{ ...column, name }]
  }
  const kind = kindOf(item, scope, listOfPeople(named, reading))
  if (alias === '') refuse(item, 'A computed column has a name: … AS name.')
  if (isKey(alias)) refuse(item, 'A key keeps a name that says so, and no other column takes one.')
  return [{ name: alias, kind, measured: false, made: madeOf(item, scope) }]
}

function starred(item: Node, { sources }: Scope): Column[] {
  const lists = ['exclude_list', 'replace_list', 'qualified_exclude_list', 'rename_list']
  if (item['columns'] === true || item['expr'] != null || lists.some((name) => items(item[name]).length > 0))
    refuse(item, 'Name the columns, or write * alone.')
  const of = folded(text(item['relation_name']))
  const within = of === '' ? sources : sources.filter(({ alias }) => folded(alias) === of)
  const columns = new Map<string, Column>()
  for (const source of within) for (const [name, column] of source.columns) if (!columns.has(name)) columns.set(name, column)
  return [...columns.values()]
}

/** Tables in the order they stand; the first has people. */
export function sourcesOf(from: Node, named: Named, reading: Reading): Source[] {
  const sources = read(from, named, reading)
  if (sources[0]?.people !== true) refuse(from, 'What is counted are people’s rows: begin with a table of theirs, then join.')
  return sources
}

function read(from: Node, named: Named, reading: Reading): Source[] {
  const alias = text(from['alias'])
  if (from['sample'] != null) refuse(from, 'A sample would be another one each time: counts are of everybody.')
  if (items(from['column_name_alias']).length > 0) refuse(from, 'Columns keep their names in FROM.')
  switch (text(from['type'])) {
    case 'BASE_TABLE':
      return [table(from, alias, named, reading)]
    case 'SUBQUERY':
      if (alias === '') refuse(from, 'A subquery in FROM has a name: (SELECT …) AS name.')
      return [{ alias, columns: plainSelect((from['subquery'] ?? {}) as Node, named, reading), people: true }]
    case 'JOIN':
      return joined(from, named, reading)
    default:
      return refuse(from, 'Counts are of tables, named results and joins of them.')
  }
}

function table(from: Node, alias: string, named: Named, { scope }: Reading): Source {
  const name = text(from['table_name'])
  const result = text(from['schema_name']) === '' ? named.get(folded(name)) : undefined
  if (result !== undefined) return { alias: alias || name, columns: result, people: true }
  const found = scope.tables.find((each) => folded(each.name) === folded(name))
  if (found === undefined) return refuse(from, `${name.slice(0, 64)} is none of the tables that are counted: flat tables are.`)
  const columns = found.columns.map((column) => columnOf(folded(column.name), column.type, found.measured))
  return { alias: alias || name, columns: new Map(columns.map((column) => [column.name, column])), people: found.people }
}

const joins = new Set(['INNER', 'LEFT', 'SEMI', 'ANTI'])

/** Rows of two tables meet only where they are the same person's; a code list has nobody's. */
function joined(join: Node, named: Named, reading: Reading): Source[] {
  const left = read(join['left'] as Node, named, reading)
  const right = read(join['right'] as Node, named, reading)
  const kind = text(join['join_type'])
  if (join['ref_type'] !== 'REGULAR' || !joins.has(kind))
    refuse(join, 'Join by JOIN, LEFT JOIN, SEMI JOIN or ANTI JOIN … USING (patient_key).')
  const scope: Scope = { ...reading, sources: [...left, ...right] }
  const using = items(join['using_columns']).map((name) => folded(text(name)))
  const condition = join['condition'] as Node | null
  if (condition != null) kindOf(condition, scope, () => refuse(join, 'A list of people stands after WHERE.'))
  const bySame = using.includes('patient_key') || linksPeople(condition, left, right)
  if (right.some(({ people }) => people) && !bySame) refuse(join, 'Tables of people are joined by the person: USING (patient_key).')
  return kind === 'SEMI' || kind === 'ANTI' ? left : [...left, ...right]
}

/** Does the condition, where it holds, say that both sides are the same person's? */
function linksPeople(condition: Node | null, left: readonly Source[], right: readonly Source[]): boolean {
  if (condition == null) return false
  if (condition['type'] === 'CONJUNCTION_AND') return nodes(condition['children']).some((part) => linksPeople(part, left, right))
  if (condition['type'] !== 'COMPARE_EQUAL') return false
  const sides = [condition['left'], condition['right']].map((side) => personOf(side as Node))
  const of = (side: string | null, sources: readonly Source[]): boolean =>
    side !== null && sources.some(({ alias, people }) => people && folded(alias) === side)
  const [one = null, other = null] = sides
  return (of(one, left) && of(other, right)) || (of(one, right) && of(other, left))
}

/** The table whose patient_key stands there, named with it. */
function personOf(node: Node): string | null {
  const path = items(node['column_names']).map((part) => folded(text(part)))
  return node['class'] === 'COLUMN_REF' && path.length === 2 && path[1] === 'patient_key' ? (path[0] ?? null) : null
}
