import type { FastifyRequest } from 'fastify'
import type { Grant } from '@aquifer/core/access'
import type { RequestFacts } from '../audit/index.js'
import type { Caller } from '../identity/index.js'

/** What the server knows of a request beside its bytes. */
export interface RequestContext {
  facts: RequestFacts
  /** null only at addresses that need no token */
  caller: Caller | null
  /** Of an address that is left out of the trail: this answer is not. */
  tells?: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    aquifer: RequestContext
  }
  interface FastifyContextConfig {
    /** no token needed */
    open?: boolean
    /** left out of the audit trail: health, metrics and the workbench's own files */
    unaudited?: boolean
    /** the body is read as it comes and may take its time */
    streams?: boolean
    /** what it sends may go on when somebody of its study withdraws */
    outlives?: boolean
    /** errors are OperationOutcomes */
    fhir?: boolean
  }
}

/** The caller of a route that needs a token; a route marked open has none, and asking there is a bug. */
export function callerOf(request: FastifyRequest): Caller {
  const { caller } = request.aquifer
  if (caller === null) throw new Error('an open route has no caller')
  return caller
}
export const grantOf = (request: FastifyRequest): Grant => callerOf(request).grant
export const factsOf = (request: FastifyRequest): RequestFacts => request.aquifer.facts

export function headerOf(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}
