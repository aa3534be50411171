import { constants } from 'node:crypto'
import { Readable } from 'node:stream'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { RolePolicy } from '@aquifer/core/access'
import { isCorrelationId, isReason } from '@aquifer/core/audit'
import { scopesPermit } from '@aquifer/core/identity'
import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import type { AuditTrail } from '../audit/index.js'
import type { Identity } from '../identity/index.js'
import { errorName, type Log, type Metrics } from '../monitoring/index.js'
import { isDatabaseAway } from '../repository/index.js'
import { sendBug, sendRefusal } from './answer.js'
import { connectionLimits, guardBodies, serverSettings, type ConnectionLimits } from './connections.js'
import { headerOf, type RequestContext } from './context.js'
import { hostAllowed } from './hosts.js'
import { cutOff, type OpenStreams } from './open-streams.js'
import { certificateOf } from './peer.js'
import { statusOf } from './refusals.js'

export const jsonBytesMax = 1024 * 1024
export const fhirBytesMax = 32 * 1024 * 1024

/** What HTTPS needs, in PEM. */
export interface ServerTls {
  /** the server's own certificate */
  certificate: string
  /** the authorities between it and the one that everybody knows */
  chain: string
  key: string
  /** authorities whose certificates clients may come in by; none: certificates are not asked for */
  clientCas: readonly string[]
}

export interface ServerParts {
  host: string
  /** the address the operator gave the server, behind a proxy */
  publicUrl: string | null
  /** null: plain HTTP */
  tls: ServerTls | null
  identity: Identity
  policy: () => RolePolicy
  trail: AuditTrail
  log: Log
  metrics: Metrics
  now: () => number
  newId: () => string
  streams: Pick<OpenStreams, 'watch'>
  /** false while the server drains or starts */
  accepting: () => boolean
}

/** The bare server: what holds for every request before and after its route. */
export function openServer(parts: ServerParts, limits: ConnectionLimits = connectionLimits): FastifyInstance {
  const app = Fastify({
    logger: false,
    ...httpsOf(parts.tls),
    bodyLimit: jsonBytesMax,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    ...serverSettings(limits),
    // What cannot even be routed passes no hook: it is answered and recorded here.
    frameworkErrors: (error, request, reply) => void answerUnroutable(parts, error, request, reply),
  })
  app.decorateRequest('aquifer', null as never)
  app.addHook('onRequest', async (request, reply) => {
    const refusal = await admit(parts, request)
    setHeaders(request, reply)
    if (request.routeOptions.config.unaudited !== true) void reply.header('cache-control', 'no-store')
    if (refusal !== null) return sendRefusal(request, reply, refusal)
    return undefined
  })
  guardBodies(app, limits)
  app.addHook('onSend', async (request, reply, payload) => {
    const { facts, tells } = request.aquifer
    if (payload instanceof Readable && facts.sid !== null && request.routeOptions.config.outlives !== true) {
      const cut = (): void => void (reply.raw.headersSent && cutOff(request.raw.socket))
      parts.streams.watch({ sid: facts.sid, since: facts.at, cut }, payload)
    }
    const isQuiet = request.routeOptions.config.unaudited === true && reply.statusCode < 400 && tells !== true
    if (facts.recorded || isQuiet) return payload
    await parts.trail.record(facts, reply.statusCode)
    return payload
  })
  app.addHook('onResponse', async (request, reply) => observe(parts, request, reply))
  app.setErrorHandler((error: FastifyError | RefusedBody, request, reply) => {
    const refusal = refusalOf(error)
    if (refusal !== null) return sendRefusal(request, reply, refusal)
    const { facts } = request.aquifer
    const told = { err: errorName(error), route: facts.route, correlationId: facts.correlationId }
    if (isDatabaseAway(error)) {
      parts.log.error(told, 'a request met no database')
      // The trail lies there, too; what could not be recorded was not done, and is not told.
      facts.recorded = true
      return sendRefusal(request, reply, databaseAway())
    }
    parts.log.error(told, 'a request met an error of the server')
    return sendBug(request, reply)
  })
  return app
}

const databaseAway = (): Refusal =>
  refuse('not-ready', { detail: 'The database does not answer, or has no room: send it again in a moment.', retryAfterS: 2 })

/**
 * Who shows no certificate, or a wrong one, is let in to be answered: open addresses are for all, the others say 401. A second handshake could
 * bring another certificate into a connection that was judged, so there is none.
 */
function httpsOf(tls: ServerTls | null): object {
  if (tls === null) return {}
  const asked = tls.clientCas.length > 0 ? { ca: [...tls.clientCas], requestCert: true, rejectUnauthorized: false } : {}
  return {
    https: {
      cert: tls.certificate + tls.chain,
      key: tls.key,
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ...asked,
    },
  }
}

function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .header('x-correlation-id', request.aquifer.facts.correlationId)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
}

async function answerUnroutable(parts: ServerParts, error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const wrong = await admit(parts, request)
  setHeaders(request, reply)
  const refusal = wrong ?? refusalOf(error) ?? refuse('bad-parameter', { detail: 'The address cannot be read.', parameter: 'url' })
  request.aquifer.facts.refusal = refusal.refusal
  await parts.trail.record(request.aquifer.facts, statusOf(refusal))
  sendRefusal(request, reply, refusal)
}

function contextOf(parts: ServerParts, request: FastifyRequest): RequestContext {
  const now = parts.now()
  const said = headerOf(request, 'x-correlation-id')
  const reason = headerOf(request, 'x-aquifer-reason')
  return {
    caller: null,
    facts: {
      at: now,
      correlationId: said !== null && isCorrelationId(said) ? said : parts.newId(),
      route: `${request.method} ${request.routeOptions.url ?? '(unknown)'}`,
      reason: reason !== null && isReason(reason) ? reason : null,
      actor: 'anonymous',
      role: 'none',
      act: 'other',
      sid: null,
      refusal: null,
      source: request.ip,
      external: null,
      people: [],
      detail: {},
      entries: [],
      recorded: false,
    },
  }
}

async function admit(parts: ServerParts, request: FastifyRequest): Promise<Refusal | null> {
  const said = headerOf(request, 'x-correlation-id')
  const reason = headerOf(request, 'x-aquifer-reason')
  request.aquifer = contextOf(parts, request)
  if (!hostAllowed(parts.host, request.headers.host, parts.publicUrl))
    return refuse('host-not-allowed', { detail: 'This server answers on loopback only under loopback’s names.' })
  if (said !== null && !isCorrelationId(said))
    return refuse('bad-header', {
      detail: 'X-Correlation-Id: at most 128 printable characters without spaces.',
      header: 'X-Correlation-Id',
    })
  if (reason !== null && !isReason(reason))
    return refuse('bad-header', { detail: 'X-Aquifer-Reason: at most 255 printable ASCII characters.', header: 'X-Aquifer-Reason' })
  // No name or value that is kept has one, and the database would fail on it. FHIR has its own words for values of a search.
  const [path = '', query = ''] = request.url.split('?')
  if (path.includes('%00')) return refuse('unknown', { detail: 'There is nothing at this address.' })
  if (query.includes('%00') && request.routeOptions.config.fhir !== true)
    return refuse('bad-parameter', { detail: 'A parameter has no NUL (%00) in it.', parameter: 'url' })
  if (request.routeOptions.config.open === true || request.routeOptions.url === undefined) return null
  if (!parts.accepting()) return refuse('not-ready', { detail: 'The server is starting or stopping.', retryAfterS: 2 })
  const caller = await parts.identity.authenticate(bearerOf(request), certificateOf(request.raw.socket))
  if (isRefusal(caller)) return caller
  // What roles may do is looked up once, so that a request is decided by one policy from begin to end.
  request.aquifer.caller = { ...caller, grant: { ...caller.grant, policy: parts.policy() } }
  request.aquifer.facts.actor = caller.grant.user
  request.aquifer.facts.role = caller.grant.role
  request.aquifer.facts.external = caller.external
  if (caller.scopes !== null && !scopesPermit(caller.scopes, { method: request.method, path: request.routeOptions.url }))
    return refuse('not-permitted', { detail: 'The scopes of this token do not permit this.' })
  return null
}

function bearerOf(request: FastifyRequest): string | null {
  return /^Bearer ([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(headerOf(request, 'authorization') ?? '')?.[1] ?? null
}

/** A body that its parser refused, on its way to the one place where errors are answered. */
export class RefusedBody extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.refusal)
  }
}

function refusalOf(error: FastifyError | RefusedBody): Refusal | null {
  if (error instanceof RefusedBody) return error.refusal
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return refuse('too-large', { detail: 'The body is larger than this address takes.' })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return refuse('unsupported-media-type', { detail: 'Send JSON.' })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return refuse('malformed-body', { detail: 'The body is not JSON.' })
    case 'FST_ERR_BAD_URL':
      return refuse('bad-parameter', { detail: 'The address cannot be read.', parameter: 'url' })
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? refuse('malformed-body', { detail: 'The request cannot be read.' })
        : null
  }
}

function observe(parts: ServerParts, request: FastifyRequest, reply: FastifyReply): void {
  const { facts } = request.aquifer
  const labels = { route: request.routeOptions.url ?? '(unknown)', method: request.method }
  parts.metrics.requests.inc({ ...labels, status: String(reply.statusCode) })
  parts.metrics.requestSeconds.observe(labels, reply.elapsedTime / 1000)
  parts.log.info(
    {
      route: facts.route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      correlationId: facts.correlationId,
      refusal: facts.refusal ?? undefined,
    },
    'request',
  )
}
