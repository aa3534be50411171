import { viewDefinition, type ViewColumn, type ViewDefinition, type ViewSelect } from './definition.js'
import { isFunction, parsePath, type PathNode } from './fhirpath-dstu2.js'

export interface ViewProblem {
  /** Where in the ViewDefinition: `select[0].column[2].path`. */
  path: string
  message: string
}
export type CheckedView = { view: ViewDefinition } | { problems: ViewProblem[] }

/** Reads a ViewDefinition and says all that is wrong with it at once. */
export function checkView(json: unknown): CheckedView {
  const parsed = viewDefinition.safeParse(json)
  if (!parsed.success) {
    return { problems: parsed.error.issues.map((issue) => ({ path: at(issue.path), message: issue.message })) }
  }
  const view = parsed.data
  const problems: ViewProblem[] = []
  const constants = new Set([
    'rowIndex',
    'resource',
    'context',
    'rootResource',
    'ucum',
    'sct',
    'loinc',
    ...(view.constant ?? []).map(({ name }) => name),
  ])
  view.constant?.forEach(({ name }, index, all) => {
    if (all.findIndex((each) => each.name === name) < index)
      problems.push({ path: `constant[${index}].name`, message: `constant ${name} is there twice` })
  })
  view.where?.forEach(({ path }, index) => checkPath(path, `where[${index}].path`, constants, problems))
  const columns = view.select.flatMap((select, index) => checkSelect(select, `select[${index}]`, constants, problems))
  checkNames(columns, problems)
  return problems.length > 0 ? { problems } : { view }
}

/** No resource is nested deeper; a path that leads back to where it began would never end. */
export const repeatDepthMax = 100

const at = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)), '')

function checkNames(columns: ViewColumn[], problems: ViewProblem[]): void {
  const seen = new Set<string>()
  for (const { name } of columns) {
    const key = name.toLowerCase()
    if (seen.has(key)) problems.push({ path: 'select', message: `column ${name} is there twice` })
    seen.add(key)
  }
  if (columns.length === 0) problems.push({ path: 'select', message: 'a view has at least one column' })
}

function checkSelect(select: ViewSelect, where: string, constants: Set<string>, problems: ViewProblem[]): ViewColumn[] {
  const iterations = (['forEach', 'forEachOrNull', 'repeat'] as const).filter((key) => select[key] !== undefined)
  if (iterations.length > 1) problems.push({ path: where, message: `${iterations.join(' and ')} exclude each other` })
  if (select.forEach) checkPath(select.forEach, `${where}.forEach`, constants, problems)
  if (select.forEachOrNull) checkPath(select.forEachOrNull, `${where}.forEachOrNull`, constants, problems)
  select.repeat?.forEach((path, index) => checkPath(path, `${where}.repeat[${index}]`, constants, problems))
  select.column?.forEach((column, index) => checkPath(column.path, `${where}.column[${index}].path`, constants, problems))
  const nested = (select.select ?? []).flatMap((child, index) => checkSelect(child, `${where}.select[${index}]`, constants, problems))
  const branches = (select.unionAll ?? []).map((child, index) => checkSelect(child, `${where}.unionAll[${index}]`, constants, problems))
  const first = branches[0] ?? []
  for (const [index, branch] of branches.entries()) {
    if (shape(branch) !== shape(first)) {
      problems.push({ path: `${where}.unionAll[${index}]`, message: 'every branch of unionAll has the same columns in the same order' })
    }
  }
  return [...(select.column ?? []), ...nested, ...first]
}

const shape = (columns: ViewColumn[]): string => columns.map(({ name }) => name).join(' ')

function checkPath(path: string, where: string, constants: Set<string>, problems: ViewProblem[]): void {
  let tree: PathNode
  try {
    tree = parsePath(path)
  } catch {
    problems.push({ path: where, message: 'not a FHIRPath expression' })
    return
  }
  for (const name of new Set(functionsIn(tree))) {
    if (!isFunction(name)) problems.push({ path: where, message: `there is no function ${name}()` })
  }
  for (const name of constantsIn(tree)) {
    if (!constants.has(name)) problems.push({ path: where, message: `constant %${name} is not defined` })
  }
}

function functionsIn(node: PathNode): string[] {
  const own = node.type === 'FunctionInvocation' ? [node.children?.[0]?.children?.[0]?.text ?? node.text ?? ''] : []
  return [...own, ...(node.children ?? []).flatMap(functionsIn)]
}

function constantsIn(node: PathNode): string[] {
  const own = node.type === 'ExternalConstantTerm' ? [(node.text ?? '').replaceAll(/[%`'"]/g, '')] : []
  return [...own, ...(node.children ?? []).flatMap(constantsIn)]
}

/** Columns of a view in the order of its rows. */
export function columnsOf(view: ViewDefinition): ViewColumn[] {
  const ofSelect = (select: ViewSelect): ViewColumn[] => [
    ...(select.column ?? []),
    ...(select.select ?? []).flatMap(ofSelect),
    ...(select.unionAll?.[0] ? ofSelect(select.unionAll[0]) : []),
  ]
  return view.select.flatMap(ofSelect)
}
