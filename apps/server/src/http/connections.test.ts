// RFC 9112, and clients that take their time: an answer where one can be given, and the connection is free again.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openAuditTrail } from '../audit/index.js'
import { openLog, openMetrics } from '../monitoring/index.js'
import { openPlatformWorld, patient, type World } from '../platform/test/world.js'
import { connectionLimits } from './connections.js'
import { answerExpectations, leaveBody } from './continue.js'
import { openServer } from './server.js'

let world: World
let feed: string
let port: number
beforeAll(async () => {
  world = await openPlatformWorld()
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  feed = await world.token('integrator', ['S'])
  port = Number(new URL(await world.platform.listen()).port)
  await world.fhir('PUT', '/Patient/pa', feed, patient('pa'))
})
afterAll(() => world.close())

/** What comes back for bytes that no client library would send. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const parts: Buffer[] = []
    socket.on('data', (part) => parts.push(part))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')))
    socket.write(bytes, 'latin1')
  })
}

describe('requests that are no HTTP', () => {
  const head = (lines: string): string =>
    `POST /fhir-server/api/v1/Patient HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${feed}\r\nContent-Type: application/json+fhir\r\nConnection: close\r\n${lines}\r\n\r\n`
  test.each([
    ['length and chunks', () => `${head('Content-Length: 5\r\nTransfer-Encoding: chunked')}0\r\n\r\n`, 400],
    ['two lengths', () => `${head('Content-Length: 2\r\nContent-Length: 3')}{}`, 400],
    ['a length that is no number', () => `${head('Content-Length: +2')}{}`, 400],
    ['a folded header', () => `${head('X-A: 1\r\n 2\r\nContent-Length: 2')}{}`, 400],
    ['a line end in a header', () => `${head('X-Correlation-Id: a\u000bb\r\nContent-Length: 2')}{}`, 400],
    ['a chunk of no length', () => `${head('Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`, 400],
    ['headers of 100 kB', () => head(`X-A: ${'a'.repeat(100_000)}\r\nContent-Length: 0`), 431],
    ['no request line', () => '\u0016\u0003\u0001\r\n\r\n', 400],
    ['no host', () => 'GET /fhir-server/api/v1/metadata HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ])('%s', async (_name, bytes, status) => {
    const answer = await raw(port, bytes())
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
    expect((await world.fhir('GET', '/Patient/pa', feed)).status).toBe(200)
  })
})

function bareServer(limits: Partial<typeof connectionLimits> = {}) {
  const { identity, access, repository } = world.platform
  const sink = openLog({ dir: path.join(world.platform.config.dataDir, 'logs-held'), level: 'silent' })
  const app = openServer(
    {
      host: '127.0.0.1',
      publicUrl: null,
      tls: null,
      identity,
      policy: () => access.policies.current(),
      trail: openAuditTrail(repository),
      log: sink.log,
      metrics: openMetrics(),
      now: Date.now,
      newId: randomUUID,
      streams: { watch: () => undefined },
      accepting: () => true,
    },
    { ...connectionLimits, ...limits },
  )
  return { app, sink }
}

test('headers and bodies that do not come to an end are given up', async () => {
  const { app, sink } = bareServer({ headersMs: 200, bodyMs: 200 })
  app.post('/fhir-server/held', { config: { open: true, fhir: true } }, (request, reply) => void reply.send({ got: request.body }))
  const slow = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  const head = 'POST /fhir-server/held HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'
  expect((await raw(slow, head)).slice(0, 12)).toBe('HTTP/1.1 408')
  const answer = await raw(slow, `${head}Content-Length: 100\r\n\r\n{"a":`)
  expect(answer).toMatch(/^HTTP\/1.1 408[^]*OperationOutcome[^]*did not come in time/)
  expect(await raw(slow, `${head}Content-Length: 2\r\nConnection: close\r\n\r\n{}`)).toContain('{"got":{}}')
  await app.close()
  sink.close()
})

test('a server that ends does not wait for a body that it refused unread', async () => {
  const { app, sink } = bareServer()
  answerExpectations(app)
  app.post('/fhir-server/left', { config: { open: true, fhir: true, streams: true } }, (_request, reply) => void reply.send({ said: 'no' }))
  app.addHook('onSend', async (request, reply, payload) => {
    leaveBody(request, reply.raw)
    return payload
  })
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  // No clock ends the connection: only the server's own end does.
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    const socket = connect(port, '127.0.0.1')
    const ended = once(socket, 'close')
    socket.on('error', () => undefined)
    socket.write('POST /fhir-server/left HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\nx')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200[^]*"no"/)
    await app.close()
    await ended
  } finally {
    vi.useRealTimers()
    sink.close()
  }
})
