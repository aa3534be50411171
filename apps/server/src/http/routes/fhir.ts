import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpoints, type EndpointName } from '@aquifer/core/contract'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import {
  conformance,
  create,
  outcomeOfRepairs,
  pairsOf,
  processBundle,
  read,
  remove,
  representationOf,
  search,
  searchset,
  statusOfWrite,
  update,
  validateOnly,
  vread,
  type Found,
  type Written,
} from '../../fhir/index.js'
import { runImport } from '../../import/index.js'
import { fhirType, sendRefusal, type Answer } from '../answer.js'
import { bind, paramOf, queryOf, wholeNumber, type Binding } from '../bind.js'
import { contentAnswer, wantsContent } from '../binary-answer.js'
import { bundleAnswer } from '../bundle-answer.js'
import { factsOf, headerOf } from '../context.js'
import { takeFhirBodies } from '../fhir-bodies.js'
import { baseOf, fhirRequestOf, formatRefusal, ifMatchOf, wantsMinimal, wantsOutcome } from '../fhir-request.js'
import { conditionalRoutes, createUnlessMet } from './fhir-conditional.js'
import { exportRoutes } from './fhir-export.js'
import { historyRoutes } from './fhir-history.js'
import { operationRoutes } from './fhir-operations.js'
import { terminologyRoutes } from './fhir-terminology.js'
import { etagOf, isNotModified, repairHeader, type FhirParts, type On } from './fhir-parts.js'
import type { RoutedSystems } from '../systems.js'

/** Interactions in the words of Conformance, by the address that serves them; what has no route here is not told. */
const interactionOf: Partial<Record<EndpointName, string>> = {
  read: 'read',
  vread: 'vread',
  update: 'update',
  remove: 'delete',
  history: 'history-instance',
  typeHistory: 'history-type',
  create: 'create',
  search: 'search-type',
}

const systemInteractionOf: Partial<Record<EndpointName, string>> = { bundle: 'transaction', systemHistory: 'history-system' }

/** The operations among what is bound, each once: `$import` is bound beside the others. */
const operationsOf = (bound: readonly EndpointName[]): string[] => [
  ...new Set(['import', ...bound.flatMap((name) => /\/\$([a-z-]+)$/.exec(endpoints[name].path)?.[1] ?? [])]),
]

export function fhirRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const bound: EndpointName[] = []
  app.register(async (scope) => {
    takeFhirBodies(scope)
    scope.addHook('preHandler', async (request, reply) => {
      const refusal = formatRefusal(request)
      return refusal === null ? undefined : sendRefusal(request, reply, refusal)
    })
    const on = (name: EndpointName, binding: Omit<Binding, 'fhir'>) => {
      bound.push(name)
      bind(scope, endpoints[name], { ...binding, fhir: true })
    }
    const told = async (request: FastifyRequest): Promise<Answer> => ({
      body: JSON.stringify(
        conformance({
          base: baseOf(request),
          startedAt: systems.startedAt,
          version: systems.version,
          interactions: bound.flatMap((name) => interactionOf[name] ?? []),
          operations: operationsOf(bound),
          systemInteractions: bound.flatMap((name) => systemInteractionOf[name] ?? []),
        }),
      ),
    })
    on('conformance', { act: 'read', unaudited: true, handler: told })
    on('conformanceOptions', { act: 'read', unaudited: true, handler: told })
    writeRoutes(on, systems)
    validateRoutes(on)
    readRoutes(on, systems)
    historyRoutes(on, systems)
  })
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // The stream goes on unread: an import is larger than memory.
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    bind(scope, endpoints.fhirImport, {
      act: 'import',
      right: 'import.run',
      fhir: true,
      streams: true,
      handler: (request) => importFrom(systems, request),
    })
  })
}

function writeRoutes(on: On, systems: RoutedSystems): void {
  const { fhir } = systems
  const parts: FhirParts = { on, systems, bodyText, queryText, writtenAnswer }
  conditionalRoutes(parts)
  operationRoutes(parts)
  terminologyRoutes(parts)
  exportRoutes(parts)
  on('bundle', {
    act: 'transaction',
    handler: async (request) => {
      const processed = await processBundle(fhir, fhirRequestOf(request), bodyText(request))
      return isRefusal(processed) ? processed : bundleAnswer(systems, request, processed)
    },
  })
  on('create', {
    act: 'create',
    handler: async (request) => {
      const type = paramOf(request, 'type')
      const condition = headerOf(request, 'if-none-exist')
      if (condition !== null) return createUnlessMet(parts, request, condition)
      return writtenAnswer(request, await create(fhir, fhirRequestOf(request), type, bodyText(request)))
    },
  })
  on('update', {
    act: 'update',
    handler: async (request) => {
      const expected = ifMatchOf(request)
      if (isRefusal(expected)) return expected
      const key = { type: paramOf(request, 'type'), id: paramOf(request, 'id'), ...expected }
      return writtenAnswer(request, await update(fhir, fhirRequestOf(request), key, bodyText(request)))
    },
  })
  on('remove', {
    act: 'delete',
    handler: async (request) => {
      const expected = ifMatchOf(request)
      if (isRefusal(expected)) return expected
      const written = await remove(fhir, fhirRequestOf(request), {
        type: paramOf(request, 'type'),
        id: paramOf(request, 'id'),
        ...expected,
      })
      return isRefusal(written) ? written : { status: 204, headers: { etag: etagOf(written.outcome.version) } }
    },
  })
}

/** http://hl7.org/fhir/DSTU2/resource-operations.html#validate */
function validateRoutes(on: On): void {
  const told = async (request: FastifyRequest, id: string | null): Promise<Answer | Refusal> => {
    const mode = queryOf(request)['mode'] ?? null
    const outcome = await validateOnly(fhirRequestOf(request), { type: paramOf(request, 'type'), id, mode }, bodyText(request))
    return isRefusal(outcome) ? outcome : { body: outcome, type: fhirType }
  }
  on('validate', { act: 'validate', handler: async (request) => told(request, null) })
  on('validateInstance', { act: 'validate', handler: async (request) => told(request, paramOf(request, 'id')) })
}

function readRoutes(on: On, systems: RoutedSystems): void {
  const { fhir } = systems
  const key = (request: FastifyRequest) => ({ type: paramOf(request, 'type'), id: paramOf(request, 'id') })
  const searchWith = async (request: FastifyRequest, text: string): Promise<Answer | Refusal> => {
    const pairs = pairsOf(text)
    const type = paramOf(request, 'type')
    const result = await search(fhir, fhirRequestOf(request, 'leave'), type, pairs)
    if (isRefusal(result)) return result
    const base = baseOf(request)
    const address = (more: readonly (readonly [string, string])[]) =>
      `${base}/${type}${more.length === 0 ? '' : `?${new URLSearchParams(more.map(([name, value]) => [name, value])).toString()}`}`
    const next = result.next === null ? null : address([...pairs.filter(([name]) => name !== '_page'), ['_page', result.next]])
    return { body: searchset(base, result, { self: address(pairs), next }) }
  }
  on('search', { act: 'search', handler: (request) => searchWith(request, queryText(request)) })
  on('searchByPost', {
    act: 'search',
    handler: (request) => searchWith(request, [queryText(request), bodyText(request)].filter((text) => text !== '').join('&')),
  })
  on('read', {
    act: 'read',
    handler: async (request) => foundAnswer(request, await read(fhir, fhirRequestOf(request), key(request))),
  })
  on('vread', {
    act: 'vread',
    handler: async (request) => {
      const vid = paramOf(request, 'vid')
      if (!/^\d{1,9}$/.test(vid)) return refuse('unknown', { detail: 'There is no such version.' })
      return foundAnswer(request, await vread(fhir, fhirRequestOf(request), { ...key(request), version: Number(vid) }))
    },
  })
}

const bodyText = (request: FastifyRequest): string => (Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '')
const queryText = (request: FastifyRequest): string =>
  request.raw.url?.includes('?') ? request.raw.url.slice(request.raw.url.indexOf('?') + 1) : ''

function writtenAnswer(request: FastifyRequest, written: Written | Refusal): Answer | Refusal {
  if (isRefusal(written)) return written
  const { outcome, type, repairs } = written
  const headers = {
    ...repairHeader(repairs),
    etag: etagOf(outcome.version),
    'last-modified': new Date(outcome.updatedAt).toUTCString(),
    location: `${baseOf(request)}/${type}/${outcome.id}/_history/${outcome.version}`,
  }
  const status = statusOfWrite(outcome)
  if (wantsMinimal(request)) return { status, headers, type: fhirType }
  if (wantsOutcome(request)) return { status, headers, body: outcomeOfRepairs(repairs), type: fhirType }
  return { status, headers, body: representationOf(written) }
}

function foundAnswer(request: FastifyRequest, found: Found | Refusal): Answer | Refusal {
  if (isRefusal(found)) return found
  const { version, bytes } = found
  const headers = { etag: etagOf(version.version), 'last-modified': new Date(version.updatedAt).toUTCString() }
  if (isNotModified(request, version)) return { status: 304, headers }
  return wantsContent(request) && bytes !== null ? contentAnswer(bytes, headers) : { headers, body: bytes }
}

async function importFrom(systems: RoutedSystems, request: FastifyRequest): Promise<Answer | Refusal> {
  const query = queryOf(request)
  const evidence = query['consentOnFile'] ?? null
  if (evidence !== null && !/^[\x20-\x7e]{1,255}$/.test(evidence))
    return refuse('bad-parameter', { detail: 'The evidence is 1 to 255 printable ASCII characters.', parameter: 'consentOnFile' })
  const after = wholeNumber(query['after'], { min: 0, max: 999_999_999, otherwise: 0 })
  if (after === null) return refuse('bad-parameter', { detail: 'after is the number of a line.', parameter: 'after' })
  const asked = fhirRequestOf(request)
  const report = await runImport(systems.imports, { ...asked, strict: asked.strict || query['strict'] === 'true' }, request.raw, {
    consentOnFile: evidence,
    dryRun: query['dryRun'] === 'true',
    after,
  })
  if (isRefusal(report)) return report
  factsOf(request).detail['read'] = report.read
  return { body: report }
}
