import { isUtf8 } from 'node:buffer'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { stringifyResource } from '@aquifer/core/fhir'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { parseXmlBody } from '../fhir/index.js'
import { paramOf } from './bind.js'
import { headerOf } from './context.js'
import { formatOfType, mediaTypeOf, type MediaType } from './formats.js'
import { fhirBytesMax, RefusedBody } from './server.js'

const formType = 'application/x-www-form-urlencoded'
const utf8Names = new Set(['utf-8', 'utf8', 'us-ascii'])
const textTypes = 'application/json+fhir, application/xml+fhir'

/** Bodies of FHIR as bytes of JSON, whatever form they were sent in: what reads them need not know of any other. */
export function takeFhirBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: fhirBytesMax }, async (request: FastifyRequest, body: Buffer) => {
    const taken = await bodyOf(request, body)
    if (isRefusal(taken)) throw new RefusedBody(taken)
    return taken
  })
}

async function bodyOf(request: FastifyRequest, body: Buffer): Promise<Buffer | Refusal> {
  const media = mediaTypeOf(headerOf(request, 'content-type'))
  if (media === null) return refuse('unsupported-media-type', { detail: `Name the body's Content-Type: ${textTypes}.` })
  // A form is how a search is posted, and nothing else is.
  const isSearch = request.routeOptions.url?.endsWith('/_search') === true
  const format = formatOfType(media.type)
  if (isSearch !== (media.type === formType))
    return refuse('unsupported-media-type', { detail: isSearch ? `A search is posted as ${formType}.` : `Send ${textTypes}.` })
  const plain = await unpacked(body, headerOf(request, 'content-encoding'))
  if (isRefusal(plain)) return plain
  if (format === null && !isSearch) {
    if (paramOf(request, 'type') !== 'Binary') return refuse('unsupported-media-type', { detail: `Send ${textTypes}.` })
    return binaryAround(request, plain)
  }
  return (await textBody(plain, media, format)) ?? plain
}

/** Null where the bytes are what is to be read. */
async function textBody(plain: Buffer, media: MediaType, format: 'json' | 'xml' | null): Promise<Buffer | Refusal | null> {
  if (media.charset !== null && !utf8Names.has(media.charset)) return refuse('unsupported-media-type', { detail: 'Text is sent in UTF-8.' })
  // Read as UTF-8 all the same, what is not would be stored as something nobody sent.
  if (!isUtf8(plain)) return refuse('malformed-body', { detail: 'The body is not UTF-8.' })
  if (format !== 'xml') return null
  const resource = await parseXmlBody(plain.toString('utf8'))
  return isRefusal(resource) ? resource : Buffer.from(stringifyResource(resource))
}

async function unpacked(body: Buffer, header: string | null): Promise<Buffer | Refusal> {
  const encoding = (header ?? 'identity').toLowerCase()
  if (encoding === 'identity') return body
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    return refuse('unsupported-media-type', { detail: 'A body is sent as it is, or with Content-Encoding gzip.' })
  return new Promise((resolve) => {
    gunzip(body, { maxOutputLength: fhirBytesMax }, (error, plain) => {
      if (error === null) return resolve(plain)
      const tooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
      const detail = tooLarge ? `The unpacked body is larger than ${fhirBytesMax} bytes.` : 'The gzip stream is damaged or cut off.'
      return resolve(refuse(tooLarge ? 'too-large' : 'malformed-body', { detail }))
    })
  })
}

/** DSTU2 http.html#binary: content of any other type is a Binary's. */
function binaryAround(request: FastifyRequest, content: Buffer): Buffer {
  const id = paramOf(request, 'id')
  return Buffer.from(
    JSON.stringify({
      resourceType: 'Binary',
      ...(id === '' ? {} : { id }),
      contentType: headerOf(request, 'content-type'),
      content: content.toString('base64'),
    }),
  )
}
