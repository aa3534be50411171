import type { FastifyRequest } from 'fastify'
import { dateRange } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { ExportAsk } from '../../bulk-export/index.js'
import type { Answer } from '../answer.js'
import { paramOf, queryOf } from '../bind.js'
import { factsOf, grantOf, headerOf } from '../context.js'
import { baseOf, fhirRequestOf } from '../fhir-request.js'
import type { FhirParts } from './fhir-parts.js'

const formats = new Set(['application/fhir+ndjson', 'application/ndjson', 'ndjson'])
const known = new Set(['_type', '_since', '_outputFormat', 'studyid', 'siteid', '_format'])
const retryAfterS = '2'

/** $export by the bulk-data conventions: asked for, waited for, fetched file by file. */
export function exportRoutes(parts: FhirParts): void {
  const { on, systems } = parts
  const { bulkExport } = systems
  const beginning = { act: 'export', right: 'export.run' } as const
  on('exportSystem', { ...beginning, handler: (request) => begin(parts, request, 'system') })
  on('exportPatients', { ...beginning, handler: (request) => begin(parts, request, 'patients') })
  on('exportGroup', { ...beginning, handler: (request) => begin(parts, request, 'group') })
  on('exportStatus', { ...beginning, handler: (request) => statusOf(parts, request) })
  on('cancelExport', {
    ...beginning,
    handler: async (request) => (await bulkExport.cancel(grantOf(request), paramOf(request, 'job'))) ?? { status: 202 },
  })
  on('exportFile', {
    ...beginning,
    handler: async (request) => {
      const type = paramOf(request, 'file').replace(/\.ndjson$/, '')
      const file = await bulkExport.file(grantOf(request), paramOf(request, 'job'), type)
      if (isRefusal(file)) return file
      factsOf(request).sid = file.sid
      return { type: 'application/fhir+ndjson', body: file.body }
    },
  })
}

function askedOf(request: FastifyRequest, level: ExportAsk['level']): ExportAsk | Refusal {
  const query = queryOf(request)
  const bad = (parameter: string, detail: string): Refusal => refuse('bad-parameter', { detail, parameter })
  if (!/\brespond-async\b/.test(headerOf(request, 'prefer') ?? ''))
    return refuse('bad-header', { detail: 'An export is answered later: send Prefer: respond-async.', header: 'Prefer' })
  if (Object.keys(query).some((name) => !known.has(name)))
    return bad('_type', 'An export takes _type, _since, _outputFormat, studyid and siteid.')
  const { _type: types, _since: since, _outputFormat: format } = query
  // A plus that was not encoded comes as a blank.
  if (format !== undefined && !formats.has(format.replace(' ', '+'))) return bad('_outputFormat', 'Files are application/fhir+ndjson.')
  const from = since === undefined ? null : dateRange(since)
  if (since !== undefined && from === null) return bad('_since', '_since is an instant.')
  const address = `${baseOf(request)}${request.url.slice(request.url.indexOf('/api/v1') + '/api/v1'.length)}`
  const group = level === 'group' ? paramOf(request, 'id') : null
  return { level, group, types: types === undefined ? null : types.split(','), since: from?.lo ?? null, address }
}

async function begin({ systems }: FhirParts, request: FastifyRequest, level: ExportAsk['level']): Promise<Answer | Refusal> {
  const ask = askedOf(request, level)
  if (isRefusal(ask)) return ask
  const id = await systems.bulkExport.begin(systems.jobs, fhirRequestOf(request), ask)
  if (isRefusal(id)) return id
  return { status: 202, headers: { 'content-location': `${baseOf(request)}/$export-status/${id}` } }
}

async function statusOf({ systems }: FhirParts, request: FastifyRequest): Promise<Answer | Refusal> {
  const id = paramOf(request, 'job')
  const status = await systems.bulkExport.status(grantOf(request), id)
  if (isRefusal(status)) return status
  if (status.state === 'waiting')
    return { status: 202, headers: { 'x-progress': status.progress.slice(0, 100), 'retry-after': retryAfterS } }
  const output = status.output.map(({ type, count }) => ({ type, url: `${baseOf(request)}/$export-file/${id}/${type}.ndjson`, count }))
  return {
    headers: { expires: new Date(status.expires).toUTCString() },
    body: {
      transactionTime: new Date(status.transactionTime).toISOString(),
      request: status.request,
      requiresAccessToken: true,
      output,
      error: [],
    },
  }
}
