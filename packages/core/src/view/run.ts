import { isRowIndex, tagOf, viewTags, type ViewColumn, type ViewDefinition, type ViewSelect } from './definition.js'
import { columnsOf, repeatDepthMax } from './check.js'
import { compilePath, typedLiteral, type Environment, type PathEvaluator } from './fhirpath-dstu2.js'
import { sqlValue } from './sql-value.js'

export type ViewRow = Record<string, unknown>
export interface RunOptions {
  /** Text of a code in the study's dictionary. */
  dictionary?: (system: string | undefined, code: string) => string | null
  /** What stands beside a resource in the reservoir, for columns tagged with it. */
  besides?: (resource: unknown) => Record<string, string | number | null>
}
/** A path gave several values where the column takes one. */
export class SeveralValues extends Error {
  constructor(readonly column: string) {
    super(`column ${column} has several values: add .first() or say collection`)
  }
}
/** A path of `where` gave something else than yes, no or nothing. */
export class NoCondition extends Error {
  constructor(readonly index: number) {
    super(`where[${index}].path gives something else than true or false`)
  }
}

interface Place {
  node: unknown
  /** False for the one row that forEachOrNull makes of nothing. */
  present: boolean
  environment: Environment
  /** Places in all iterations so far, from 0. */
  trail: readonly number[]
}
type Step = (place: Place) => ViewRow[]

/** Prepares a checked view; the result turns one resource into its rows. */
export function prepareView(view: ViewDefinition, options: RunOptions = {}): (resource: unknown) => ViewRow[] {
  const constants: Environment = {}
  for (const constant of view.constant ?? []) {
    const [kind, value] = Object.entries(constant).find(([key]) => key !== 'name') ?? []
    if (kind !== undefined && value !== undefined) constants[constant.name] = typedLiteral(kind, value)
  }
  const wheres = (view.where ?? []).map(({ path }) => compilePath(path))
  const selects = view.select.map((select) => prepareSelect(select, options))
  const order = columnsOf(view).map(({ name }) => name)
  return (resource) => {
    if ((resource as { resourceType?: string }).resourceType !== view.resource) return []
    const environment = { ...constants, resource, rowIndex: 0 }
    if (!wheres.every((where, index) => isMet(where(resource, environment), index))) return []
    const rows = product(selects, { node: resource, present: true, environment, trail: [] })
    return rows.map((row) => Object.fromEntries(order.map((name) => [name, row[name] ?? null])))
  }
}

function isMet(found: unknown[], index: number): boolean {
  if (found.length > 1 || (found.length === 1 && typeof found[0] !== 'boolean')) throw new NoCondition(index)
  return found[0] === true
}

/** The reference runner: slow and sure. Compiled SQL is held against it. */
export function runView(view: ViewDefinition, resources: Iterable<unknown>, options: RunOptions = {}): ViewRow[] {
  const run = prepareView(view, options)
  const rows: ViewRow[] = []
  for (const resource of resources) rows.push(...run(resource))
  return rows
}

function product(steps: Step[], place: Place): ViewRow[] {
  let rows: ViewRow[] = [{}]
  for (const step of steps) {
    const more = step(place)
    rows = rows.flatMap((row) => more.map((other) => ({ ...row, ...other })))
    if (rows.length === 0) break
  }
  return rows
}

function prepareSelect(select: ViewSelect, options: RunOptions): Step {
  const visit = prepareIteration(select)
  const columns = (select.column ?? []).map((column) => prepareColumn(column, options))
  const nested = (select.select ?? []).map((child) => prepareSelect(child, options))
  const branches = (select.unionAll ?? []).map((child) => prepareSelect(child, options))
  const steps: Step[] = [(place) => [Object.assign({}, ...columns.map((read) => read(place))) as ViewRow], ...nested]
  // Of nothing there is one row, whatever its branches and iterations.
  if (branches.length > 0) steps.push((place) => (place.present ? branches : branches.slice(0, 1)).flatMap((branch) => branch(place)))
  return (place) => visit(place).flatMap((each) => product(steps, each))
}

function prepareIteration(select: ViewSelect): (place: Place) => Place[] {
  if (select.repeat) {
    const paths = select.repeat.map(compilePath)
    return (place) => (place.present ? numbered(descend(paths, place), place) : [absent(place)])
  }
  const path = select.forEach ?? select.forEachOrNull
  if (path === undefined) return (place) => [place]
  const evaluate = compilePath(path)
  const orNull = select.forEach === undefined
  return (place) => {
    const found = place.present ? evaluate(place.node, place.environment) : []
    return !place.present || (found.length === 0 && orNull) ? [absent(place)] : numbered(found, place)
  }
}

const absent = ({ environment, trail }: Place): Place => ({
  node: [],
  present: false,
  environment: { ...environment, rowIndex: 0 },
  trail: [...trail, 0],
})

const numbered = (nodes: unknown[], place: Place): Place[] =>
  nodes.map((node, rowIndex) => ({
    node,
    present: true,
    environment: { ...place.environment, rowIndex },
    trail: [...place.trail, rowIndex],
  }))

function descend(paths: PathEvaluator[], place: Place): unknown[] {
  const below = (node: unknown, depth: number): unknown[] =>
    depth === repeatDepthMax
      ? []
      : paths.flatMap((path) => path(node, place.environment)).flatMap((child) => [child, ...below(child, depth + 1)])
  return below(place.node, 0)
}

function prepareColumn(column: ViewColumn, options: RunOptions): (place: Place) => ViewRow {
  const row = tagOf(column, viewTags.row)
  if (row !== undefined && options.besides) {
    const { besides } = options
    return ({ environment }) => ({ [column.name]: besides(environment['resource'])[row] ?? null })
  }
  const dictionary = tagOf(column, viewTags.dictionary)
  if (dictionary !== undefined && options.dictionary) return prepareDictionary(column.name, compilePath(dictionary), options.dictionary)
  const evaluate = compilePath(column.path)
  const type = tagOf(column, viewTags.sqlType)
  const trailed = tagOf(column, viewTags.trail) !== undefined
  const isPlace = isRowIndex(column)
  return ({ node, present, environment, trail }) => {
    const values = present || isPlace ? evaluate(node, environment) : []
    if (column.collection) return { [column.name]: values }
    if (values.length > 1) throw new SeveralValues(column.name)
    const value = values[0] ?? null
    if (trailed)
      return { [column.name]: value === null ? null : [sqlValue(value, 'VARCHAR') as string, ...trail.map((index) => index + 1)].join('.') }
    return { [column.name]: type === undefined ? value : sqlValue(value, type) }
  }
}

function prepareDictionary(name: string, coding: PathEvaluator, textOf: NonNullable<RunOptions['dictionary']>): (place: Place) => ViewRow {
  return ({ node, environment }) => {
    const found = coding(node, environment)[0] as { system?: string; code?: string } | undefined
    return { [name]: found?.code === undefined ? null : textOf(found.system, found.code) }
  }
}
