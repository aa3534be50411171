import type { Concept, ElementDefinition, ValueSet } from './definitions.js'

const typesWithCodes = new Set(['code', 'Coding', 'CodeableConcept'])

/** Required bindings whose codes the definitions enumerate; open ones (language tags, media types, SNOMED filters) give none. */
export class CodeSets {
  readonly #byUrl: Map<string, ValueSet>
  readonly #systems = new Map<string, Concept[]>()
  readonly used = new Map<string, string[]>()

  constructor(valueSets: ValueSet[]) {
    this.#byUrl = new Map(valueSets.map((set) => [set.url, set]))
    for (const set of valueSets) if (set.codeSystem?.concept) this.#systems.set(set.codeSystem.system, set.codeSystem.concept)
  }

  nameFor(element: ElementDefinition): string | null {
    const url = element.binding?.valueSetReference?.reference ?? element.binding?.valueSetUri
    const bound = element.binding?.strength === 'required' && element.type?.some((type) => typesWithCodes.has(type.code ?? ''))
    if (!bound || !url) return null
    const codes = this.#expand(url)
    if (!codes || codes.size === 0) return null
    const name = url.slice(url.lastIndexOf('/') + 1)
    this.used.set(name, [...codes])
    return name
  }

  #expand(url: string): Set<string> | null {
    const set = this.#byUrl.get(url)
    if (!set) return null
    const codes = new Set(allCodes(set.codeSystem?.concept ?? []))
    for (const imported of set.compose?.import ?? []) {
      const more = this.#expand(imported)
      if (!more) return null
      for (const code of more) codes.add(code)
    }
    for (const include of set.compose?.include ?? []) {
      const more = this.#included(include)
      if (!more) return null
      for (const code of more) codes.add(code)
    }
    for (const exclude of set.compose?.exclude ?? []) for (const concept of exclude.concept ?? []) codes.delete(concept.code)
    return codes
  }

  #included(include: NonNullable<NonNullable<ValueSet['compose']>['include']>[number]): string[] | null {
    if (include.concept) return include.concept.map((concept) => concept.code)
    const concepts = this.#systems.get(include.system ?? '')
    if (!concepts) return null
    if (!include.filter) return allCodes(concepts)
    const codes: string[] = []
    for (const filter of include.filter) {
      const root = filter.op === 'is-a' ? find(concepts, filter.value) : null
      if (!root) return null
      codes.push(...allCodes([root]))
    }
    return codes
  }
}

function allCodes(concepts: Concept[]): string[] {
  return concepts.flatMap((concept) => [concept.code, ...allCodes(concept.concept ?? [])])
}

function find(concepts: Concept[], code: string): Concept | null {
  for (const concept of concepts) {
    const found = concept.code === code ? concept : find(concept.concept ?? [], code)
    if (found) return found
  }
  return null
}
