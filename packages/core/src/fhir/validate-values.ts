import { isResourceType } from './facts.js'
import { addIssue, prefixIssues } from './issue.js'
import type { Issue } from './issue.js'
import { isId } from './primitives.js'
import type { JsonObject } from './resource.js'

/** Of a Coding or CodeableConcept under a required binding: where codes are given, one of them is of the value set. */
export function checkCoded(value: JsonObject, codes: ReadonlySet<string>, issues: Issue[]): void {
  const codings: unknown[] = Array.isArray(value['coding']) ? value['coding'] : [value]
  let given = false
  for (const coding of codings) {
    const code = typeof coding === 'object' && coding !== null ? (coding as JsonObject)['code'] : undefined
    if (code === undefined) continue
    if (codes.has(code as string)) return
    given = true
  }
  if (given) addIssue(issues, 'code-invalid', 'no code of the required value set')
}

/** A reference of the form `Type/id` names a type that the element may point to. Other forms tell no type. */
export function checkTarget(value: JsonObject, targets: ReadonlySet<string>, issues: Issue[]): void {
  const reference = value['reference']
  if (typeof reference !== 'string') return
  const slash = reference.indexOf('/')
  if (slash <= 0) return
  const type = reference.slice(0, slash)
  if (targets.has(type) || !isResourceType(type) || !isId(idPart(reference, slash + 1))) return
  wrongReference(issues, 'the element may not point to this type of resource')
}

function idPart(reference: string, from: number): string {
  const end = reference.indexOf('/', from)
  return end < 0 ? reference.slice(from) : reference.slice(from, end)
}

function wrongReference(issues: Issue[], message: string): void {
  const before = issues.length
  addIssue(issues, 'value', message)
  prefixIssues(issues, before, 'reference')
}
