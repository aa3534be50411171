import { childrenOf, choiceName, resourceFacts, typeFacts } from './facts.js'
import type { ElementFact } from './facts.js'
import { compositeParameters } from './composite-parameters.js'
import { parametersOf, searchParameter, searchParameters } from './search-parameters.js'
import type { SearchParameterFact, SearchParameterType } from './search-parameters.js'

/** A search parameter's values are read where its path ends: kind of parameter and FHIR type of the element say how. */
export interface Leaf {
  /** Place of the parameter, under which its rows stand. */
  parameter: number
  kind: SearchParameterType
  type: string
  /** The canonical name of the parameter, under which its keys are made. */
  param: string
  /** Whether any element of the parameter can say a code system. */
  hasSystems: boolean
  /** The parameters that find these values. */
  finders: Finder[]
  isMainDate: boolean
}

/** A parameter's bit of `present`, and for references the only target types it finds. */
export interface Finder {
  low: number
  high: number
  targets: ReadonlySet<string> | null
}

/** One property on the way; the paths of all parameters of a type merged, so each element is visited once. */
export interface PlanNode {
  key: string
  /** Only values with this property value go on: telecom[system=email]. */
  filter: { key: string; value: string } | null
  leaves: Leaf[]
  /** Composites of two values below this element. */
  pairs: Pair[]
  next: PlanNode[]
}

export interface Pair {
  composite: string
  first: PairPart
  second: PairPart
}
export interface PairPart {
  kind: SearchParameterType
  /** Below the element that holds the pair; the first value there counts. */
  paths: { keys: string[]; type: string }[]
}

export interface IndexPlan {
  next: PlanNode[]
  mainCode: string[] | null
}

// Where the parameter that places a resource in time is not called `date`, or the code it is about not `code`.
const mainDates: Readonly<Record<string, string>> = {
  Condition: 'onset',
  ImagingStudy: 'started',
  MedicationAdministration: 'effectivetime',
  MedicationDispense: 'whenhandedover',
  MedicationOrder: 'datewritten',
  MedicationStatement: 'effectivedate',
  QuestionnaireResponse: 'authored',
  Specimen: 'collected',
  VisionPrescription: 'datewritten',
}
const mainCodes: Readonly<Record<string, string>> = {
  AllergyIntolerance: 'substance',
  Encounter: 'type',
  Immunization: 'vaccine-code',
}

/** The date parameter held as dateLo and dateHi; null where the type has none that is there at most once. */
export function mainDateParameter(type: string): string | null {
  const name = named(type, mainDates[type] ?? 'date', 'date')
  return name !== null && isSingle(type, name) ? name : null
}

function isSingle(type: string, name: string): boolean {
  const paths = searchParameter(type, name)?.fact.paths ?? []
  return paths.every((path) => elementsOn(type, splitPath(path)).every(({ fact }) => fact.max === 1))
}

/** The token parameter whose first coding is held as `code`; null where the type has none. */
export function mainCodeParameter(type: string): string | null {
  return named(type, mainCodes[type] ?? 'code', 'token')
}

function named(type: string, name: string, kind: SearchParameterType): string | null {
  return searchParameters[type]?.some((parameter) => parameter.name === name && parameter.type === kind) ? name : null
}

/**
 * Parameters over the same paths are indexed once, under one name: `subject` under `patient`, `phonetic` under `name`.
 * Searches ask for tokens and strings under this name.
 */
export function canonicalParameter(type: string, name: string): string {
  const parameters = searchParameters[type] ?? []
  const parameter = parameters.find((candidate) => candidate.name === name)
  return parameter ? canonical(parameters, parameter).name : name
}

function canonical(parameters: readonly SearchParameterFact[], parameter: SearchParameterFact): SearchParameterFact {
  if (parameter.paths.length === 0) return parameter
  const same = parameters.filter((other) => other.type === parameter.type && other.paths.join() === parameter.paths.join())
  return same.find((other) => other.name === 'patient') ?? same[0] ?? parameter
}

const noSystem: ReadonlySet<string> = new Set(
  'boolean code ContactPoint date dateTime id integer positiveInt string unsignedInt uri'.split(' '),
)

/** Whether values of a token parameter can say a system of their own; where none can, searches by a system are decided without the index. */
export function hasSystems(type: string, name: string): boolean {
  return elementTypes(type, name).some((element) => !noSystem.has(element))
}

/** The FHIR types of the elements that a parameter reads. */
export function elementTypes(type: string, name: string): string[] {
  const paths = searchParameter(type, name)?.fact.paths ?? []
  return [...new Set(paths.map((path) => elementsOn(type, splitPath(path)).at(-1)?.type ?? ''))]
}

const plans = new Map<string, IndexPlan>()

export function indexPlan(type: string): IndexPlan {
  let plan = plans.get(type)
  if (!plan) {
    plan = makePlan(type)
    plans.set(type, plan)
  }
  return plan
}

function makePlan(type: string): IndexPlan {
  const parameters = searchParameters[type] ?? []
  const root: PlanNode[] = []
  const mainDate = mainDateParameter(type)
  for (const { fact, place } of parametersOf(type)) {
    if (canonicalParameter(type, fact.name) !== fact.name) continue
    const leaf = {
      parameter: place,
      kind: fact.type,
      param: fact.name,
      hasSystems: hasSystems(type, fact.name),
      isMainDate: fact.name === mainDate,
      finders: parameters.includes(fact) ? findersOf(parameters, fact) : [finderAt(place, null)],
    }
    for (const path of fact.paths) addLeaf(root, type, splitPath(path), leaf)
  }
  for (const { name, parts, at } of compositeParameters[type] ?? []) {
    if (at !== null)
      nodeAt(root, splitPath(at)).pairs.push({ composite: name, first: partOf(type, parts[0], at), second: partOf(type, parts[1], at) })
  }
  const code = mainCodeParameter(type)
  const codePath = parameters.find((parameter) => parameter.name === code)?.paths[0]
  return { next: root, mainCode: codePath?.split('.') ?? null }
}

function partOf(type: string, name: string, at: string): PairPart {
  const fact = searchParameter(type, name)?.fact
  if (!fact) throw new Error(`${type} has no search parameter ${name}`)
  const paths = fact.paths.map((path) => ({
    keys: path.slice(at.length + 1).split('.'),
    type: elementsOn(type, splitPath(path)).at(-1)?.type ?? '',
  }))
  return { kind: fact.type, paths }
}

function findersOf(parameters: readonly SearchParameterFact[], parameter: SearchParameterFact): Finder[] {
  const finders = parameters.flatMap((other, index) => {
    if (canonical(parameters, other) !== parameter) return []
    return [finderAt(index, other.target ? new Set(other.target) : null)]
  })
  // One that is alone over an element finds whatever validation let in.
  return finders.length > 1 ? finders : finders.map((finder) => ({ ...finder, targets: null }))
}

function finderAt(place: number, targets: Finder['targets']): Finder {
  const bit = 1 << (place % 32)
  return { low: place < 32 ? bit : 0, high: place < 32 ? 0 : bit, targets }
}

export interface Step {
  key: string
  filter: PlanNode['filter']
}

// A filter may hold dots and slashes of a URL, so the path is split outside brackets only.
export function splitPath(path: string): Step[] {
  return [...path.matchAll(/([^.[\]]+)(?:\[([^=\]]+)=([^\]]+)\])?(?:\.|$)/g)].map(([, key = '', filterKey, value]) => ({
    key,
    filter: filterKey !== undefined && value !== undefined ? { key: filterKey, value } : null,
  }))
}

function addLeaf(root: PlanNode[], type: string, steps: Step[], leaf: Omit<Leaf, 'type'>): void {
  nodeAt(root, steps).leaves.push({ ...leaf, type: elementsOn(type, steps).at(-1)?.type ?? '' })
}

function nodeAt(root: PlanNode[], steps: readonly Step[]): PlanNode {
  let nodes = root
  let found: PlanNode | undefined
  for (const step of steps) {
    found = nodes.find((candidate) => candidate.key === step.key && candidate.filter?.value === step.filter?.value)
    if (!found) {
      found = { key: step.key, filter: step.filter, leaves: [], pairs: [], next: [] }
      nodes.push(found)
    }
    nodes = found.next
  }
  if (!found) throw new Error('a path has at least one step')
  return found
}

interface ElementOnPath {
  fact: ElementFact
  type: string
}

function elementsOn(type: string, steps: readonly Step[]): ElementOnPath[] {
  let facts: readonly ElementFact[] = resourceFacts[type] ?? []
  return steps.map((step) => {
    const element = elementOf(facts, step.key)
    const children = childrenOf(element.fact)
    facts = children.length > 0 ? children : (typeFacts[element.type] ?? [])
    return element
  })
}

function elementOf(facts: readonly ElementFact[], key: string): ElementOnPath {
  for (const fact of facts) {
    if (!fact.choice && fact.name === key) return { fact, type: fact.types[0] ?? '' }
    const type = fact.choice ? fact.types.find((candidate) => choiceName(fact.name, candidate) === key) : undefined
    if (type !== undefined) return { fact, type }
  }
  throw new Error(`a search parameter's path names an unknown element ${key}`)
}
