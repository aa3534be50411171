import { folded, items, type Node, nodes, refuse, Refused, type StatementFault, text } from '../tree.js'
import { kindOf } from './expressions.js'
import { resolve, type Kind, type Made, type Scope } from './columns.js'
import { aggregates } from './functions.js'
import {
  listOfPeople,
  namedResults,
  plainSelect,
  refuseRest,
  sourcesOf,
  where,
  type CountScope,
  type Named,
  type Reading,
} from './sources.js'

/**
 * A column of the answer. `people`: where among the added lists the people are whom the figure is of; `parts`: where among what is added behind
 * them it stands what each of them has of it (numbers of rows; of `distinct` each value with each person who has it).
 */
export type CountColumn =
  | { is: 'label' }
  | { is: 'people'; people: number }
  | { is: 'rows' | 'values' | 'keys' | 'sum' | 'mean'; people: number; parts: number }
  | { is: 'quantile'; people: number; parts: number; at: number }
export interface CountOrder {
  column: number
  descending: boolean
}
export interface CountPlan {
  columns: CountColumn[]
  /** The tree of what the engine runs: as it was asked, without order and limit, with lists of people behind the columns. */
  tree: { error: false; statements: Node[] }
  /** How many lists of people are added: the first is everybody of the group. */
  added: number
  /** How many columns of what each person has are added behind them. */
  parts: number
  order: CountOrder[]
  limit: number | null
  offset: number
}

interface Walk {
  scope: Scope
  named: Named
  reading: Reading
  /** patient_key of the table that stands first, as it is named. */
  person: Node
  added: Node[]
  parts: Node[]
}

const quantileStep = 0.05
/** Stands between a person's key and a value: no key has it. */
export const valueMark = '\u001f'
const extremes = new Set('min max arg_min arg_max argmin argmax min_by max_by first last any_value arbitrary mode'.split(' '))

/**
 * Holds a statement against what a caller may ask who gets counts only: one level of GROUP BY over rows of which each is one person's.
 * The tree has passed the gate of all statements before.
 */
export function checkCounts(parsed: unknown, scope: CountScope): CountPlan | StatementFault {
  const node = ((parsed as { statements?: Node[] }).statements?.[0]?.['node'] ?? {}) as Node
  try {
    return planOf(node, readingOf(scope), paramMapOf(parsed))
  } catch (error) {
    return faultOf(error)
  }
}

/** What a column has to be of whose numbers figures are told. */
export interface NumbersWanted {
  column: string
  made: 'plain' | 'reckoned'
  /** Conditions are taken, too: as 0 and 1. */
  flags: boolean
}

/**
 * The same of a statement whose rows are people's, of which statistics tell figures: one SELECT that filters, joins and names columns, and
 * keeps patient_key. null: it may be asked.
 */
export function checkPeople(parsed: unknown, scope: CountScope, numbers: readonly NumbersWanted[] = []): StatementFault | null {
  const node = ((parsed as { statements?: Node[] }).statements?.[0]?.['node'] ?? {}) as Node
  try {
    const columns = plainSelect(node, new Map(), readingOf(scope))
    for (const { column, made, flags } of numbers) {
      const found = columns.get(folded(column))
      if (found === undefined || (found.kind === 'flag' ? flags : found.kind !== 'number')) continue
      if (found.kind === 'flag' || !isMade(found.made, made)) refuse(node, conditionInDisguise(column, made))
    }
    return null
  } catch (error) {
    return faultOf(error)
  }
}

const isMade = (made: Made, wanted: 'plain' | 'reckoned'): boolean => made === 'plain' || made === wanted
const conditionInDisguise = (column: string, made: 'plain' | 'reckoned'): string =>
  `Figures of ${column.slice(0, 64)} could be the count of who meets a condition: take ${
    made === 'plain'
      ? 'a number as a shipped table has it, date_diff of two of its columns, or ask for it as categories'
      : 'numbers and spans of time without CASE or comparisons, or a condition as it is'
  }.`

function faultOf(error: unknown): StatementFault {
  if (error instanceof Refused) return error.fault
  if (error instanceof RangeError) return { detail: 'The statement is nested too deeply.' }
  throw error
}

const kindsOfParameters: Readonly<Record<string, Kind>> = {
  date: 'time',
  timestamp: 'time',
  number: 'number',
  integer: 'number',
  text: 'text',
  boolean: 'flag',
}
const readingOf = (scope: CountScope): Reading => ({
  scope,
  products: { used: false },
  parameters: new Map(Object.entries(scope.parameters ?? {}).map(([name, { type }]) => [folded(name), kindsOfParameters[type] ?? 'other'])),
})
const paramMapOf = (parsed: unknown): unknown => (parsed as { statements?: Node[] }).statements?.[0]?.['named_param_map'] ?? []

function planOf(node: Node, reading: Reading, named_param_map: unknown): CountPlan {
  if (node['type'] !== 'SELECT_NODE')
    return refuse(
      node,
      'At the level “counts only” a statement is one SELECT … GROUP BY; rows, sets of rows and descriptions are not told.',
    )
  refuseRest(node)
  if (nodes(node['group_sets']).length > 1) refuse(node, 'One GROUP BY level: subtotals are statements of their own.')
  const named = namedResults(node, new Map(), reading)
  const sources = sourcesOf(node['from_table'] as Node, named, reading)
  const scope: Scope = { ...reading, sources }
  where(node, scope, named, reading)
  const person = columnRef([sources[0]?.alias ?? '', 'patient_key'])
  const walk: Walk = {
    scope,
    named,
    reading,
    person,
    added: [aggregated('list', person, { filter: isThere(person), distinct: true })],
    parts: [],
  }
  const select = nodes(node['select_list'])
  const columns = select.map((item) => columnOf(item, walk))
  if (columns.every(({ is }) => is === 'label'))
    refuse(node, 'Rows are not told at the level “counts only”: group them and count, count(*).')
  for (const group of nodes(node['group_expressions'])) checkGroup(group, select, columns, walk)
  const rest = modifiersOf(node, select)
  const asked = clone({ ...node, modifiers: [], select_list: [...select, ...walk.added, ...walk.parts] }) as Node
  const { length: parts } = walk.parts
  return { columns, added: walk.added.length, parts, ...rest, tree: { error: false, statements: [{ node: asked, named_param_map }] } }
}

function columnOf(item: Node, walk: Walk): CountColumn {
  if (item['class'] === 'STAR') return refuse(item, 'Rows are not told at the level “counts only”: group them and count.')
  const name = folded(text(item['function_name']))
  if (item['class'] === 'FUNCTION' && aggregates.has(name)) return figureOf(item, name, walk)
  if (item['class'] === 'FUNCTION' && extremes.has(name))
    return refuse(item, `${name} is not told: it is somebody’s own value. Take a quantile, such as quantile_cont(x, 0.95).`)
  kindOf(item, walk.scope, listOfPeople(walk.named, walk.reading))
  return { is: 'label' }
}

function figureOf(item: Node, name: string, walk: Walk): CountColumn {
  if (item['filter'] != null) return refuse(item, 'FILTER makes another group: ask for it by WHERE, or GROUP BY the condition.')
  if (items((item['order_bys'] as Node | null)?.['orders']).length > 0) return refuse(item, 'Write quantile_cont(x, 0.5).')
  const [of, at] = nodes(item['children'])
  if (of === undefined) return { is: 'rows', people: 0, parts: addRows(walk, isThere(walk.person)) }
  if (of['class'] !== 'COLUMN_REF')
    return refuse(of, 'A figure is of a column as it is: what is computed could be a condition, and the figure the count of who meets it.')
  const column = resolve(of, walk.scope)
  if (name === 'count') {
    const people = add(walk, isThere(of))
    if (item['distinct'] !== true) return { is: 'rows', people, parts: addRows(walk, isThere(of)) }
    if (column.name === 'patient_key') return { is: 'people', people }
    return { is: column.kind === 'key' ? 'keys' : 'values', people, parts: addValues(walk, of) }
  }
  if (!column.measured) return refuse(of, `${name} is of numbers of the study’s shipped tables: ${column.name} is none.`)
  if (item['distinct'] === true) return refuse(item, 'DISTINCT goes with count.')
  const parts = addRows(walk, isThere(of))
  if (name === 'sum') return { is: 'sum', people: add(walk, isSome(of)), parts }
  if (name === 'avg' || name === 'mean') return { is: 'mean', people: add(walk, isSome(of)), parts }
  return { is: 'quantile', people: add(walk, isThere(of)), parts, at: name === 'median' ? 0.5 : quantileAt(at, item) }
}

function quantileAt(at: Node | undefined, item: Node): number {
  const { value, type } = (at?.['value'] ?? {}) as { value?: unknown; type?: { type_info?: { scale?: number } } }
  const share = typeof value === 'number' && at?.['class'] === 'CONSTANT' ? value / 10 ** (type?.type_info?.scale ?? 0) : Number.NaN
  const steps = share / quantileStep
  const isStep = Math.abs(steps - Math.round(steps)) < 1e-9
  if (isStep && share >= quantileStep && share <= 1 - quantileStep) return share
  return refuse(
    at ?? item,
    `A quantile is one number, a multiple of ${quantileStep} from ${quantileStep} to ${1 - quantileStep}: further out it is somebody’s own value, and closer together all values stand there in their order.`,
  )
}

function checkGroup(group: Node, select: readonly Node[], columns: readonly CountColumn[], { scope, named, reading }: Walk): void {
  const { value } = (group['value'] ?? {}) as { value?: unknown }
  if (group['class'] === 'CONSTANT' && typeof value === 'number') {
    if (columns[value - 1]?.is !== 'label') refuse(group, 'GROUP BY a label of the result.')
    return
  }
  const path = items(group['column_names'])
  const isAlias = group['class'] === 'COLUMN_REF' && path.length === 1 && select.some(({ alias }) => sameName(alias, path[0]))
  const isOfTable = group['class'] === 'COLUMN_REF' && scope.sources.some(({ columns: of }) => of.has(folded(text(path[0]))))
  // The label itself has been looked at; the engine takes a table's column first.
  if (isAlias && !isOfTable) return
  kindOf(group, scope, listOfPeople(named, reading))
}

const sameName = (one: unknown, other: unknown): boolean => text(one) !== '' && folded(text(one)) === folded(text(other))

// Order and limit are of what is told: by what is hidden they would tell of it.
function modifiersOf(node: Node, select: readonly Node[]): Pick<CountPlan, 'order' | 'limit' | 'offset'> {
  const order: CountOrder[] = []
  let [limit, offset]: [number | null, number] = [null, 0]
  for (const modifier of nodes(node['modifiers'])) {
    if (modifier['type'] === 'ORDER_MODIFIER') {
      for (const each of nodes(modifier['orders']))
        order.push({ column: orderedBy(each['expression'] as Node, select), descending: each['type'] === 'DESCENDING' })
    } else if (modifier['type'] === 'LIMIT_MODIFIER') {
      limit = wholeNumber(modifier['limit'], node)
      offset = wholeNumber(modifier['offset'], node) ?? 0
    } else refuse(node, 'GROUP BY tells each group once: leave DISTINCT out.')
  }
  return { order, limit, offset }
}

function orderedBy(by: Node, select: readonly Node[]): number {
  const { value } = (by['value'] ?? {}) as { value?: unknown }
  const name = items(by['column_names']).at(-1)
  const shape = JSON.stringify(clone({ ...by, alias: '' }))
  const at =
    by['class'] === 'CONSTANT'
      ? Number(value) - 1
      : select.findIndex((item) => sameName(item['alias'], name) || JSON.stringify(clone({ ...item, alias: '' })) === shape)
  return select[at] === undefined ? refuse(by, 'ORDER BY a column of the result: its name or its number.') : at
}

function wholeNumber(node: unknown, at: Node): number | null {
  if (node == null) return null
  const { value } = ((node as Node)['value'] ?? {}) as { value?: unknown }
  return Number.isInteger(value) && Number(value) >= 0 ? Number(value) : refuse(at, 'LIMIT and OFFSET are numbers.')
}

/** Everybody whose row has the value: whom a figure of it is of. */
const add = ({ added, person }: Walk, condition: Node): number =>
  once(added, aggregated('list', person, { filter: all(isThere(person), condition), distinct: true }))

/** How many rows each of them has. */
const addRows = ({ parts, person }: Walk, condition: Node): number =>
  once(parts, called('map_values', aggregated('histogram', person, { filter: all(isThere(person), condition) })))

/** Each value once with each person who has it, behind the person's key. */
const addValues = ({ parts, person }: Walk, of: Node): number =>
  once(
    parts,
    aggregated('list', called('concat', person, constant('VARCHAR', valueMark), { ...of, alias: '' }), {
      filter: all(isThere(person), isThere(of)),
      distinct: true,
    }),
  )

function once(list: Node[], node: Node): number {
  const same = list.findIndex((each) => JSON.stringify(clone(each)) === JSON.stringify(clone(node)))
  return same < 0 ? list.push(node) - 1 : same
}

const plainNode = { alias: '', query_location: 0 }
const columnRef = (path: readonly string[]): Node => ({ class: 'COLUMN_REF', type: 'COLUMN_REF', ...plainNode, column_names: path })
const isThere = (column: Node): Node => ({
  class: 'OPERATOR',
  type: 'OPERATOR_IS_NOT_NULL',
  ...plainNode,
  children: [{ ...column, alias: '' }],
})
// Who adds nothing to a sum is not of it: of a mark of 0 and 1 it would be the count of who has it.
const isSome = (column: Node): Node => ({
  class: 'COMPARISON',
  type: 'COMPARE_NOTEQUAL',
  ...plainNode,
  left: { ...column, alias: '' },
  right: constant('INTEGER', 0),
})
const constant = (id: string, value: unknown): Node => ({
  class: 'CONSTANT',
  type: 'VALUE_CONSTANT',
  ...plainNode,
  value: { type: { id, type_info: null }, is_null: false, value },
})
const all = (...children: Node[]): Node => ({ class: 'CONJUNCTION', type: 'CONJUNCTION_AND', ...plainNode, children })
const called = (name: string, ...children: Node[]): Node => ({
  class: 'FUNCTION',
  type: 'FUNCTION',
  ...plainNode,
  function_name: name,
  schema: '',
  children,
  filter: null,
  order_bys: { type: 'ORDER_MODIFIER', orders: [] },
  distinct: false,
  is_operator: false,
  export_state: false,
  catalog: '',
})
const aggregated = (name: string, of: Node, how: { filter: Node; distinct?: boolean }): Node => ({ ...called(name, of), ...how })

// A place beyond 2^53 does not come through JSON, and none is needed any more.
const clone = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'query_location' ? 0 : part))) as unknown
