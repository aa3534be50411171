import { childrenAt, choiceName, primitiveTypes, resourceFacts, typeFacts } from './facts.js'
import type { ElementFact } from './facts.js'
import { primitiveTests } from './primitives.js'

/** What one JSON property of one kind of object may hold: the compiled form of an ElementFact, one per choice type. */
export interface Slot {
  kind: 'primitive' | 'companion' | 'complex' | 'resource'
  type: string
  list: boolean
  /** Bit of the element among the required ones of its shape, 0 if optional. */
  required: number
  /** Bit of the choice among those of its shape, 0 if no choice. */
  choice: number
  test: (value: unknown) => boolean
  codes: ReadonlySet<string> | null
  /** Allowed target types of a Reference, null when open. */
  targets: ReadonlySet<string> | null
  /** Shape of the children; a function, since Extension and groups hold themselves. */
  shape: () => Shape
}

export interface Shape {
  name: string
  slots: ReadonlyMap<string, Slot>
  required: number
  requiredNames: readonly string[]
  isReference: boolean
  isResource: boolean
}

const shapes = new Map<string, Shape>()
const noShape = (): Shape => {
  throw new Error('a primitive has no shape')
}

// `_name` beside a primitive: its id and extensions; DSTU2 JSON also allows fhir_comments on every object.
const elementFacts: readonly ElementFact[] = [
  { name: 'id', types: ['id'], min: 0, max: 1 },
  { name: 'extension', types: ['Extension'], min: 0, max: '*' },
]
const commentsFact: ElementFact = { name: 'fhir_comments', types: ['string'], min: 0, max: '*' }

function shapeOf(name: string, facts: readonly ElementFact[], isResource: boolean): Shape {
  const known = shapes.get(name)
  if (known) return known
  const slots = new Map<string, Slot>()
  const requiredNames: string[] = []
  let required = 0
  let choiceBit = 1
  for (const fact of [...facts, commentsFact]) {
    let requiredBit = 0
    if (fact.min > 0) {
      requiredBit = 1 << requiredNames.length
      required |= requiredBit
      requiredNames.push(fact.name)
    }
    for (const type of fact.types) {
      const slot = slotOf(`${name}.${fact.name}`, fact, type)
      slot.required = requiredBit
      if (fact.choice) slot.choice = choiceBit
      const property = fact.choice ? choiceName(fact.name, type) : fact.name
      slots.set(property, slot)
      if (slot.kind === 'primitive') slots.set(`_${property}`, { ...slot, kind: 'companion', shape: elementShape })
    }
    if (fact.choice) choiceBit <<= 1
  }
  if (requiredNames.length > 31) throw new Error(`${name} has more required elements than bits`)
  const shape: Shape = { name, slots, required, requiredNames, isReference: name === 'Reference', isResource }
  shapes.set(name, shape)
  return shape
}

const elementShape = (): Shape => shapeOf('Element', elementFacts, false)

function slotOf(path: string, fact: ElementFact, type: string): Slot {
  const codes = fact.codes ? new Set(fact.codes) : null
  const slot: Slot = {
    kind: 'complex',
    type,
    list: fact.max === '*',
    required: 0,
    choice: 0,
    test: () => true,
    codes,
    targets: type === 'Reference' && fact.ref ? new Set(fact.ref) : null,
    shape: noShape,
  }
  if (primitiveTypes.has(type)) {
    const test = primitiveTests[type] ?? noShape
    return { ...slot, kind: 'primitive', test: type === 'code' && codes ? (value) => codes.has(value as string) : (test as Slot['test']) }
  }
  if (type === 'Resource') return { ...slot, kind: 'resource' }
  const same = fact.same
  const children = fact.children
  const lazily = (name: string, facts: () => readonly ElementFact[]) => {
    let made: Shape | undefined
    return () => (made ??= shapeOf(name, facts(), false))
  }
  if (same) return { ...slot, shape: lazily(same, () => childrenAt(same)) }
  if (children) return { ...slot, shape: lazily(path, () => children) }
  return { ...slot, shape: lazily(type, () => typeFacts[type] ?? []) }
}

/** Shape of a resource type; null for what is not a DSTU2 type. */
export function resourceShape(type: unknown): Shape | null {
  if (typeof type !== 'string') return null
  const known = shapes.get(type)
  if (known) return known.isResource ? known : null
  const facts = Object.hasOwn(resourceFacts, type) ? resourceFacts[type] : undefined
  return facts ? shapeOf(type, facts, true) : null
}
