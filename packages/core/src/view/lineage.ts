import { childrenAt, choiceName } from '../fhir/index.js'
import type { ViewColumn, ViewDefinition, ViewSelect } from './definition.js'
import { parsePath, type PathNode } from './fhirpath-dstu2.js'

/** Which elements each column of a view reads, conditions of its own path included: `Observation.valueQuantity.value`. */
export function lineageOf(view: ViewDefinition): Map<string, string[]> {
  const found = new Map<string, Set<string>>()
  const root: Place[] = [{ path: view.resource, at: view.resource }]
  for (const select of view.select) visit(select, root, root, found)
  return new Map([...found].map(([name, paths]) => [name, [...paths].sort()]))
}

interface Place {
  /** As it is written in JSON. */
  path: string
  /** Where its parts are found in the model. */
  at: string
}
interface Reading {
  root: Place[]
  read: Set<string>
}

function visit(select: ViewSelect, focus: Place[], root: Place[], found: Map<string, Set<string>>): void {
  const paths = select.repeat ?? [select.forEach ?? select.forEachOrNull].filter((path) => path !== undefined)
  const inside = paths.length === 0 ? focus : paths.flatMap((path) => placesOf(parsePath(path), focus, { root, read: new Set() }))
  for (const column of select.column ?? []) {
    const read = found.get(column.name) ?? new Set<string>()
    for (const path of columnPaths(column)) {
      for (const { path: end } of placesOf(parsePath(path), inside, { root, read })) if (end !== root[0]?.path) read.add(end)
    }
    found.set(column.name, read)
  }
  for (const child of [...(select.select ?? []), ...(select.unionAll ?? [])]) visit(child, inside, root, found)
}

const columnPaths = ({ path, tag }: ViewColumn): string[] => [
  path,
  ...(tag ?? []).filter(({ name }) => name === 'aquifer/dictionary').map(({ value }) => value),
]

/** Where a path ends; what it looks at on its way is noted. */
function placesOf(node: PathNode, focus: Place[], reading: Reading): Place[] {
  const [first, second] = node.children ?? []
  switch (node.type) {
    case 'MemberInvocation':
      return focus.map((place) => childOf(place, nameOf(node)))
    case 'ThisInvocation':
      return focus
    case 'InvocationExpression':
      return first && second ? placesOf(second, placesOf(first, focus, reading), reading) : []
    case 'IndexerExpression':
      return first ? placesOf(first, focus, reading) : []
    case 'ExternalConstantTerm':
      return /^[%`]*(resource|rootResource)`?$/.test(node.text ?? '') ? reading.root : []
    case 'FunctionInvocation':
      return calledOn(node, focus, reading)
    default:
      return (node.children ?? []).flatMap((child) => placesOf(child, focus, reading))
  }
}

function calledOn(node: PathNode, focus: Place[], reading: Reading): Place[] {
  const name = nameOf(node)
  const args = node.children?.[0]?.children?.[1]?.children ?? []
  if (name === 'ofType' || name === 'as') {
    const type = (args[0]?.text ?? '').split('.').pop()?.replaceAll('`', '') ?? ''
    return focus.map((place) => ({ path: choiceName(place.path, type), at: type }))
  }
  if (name === 'getResourceKey') return focus.map((place) => childOf(place, 'id'))
  if (name === 'getReferenceKey') return focus.map((place) => childOf(place, 'reference'))
  if (name === 'extension') return focus.map((place) => childOf(place, 'extension'))
  const inside = args.flatMap((arg) => placesOf(arg, focus, reading))
  if (name === 'select' || name === 'iif') return inside
  for (const { path } of inside) reading.read.add(path)
  return focus
}

const nameOf = (node: PathNode): string => (node.text ?? '').replace(/^`(.*)`$/s, '$1')

function childOf({ path, at }: Place, name: string): Place {
  const fact = childrenAt(at).find((child) => child.name === name)
  const type = fact?.choice ? undefined : fact?.types[0]
  const own = type === undefined || type === 'BackboneElement' || type === 'Element'
  return { path: `${path}.${name}`, at: own ? `${at}.${name}` : type }
}
