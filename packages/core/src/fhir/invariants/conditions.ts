import { isObject, numberOf } from '../resource.js'
import type { JsonObject } from '../resource.js'

/** Where an element stands: the resource whose `contained` a `#id` is looked up in, and whether we are inside one of those. */
export interface Within {
  container: Container
  inContained: boolean
}
export interface Container {
  resource: JsonObject
  /** Ids of what it contains, gathered when first asked for: a body may be all references and contained resources. */
  ids: ReadonlySet<unknown> | null
}
/** Does the invariant hold of this element? Asked of any object of the type, well formed or not: never throws. */
export type Holds = (element: JsonObject, within: Within) => boolean

/** The element is there, with a value or by extensions alone. */
export function given(name: string): Holds {
  const companion = `_${name}`
  return (element) => element[name] !== undefined || element[companion] !== undefined
}

/** Some type of a choice is there: 'fixed' for fixedString, fixedCoding … */
export function givenChoice(base: string): Holds {
  return (element) => {
    for (const key in element) if (key.startsWith(base, key.charCodeAt(0) === 95 ? 1 : 0)) return true
    return false
  }
}

export const is =
  (name: string, ...values: readonly unknown[]): Holds =>
  (element) =>
    values.includes(element[name])

export const not =
  (condition: Holds): Holds =>
  (element, within) =>
    !condition(element, within)

export const implies =
  (premise: Holds, conclusion: Holds): Holds =>
  (element, within) =>
    !premise(element, within) || conclusion(element, within)

export const all =
  (...conditions: readonly Holds[]): Holds =>
  (element, within) =>
    conditions.every((condition) => condition(element, within))

export const any =
  (...conditions: readonly Holds[]): Holds =>
  (element, within) =>
    conditions.some((condition) => condition(element, within))

export const atLeastOne = (...names: readonly string[]): Holds => any(...names.map((name) => given(name)))
export const notBoth = (one: Holds, other: Holds): Holds => not(all(one, other))

export function atMostOne(...names: readonly string[]): Holds {
  const conditions = names.map((name) => given(name))
  return (element, within) => conditions.filter((condition) => condition(element, within)).length <= 1
}

const none: readonly JsonObject[] = []

/** The objects an element holds, one or a list. */
export function each(element: JsonObject, name: string): readonly JsonObject[] {
  const value = element[name]
  if (Array.isArray(value)) return value.filter(isObject)
  return isObject(value) ? [value] : none
}

export const every =
  (name: string, condition: Holds): Holds =>
  (element, within) =>
    each(element, name).every((item) => condition(item, within))

export const some =
  (name: string, condition: Holds): Holds =>
  (element, within) =>
    each(element, name).some((item) => condition(item, within))

/** No two of these are the same; what is absent is the same as nothing. */
export function areUnique(values: readonly unknown[]): boolean {
  const told = values.filter((value) => value !== undefined)
  return new Set(told).size === told.length
}

export const uniqueIn =
  (name: string, key: string): Holds =>
  (element) =>
    areUnique(each(element, name).map((item) => item[key]))

export const numberIn = (element: JsonObject, name: string): number | null => numberOf(element[name])
