import type { FastifyRequest } from 'fastify'
import { parseJson, stringifyResource, writeXml, type Resource } from '@aquifer/core/fhir'
import { headerOf } from './context.js'

export type FhirFormat = 'json' | 'xml'

/** How an answer is written. */
export interface AnswerForm {
  format: FhirFormat
  /** the media type it is told under: the one asked for, else DSTU2's own */
  type: string
  pretty: boolean
}

const formats: ReadonlyMap<string, FhirFormat> = new Map([
  ...['application/json+fhir', 'application/fhir+json', 'application/json', 'text/json'].map((type) => [type, 'json'] as const),
  ...['application/xml+fhir', 'application/fhir+xml', 'application/xml', 'text/xml'].map((type) => [type, 'xml'] as const),
])
const ownType = { json: 'application/json+fhir', xml: 'application/xml+fhir' } as const

export interface MediaType {
  type: string
  charset: string | null
}

export function mediaTypeOf(header: string | null): MediaType | null {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase())
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/.test(type)) return null
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  return { type, charset: charset === undefined ? null : charset.replaceAll('"', '') }
}

export const formatOfType = (type: string): FhirFormat | null => formats.get(type) ?? null

/** The form asked for by `_format` or else by Accept; null when it is none of ours. */
export function answerForm(request: FastifyRequest): AnswerForm | null {
  const pretty = parameterOf(request, '_pretty') === 'true'
  const said = parameterOf(request, '_format')
  // An unescaped plus in an address is read as a blank.
  const asked = said === null ? null : said.replaceAll(' ', '+').toLowerCase()
  const found = asked === null ? byAccept(headerOf(request, 'accept')) : byFormat(asked)
  return found === null ? null : { ...found, pretty }
}

/** Whether the client names one of our media types itself, as who wants a Binary for a resource does. */
export function namesFormat(request: FastifyRequest): boolean {
  if (parameterOf(request, '_format') !== null) return true
  return (headerOf(request, 'accept') ?? '').split(',').some((range) => formats.has(mediaTypeOf(range)?.type ?? ''))
}

function byFormat(asked: string): Pick<AnswerForm, 'format' | 'type'> | null {
  if (asked === 'json' || asked === 'xml') return { format: asked, type: ownType[asked] }
  if (asked === 'html' || asked === 'text/html') return { format: 'json', type: ownType.json }
  const type = asked.split(';')[0]?.trim() ?? ''
  const format = formatOfType(type)
  return format === null ? null : { format, type }
}

function byAccept(header: string | null): Pick<AnswerForm, 'format' | 'type'> | null {
  let best: Pick<AnswerForm, 'format' | 'type'> | null = null
  let bestQuality = 0
  for (const range of (header ?? '*/*').split(',')) {
    const type = range.split(';')[0]?.trim().toLowerCase() ?? ''
    const quality = qualityOf(range)
    const format = type === '*/*' || type === 'application/*' || type === 'text/html' ? 'json' : formatOfType(type)
    // The first of equals wins, but what is named goes before what is merely let pass.
    if (format === null || quality === 0 || quality < bestQuality) continue
    if (quality === bestQuality && (best === null || !best.type.startsWith('*') || type.includes('*'))) continue
    best = { format, type: formats.has(type) ? type : `*${ownType[format]}` }
    bestQuality = quality
  }
  return best === null ? null : { ...best, type: best.type.replace('*', '') }
}

function qualityOf(range: string): number {
  const written = /;\s{0,5}q=([01](?:\.\d{0,3})?)\s{0,5}(?:;|$)/i.exec(range)?.[1]
  return written === undefined ? 1 : Math.min(1, Number(written))
}

/** A parameter of the address, or of the form by which a search is posted. */
function parameterOf(request: FastifyRequest, name: string): string | null {
  const value: unknown = [(request.query as Record<string, unknown> | undefined)?.[name]].flat()[0]
  if (typeof value === 'string') return value
  if (!Buffer.isBuffer(request.body) || request.routeOptions.url?.endsWith('/_search') !== true) return null
  return new URLSearchParams(request.body.toString('utf8')).get(name)
}

/** JSON as it is kept, in the form asked for. */
export function inForm(json: string | Buffer, form: AnswerForm): string | Buffer {
  if (form.format === 'json' && !form.pretty) return json
  const { resource } = parseJson(json.toString())
  if (form.format === 'json') return stringifyResource(resource, { pretty: true })
  return writeXml(resource as Resource, { pretty: form.pretty })
}
