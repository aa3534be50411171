import type { MaskingPolicyChecked, MaskingPolicyDiff, MaskingTrace, MaskingTraceRequest } from '@aquifer/core/contract'
import { isObject } from '@aquifer/core/fhir'
import { generateResources, type Resource } from '@aquifer/core/generate'
import {
  builtInPolicies,
  comparePolicies,
  policyLabel,
  readPolicy,
  safeHarbor,
  traceResource,
  type Policy,
  type PolicyProblem,
} from '@aquifer/core/masking'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { hmacOf, randomMaskingKey } from '../masking/index.js'

type Problems = MaskingPolicyChecked['problems']
export const problemsOf = (problems: readonly PolicyProblem[]): Problems =>
  problems.map(({ path, line, message, remedy }) => ({ path, line, message, remedy }))

/** What is wrong with a text; nothing is kept. */
export function checkText(text: string): MaskingPolicyChecked {
  const { policy, problems } = readPolicy(text)
  if (policy === undefined) return { name: null, version: null, problems: problemsOf(problems), changes: [] }
  return { name: policy.name, version: policy.version, problems: [], changes: comparePolicies(safeHarbor, policy) }
}

/** A policy as a request names it, where it is not a stored one. */
export function policySaid(said: { name: string } | { text: string }): Policy | Refusal {
  if ('name' in said) {
    if (Object.hasOwn(builtInPolicies, said.name)) return builtInPolicies[said.name]!
    return refuse('unknown', { detail: `There is no built-in policy of this name: ${Object.keys(builtInPolicies).join(' or ')}.` })
  }
  const { policy, problems } = readPolicy(said.text)
  if (policy !== undefined) return policy
  return refuse('business-rule', { detail: problems.map(({ line, path, message }) => `line ${line} ${path}: ${message}`).join('; ') })
}

export const diffOf = (before: Policy, after: Policy): MaskingPolicyDiff => ({
  before: policyLabel(before),
  after: policyLabel(after),
  changes: comparePolicies(before, after),
})

const examplePeople = 3
const seedDefault = 'example'

/** What the policy does to the resource that was sent, or to a made one of the type; only of a made one are values told. */
export function traceOf(policy: Policy, asked: Omit<MaskingTraceRequest, 'policy'>, asOfYear: number): MaskingTrace | Refusal {
  const resource = asked.resource ?? exampleOf(asked.type ?? 'Patient', asked.seed ?? seedDefault)
  if (resource === null)
    return refuse('business-rule', { detail: 'No example of this type is made: send a resource, or ask for a type such as Patient.' })
  if (!isObject(resource) || typeof resource['resourceType'] !== 'string')
    return refuse('invalid', { detail: 'resource: a FHIR resource is an object with resourceType.' })
  // Each trace under a key of its own: what is told of a made example is no pseudonym of any study.
  const { masked, steps } = traceResource(policy, { hmac: hmacOf(randomMaskingKey()), asOfYear }, resource)
  const told = { policy: policyLabel(policy), type: typeOf(resource), held: masked.held, steps: [...steps] }
  return asked.resource === undefined ? { ...told, example: resource, masked: masked.resource } : told
}

// Of a resource that somebody sent nothing is said back, not even a type that is none.
const typeOf = (resource: Record<string, unknown>): string => {
  const type = String(resource['resourceType'])
  return /^[A-Z][A-Za-z]{1,40}$/.test(type) ? type : 'unknown'
}

function exampleOf(type: string, seed: string): Resource | null {
  for (const resource of generateResources({ patients: examplePeople, seed })) if (resource.resourceType === type) return resource
  return null
}
