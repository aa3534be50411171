import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'

// A client that waits for 100 Continue before it sends a large body is told no before it sent it. Who does not wait sends what nobody
// reads: it is taken for a while, since a connection that is cut takes the answer along.

const waiting = new WeakMap<IncomingMessage, ServerResponse>()
const unreadMs = 10_000
const large = /^\/(?:datalake|datareservoir)\//

// By server, whose body is left unread.
const left = new WeakMap<object, Set<FastifyRequest>>()

export function answerExpectations(app: FastifyInstance): void {
  const unread = new Set<FastifyRequest>()
  left.set(app.server, unread)
  // A server that ends does not wait for bodies that nobody reads: their answers were given.
  app.addHook('preClose', async () => {
    for (const request of unread) request.raw.destroy()
  })
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (large.test(request.url ?? '')) waiting.set(request, response)
    else response.writeContinue()
    app.server.emit('request', request, response)
  })
}

/** Says that the body is wanted, to a client that waits for that. */
export function wantBody(request: FastifyRequest): void {
  waiting.get(request.raw)?.writeContinue()
  waiting.delete(request.raw)
}

/** A body that was refused unread may not hold its connection for ever. */
export function leaveBody(request: FastifyRequest, response: ServerResponse): void {
  if (request.raw.complete) return
  // Nothing was sent yet, and nothing follows on this connection.
  if (waiting.delete(request.raw)) response.setHeader('connection', 'close')
  const timer = setTimeout(() => void (request.raw.complete || request.raw.destroy()), unreadMs)
  timer.unref()
  const unread = left.get(request.server.server)
  // Not before it is on its way to the client.
  response.once('finish', () => void (request.raw.complete || unread?.add(request)))
  const done = (): void => {
    clearTimeout(timer)
    unread?.delete(request)
  }
  request.raw.once('close', done)
  request.raw.once('end', done)
}
