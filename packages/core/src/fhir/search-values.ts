import { canonicalSystem } from './index-keys.js'
import { codingForms } from './extract-pairs.js'
import { rangeOf, referenceText, textsOf } from './extract-values.js'
import { elementTypes, splitPath } from './index-plan.js'
import type { Step } from './index-plan.js'
import { normalizeText } from './normalize-text.js'
import { isObject, numberOf } from './resource.js'
import type { Resource } from './resource.js'
import { searchParameter } from './search-parameters.js'

/** What a search parameter reads in a resource, element by element. */
export function valuesOf(resource: Resource, name: string): unknown[] {
  const fact = searchParameter(resource.resourceType, name)?.fact
  return (fact?.paths ?? []).flatMap((path) => follow(resource, splitPath(path), 0))
}

function follow(value: unknown, steps: readonly Step[], depth: number): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => follow(item, steps, depth))
  const filter = steps[depth - 1]?.filter
  if (filter && !(isObject(value) && value[filter.key] === filter.value)) return []
  const step = steps[depth]
  if (!step) return value === undefined || value === null ? [] : [value]
  return isObject(value) ? follow(value[step.key], steps, depth + 1) : []
}

/** By what a resource is sorted; null where it has no value. Of several values the first in the direction counts. */
export type SortKey = string | number | null

export function sortKeyOf(resource: Resource, name: string, descending: boolean): SortKey {
  const fact = searchParameter(resource.resourceType, name)?.fact
  if (!fact) return null
  const [type = ''] = elementTypes(resource.resourceType, name)
  const keys = valuesOf(resource, name).flatMap((value) => keysOf(value, fact.type, type))
  const [first, ...others] = keys
  if (first === undefined) return null
  return others.reduce((best, key) => (compareKeys(key, best) < 0 === descending ? best : key), first)
}

function keysOf(value: unknown, kind: string, type: string): (string | number)[] {
  switch (kind) {
    case 'string':
      return textsOf(value, type).map(normalizeText)
    case 'token':
      return codingForms(value, type).flatMap(({ system, code }) =>
        code === undefined ? [] : [`${code.toLowerCase()}\n${canonicalSystem(system ?? '')}`],
      )
    case 'date': {
      const range = rangeOf(value)
      return range ? [range.lo] : []
    }
    case 'quantity':
    case 'number': {
      const amount = numberOf(isObject(value) ? value['value'] : value)
      return amount === null ? [] : [amount]
    }
    case 'reference':
      return [referenceText(value)]
    default:
      return typeof value === 'string' ? [value] : []
  }
}

/** Ascending, by code point; a parameter's keys are all texts or all numbers. */
export function compareKeys(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
