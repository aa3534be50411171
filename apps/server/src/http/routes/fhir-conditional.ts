import type { FastifyRequest } from 'fastify'
import { isResourceType, type Resource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { pairsOf, parseBody, read, writeConditionally, type EntryResult, type Written } from '../../fhir/index.js'
import type { Answer } from '../answer.js'
import { paramOf } from '../bind.js'
import { baseOf, fhirRequestOf, ifMatchOf, wantsMinimal, wantsOutcome } from '../fhir-request.js'
import { etagOf, repairHeader, type FhirParts } from './fhir-parts.js'

/** Update and delete of what a search finds: http.html of DSTU2, conditional interactions. */
export function conditionalRoutes(parts: FhirParts): void {
  parts.on('conditionalUpdate', { act: 'update', handler: (request) => updateMatch(parts, request) })
  parts.on('conditionalRemove', { act: 'delete', handler: (request) => removeMatch(parts, request) })
}

export async function createUnlessMet(parts: FhirParts, request: FastifyRequest, condition: string): Promise<Answer | Refusal> {
  const resource = await resourceIn(parts, request)
  if (isRefusal(resource)) return resource
  const asked = fhirRequestOf(request)
  const act = { act: 'create', type: paramOf(request, 'type'), resource, ifNoneExist: condition } as const
  return answerTo(parts, request, await writeConditionally(parts.systems.fhir, asked, act))
}

async function updateMatch(parts: FhirParts, request: FastifyRequest): Promise<Answer | Refusal> {
  const resource = await resourceIn(parts, request)
  if (isRefusal(resource)) return resource
  const target = targetOf(parts, request)
  if (isRefusal(target)) return target
  const act = { act: 'update', ...target, resource } as const
  return answerTo(parts, request, await writeConditionally(parts.systems.fhir, fhirRequestOf(request), act))
}

async function removeMatch(parts: FhirParts, request: FastifyRequest): Promise<Answer | Refusal> {
  const target = targetOf(parts, request)
  if (isRefusal(target)) return target
  const act = { act: 'delete', ...target } as const
  return answerTo(parts, request, await writeConditionally(parts.systems.fhir, fhirRequestOf(request), act))
}

async function resourceIn(parts: FhirParts, request: FastifyRequest): Promise<Resource | Refusal> {
  const type = paramOf(request, 'type')
  if (!isResourceType(type)) return refuse('unknown', { detail: 'DSTU2 has no such resource type.' })
  const resource = await parseBody(parts.bodyText(request))
  if (isRefusal(resource)) return resource
  return resource.resourceType === type ? resource : refuse('invalid', { detail: 'The resourceType has to be the type in the address.' })
}

// They say in which study and in which form, and are no part of the condition.
const besides = new Set(['studyid', 'siteid', '_format', '_pretty'])

function targetOf(parts: FhirParts, request: FastifyRequest): { type: string; id: null; condition: string; version?: number } | Refusal {
  const type = paramOf(request, 'type')
  if (!isResourceType(type)) return refuse('unknown', { detail: 'DSTU2 has no such resource type.' })
  const expected = ifMatchOf(request)
  if (isRefusal(expected)) return expected
  const pairs = pairsOf(parts.queryText(request)).filter(([name]) => !besides.has(name))
  return { type, id: null, condition: new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString(), ...expected }
}

async function answerTo(parts: FhirParts, request: FastifyRequest, result: EntryResult | Refusal): Promise<Answer | Refusal> {
  if (isRefusal(result)) return result
  switch (result.kind) {
    case 'refused':
      return result.refusal
    case 'nothing':
      return { status: 204 }
    case 'existing':
      return storedAnswer(parts, request, { ...result, status: 200 })
    case 'written': {
      const { type, outcome, repairs } = result
      if (outcome.outcome === 'deleted' || outcome.outcome === 'already-deleted')
        return { status: 204, headers: { etag: etagOf(outcome.version) } }
      if (wantsOutcome(request)) return parts.writtenAnswer(request, { outcome, type, content: null, repairs })
      return storedAnswer(parts, request, { type, id: outcome.id, status: outcome.outcome === 'created' ? 201 : 200, repairs })
    }
    case 'read':
      throw new Error('a write was answered as a read')
  }
}

/** What stands there now, which for a conditional create is not what was sent. */
async function storedAnswer(
  { systems }: FhirParts,
  request: FastifyRequest,
  { type, id, status, repairs = [] }: { type: string; id: string; status: number; repairs?: Written['repairs'] },
): Promise<Answer | Refusal> {
  const found = await read(systems.fhir, fhirRequestOf(request), { type, id })
  if (isRefusal(found)) return found
  const { version, updatedAt } = found.version
  const headers = {
    ...repairHeader(repairs),
    etag: etagOf(version),
    'last-modified': new Date(updatedAt).toUTCString(),
    location: `${baseOf(request)}/${type}/${id}/_history/${version}`,
  }
  return wantsMinimal(request) ? { status, headers } : { status, headers, body: found.bytes }
}
