import { resourceFacts, typeFacts } from '../fhir/index.js'
import type { ElementFact } from '../fhir/index.js'

let codes: ReadonlySet<string> | null = null

/** All codes that the model lists for elements with a required binding: nobody wrote them about anybody. */
export function modelCodes(): ReadonlySet<string> {
  const under = (facts: readonly ElementFact[]): string[] => facts.flatMap((fact) => [...(fact.codes ?? []), ...under(fact.children ?? [])])
  codes ??= new Set([...Object.values(resourceFacts), ...Object.values(typeFacts)].flatMap(under))
  return codes
}
