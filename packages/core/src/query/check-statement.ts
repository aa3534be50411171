import { allowedFunctions, allowedTableFunctions } from './functions.js'
import { suggestName } from './suggest.js'
import { folded, items, type Node, refuse, Refused, type StatementFault, text } from './tree.js'

export interface StatementScope {
  /** The study's id, which is its schema's name. */
  schema: string
  tables: readonly string[]
  /** Names of the parameters that have a value. */
  parameters?: readonly string[]
}
export interface CheckedStatement {
  /** Tables it reads, by the names of the scope. */
  tables: string[]
  /** Columns it can possibly read, in lower case; null: any. */
  columns: ReadonlySet<string> | null
  /** Parameters as the statement writes them. */
  parameters: string[]
}

const queryNodes = new Set(['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE'])
const tableNodes = new Set(['BASE_TABLE', 'JOIN', 'SUBQUERY', 'TABLE_FUNCTION', 'EXPRESSION_LIST', 'EMPTY', 'SHOW_REF', 'PIVOT'])
const modifierNodes = new Set(['ORDER_MODIFIER', 'LIMIT_MODIFIER', 'LIMIT_PERCENT_MODIFIER', 'DISTINCT_MODIFIER'])
// prettier-ignore
const expressionClasses = new Set([
  'COLUMN_REF', 'CONSTANT', 'FUNCTION', 'OPERATOR', 'CAST', 'CASE', 'COMPARISON', 'CONJUNCTION', 'BETWEEN', 'STAR', 'SUBQUERY', 'WINDOW',
  'LAMBDA', 'LAMBDA_REF', 'COLLATE', 'POSITIONAL_REFERENCE', 'TYPE',
])

interface Walk {
  scope: StatementScope
  byLowerName: ReadonlyMap<string, string>
  tables: Set<string>
  /** Names that stand for rows: tables and their aliases. */
  rowNames: Set<string>
  columns: Set<string>
  anyColumn: boolean
  parameters: Set<string>
}

/**
 * Holds what the engine's own parser (json_serialize_sql) made of a text against what a statement may be: one SELECT over tables of the
 * scope, with functions of the lists. Whatever this walk does not know is refused.
 */
export function checkStatement(parsed: unknown, scope: StatementScope): CheckedStatement | StatementFault {
  const tree = parsed as { error?: boolean; error_message?: string; position?: string; statements?: Node[] }
  if (tree.error !== false || !Array.isArray(tree.statements)) return parseFault(tree)
  const [statement, second] = tree.statements
  if (statement === undefined) return { detail: 'There is no statement.' }
  if (second !== undefined) return { detail: 'One statement at a time.' }
  const walk: Walk = {
    scope,
    byLowerName: new Map(scope.tables.map((name) => [folded(name), name])),
    tables: new Set(),
    rowNames: new Set(),
    columns: new Set(),
    anyColumn: false,
    parameters: new Set(),
  }
  try {
    visit(statement['node'], walk, new Set())
  } catch (error) {
    if (error instanceof Refused) return error.fault
    if (error instanceof RangeError) return { detail: 'The statement is nested too deeply.' }
    throw error
  }
  const anyColumn = walk.anyColumn || [...walk.columns].some((name) => walk.rowNames.has(name))
  return { tables: [...walk.tables], columns: anyColumn ? null : walk.columns, parameters: [...walk.parameters] }
}

function parseFault({ error_message: message = '', position }: { error_message?: string; position?: string }): StatementFault {
  if (/^only select/i.test(message))
    return {
      detail: 'Only SELECT statements are run here, DESCRIBE, SUMMARIZE or EXPLAIN of one, and PIVOT whose values are listed: ON x IN (…).',
    }
  const at = position === undefined ? {} : { position: Number(position) }
  return { detail: message === '' ? 'The statement cannot be read.' : `${message.slice(0, 300)}.`, ...at }
}

function visit(value: unknown, walk: Walk, ctes: ReadonlySet<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, walk, ctes)
    return
  }
  if (value === null || typeof value !== 'object') return
  const node = value as Node
  const type = node['type']
  if (node['class'] !== undefined) return visitExpression(node, walk, ctes)
  if (typeof type !== 'string') return visitParts(node, walk, ctes)
  if (queryNodes.has(type)) return visitQuery(node, walk, ctes)
  if (tableNodes.has(type)) return visitTable(node, type, walk, ctes)
  if (modifierNodes.has(type) || node['expression'] !== undefined) return visitParts(node, walk, ctes)
  return refuse(node, 'This form of statement is not run here.')
}

function visitParts(node: Node, walk: Walk, ctes: ReadonlySet<string>): void {
  for (const part of Object.values(node)) if (typeof part === 'object') visit(part, walk, ctes)
}

// A name is known only where the engine knows it too: a query that names its own CTE, its first branch when it recurses, means the
// catalogue's table of that name, and the engine's own views would answer.
function visitQuery(node: Node, walk: Walk, ctes: ReadonlySet<string>): void {
  const known = new Set(ctes)
  const map = (node['cte_map'] as { map?: unknown } | undefined)?.map
  for (const entry of items(map) as { key?: string; value?: Node }[]) {
    visit(entry.value?.['query'], walk, known)
    known.add(folded(text(entry.key)))
    visit(entry.value?.['key_targets'], walk, known)
  }
  const own = folded(text(node['cte_name'] ?? node['ctename']))
  const within = own === '' ? known : new Set([...known, own])
  for (const [name, part] of Object.entries(node)) {
    if (name === 'cte_map' || typeof part !== 'object') continue
    visit(
      name === 'modifiers' ? items(part).filter((each) => !isOrderByAll(each as Node)) : part,
      walk,
      name === 'left' || name === 'query' ? known : within,
    )
  }
}

// ORDER BY ALL means all that is selected, which is visited where it stands, and no column of a table besides.
function isOrderByAll({ type, orders }: Node): boolean {
  const [first, second] = items(orders) as { expression?: Node }[]
  const { class: kind, expr, relation_name: of, ...lists } = first?.expression ?? {}
  if (type !== 'ORDER_MODIFIER' || second !== undefined || kind !== 'STAR' || expr !== null || of !== '') return false
  return Object.values(lists).every((list) => !Array.isArray(list) || list.length === 0)
}

function visitTable(node: Node, type: string, walk: Walk, ctes: ReadonlySet<string>): void {
  walk.rowNames.add(folded(text(node['alias'])))
  switch (type) {
    case 'BASE_TABLE':
      visitBaseTable(node, walk, ctes)
      break
    case 'TABLE_FUNCTION':
      visitTableFunction(node, walk, ctes)
      break
    case 'SHOW_REF':
      if (node['query'] === null || node['query'] === undefined) refuse(node, 'The catalogue lists the tables; DESCRIBE <table> shows one.')
      walk.anyColumn = true
      visit(node['query'], walk, ctes)
      break
    case 'PIVOT':
      walk.anyColumn = true
      visitParts(node, walk, ctes)
      break
    case 'JOIN':
      if (node['ref_type'] === 'NATURAL') walk.anyColumn = true
      for (const name of items(node['using_columns'])) walk.columns.add(folded(text(name)))
      visitParts(node, walk, ctes)
      break
    default:
      visitParts(node, walk, ctes)
  }
}

function visitBaseTable(node: Node, walk: Walk, ctes: ReadonlySet<string>): void {
  const name = text(node['table_name'])
  const schema = text(node['schema_name'])
  walk.rowNames.add(folded(name))
  if (schema === '' && text(node['catalog_name']) === '' && ctes.has(folded(name))) return
  if (node['at_clause'] !== null && node['at_clause'] !== undefined) refuse(node, 'A statement reads the newest snapshot.')
  const known = walk.byLowerName.get(folded(name))
  if (text(node['catalog_name']) !== '' || (schema !== '' && folded(schema) !== folded(walk.scope.schema))) {
    refuse(node, `A statement reads one study: here ${walk.scope.schema}.`)
  }
  if (known === undefined) {
    const near = suggestName(name, walk.scope.tables)
    return refuse(node, `There is no table ${name.slice(0, 64)} in ${walk.scope.schema}.`, near)
  }
  walk.tables.add(known)
}

function visitTableFunction(node: Node, walk: Walk, ctes: ReadonlySet<string>): void {
  const call = (node['function'] ?? {}) as Node
  const name = folded(text(call['function_name']))
  if (call['class'] !== 'FUNCTION' || !allowedTableFunctions.has(name))
    refuse(node, `The function ${name.slice(0, 64)} may not stand after FROM.`)
  visit(call['children'], walk, ctes)
  for (const [part, value] of Object.entries(node)) if (part !== 'function' && typeof value === 'object') visit(value, walk, ctes)
}

function visitExpression(node: Node, walk: Walk, ctes: ReadonlySet<string>): void {
  const kind = text(node['class'])
  if (kind === 'PARAMETER') return visitParameter(text(node['identifier']), walk)
  if (!expressionClasses.has(kind)) refuse(node, 'This expression is not run here.')
  if (kind === 'CONSTANT') return
  if (kind === 'STAR' || kind === 'POSITIONAL_REFERENCE') walk.anyColumn = true
  if (kind === 'COLUMN_REF') {
    checkColumn(node)
    for (const name of items(node['column_names'])) walk.columns.add(folded(text(name)))
    return
  }
  if (kind === 'FUNCTION' || kind === 'WINDOW') checkFunction(node)
  for (const [name, part] of Object.entries(node)) if (name !== 'cast_type' && typeof part === 'object') visit(part, walk, ctes)
}

function visitParameter(name: string, walk: Walk): void {
  const given = walk.scope.parameters ?? []
  walk.parameters.add(name)
  if (given.some((each) => folded(each) === folded(name))) return
  if (/^\d*$/.test(name)) throw new Refused({ detail: 'A parameter has a name here: write $name, and give it a type and a value.' })
  const near = suggestName(name, given)
  throw new Refused({
    detail: `The parameter $${name.slice(0, 64)} has no value: give it a type and a value in parameters.`,
    parameter: name,
    ...(near === undefined ? {} : { suggestion: near }),
  })
}

// Where no column has such a name the engine answers of itself: its user, its file, its place.
const engineWords = new Set(['current_user', 'session_user', 'user', 'current_role', 'current_catalog', 'current_schema'])
function checkColumn(node: Node): void {
  const [name, part] = items(node['column_names']).map((each) => folded(text(each)))
  if (name !== undefined && part === undefined && engineWords.has(name))
    refuse(node, `${name} is the engine's own word. Where a column is meant, name its table: t.${name}.`)
}

function checkFunction(node: Node): void {
  const name = folded(text(node['function_name']))
  const schema = folded(text(node['schema']))
  const ours = ['', 'main', 'pg_catalog'].includes(schema) && ['', 'system', 'memory'].includes(folded(text(node['catalog'])))
  if (ours && allowedFunctions.has(name)) return
  refuse(node, `There is no function ${name.slice(0, 64)} here.`, suggestName(name, allowedFunctions))
}
