import type { FastifyRequest } from 'fastify'
import { parseJson } from '@aquifer/core/fhir'
import type { Answer } from './answer.js'
import { paramOf } from './bind.js'
import { namesFormat } from './formats.js'

/** Whether this request is for what is in a Binary rather than for the resource (DSTU2 http.html#binary). */
export const wantsContent = (request: FastifyRequest): boolean => paramOf(request, 'type') === 'Binary' && !namesFormat(request)

/**
 * The content of a Binary under its own type. Whoever stored it may have stored a page with scripts: it is handed over as a file, and
 * where a browser shows it nevertheless, it runs nothing.
 */
export function contentAnswer(json: Buffer, headers: Record<string, string>): Answer {
  const { contentType, content } = parseJson(json.toString()).resource as { contentType?: unknown; content?: unknown }
  const isPlain = typeof contentType === 'string' && /^[\w.+-]+\/[\w.+-]+(?:\s?;\s?[\w.+-]+=(?:[\w.+/-]+|"[\w .+/-]*"))*$/.test(contentType)
  return {
    headers: {
      ...headers,
      'content-disposition': 'attachment',
      'content-security-policy': "default-src 'none'; sandbox",
    },
    type: isPlain ? contentType : 'application/octet-stream',
    body: Buffer.from(typeof content === 'string' ? content : '', 'base64'),
  }
}
