import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { endpoints, reservoirFileBytesMax } from '@aquifer/core/contract'
import { checksumsAsked, dispositionOf, filenameIn, partOf, wordsIn } from '@aquifer/core/files'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { FilesAsked, OpenedFile, Sending, UploadState } from '../../files/index.js'
import type { Answer } from '../answer.js'
import { bind, paramOf, queryOf, type Binding } from '../bind.js'
import { callerOf, headerOf } from '../context.js'
import { answerExpectations, leaveBody, wantBody } from '../continue.js'
import { fhirRequestOf } from '../fhir-request.js'
import type { RoutedSystems } from '../systems.js'

type Endpoint = (typeof endpoints)[keyof typeof endpoints]
type On = (
  endpoint: Endpoint,
  binding: Omit<Binding, 'handler'> & { handler: (request: FastifyRequest, asked: FilesAsked) => Promise<Answer | Refusal> },
) => void
const lake = { act: 'file', right: 'lake-files.use' } as const
const reservoir = { act: 'file', right: 'reservoir-files.use' } as const

/** Files of lake and reservoir, as they came. */
export function fileRoutes(app: FastifyInstance, systems: RoutedSystems): void {
  const { files } = systems
  answerExpectations(app)
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // The stream goes on unread: a file is larger than memory.
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply, payload) => {
      leaveBody(request, reply.raw)
      return payload
    })
    const on: On = (endpoint, { handler, ...binding }) =>
      bind(scope, endpoint, {
        ...binding,
        streams: true,
        handler: async (request) => askedBy(request) ?? (await handler(request, fhirRequestOf(request))),
      })
    lakeRoutes(on, systems)
    reservoirRoutes(on, systems)
    uploadRoutes(on, systems)
    on(endpoints.fileMetadata, {
      act: 'file',
      right: 'reservoir-files.list',
      handler: async (request, asked) => {
        const list = await files.list(asked, queryOf(request))
        return isRefusal(list) ? list : { body: list }
      },
    })
  })
}

function lakeRoutes(on: On, { files }: RoutedSystems): void {
  on(endpoints.putLakeFile, {
    ...lake,
    handler: async (request, asked) => {
      const sending = sendingOf(request)
      if (isRefusal(sending)) return sending
      return storedAt(endpoints.putLakeFile.path, await files.putLake(asked, sending))
    },
  })
  on(endpoints.lakeFile, {
    ...lake,
    act: 'read',
    handler: async (request, asked) => bytesOf(request, await files.find(asked, 'lake', paramOf(request, 'id'))),
  })
  on(endpoints.removeLakeFile, {
    act: 'file',
    right: ['lake-files.use', 'files.remove'],
    handler: async (request, asked) => (await files.remove(asked, 'lake', paramOf(request, 'id'))) ?? {},
  })
}

function reservoirRoutes(on: On, { files }: RoutedSystems): void {
  on(endpoints.putReservoirFile, {
    ...reservoir,
    handler: async (request, asked) => {
      const sending = sendingOf(request)
      if (isRefusal(sending)) return sending
      const complete = completeOf(request)
      if (isRefusal(complete)) return complete
      if (complete !== false) return storedAt(endpoints.putReservoirFile.path, await files.putReservoir(asked, sending))
      const whole = wholeLength(request)
      if (isRefusal(whole)) return whole
      const begun = await files.uploads.begin(asked, { ...sending, whole })
      if (isRefusal(begun)) return begun
      const location = endpoints.uploadState.path.replace('{id}', begun.id)
      return { status: 201, headers: { location, ...stateHeaders(begun) } }
    },
  })
  on(endpoints.reservoirFile, {
    ...reservoir,
    handler: async (request, asked) => bytesOf(request, await files.find(asked, 'reservoir', paramOf(request, 'id'))),
  })
  on(endpoints.removeReservoirFile, {
    act: 'file',
    right: ['reservoir-files.use', 'files.remove'],
    handler: async (request, asked) => (await files.remove(asked, 'reservoir', paramOf(request, 'id'))) ?? {},
  })
}

function uploadRoutes(on: On, { files }: RoutedSystems): void {
  on(endpoints.uploadState, {
    ...reservoir,
    handler: async (request, asked) => {
      const state = await files.uploads.state(asked, paramOf(request, 'id'))
      return isRefusal(state) ? state : { headers: stateHeaders(state) }
    },
  })
  on(endpoints.appendUpload, {
    ...reservoir,
    handler: async (request, asked) => {
      const [offset, complete] = [headerNumber(request, 'upload-offset'), completeOf(request)]
      if (isRefusal(complete)) return complete
      if (offset === null || complete === null)
        return refuse('bad-header', { detail: 'Send Upload-Offset, a number, and Upload-Complete, ?0 or ?1.', header: 'Upload-Offset' })
      const { body, want, length } = bodyOf(request)
      const answer = await files.uploads.append(asked, paramOf(request, 'id'), { offset, complete, length, body, want })
      if (isRefusal(answer)) return answer
      if ('checksum' in answer) return { ...storedAt(endpoints.putReservoirFile.path, answer), status: 200 }
      return { status: 204, headers: stateHeaders(answer) }
    },
  })
  on(endpoints.cancelUpload, {
    ...reservoir,
    handler: async (request, asked) => (await files.uploads.cancel(asked, paramOf(request, 'id'))) ?? {},
  })
}

/** Both are mandatory at these addresses, and the user is who the token or certificate says. */
function askedBy(request: FastifyRequest): Refusal | null {
  const missing = (header: string, detail: string): Refusal => refuse('bad-header', { detail, header })
  if (headerOf(request, 'x-correlation-id') === null)
    return missing('X-Correlation-Id', 'Send X-Correlation-Id: by it the trail ties requests together.')
  const said = headerOf(request, 'x-aquifer-user')
  if (said === null) return missing('X-Aquifer-User', 'Send X-Aquifer-User: the user on whose behalf this is asked.')
  const { grant, name, external } = callerOf(request)
  if ([grant.user, name, external, grant.user.replace(/^client:/, '')].includes(said)) return null
  return missing('X-Aquifer-User', 'X-Aquifer-User names another user than the token or certificate.')
}

const headerNumber = (request: FastifyRequest, name: string): number | null => {
  const said = headerOf(request, name)
  return said !== null && /^\d{1,15}$/.test(said) ? Number(said) : null
}

function bodyOf(request: FastifyRequest): Pick<Sending, 'body' | 'want' | 'length'> {
  const body = request.body instanceof Readable ? request.body : Readable.from([])
  const length = request.body instanceof Readable ? headerNumber(request, 'content-length') : 0
  return { body, length, want: () => wantBody(request) }
}

function sendingOf(request: FastifyRequest): Sending | Refusal {
  const encoding = headerOf(request, 'content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    return refuse('unsupported-media-type', { detail: 'A file is stored as it comes: send it without Content-Encoding.' })
  const filename = filenameIn(headerOf(request, 'content-disposition'))
  if (isRefusal(filename)) return filename
  const names = ['Content-Digest', 'Repr-Digest', 'Digest']
  const checksums = checksumsAsked(Object.fromEntries(names.map((name) => [name, headerOf(request, name.toLowerCase())])))
  if (isRefusal(checksums)) return checksums
  const vouched = headerOf(request, 'x-aquifer-attestation')
  const attestation = vouched === null ? null : wordsIn(vouched)
  const patient = headerOf(request, 'x-aquifer-patient')
  return { filename, checksums, attestation, patient, type: headerOf(request, 'content-type'), ...bodyOf(request) }
}

/** null: nothing is said of it. */
function completeOf(request: FastifyRequest): boolean | null | Refusal {
  const said = headerOf(request, 'upload-complete')
  if (said === null || said === '?0' || said === '?1') return said === null ? null : said === '?1'
  return refuse('bad-header', { detail: 'Upload-Complete is ?0 or ?1.', header: 'Upload-Complete' })
}

function wholeLength(request: FastifyRequest): number | null | Refusal {
  if (headerOf(request, 'upload-length') === null) return null
  const length = headerNumber(request, 'upload-length')
  return length ?? refuse('bad-header', { detail: 'Upload-Length is a number of bytes.', header: 'Upload-Length' })
}

const stateHeaders = ({ offset, complete, length }: UploadState): Record<string, string> => ({
  'upload-offset': String(offset),
  'upload-complete': complete ? '?1' : '?0',
  'upload-limit': `max-size=${reservoirFileBytesMax}`,
  ...(length === null ? {} : { 'upload-length': String(length) }),
})

function storedAt(address: string, stored: { id: string; checksum: string } | Refusal): Answer | Refusal {
  if (isRefusal(stored)) return stored
  return { headers: { location: `${address}/${stored.id}`, etag: `"${stored.checksum}"` }, body: stored }
}

/** The bytes as they came, or the part of them that was asked for; shown by no browser in our page's place. */
function bytesOf(request: FastifyRequest, found: OpenedFile | Refusal): Answer | Refusal {
  if (isRefusal(found)) return found
  const { row, read } = found
  const etag = `"${row.sha256}"`
  const headers = { etag, 'accept-ranges': 'bytes', 'last-modified': new Date(row.at).toUTCString() }
  const known = headerOf(request, 'if-none-match')
  if (known !== null && (known === '*' || known.split(',').some((each) => each.trim().replace(/^W\//, '') === etag)))
    return { status: 304, headers }
  const ifRange = headerOf(request, 'if-range')
  const part = ifRange === null || ifRange === etag ? partOf(headerOf(request, 'range'), row.bytes) : null
  if (part === 'none') return refuse('range-not-satisfiable', { detail: `The file has ${row.bytes} bytes.`, size: row.bytes })
  const length = part === null ? row.bytes : part.end - part.start + 1
  const sent = {
    ...headers,
    'content-length': String(length),
    'content-disposition': dispositionOf(row.filename),
    'content-security-policy': "default-src 'none'; sandbox",
    'repr-digest': `sha-256=:${Buffer.from(row.sha256, 'hex').toString('base64')}:`,
    ...(part === null ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${row.bytes}` }),
  }
  const body = request.method === 'HEAD' ? Readable.from([]) : read(part)
  return { status: part === null ? 200 : 206, headers: sent, type: row.type ?? 'application/octet-stream', body }
}
