import { childrenAt, childrenOf, choiceName, isResourceType, resourceFacts, typeFacts } from '../fhir/index.js'
import type { ElementFact } from '../fhir/index.js'

/** An element of the model as the compiler meets it. */
export interface ModelElement {
  fact: ElementFact
  /** As in JSON: 'valueQuantity'. */
  name: string
  type: string
  /** 'Patient.contact.name.family'; below a recursion the path of what recurs. */
  path: string
  /** Place in its data type: 'HumanName.family'. */
  typePath: string
  root: string
}

/** An object at a place of the model, whose elements can be looked at. */
export interface ModelPlace {
  facts: readonly ElementFact[]
  path: string
  typePath: string
  root: string
}

export function resourcePlace(type: string): ModelPlace | null {
  return isResourceType(type) ? { facts: resourceFacts[type]!, path: type, typePath: type, root: type } : null
}

export function namesOf(fact: ElementFact): string[] {
  return fact.choice ? fact.types.map((type) => choiceName(fact.name, type)) : [fact.name]
}

/** All elements of an object, a choice as one for each of its types. */
export function elementsOf(place: ModelPlace): ModelElement[] {
  return place.facts.flatMap((fact) =>
    namesOf(fact).map((name, index) => ({
      fact,
      name,
      type: fact.types[fact.choice ? index : 0]!,
      path: `${place.path}.${name}`,
      typePath: `${place.typePath}.${name}`,
      root: place.root,
    })),
  )
}

/** Elements under a name; for the base name of a choice all of its types. */
export function elementsNamed(place: ModelPlace, name: string): ModelElement[] {
  return elementsOf(place).filter((element) => element.name === name || (element.fact.choice === true && element.fact.name === name))
}

/** What an element holds, if it is an object. */
export function placeInside({ fact, type, path, root }: ModelElement): ModelPlace | null {
  if (fact.same !== undefined) return { facts: childrenAt(fact.same), path: fact.same, typePath: fact.same, root }
  const own = childrenOf(fact)
  if (own.length > 0) return { facts: own, path, typePath: path, root }
  const facts = typeFacts[type]
  return facts ? { facts, path, typePath: type, root } : null
}

/** A data type on its own, as extensions and rules by type see it. */
export function typePlace(type: string): ModelPlace | null {
  const facts = typeFacts[type]
  return facts ? { facts, path: type, typePath: type, root: type } : null
}

/** Elements at the end of relative names ('code.coding.code'); none where there is no such element. */
export function elementsAt(place: ModelPlace, names: readonly string[]): ModelElement[] {
  const [name = '', ...rest] = names
  const found = elementsNamed(place, name)
  if (rest.length === 0) return found
  return found.flatMap((element) => {
    const inside = placeInside(element)
    return inside ? elementsAt(inside, rest) : []
  })
}
