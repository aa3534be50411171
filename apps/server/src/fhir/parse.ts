import { isObject, isResourceType, parseJson, transportTypes, validateAndRepair, type Repair, type Resource } from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { wouldNeed } from './repaired.js'

const problems = {
  'not-json': 'The body is not JSON.',
  'duplicate-key': 'A property occurs twice in one object.',
  'forbidden-key': 'A property has a forbidden name.',
  'too-deep': 'The body is nested too deeply.',
} as const

/** Text to an object that names a resource type; nothing is checked beyond that. */
export function parseBody(text: string): Resource | Refusal {
  const parsed = parseJson(text)
  if (parsed.problem !== undefined) {
    return refuse('malformed-body', { detail: problems[parsed.problem], ...(parsed.offset === null ? {} : { position: parsed.offset }) })
  }
  const { resource } = parsed
  if (!isObject(resource) || typeof resource['resourceType'] !== 'string') {
    return refuse('invalid', { detail: 'A resource is a JSON object with a resourceType.' })
  }
  if (!isResourceType(resource['resourceType']))
    return refuse('unsupported-type', { detail: 'resourceType has to name a DSTU2 resource type.' })
  return resource as Resource
}

/** Validates, mending by the named rules only what validation would refuse; `strict` mends nothing. */
export function checkResource(resource: Resource, strict: boolean): { repairs: Repair[] } | Refusal {
  if (transportTypes.has(resource.resourceType)) {
    return refuse('not-supported', { detail: `DSTU2 has no address for ${resource.resourceType}: it is not stored.` })
  }
  const { issues, repairs } = validateAndRepair(resource)
  if (issues.length > 0) return refuse('invalid', { detail: 'The resource is not valid DSTU2.', issues })
  // What was signed is not changed.
  const isSigned = resource.resourceType === 'Bundle' && resource['signature'] !== undefined
  return (strict || isSigned) && repairs.length > 0 ? wouldNeed(repairs) : { repairs }
}
