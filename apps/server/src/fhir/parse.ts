import { setImmediate } from 'node:timers/promises'
import {
  beginJson,
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
  'too-many': 'There are more properties, numbers or values than a resource can have',
} as const

// Up to here a text is read at once, in a few milliseconds; a larger one in turns of as much.
const charactersAtOnce = 256 * 1024

// 2026-11, 2 cores: to read and check 250,000 values takes some 100 ms. What holds several resources, each checked by itself, may hold
// about as many values as 32 MB of small ones do.
const limits = { one: { values: 250_000, valuesOfItem: 250_000 }, several: { values: 3_000_000, valuesOfItem: 250_000 } } as const

/** Text to an object that names a resource type; nothing is checked beyond that. For texts that are known to be small. */
export function parseAtOnce(text: string): Resource | Refusal {
  const parsed = parseJson(text)
  return resourceOf(text, parsed.problem === undefined ? { ...parsed, forbidden: forbiddenCharacter(text, parsed.resource) } : parsed)
}

/**
 * The same for text of any size. A large one is read part by part and holds up nobody;
 * `several`: its entries are resources that are checked each by itself.
 */
export async function parseBody(text: string, extent: 'one' | 'several' = 'one'): Promise<Resource | Refusal> {
  if (text.length <= charactersAtOnce) return parseAtOnce(text)
  const reading = beginJson(text, limits[extent])
  while (reading.advance(charactersAtOnce)) await setImmediate()
  return resourceOf(text, reading.result())
}

function resourceOf(text: string, parsed: ReturnType<ReturnType<typeof beginJson>['result']>): Resource | Refusal {
  if (parsed.problem !== undefined) {
    const { problem, offset } = parsed
    if (offset === null) return refuse('malformed-body', { detail: `${problems[problem]}.` })
    return refuse('malformed-body', { detail: `${problems[problem]}, ${placeIn(text, offset)}.`, position: offset })
  }
  const { resource, forbidden } = parsed
  if (!isObject(resource) || typeof resource['resourceType'] !== 'string') {
    return refuse('invalid', { detail: 'A resource is a JSON object with a resourceType.' })
  }
  if (!isResourceType(resource['resourceType']))
    return refuse('unsupported-type', { detail: 'resourceType has to name a DSTU2 resource type.' })
  if (forbidden === null) return resource as Resource
  const path = `${resource['resourceType']}.${forbidden}`
  const message = 'a string holds a character that FHIR does not know: a control character or half of a pair'
  return refuse('invalid', { detail: `${path}: ${message}.`, issues: [{ severity: 'error', path, code: 'value', message }] })
}

function placeIn(text: string, offset: number): string {
  let line = 1
  for (let at = 0; at < offset; at++) if (text.charCodeAt(at) === 10) line++
  return `line ${line}, column ${offset - (offset === 0 ? -1 : text.lastIndexOf('\n', offset - 1))}`
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
