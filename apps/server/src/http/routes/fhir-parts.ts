import type { FastifyRequest } from 'fastify'
import type { EndpointName } from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import type { Written } from '../../fhir/index.js'
import type { Answer } from '../answer.js'
import type { Binding } from '../bind.js'
import { headerOf } from '../context.js'
import type { RoutedSystems } from '../systems.js'

export type On = (name: EndpointName, binding: Omit<Binding, 'fhir'>) => void

/** What all FHIR routes share: how they are bound, how bodies are read and writes are answered. */
export interface FhirParts {
  on: On
  systems: RoutedSystems
  bodyText(request: FastifyRequest): string
  queryText(request: FastifyRequest): string
  writtenAnswer(request: FastifyRequest, written: Written | Refusal): Answer | Refusal
}

export const etagOf = (version: number): string => `W/"${version}"`

/** Whether the client has this version already: by its ETag, or else by its time, which HTTP tells in whole seconds. */
export function isNotModified(request: FastifyRequest, { version, updatedAt }: { version: number; updatedAt: number }): boolean {
  const tags = headerOf(request, 'if-none-match')
  if (tags !== null) return tags.split(',').some((tag) => tag.trim() === etagOf(version) || tag.trim() === '*')
  const since = Date.parse(headerOf(request, 'if-modified-since') ?? '')
  return !Number.isNaN(since) && Math.floor(updatedAt / 1000) * 1000 <= since
}

/** What `Prefer: return=OperationOutcome` asks for: that it was done, in words. */
export const outcomeOfWrite = ({ outcome, version }: { outcome: string; version: number }): string =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', diagnostics: `${outcome}, version ${version}` }],
  })
