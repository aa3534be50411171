import { setImmediate } from 'node:timers/promises'
import {
  beginXml,
  forbiddenCharacter,
  isObject,
  isResourceType,
  parseJson,
  transportTypes,
  validateAndRepair,
  type ReadXml,
  type Repair,
  type Resource,
} from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { wouldNeed } from './repaired.js'

const problems = {
  'not-json': 'The body is not JSON',
  'duplicate-key': 'A property occurs twice in one object',
  'forbidden-key': 'A property has a forbidden name',
  'too-deep': 'The body is nested too deeply',
  'too-many': 'There are more properties or numbers than a resource can have',
} as const

/** Text to an object that names a resource type; nothing is checked beyond that. */
export function parseBody(text: string): Resource | Refusal {
  const parsed = parseJson(text)
  if (parsed.problem !== undefined) {
    const { problem, offset } = parsed
    if (offset === null) return refuse('malformed-body', { detail: `${problems[problem]}.` })
    return refuse('malformed-body', { detail: `${problems[problem]}, ${placeIn(text, offset)}.`, position: offset })
  }
  const { resource } = parsed
  if (!isObject(resource) || typeof resource['resourceType'] !== 'string') {
    return refuse('invalid', { detail: 'A resource is a JSON object with a resourceType.' })
  }
  if (!isResourceType(resource['resourceType']))
    return refuse('unsupported-type', { detail: 'resourceType has to name a DSTU2 resource type.' })
  const forbidden = forbiddenCharacter(text, resource)
  if (forbidden === null) return resource as Resource
  const path = `${resource['resourceType']}.${forbidden}`
  const message = 'a string holds a character that FHIR does not know: a control character or half of a pair'
  return refuse('invalid', { detail: `${path}: ${message}.`, issues: [{ severity: 'error', path, code: 'value', message }] })
}

function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset)
  return `line ${before.split('\n').length}, column ${offset - before.lastIndexOf('\n')}`
}

const xmlProblems = {
  'not-xml': 'The body is not well-formed XML',
  doctype: 'A document type declaration is not taken',
  encoding: 'XML is version 1.0 in UTF-8',
  'too-deep': 'The body is nested too deeply',
  'not-a-resource': 'The document is no DSTU2 resource in the namespace http://hl7.org/fhir',
} as const

// About 20 ms of reading; then it is somebody else's turn.
const xmlCharactersAtOnce = 128 * 1024

/** The same for XML, part by part: a large document holds up nobody. */
export async function parseXmlBody(text: string): Promise<Resource | Refusal> {
  const reading = beginXml(text)
  while (reading.advance(xmlCharactersAtOnce)) await setImmediate()
  return resourceOfXml(reading.result())
}

function resourceOfXml(read: ReadXml): Resource | Refusal {
  if (read.problem !== undefined) {
    const detail = `${xmlProblems[read.problem]}, line ${read.line}, column ${read.column}.`
    return read.problem === 'not-a-resource' ? refuse('unsupported-type', { detail }) : refuse('malformed-body', { detail })
  }
  if (read.issues.length === 0) return read.resource
  return refuse('invalid', { detail: 'The document is not DSTU2 XML.', issues: read.issues })
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
