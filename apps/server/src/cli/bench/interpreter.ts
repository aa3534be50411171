import { treatmentsUnder } from '@aquifer/core/masking'
import type { Policy } from '@aquifer/core/masking'

type Json = Record<string, unknown>

/**
 * What a policy costs where it is not compiled: every element's path is written out and looked up. Elements are only kept or removed
 * by it, with no pseudonym, shift or display, so it does less than masking does. Lines in, length of the lines out.
 */
export function interpret(lines: readonly string[], policy: Policy): number {
  const treatments = new Map(treatmentsUnder(policy).map(({ path, treatment }) => [path, treatment]))
  const inner = new Set([...treatments.keys()].flatMap((path) => parents(path)))
  const strip = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((each) => strip(each, path)).filter((each) => each !== undefined)
    if (typeof value !== 'object' || value === null) return treatments.get(path) === 'remove' ? undefined : value
    const kept: Json = {}
    for (const [name, each] of Object.entries(value)) {
      const place = `${path}.${name}`
      const stripped = inner.has(place) || treatments.has(place) ? strip(each, place) : undefined
      if (stripped !== undefined) kept[name] = stripped
    }
    return kept
  }
  let length = 0
  for (const line of lines) {
    const resource = JSON.parse(line) as { resourceType: string }
    length += JSON.stringify(strip(resource, resource.resourceType)).length
  }
  return length
}

function parents(path: string): string[] {
  const names = path.split('.')
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join('.'))
}
