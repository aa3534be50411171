import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { refuse } from '@aquifer/core/refusal'
import { sendRefusal } from './answer.js'

/** How long a client may take, and how many may be connected at once. */
export interface ConnectionLimits {
  headersMs: number
  /** for a body that is held in memory; what streams, as an import does, may take its time */
  bodyMs: number
  connections: number
}

// 32 MB in two minutes is a slow mobile link. Node looks for late headers once in a quarter of their time.
export const connectionLimits: ConnectionLimits = { headersMs: 20_000, bodyMs: 120_000, connections: 4_096 }

export const serverSettings = ({ headersMs }: ConnectionLimits) => ({
  http: {
    headersTimeout: headersMs,
    connectionsCheckingInterval: Math.ceil(headersMs / 4),
    // A peer that is gone without a word is noticed by the system, however long a request may take.
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  },
  clientErrorHandler: answerUnreadable,
})

/** A body that does not come to its end holds memory and a connection: it is given up after its time. */
export function guardBodies(app: FastifyInstance, { bodyMs, connections }: ConnectionLimits): void {
  app.server.maxConnections = connections
  app.addHook('onRequest', async (request, reply) => {
    if (request.raw.complete || request.routeOptions.config.streams === true || !announcesBody(request.headers)) return
    const timer = setTimeout(() => {
      if (request.raw.complete || reply.sent) return
      reply.raw.once('finish', () => request.raw.destroy())
      sendRefusal(request, reply, refuse('too-slow', { detail: 'The body did not come in time.', remedy: 'Send it again.' }))
    }, bodyMs)
    timer.unref()
    reply.raw.once('close', () => clearTimeout(timer))
  })
}

const announcesBody = (headers: { 'content-length'?: string | undefined; 'transfer-encoding'?: string | undefined }): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

const unreadable: Readonly<Record<string, { status: number; detail: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The headers are larger than this server takes.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not come in time.' },
}

/** What is no HTTP has no address: it is answered in the form of everything that is not FHIR. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const { status, detail } = unreadable[error.code ?? ''] ?? { status: 400, detail: 'The request is not HTTP/1.1.' }
  const title = STATUS_CODES[status] ?? ''
  const body = JSON.stringify({ type: 'about:blank', title, status, detail })
  const head = `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`
  if (socket.writable) socket.write(head + body)
  socket.destroySoon()
}
