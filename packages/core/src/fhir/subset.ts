import { childrenOf, choiceName, resourceFacts } from './facts.js'
import type { ElementFact } from './facts.js'
import { isObject } from './resource.js'
import type { JsonObject, Resource } from './resource.js'
import { summaryTable } from './summary.generated.js'

/** Which part of each resource a search answers with (DSTU2 search, "summary" and "elements"). */
export type Subset = { kind: 'summary' } | { kind: 'text' } | { kind: 'data' } | { kind: 'elements'; names: readonly string[] }

const subsetTag = { system: 'http://hl7.org/fhir/v3/ObservationValue', code: 'SUBSETTED' }
const head: ReadonlySet<string> = new Set(['resourceType', 'id', 'meta', 'implicitRules'])

let summaries: Map<string, ReadonlySet<string>> | undefined
function summaryOf(type: string): ReadonlySet<string> {
  summaries ??= new Map(
    summaryTable
      .slice(1, -1)
      .split('\n')
      .map((line) => {
        const [name = '', ...paths] = line.split(' ')
        return [name, new Set(paths)]
      }),
  )
  return summaries.get(type) ?? new Set()
}

/** A new resource with that part of another, marked as incomplete. */
export function subsetOf(resource: Resource, subset: Subset): Resource {
  const facts = resourceFacts[resource.resourceType] ?? []
  const kept =
    subset.kind === 'summary' ? summarised(resource, facts, summaryOf(resource.resourceType), '') : filtered(resource, facts, subset)
  return { ...kept, resourceType: resource.resourceType, meta: marked(resource['meta']) }
}

function marked(meta: unknown): JsonObject {
  const said = isObject(meta) ? meta : {}
  const tags: unknown[] = Array.isArray(said['tag']) ? said['tag'] : []
  return { ...said, tag: [...tags, subsetTag] }
}

function filtered(resource: Resource, facts: readonly ElementFact[], subset: Exclude<Subset, { kind: 'summary' }>): JsonObject {
  return Object.fromEntries(
    Object.entries(resource).filter(([key]) => {
      const fact = factOf(facts, key)
      if (subset.kind === 'data') return fact?.name !== 'text'
      if (head.has(key) || fact?.min === 1) return true
      return subset.kind === 'text' ? fact?.name === 'text' : fact?.modifier === true || subset.names.includes(fact?.name ?? '')
    }),
  )
}

/** The element of a JSON property, which may be a choice of type or the extensions of a primitive. */
function factOf(facts: readonly ElementFact[], key: string): ElementFact | undefined {
  const name = key.startsWith('_') ? key.slice(1) : key
  return facts.find((fact) => (fact.choice ? fact.types.some((type) => choiceName(fact.name, type) === name) : fact.name === name))
}

// An element whose children are not told one by one is shown whole.
function summarised(value: JsonObject, facts: readonly ElementFact[], shown: ReadonlySet<string>, at: string): JsonObject {
  const entries = Object.entries(value).flatMap(([key, child]): [string, unknown][] => {
    if (at === '' && head.has(key)) return [[key, child]]
    const fact = factOf(facts, key)
    const path = `${at}${fact?.name ?? ''}`
    const hasParts = [...shown].some((other) => other.startsWith(`${path}.`))
    if (!fact || !(shown.has(path) || hasParts)) return []
    if (!hasParts) return [[key, child]]
    const part = (one: unknown): unknown => (isObject(one) ? summarised(one, childrenOf(fact), shown, `${path}.`) : one)
    return [[key, Array.isArray(child) ? child.map(part) : part(child)]]
  })
  return Object.fromEntries(entries)
}
