import type { FastifyRequest } from 'fastify'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { versionOfETag, type FhirRequest } from '../fhir/index.js'
import { factsOf, grantOf, headerOf } from './context.js'
import { queryOf } from './bind.js'

export const fhirBase = '/fhir-server/api/v1'

/** The address under which the client reached us; Host was checked before. */
export function baseOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host || 'localhost'}${fhirBase}`
}

// A header sent twice comes as one, parted by a comma; each naming counts, so that none is passed over when they disagree.
const inHeader = (request: FastifyRequest, name: string): string[] =>
  (headerOf(request, name) ?? '')
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '')
const inQuery = (request: FastifyRequest, name: string): string[] =>
  [(request.query as Record<string, unknown>)[name]].flat().filter((value): value is string => typeof value === 'string' && value !== '')

/** `scopeInQuery`: searches read studyid and siteid with their other parameters. */
export function fhirRequestOf(request: FastifyRequest, scopeInQuery: 'take' | 'leave' = 'take'): FhirRequest {
  const said = (header: string, parameter: string): string[] => [
    ...inHeader(request, header),
    ...(scopeInQuery === 'take' ? inQuery(request, parameter) : []),
  ]
  return { ...openRequestOf(request, said), grant: grantOf(request) }
}

/** The same without a caller, for addresses where something else than a token gives the right. */
export function openRequestOf(
  request: FastifyRequest,
  said: (header: string, parameter: string) => string[] = () => [],
): Omit<FhirRequest, 'grant'> {
  return {
    facts: factsOf(request),
    asked: {
      studies: said('x-aquifer-study', 'studyid'),
      sites: said('x-aquifer-site', 'siteid'),
    },
    base: baseOf(request),
    strict: /\bhandling=strict\b/.test(headerOf(request, 'prefer') ?? ''),
  }
}

export const wantsMinimal = (request: FastifyRequest): boolean => /\breturn=minimal\b/.test(headerOf(request, 'prefer') ?? '')

export const wantsOutcome = (request: FastifyRequest): boolean => /\breturn=OperationOutcome\b/i.test(headerOf(request, 'prefer') ?? '')

/** The version that If-Match asks for. */
export function ifMatchOf(request: FastifyRequest): { version?: number } | Refusal {
  const version = versionOfETag(headerOf(request, 'if-match'))
  if (version === null) return refuse('bad-header', { detail: 'If-Match is W/"version".', header: 'If-Match' })
  return version === undefined ? {} : { version }
}

/** JSON is what this server speaks; a client that takes only XML is told so before anything is done. */
export function formatRefusal(request: FastifyRequest): Refusal | null {
  const format = queryOf(request)['_format']
  const asked = format ?? headerOf(request, 'accept') ?? '*/*'
  const takesJson = format === undefined ? /json|\*\/\*|application\/\*|text\/html/.test(asked) : /json|html/.test(asked)
  return takesJson ? null : refuse('not-acceptable', { detail: 'Answers are JSON: ask for application/json+fhir.' })
}
