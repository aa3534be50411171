import { childrenAt, choiceName, primitiveTypes, resourceFacts, typeFacts } from './facts.js'
import type { ElementFact } from './facts.js'
import { rulesAt, valueRulesAt } from './invariants/table.js'
import type { Rule, ValueRule } from './invariants/table.js'
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
  /** Invariants of this place, beside those of the shape. */
  rules: readonly Rule[] | null
  valueRules: readonly ValueRule[] | null
}

export interface Shape {
  name: string
  slots: ReadonlyMap<string, Slot>
  required: number
  requiredNames: readonly string[]
  isResource: boolean
  rules: readonly Rule[] | null
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
  const shape: Shape = { name, slots, required, requiredNames, isResource, rules: rulesOf(name, slots) }
  shapes.set(name, shape)
  return shape
}

function rulesOf(name: string, slots: ReadonlyMap<string, Slot>): readonly Rule[] | null {
  const common = slots.has('contained') ? rulesAt('DomainResource') : null
  const own = rulesAt(name)
  return common && own ? [...common, ...own] : (common ?? own)
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
    rules: null,
    valueRules: null,
  }
  const place = fact.choice ? `${path}[x]` : path
  if (primitiveTypes.has(type)) {
    const test = primitiveTests[type] ?? noShape
    return {
      ...slot,
      kind: 'primitive',
      test: type === 'code' && codes ? (value) => codes.has(value as string) : (test as Slot['test']),
      valueRules: valueRulesAt(place),
    }
  }
  if (type === 'Resource') return { ...slot, kind: 'resource' }
  const same = fact.same
  const children = fact.children
  const lazily = (name: string, facts: () => readonly ElementFact[]) => {
    let made: Shape | undefined
    return () => (made ??= shapeOf(name, facts(), false))
  }
  // A backbone element has its invariants in its shape; a data type's are its own, and the place may add some.
  const rules = type === 'Quantity' && fact.quantity ? rulesAt(fact.quantity) : children ? null : rulesAt(place)
  if (same) return { ...slot, rules, shape: lazily(same, () => childrenAt(same)) }
  if (children) return { ...slot, shape: lazily(path, () => children) }
  return { ...slot, rules, shape: lazily(type, () => typeFacts[type] ?? []) }
}

/** Shape of a resource type; null for what is not a DSTU2 type. */
export function resourceShape(type: unknown): Shape | null {
  if (typeof type !== 'string') return null
  const known = shapes.get(type)
  if (known) return known.isResource ? known : null
  const facts = Object.hasOwn(resourceFacts, type) ? resourceFacts[type] : undefined
  return facts ? shapeOf(type, facts, true) : null
}
