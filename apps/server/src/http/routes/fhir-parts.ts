import type { FastifyRequest } from 'fastify'
import type { EndpointName } from '@aquifer/core/contract'
import type { Refusal } from '@aquifer/core/refusal'
import { repairsInWords, type Written } from '../../fhir/index.js'
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

/** RFC 7234, 5.5.6: the representation was transformed; what is stored is not, word for word, what was sent. */
export const repairHeader = (repairs: Written['repairs']): Record<string, string> =>
  repairs.length === 0 ? {} : { warning: `214 aquifer "${repairsInWords(repairs)}"` }
