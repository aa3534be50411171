// Lake, reservoir and files in a bucket of an S3-compatible server, through the whole platform.
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { StatementRows } from '@aquifer/core/contract'
import { takeBackup } from '../../apps/server/src/backup/index.js'
import { readConfig } from '../../apps/server/src/config/index.js'
import { placesOf } from '../../apps/server/src/platform/test/places.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type World } from '../../apps/server/src/platform/test/world.js'
import { bucketStores, openPlatform, restore } from '../../apps/server/src/platform.js'
import { armFaults, disarmFaults, systemClock } from '../../apps/server/src/storage/index.js'
import { pythonWith, run } from '../test/python.js'
import { openWay, startS3Server, type S3Server, type Way } from './server/s3-server.js'

const packages = ['moto[server]==5.2.1']

let folder: string
let server: S3Server | null = null
let way: Way
let client: S3Client
let world: World | null = null
let buckets = 0

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aquifer-objects-'))
  const python = await pythonWithMoto()
  if (python === null) return
  server = await startS3Server(python)
  way = await openWay(server.url)
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test-key-id', AWS_SECRET_ACCESS_KEY: 'test-secret' })
  client = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true })
})
afterEach(async () => {
  disarmFaults()
  if (server !== null) way.fault = null
  await world?.close()
  world = null
})
afterAll(async () => {
  if (server !== null) {
    await way.close()
    await server.stop()
  }
  await rm(folder, { recursive: true, force: true })
})

async function pythonWithMoto(): Promise<string | null> {
  if ((await run('python3', ['-c', 'import moto.server'], { cwd: folder })).code === 0) return 'python3'
  const bin = await pythonWith(packages, { cwd: folder, what: 'an S3-compatible server for tests (moto)' })
  return bin === null ? null : path.join(bin, 'python')
}

const roles = 'api,replicator,masker,query,scheduler'

async function aBucket(): Promise<string> {
  const bucket = `bucket-${(buckets += 1)}`
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return bucket
}
async function open(bucket: string): Promise<World> {
  const settings = { AQUIFER_STORE: `s3://${bucket}/some/prefix`, AQUIFER_S3_ENDPOINT: way.url }
  return (world = await openPlatformWorld({ roles, settings }))
}
async function objects(bucket: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
  for (const { Key } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
    found.set(Key!.replace('some/prefix/', ''), Buffer.from(await Body!.transformToByteArray()))
  }
  return found
}
async function people(of: World, names: readonly string[]): Promise<void> {
  const token = await of.token('integrator', ['S'])
  for (const name of names) {
    const id = `${name}-0001`
    const bundle = bundleOf('transaction', contract(`c-${id}`, id, 'S'), patient(id), weight(`w-${id}`, id))
    expect((await of.fhir('POST', '', token, bundle)).status).toBe(200)
  }
}
const caughtUp = (of: World) => of.platform.flow!.pipeline.wait({ study: 'S', timeoutS: 60 })
async function count(of: World): Promise<unknown> {
  const token = await of.token('analyst', ['S'])
  const body = { study: 'S', sql: 'SELECT count(*) AS n, count(DISTINCT patient_key) AS p FROM observations' }
  const headers = { accept: 'application/json' }
  const sent = await of.send({ method: 'POST', path: '/query/api/v1/statements', token, body, headers })
  return (sent.json as unknown as StatementRows).rows?.[0] ?? sent.text
}
const study = (of: World): Promise<void> => of.study({ id: 'S', kind: 'program', required: ['share-data'], sites: ['A'] })

test('a lake in a bucket: sealed, followed by masking and statements, and found again after a restart', async () => {
  if (server === null) return
  const bucket = await aBucket()
  const own = await open(bucket)
  await study(own)
  await people(own, ['ann', 'bob'])
  await caughtUp(own)
  expect(await count(own)).toEqual([2, 2])
  const stored = await objects(bucket)
  expect([...stored.keys()].some((name) => /^lake\/S\/.*\.ndjson\.gz\.enc$/.test(name))).toBe(true)
  for (const [name, bytes] of stored) if (name.startsWith('lake/')) expect(bytes.toString('latin1')).not.toContain('ann-0001')
  await own.restart()
  await people(own, ['cyd'])
  await caughtUp(own)
  expect(await count(own)).toEqual([3, 3])
  expect((await own.platform.flow!.pipeline.status('S')).stages).toBeDefined()
})

test('a bucket that keeps old versions, is another’s or is not there stops the start and says why', async () => {
  if (server === null) return
  const bucket = await aBucket()
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  await expect(open(bucket)).rejects.toThrow('old versions')
  await expect(open('bucket-of-nobody')).rejects.toThrow('there is no such bucket')
  const taken = await aBucket()
  await (await open(taken)).close()
  world = null
  await expect(open(taken)).rejects.toThrow('another data folder’s')
})

const fileHeaders = { 'x-correlation-id': 'file', 'x-aquifer-user': 'local:tests' }
async function aFile(of: World, name: string): Promise<{ lake: string; reservoir: string }> {
  const token = await of.token('integrator', ['S'])
  const analyst = await of.token('analyst', ['S'])
  const sent = (path: string, body: string, headers: Record<string, string>) =>
    of.send({ method: 'POST', path, token: path.startsWith('/datalake') ? token : analyst, body, headers: { ...fileHeaders, ...headers } })
  const lake = await sent('/datalake/api/v1/data', name, { 'x-aquifer-patient': name, 'content-type': 'text/plain' })
  const attested = { 'content-disposition': 'attachment; filename="sites.csv"', 'x-aquifer-attestation': 'no person is in it' }
  const reservoir = await sent('/datareservoir/api/v1/data', 'site,beds\nA,12\n', { ...attested, 'content-type': 'text/csv' })
  expect([lake.status, lake.status === 201 ? '' : lake.text, reservoir.status, reservoir.status === 201 ? '' : reservoir.text]).toEqual([
    201,
    '',
    201,
    '',
  ])
  return { lake: String(lake.json['id']), reservoir: String(reservoir.json['id']) }
}
async function readFile(of: World, at: string): Promise<string> {
  const token = await of.token(at.startsWith('/datalake') ? 'integrator' : 'analyst', ['S'])
  return (await of.send({ path: at, token, headers: fileHeaders })).text
}

test('what is at hand of a bucket may be lost: rows, cuts, generations and files are there again', async () => {
  if (server === null) return
  const bucket = await aBucket()
  const own = await open(bucket)
  await study(own)
  await people(own, ['ann', 'bob'])
  const files = await aFile(own, 'ann-0001')
  await caughtUp(own)
  const generation = await own.platform.flow!.pipeline.generation('S', { fresh: true })
  expect(generation?.folder).toBe(`s3://${bucket}/some/prefix/reservoir/S/published/${generation?.generation}`)
  const reservoir = own.platform.flow!.reservoir
  const made = await reservoir.cuts.create(reservoir.opened('S')!, { name: 'first', by: 'mara', reason: 'test' }, () => Promise.resolve())
  expect(typeof made).toBe('object')
  const snapshot = reservoir.opened('S')!.snapshot()!.snapshot
  const { dataDir } = own.platform.config
  await own.platform.close()
  for (const name of ['reservoir', 'files']) await rm(path.join(dataDir, name), { recursive: true })
  await own.restart()
  const again = own.platform.flow!.reservoir
  expect(again.opened('S')?.snapshot()?.snapshot).toBe(snapshot)
  expect(await count(own)).toEqual([2, 2])
  const [cut] = await again.cuts.list('S')
  expect([cut?.genuine, cut && (await again.cuts.isWhole('S', cut.cut))]).toEqual([true, true])
  expect(await readFile(own, `/datalake/api/v1/data/${files.lake}`)).toBe('ann-0001')
  expect(await readFile(own, `/datareservoir/api/v1/data/${files.reservoir}`)).toBe('site,beds\nA,12\n')
  await people(own, ['cyd'])
  await caughtUp(own)
  const next = await own.platform.flow!.pipeline.generation('S', { fresh: true })
  const stored = [...(await objects(bucket)).keys()]
  expect(stored).toContain(`reservoir/S/published/${next?.generation}/tables/observations/part-0.parquet`)
  expect(stored.some((name) => name.startsWith(`reservoir/S/published/${next?.generation}/Observation/year=`))).toBe(true)
})

test('after an erasure no object of the bucket holds the person, and none is there that no list names', async () => {
  if (server === null) return
  const bucket = await aBucket()
  const own = await open(bucket)
  await study(own)
  await people(own, ['ann', 'bob'])
  await aFile(own, 'ann-0001')
  await caughtUp(own)
  await own.platform.flow!.pipeline.generation('S', { fresh: true })
  const reservoir = own.platform.flow!.reservoir
  await reservoir.cuts.create(reservoir.opened('S')!, { name: 'first', by: 'mara', reason: 'test' }, () => Promise.resolve())
  const keys = await own.platform.flow!.patientKeys('S', ['ann-0001'])
  const copy = path.join(own.platform.config.dataDir, 'copy')
  const inBucket = async (): Promise<string[]> => {
    await copyOf(bucket, copy)
    const found = (await placesOf(own, keys)).map(({ place }) => place).filter((place) => place.startsWith('copy'))
    await rm(copy, { recursive: true })
    return found
  }
  expect((await inBucket()).length).toBeGreaterThan(2)
  const at = '/consent/api/v1/studies/S/withdrawals'
  const token = await own.token('study-manager', ['S'])
  const body = { patient: 'ann-0001', act: 'erase', reason: 'asked', evidence: 'letter' }
  const begun = await own.send({ method: 'POST', path: at, token, body })
  const state = async () => (await own.send({ path: `${at}/${String(begun.json['id'])}`, token })).json['state']
  await expect.poll(state, { timeout: 120_000, interval: 200 }).toBe('done')
  expect(await inBucket()).toEqual([])
  const stored = [...(await objects(bucket)).keys()]
  expect(stored.filter((name) => name.startsWith('files/lake/'))).toEqual([])
  const lake = (await own.platform.flow!.lake.study('S')).manifest()
  const segments = lake.segments.map(({ id }) => `lake/S/${id}.ndjson.gz.enc`)
  expect(stored.filter((name) => name.startsWith('lake/S/') && name.endsWith('.enc')).sort()).toEqual(segments.sort())
})

async function copyOf(bucket: string, folder: string): Promise<void> {
  for (const [name, bytes] of await objects(bucket)) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, bytes)
  }
}

test.each(['refuse', 'answer-lost', 'no-answer'] as const)(
  'while the store fails by %s writes are taken and lag is told; afterwards all is there once',
  async (kind) => {
    if (server === null) return
    const bucket = await aBucket()
    const own = await open(bucket)
    await study(own)
    await people(own, ['ann'])
    await caughtUp(own)
    way.fault = { kind, of: (method, at) => method === 'PUT' && at.includes('manifest.json') }
    await people(own, ['bob'])
    const failing = async (): Promise<unknown> => {
      const { stages } = await own.platform.flow!.pipeline.status('S')
      return stages.find(({ state }) => state === 'failed')?.detail ?? ''
    }
    await expect.poll(failing, { timeout: 120_000, interval: 300 }).toMatch(/^S: failed with (SlowDown 503|no answer in time|[A-Z]+)/)
    way.fault = null
    expect(await caughtUp(own)).toMatchObject({ done: true })
    expect(await count(own)).toEqual([2, 2])
    await own.restart()
    await people(own, ['cyd'])
    await caughtUp(own)
    expect(await count(own)).toEqual([3, 3])
  },
)

test.each(['reservoir.files-written', 'files.object-stored'])(
  'broken off at %s: what was acknowledged is there once after a restart',
  async (point) => {
    if (server === null) return
    const bucket = await aBucket()
    const own = await open(bucket)
    await study(own)
    await people(own, ['ann'])
    await caughtUp(own)
    armFaults(`${point}=fail`)
    await people(own, ['bob'])
    const sent = own.send({
      method: 'POST',
      path: '/datalake/api/v1/data',
      token: await own.token('integrator', ['S']),
      body: 'x',
      headers: fileHeaders,
    })
    if (point.startsWith('files')) expect((await sent).status).toBe(500)
    await sent
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await own.platform.close()
    disarmFaults()
    await own.restart()
    await caughtUp(own)
    expect(await count(own)).toEqual([2, 2])
  },
)

test.each(['lake.segment-written', 'lake.manifest-written', 'reservoir.objects-stored', 'reservoir.generation-written'])(
  'killed at %s: a server that comes after goes on, and nothing is lost or doubled',
  async (point) => {
    if (server === null) return
    const bucket = await aBucket()
    const own = await open(bucket)
    await study(own)
    await people(own, ['ann'])
    await caughtUp(own)
    // What comes now waits for the server that is killed.
    armFaults('replicator.batch-read=fail')
    await people(own, ['bob'])
    await own.platform.close()
    disarmFaults()
    expect(await killedServer(own.platform.config.dataDir, bucket, point)).toBe('SIGKILL')
    await own.restart()
    await caughtUp(own)
    expect(await count(own)).toEqual([2, 2])
    expect((await own.platform.flow!.pipeline.generation('S', { fresh: true }))?.folder).toContain(`s3://${bucket}`)
  },
)

function killedServer(dataDir: string, bucket: string, point: string): Promise<string | null> {
  const bin = fileURLToPath(new URL('../../apps/server/bin/aquifer.mjs', import.meta.url))
  const settings = { AQUIFER_STORE: `s3://${bucket}/some/prefix`, AQUIFER_S3_ENDPOINT: way.url, AQUIFER_FAULTS: `${point}=kill` }
  const child = spawn(process.execPath, [bin, 'serve', '--data', dataDir, '--port', '0', '--roles', roles], {
    env: { ...process.env, ...settings, AQUIFER_LOG_LEVEL: 'silent' },
    stdio: 'ignore',
  })
  const late = setTimeout(() => child.kill('SIGTERM'), 300_000)
  return new Promise((resolve) =>
    child.once('exit', (_code, signal) => {
      clearTimeout(late)
      resolve(signal)
    }),
  )
}

test('two servers never write to one bucket: who came later stops the other', async () => {
  if (server === null) return
  const bucket = await aBucket()
  const own = await open(bucket)
  await study(own)
  await people(own, ['ann'])
  await caughtUp(own)
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'some/prefix/lake/S/manifest.json', Body: '{}' }))
  await people(own, ['bob'])
  const reasons = async () => JSON.stringify(await own.platform.flow!.pipeline.status('S'))
  await expect.poll(reasons, { timeout: 60_000, interval: 300 }).toContain('another server writes to this bucket')
})

test('a backup of a bucket comes back into another one, with its files', async () => {
  if (server === null) return
  const [bucket, other] = [await aBucket(), await aBucket()]
  const own = await open(bucket)
  await study(own)
  await people(own, ['ann', 'bob'])
  const files = await aFile(own, 'ann-0001')
  await caughtUp(own)
  const { dataDir, storeDir, masterKeyFile } = own.platform.config
  const stores = { dataDir, storeDir, masterKeyFile, bucket: await bucketStores(own.platform.config) }
  const backup = path.join(folder, 'backup')
  expect(await takeBackup(backup, { ...stores, version: '0', now: () => systemClock.now(), tell: () => undefined })).toMatchObject({
    dir: backup,
  })
  const masterKey = path.join(folder, 'master.key')
  await cp(path.join(dataDir, 'keys', 'master.key'), masterKey)
  await own.close()
  world = null
  const settings = {
    AQUIFER_LOG_LEVEL: 'silent',
    AQUIFER_MASTER_KEY_FILE: masterKey,
    AQUIFER_STORE: `s3://${other}`,
    AQUIFER_S3_ENDPOINT: way.url,
  }
  const config = readConfig(settings, { data: path.join(folder, 'restored'), port: '0', roles })
  if ('faults' in config) throw new Error(config.faults.join())
  const report = await restore(config, { from: backup, lake: null, ledger: null, tell: () => undefined }, openPlatform)
  expect(report).toMatchObject({ stores: { equal: true } })
  const names = [...(await objects(other)).keys()]
  expect(names).toContain(`files/lake/S/${files.lake}`)
  expect(names).toContain(`files/reservoir/S/${files.reservoir}`)
  expect(names.some((name) => name.startsWith('lake/S/') && name.endsWith('.enc'))).toBe(true)
})
