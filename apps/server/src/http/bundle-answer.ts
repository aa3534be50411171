import type { FastifyRequest } from 'fastify'
import { parseReference } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { outcomeOfRepairs, pairsOf, read, search, searchset, statusOfWrite, type EntryResult } from '../fhir/index.js'
import type { Answer } from './answer.js'
import { baseOf, fhirRequestOf, wantsOutcome } from './fhir-request.js'
import { statusOf, toOperationOutcome } from './refusals.js'
import type { RoutedSystems } from './systems.js'

const words: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 204: 'No Content' }

/** The answer to a transaction or batch: one entry for each, in the order they were sent. */
export async function bundleAnswer(
  systems: RoutedSystems,
  request: FastifyRequest,
  processed: { type: 'transaction' | 'batch'; results: readonly EntryResult[] },
): Promise<Answer> {
  const entries: string[] = []
  for (const result of processed.results) entries.push(await entryOf(systems, request, result))
  return {
    body: `{"resourceType":"Bundle","type":"${processed.type}-response"${entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`}}`,
  }
}

async function entryOf(systems: RoutedSystems, request: FastifyRequest, result: EntryResult): Promise<string> {
  switch (result.kind) {
    case 'written': {
      const { outcome, type, repairs } = result
      const status = statusOfWrite(outcome)
      return JSON.stringify({
        ...(wantsOutcome(request) ? { resource: outcomeOfRepairs(repairs) } : {}),
        response: {
          status: `${status} ${words[status] ?? ''}`.trim(),
          location: `${type}/${outcome.id}/_history/${outcome.version}`,
          etag: `W/"${outcome.version}"`,
          lastModified: new Date(outcome.updatedAt).toISOString(),
        },
      })
    }
    case 'existing':
      return JSON.stringify({ response: { status: '200 OK', location: `${result.type}/${result.id}` } })
    case 'refused':
      return refusedEntry(result.refusal)
    case 'read': {
      const bytes = await readEntry(systems, request, result.url)
      return isRefusal(bytes) ? refusedEntry(bytes) : `{"resource":${bytes.toString('utf8')},"response":{"status":"200 OK"}}`
    }
  }
}

const refusedEntry = (refusal: Refusal): string =>
  JSON.stringify({ resource: toOperationOutcome(refusal), response: { status: String(statusOf(refusal)) } })

/** A GET inside a Bundle: a read or a search, seeing what the Bundle stored. */
async function readEntry(systems: RoutedSystems, request: FastifyRequest, url: string): Promise<Buffer | Refusal> {
  const question = url.indexOf('?')
  const path = question < 0 ? url : url.slice(0, question)
  const reference = parseReference(path)
  if (question < 0 && reference.kind === 'relative' && reference.version === undefined) {
    const found = await read(systems.fhir, fhirRequestOf(request), { type: reference.type, id: reference.id })
    return isRefusal(found) ? found : (found.bytes ?? refuse('deleted', { detail: 'The resource is deleted.' }))
  }
  if (path.includes('/')) return refuse('not-supported', { detail: 'In a Bundle, GET reads Type/id or searches Type?parameters.' })
  const result = await search(systems.fhir, fhirRequestOf(request), path, pairsOf(question < 0 ? '' : url.slice(question + 1)))
  return isRefusal(result) ? result : searchset(baseOf(request), result, { self: `${baseOf(request)}/${path}`, next: null })
}
