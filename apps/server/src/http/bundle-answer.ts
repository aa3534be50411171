import type { FastifyRequest } from 'fastify'
import { parseReference } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { outcomeOfRepairs, pairsOf, read, search, searchset, statusOfWrite, vread, type EntryResult } from '../fhir/index.js'
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
    case 'existing': {
      const { type, id, version } = result
      return JSON.stringify({ response: { status: '200 OK', location: `${type}/${id}/_history/${version}`, etag: `W/"${version}"` } })
    }
    case 'nothing':
      return JSON.stringify({ response: { status: '204 No Content' } })
    case 'refused':
      return refusedEntry(result.refusal)
    case 'read':
      return readEntry(systems, request, result)
  }
}

const refusedEntry = (refusal: Refusal): string =>
  JSON.stringify({ resource: toOperationOutcome(refusal), response: { status: String(statusOf(refusal)) } })

const foundEntry = (bytes: Buffer | null, response: Record<string, string>): string =>
  `{${bytes === null ? '' : `"resource":${bytes.toString('utf8')},`}"response":${JSON.stringify(response)}}`

/** A GET inside a Bundle: a read, a version or a search, seeing what the Bundle stored. */
async function readEntry(
  systems: RoutedSystems,
  request: FastifyRequest,
  { url, ifNoneMatch }: { url: string; ifNoneMatch: string | null },
): Promise<string> {
  const question = url.indexOf('?')
  const path = question < 0 ? url : url.slice(0, question)
  const reference = parseReference(path)
  if (question < 0 && reference.kind === 'relative') {
    const { type, id, version } = reference
    if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version))
      return refusedEntry(refuse('unknown', { detail: 'There is no such version.' }))
    const asked = fhirRequestOf(request)
    const found =
      version === undefined
        ? await read(systems.fhir, asked, { type, id })
        : await vread(systems.fhir, asked, { type, id, version: Number(version) })
    if (isRefusal(found)) return refusedEntry(found)
    const etag = `W/"${found.version.version}"`
    const lastModified = new Date(found.version.updatedAt).toISOString()
    const isKnown = ifNoneMatch?.trim() === etag
    return foundEntry(isKnown ? null : found.bytes, { status: isKnown ? '304 Not Modified' : '200 OK', etag, lastModified })
  }
  if (path.includes('/'))
    return refusedEntry(refuse('not-supported', { detail: 'In a Bundle, GET reads a resource or a version, or searches a type.' }))
  const result = await search(systems.fhir, fhirRequestOf(request), path, pairsOf(question < 0 ? '' : url.slice(question + 1)))
  if (isRefusal(result)) return refusedEntry(result)
  return foundEntry(searchset(baseOf(request), result, { self: `${baseOf(request)}/${url}`, next: null }), { status: '200 OK' })
}
