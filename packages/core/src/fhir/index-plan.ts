import { childrenOf, choiceName, resourceFacts, typeFacts } from './facts.js'
import type { ElementFact } from './facts.js'
import { searchParameters } from './search-parameters.js'
import type { SearchParameterFact, SearchParameterType } from './search-parameters.js'

/** A search parameter's values are read where its path ends: kind of parameter and FHIR type of the element say how. */
export interface Leaf {
  parameter: number
  kind: SearchParameterType
  type: string
  /** 'code|' — the start of every hashed token, under the canonical name of the parameter. */
  start: string
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
  next: PlanNode[]
}

export interface IndexPlan {
  next: PlanNode[]
  mainCode: string[] | null
}

// Where the parameter that places a resource in time is not called `date`, or the code it is about not `code`.
const mainDates: Readonly<Record<string, string>> = {
  AllergyIntolerance: 'onset',
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

/** The date parameter held as dateLo and dateHi; null where the type has none. */
export function mainDateParameter(type: string): string | null {
  return named(type, mainDates[type] ?? 'date', 'date')
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
  parameters.forEach((parameter, index) => {
    if (canonical(parameters, parameter) !== parameter) return
    const leaf = {
      parameter: index,
      kind: parameter.type,
      start: `${parameter.name}|`,
      isMainDate: parameter.name === mainDate,
      finders: findersOf(parameters, parameter),
    }
    for (const path of parameter.paths) addPath(root, type, splitPath(path), leaf)
  })
  const code = mainCodeParameter(type)
  const codePath = parameters.find((parameter) => parameter.name === code)?.paths[0]
  return { next: root, mainCode: codePath?.split('.') ?? null }
}

function findersOf(parameters: readonly SearchParameterFact[], parameter: SearchParameterFact): Finder[] {
  const finders = parameters.flatMap((other, index) => {
    if (canonical(parameters, other) !== parameter) return []
    const bit = 1 << (index % 32)
    return [{ low: index < 32 ? bit : 0, high: index < 32 ? 0 : bit, targets: other.target ? new Set(other.target) : null }]
  })
  // One that is alone over an element finds whatever validation let in.
  return finders.length > 1 ? finders : finders.map((finder) => ({ ...finder, targets: null }))
}

interface Step {
  key: string
  filter: PlanNode['filter']
}

// A filter may hold dots and slashes of a URL, so the path is split outside brackets only.
function splitPath(path: string): Step[] {
  return [...path.matchAll(/([^.[\]]+)(?:\[([^=\]]+)=([^\]]+)\])?(?:\.|$)/g)].map(([, key = '', filterKey, value]) => ({
    key,
    filter: filterKey !== undefined && value !== undefined ? { key: filterKey, value } : null,
  }))
}

function addPath(root: PlanNode[], type: string, steps: Step[], leaf: Omit<Leaf, 'type'>): void {
  let nodes = root
  let facts: readonly ElementFact[] = resourceFacts[type] ?? []
  steps.forEach((step, depth) => {
    let node = nodes.find((candidate) => candidate.key === step.key && candidate.filter?.value === step.filter?.value)
    if (!node) {
      node = { key: step.key, filter: step.filter, leaves: [], next: [] }
      nodes.push(node)
    }
    const { fact, type: elementType } = elementOf(facts, step.key)
    if (depth === steps.length - 1) node.leaves.push({ ...leaf, type: elementType })
    const children = childrenOf(fact)
    facts = children.length > 0 ? children : (typeFacts[elementType] ?? [])
    nodes = node.next
  })
}

function elementOf(facts: readonly ElementFact[], key: string): { fact: ElementFact; type: string } {
  for (const fact of facts) {
    if (!fact.choice && fact.name === key) return { fact, type: fact.types[0] ?? '' }
    const type = fact.choice ? fact.types.find((candidate) => choiceName(fact.name, candidate) === key) : undefined
    if (type !== undefined) return { fact, type }
  }
  throw new Error(`a search parameter's path names an unknown element ${key}`)
}
