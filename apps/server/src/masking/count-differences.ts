import { isObject } from '@aquifer/core/fhir'
import { compilePolicy, createMasker, type Masker, type Policy } from '@aquifer/core/masking'
import { hmacOf, randomMaskingKey } from './keys.js'

/** Elements at one path of a type that two policies give differently. */
export interface CountedDifference {
  /** without list positions: 'Patient.name.family' */
  path: string
  elements: number
  resources: number
}

/** What two policies make of the same resources, compared element by element; both under one key, made for this. */
export function countDifferences(before: Policy, after: Policy, resources: Iterable<unknown>, asOfYear: number): CountedDifference[] {
  const hmac = hmacOf(randomMaskingKey())
  const [first, second] = [before, after].map((policy) => createMasker(compilePolicy(policy), { hmac, asOfYear })) as [Masker, Masker]
  const counts = new Map<string, CountedDifference>()
  for (const resource of resources) {
    if (!isObject(resource)) continue
    const type = String(resource['resourceType'])
    const own = new Map<string, number>()
    compare(type, first.mask(resource).resource ?? undefined, second.mask(resource).resource ?? undefined, (path) =>
      own.set(path, (own.get(path) ?? 0) + 1),
    )
    for (const [path, elements] of own) {
      const known = counts.get(path) ?? { path, elements: 0, resources: 0 }
      counts.set(path, { path, elements: known.elements + elements, resources: known.resources + 1 })
    }
  }
  return [...counts.values()].toSorted((a, b) => b.elements - a.elements || (a.path < b.path ? -1 : 1))
}

// A part that only one of them has counts by its leaves, as does one that both have otherwise.
function compare(path: string, a: unknown, b: unknown, differ: (path: string) => void): void {
  if (a === b) return
  if (Array.isArray(a) || Array.isArray(b)) {
    const [left, right] = [listOf(a), listOf(b)]
    for (let at = 0; at < Math.max(left.length, right.length); at++) compare(path, left[at], right[at], differ)
  } else if (isObject(a) || isObject(b)) {
    const [left, right] = [isObject(a) ? a : {}, isObject(b) ? b : {}]
    for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) compare(`${path}.${name}`, left[name], right[name], differ)
  } else differ(path)
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])
