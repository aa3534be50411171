// A sender that falls silent is told so and how to go on; what came before is kept, and what waits for its person is not refused.
import { request } from 'node:http'
import { gzipSync, constants } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatformWorld, patient, weight, type Json, type World } from '../platform/test/world.js'

let world: World
let feed: string
beforeAll(async () => {
  world = await openPlatformWorld({ importSilenceMs: 300 })
  await world.study({ id: 'S', sites: ['A'], enrolment: 'open' })
  await world.study({ id: 'CLOSED', sites: ['A'], required: ['share-data'] })
  feed = await world.token('integrator', ['S', 'CLOSED'])
  await world.platform.listen()
})
afterAll(() => world.close())

interface Told {
  status: number
  connection: string | undefined
  text: string
}

/** Sends the beginning of a body and then nothing more, holding the connection. */
function begin(path: string, body: Buffer): Promise<Told> {
  const { hostname, port } = new URL(world.platform.url)
  const headers = { authorization: `Bearer ${feed}`, 'content-type': 'application/x-ndjson' }
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method: 'POST', path: `/fhir-server/api/v1/$import?${path}`, headers }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString()
        answer.socket.once('close', () => resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection, text }))
      })
    })
    sent.on('error', reject)
    sent.write(body)
  })
}

const lines = (...documents: readonly Json[]): string => documents.map((document) => `${JSON.stringify(document)}\n`).join('')
const whole = lines(patient('pa'), weight('w1', 'pa'), weight('w2', 'pa'))
const cut = `${whole}${JSON.stringify(weight('w3', 'pa')).slice(0, 40)}`
const unfinished = gzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH })
const status = async (id: string): Promise<number> => (await world.fhir('GET', `/Observation/${id}?studyid=S`, feed)).status

test.each([
  ['plain', Buffer.from(cut)],
  ['gzip', unfinished],
])('%s: 408 with the line to go on after, and the whole lines are kept', async (_form, body) => {
  const told = await begin('studyid=S', body)
  expect([told.status, told.connection]).toEqual([408, 'close'])
  expect(told.text).toMatch(/"OperationOutcome".*"timeout".*silent.*after=3\b/)
  expect(await Promise.all(['w1', 'w2', 'w3'].map(status))).toEqual([200, 200, 404])
  const [job] = await world.platform.repository.jobs.list({ kind: 'import', limit: 1 })
  expect([job?.state, JSON.stringify(job)]).toEqual(['failed', expect.stringContaining('after=3')])
})

test('sent again from there, the rest comes in', async () => {
  const again = await world.send({
    method: 'POST',
    path: '/fhir-server/api/v1/$import?studyid=S&after=3',
    token: feed,
    body: whole + lines(weight('w3', 'pa')),
    headers: { 'content-type': 'application/x-ndjson' },
  })
  expect([again.status, again.json['read'], again.json['stored'], await status('w3')]).toEqual([200, 1, 1, 200])
})

test('what waits for its person is neither settled nor refused', async () => {
  const told = await begin('studyid=CLOSED', Buffer.from(lines(weight('e1', 'late'), patient('late'))))
  expect(told.text).toMatch(/"timeout".*Send it again/)
  const { sid } = (await world.platform.studies.byId('CLOSED')) ?? { sid: -1 }
  expect(await world.platform.repository.refusals.list(sid, { limit: 10 })).toEqual([])
})

test('a sender of nothing at all is told the same', async () => {
  const told = await begin('studyid=S', Buffer.from('\n'))
  expect([told.status, told.text]).toEqual([408, expect.stringContaining('Send it again')])
})
