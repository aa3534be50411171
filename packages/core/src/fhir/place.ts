import { isObject } from './resource.js'
import type { JsonObject, Resource } from './resource.js'
import { resourceShape } from './shape.js'
import type { Shape, Slot } from './shape.js'

/** Where an issue points: the property `key` of `object`, and there the item `index` where that is a list. */
export interface Place {
  object: JsonObject
  key: string
  index: number | null
  /** What the model says of the property; undefined for one it does not know. */
  slot: Slot | undefined
  /** What the model says of `object`. */
  shape: Shape
  /** Path in the model, from the nearest resource, without indexes: 'CarePlan.activity.detail.prohibited'. */
  modelPath: string
  /** The place that holds `object`; null for the resource itself. */
  above: Place | null
}

/** Finds the place of an issue's path; null where the resource has no such place. The resource itself stands in an object of its own. */
export function placeOf(resource: Resource, path: string): Place | null {
  let object: unknown = resource
  let shape: Shape | null = resourceShape(resource.resourceType)
  if (shape && path === resource.resourceType)
    return { object: { resource }, key: 'resource', index: null, slot: undefined, shape, modelPath: path, above: null }
  let modelPath = resource.resourceType
  let place: Place | null = null
  for (const part of path.split('.').slice(1)) {
    const { key, index } = parsePart(part)
    if (!isObject(object) || !shape) return null
    const slot: Slot | undefined = shape.slots.get(key)
    modelPath += `.${key}`
    place = { object, key, index, slot, shape, modelPath, above: place }
    object = valueAt(place)
    if (slot?.kind === 'resource' && isObject(object)) {
      shape = resourceShape(object['resourceType'])
      modelPath = shape?.name ?? modelPath
    } else shape = slot && slot.kind !== 'primitive' && slot.kind !== 'resource' ? slot.shape() : null
  }
  return place
}

function parsePart(part: string): { key: string; index: number | null } {
  const bracket = part.indexOf('[')
  return bracket < 0 ? { key: part, index: null } : { key: part.slice(0, bracket), index: Number(part.slice(bracket + 1, -1)) }
}

export function valueAt(place: Place): unknown {
  const value = place.object[place.key]
  return place.index === null ? value : Array.isArray(value) ? (value as unknown[])[place.index] : undefined
}

export function setAt(place: Place, value: unknown): void {
  if (place.index === null) place.object[place.key] = value
  else (place.object[place.key] as unknown[])[place.index] = value
}

/** Removes what is at the place, and every list and object around it that this leaves empty. */
export function removeAt(place: Place): void {
  const list = place.object[place.key]
  if (place.index !== null && Array.isArray(list)) {
    list.splice(place.index, 1)
    if (list.length > 0) return
  }
  delete place.object[place.key]
  if (place.above && Object.keys(place.object).length === 0) removeAt(place.above)
}
