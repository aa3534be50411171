// What is on its way to somebody when a person of its study withdraws: over TLS, from another process, of each kind.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig, type Config } from '../config/index.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type World } from '../platform/test/world.js'
import { openPlatform, type Platform } from '../platform.js'
import { openPostgres, type Postgres } from '../storage/index.js'
import { preparedDataDir } from '../storage/test/database.js'
import { newAuthority } from './test/certificates.js'

let folders: string[] = []
let database: Postgres
let world: World
let other: Platform
let [tls, plain, ca, feed, analyst] = ['', '', '', '', '']

beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'aquifer-streams-'))
  folders = [await preparedDataDir(), folder]
  database = await openPostgres({ dataDir: folders[0]!, transport: 'loopback', durableInit: false })
  const { host, port, password } = database.client('app')
  const shared = { DATABASE_URL: `postgres://postgres:${password as string}@${host}:${port}/aquifer` }
  const authority = await newAuthority('Hospital')
  const server = await authority.issue({ subject: 'CN=aquifer', san: [{ type: 'ip', value: '127.0.0.1' }] })
  const [cert, key] = [path.join(folder, 'server.pem'), path.join(folder, 'server.key')]
  await writeFile(cert, server.cert, { mode: 0o600 })
  await writeFile(key, server.key, { mode: 0o600 })
  const settings = { ...shared, AQUIFER_TLS_CERT_FILE: cert, AQUIFER_TLS_KEY_FILE: key }
  world = await openPlatformWorld({ roles: 'api,scheduler,replicator,masker,query', settings })
  const beside = readConfig({ AQUIFER_LOG_LEVEL: 'silent', ...shared }, { data: world.platform.config.dataDir, port: '0', roles: 'api' })
  other = await openPlatform(beside as Config)
  ;[tls, plain, ca] = [await world.platform.listen(), await other.listen(), authority.cert]
  await world.study({ id: 'S', sites: ['A'], required: ['share-data'], kind: 'program' })
  ;[feed, analyst] = [await world.token('integrator', ['S']), await world.token('analyst', ['S'])]
  const people = ['ann', 'bob'].flatMap((id) => [contract(`c-${id}`, id, 'S'), patient(id)])
  const weights = Array.from({ length: 100 }, (_, n) => weight(`w${n}`, 'bob', 60 + n))
  expect((await world.fhir('POST', '', feed, bundleOf('transaction', ...people, ...weights))).status).toBe(200)
  for (let n = 0; n < 8; n += 1) {
    const large = { ...weight(`large${n}`, 'bob'), comments: randomBytes(2_000_000).toString('base64') }
    expect((await world.fhir('PUT', `/Observation/large${n}`, feed, large)).status).toBe(201)
  }
  expect((await world.platform.flow!.pipeline.wait({ study: 'S', timeoutS: 60 })).done).toBe(true)
})
afterAll(async () => {
  await other.close()
  await world.close()
  await database.stop()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

const named = { 'x-correlation-id': 'c', 'x-aquifer-user': 'local:tests' }
interface Fetching {
  /** Reads on to the end, or to where it breaks. */
  rest(): Promise<{ complete: boolean; error: string | null; bytes: number }>
}
/** Fetches, and reads no more than a first piece. */
async function fetching(at: string, token: string): Promise<Fetching> {
  const ask = at.startsWith('https:') ? requestHttps : requestHttp
  const fetched = await new Promise<IncomingMessage>((resolve, reject) =>
    ask(at, { headers: { ...named, authorization: `Bearer ${token}` }, ca, agent: false }, resolve)
      .on('error', reject)
      .end(),
  )
  expect([at, fetched.statusCode]).toEqual([at, 200])
  let bytes = 0
  fetched.on('data', (chunk: Buffer) => {
    if (bytes === 0) fetched.pause()
    bytes += chunk.length
  })
  const over = new Promise<string | null>((resolve) => {
    fetched.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name))
    fetched.once('end', () => resolve(null))
  })
  await expect.poll(() => bytes).toBeGreaterThan(0)
  return {
    async rest() {
      fetched.resume()
      const error = await over
      return { complete: fetched.complete, error, bytes }
    },
  }
}
async function withdraw(person: string): Promise<void> {
  const token = await world.token('study-manager', ['S'])
  const body = { patient: person, act: 'stop-use', reason: 'asked', evidence: 'letter' }
  expect((await world.send({ method: 'POST', path: '/consent/api/v1/studies/S/withdrawals', token, body })).status).toBe(201)
}
const connectionsOf = ({ app }: Platform): Promise<number> =>
  new Promise((resolve, reject) => app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))))
async function fileOf(): Promise<string> {
  const headers = { ...named, 'content-disposition': 'attachment; filename="l.bin"', 'x-aquifer-attestation': 'Nobody can be recognised.' }
  const body = randomBytes(24_000_000)
  const sent = await world.send({
    method: 'POST',
    path: '/datareservoir/api/v1/data',
    token: analyst,
    body,
    headers: { ...headers, 'content-type': 'application/octet-stream' },
  })
  expect(sent.status).toBe(201)
  return String(sent.headers['location'])
}
async function exportOf(): Promise<string> {
  const begun = await world.fhir('GET', '/$export?_type=Observation', feed, undefined, { prefer: 'respond-async' })
  const at = new URL(String(begun.headers['content-location']), 'http://x').pathname
  const state = async () => world.send({ path: at, token: feed })
  await expect.poll(async () => (await state()).status, { timeout: 120_000 }).toBe(200)
  return new URL(String(((await state()).json['output'] as { url: string }[])[0]?.url), 'http://x').pathname
}
async function downloadOf(): Promise<string> {
  const sql = 'SELECT a.id AS a, b.id AS b, c.id AS c FROM observations a, observations b, observations c LIMIT 300000'
  const headers = { prefer: 'respond-async' }
  const begun = await world.send({ method: 'POST', path: '/query/api/v1/statements', token: analyst, body: { study: 'S', sql }, headers })
  const id = String(begun.json['id'])
  const stateOf = async (path: string) => (await world.send({ path, token: analyst })).json['state']
  await expect.poll(() => stateOf(`/query/api/v1/statements/${id}`), { timeout: 120_000 }).toBe('done')
  const body = { statement: id, format: 'csv' }
  const download = await world.send({ method: 'POST', path: '/query/api/v1/downloads', token: analyst, body })
  const own = `/query/api/v1/downloads/${String(download.json['id'])}`
  await expect.poll(() => stateOf(own), { timeout: 120_000 }).toBe('done')
  return `${own}/file`
}

test('a file of the reservoir, an export and a download break off when somebody withdraws, over TLS and from another process', async () => {
  const [file, exported, download] = [await fileOf(), await exportOf(), await downloadOf()]
  const wanted = [
    [`${tls}${file}`, analyst],
    [`${tls}${exported}`, feed],
    [`${tls}${download}`, analyst],
    // It is told nothing of the withdrawal.
    [`${plain}${file}`, analyst],
    [`${plain}${exported}`, feed],
  ] as const
  for (const [at, token] of wanted) expect([at, await (await fetching(at, token)).rest()]).toMatchObject([at, { complete: true }])
  const begun = await Promise.all(wanted.map(async ([at, token]) => ({ at, fetched: await fetching(at, token) })))
  await withdraw('ann')
  // Ended by the servers while nobody reads.
  for (const of of [world.platform, other]) await expect.poll(() => connectionsOf(of), { timeout: 60_000 }).toBe(0)
  for (const { at, fetched } of begun) {
    const { complete, error } = await fetched.rest()
    expect([at, complete, error]).toEqual([at, false, expect.stringMatching(/ECONNRESET|aborted/)])
  }
})
