// What a bucket holds is the truth: compared with the other stores, and enough to make the database again.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { StoresReport } from '@aquifer/core/contract'
import { readConfig } from '../../apps/server/src/config/index.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type World } from '../../apps/server/src/platform/test/world.js'
import { openPlatform, restoreFromLake } from '../../apps/server/src/platform.js'
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
const study = (of: World): Promise<void> => of.study({ id: 'S', kind: 'program', required: ['share-data'], sites: ['A'] })

async function verified(of: World): Promise<StoresReport> {
  const token = await of.token('operator')
  const { json } = await of.send({ method: 'POST', path: '/pipeline/api/v1/verifications', token, body: {} })
  for (;;) {
    const job = (await of.send({ path: `/jobs/api/v1/${String(json['id'])}`, token })).json
    if (job['state'] === 'done') return job['result'] as StoresReport
    if (job['state'] === 'failed') throw new Error(JSON.stringify(job))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('the stores are compared by what the bucket holds, and what is at hand beside it', async () => {
  if (server === null) return
  const bucket = await aBucket()
  const own = await open(bucket)
  await study(own)
  await people(own, ['ann', 'bob'])
  await caughtUp(own)
  const whole = await verified(own)
  const files = [...(await objects(bucket)).keys()].filter((name) => /^reservoir\/S\/[^/]+\.parquet$/.test(name))
  expect(whole).toMatchObject({ equal: true, studies: [{ notCompared: null, compared: { from: 'bucket', files: files.length } }] })

  const name = files.find((file) => file.includes('/Observation-'))!
  const Key = `some/prefix/${name}`
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
  const before = await Body!.transformToByteArray()
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: before.map((byte, place) => (place === 9 ? byte ^ 1 : byte)) }))
  const unreadable = { type: 'Observation', what: 'unreadable' }
  expect((await verified(own)).studies[0]).toMatchObject({ equal: false, found: 1, differences: [{ store: 'bucket', ...unreadable }] })
  await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: before }))
  await rm(path.join(own.platform.config.storeDir, name))
  expect((await verified(own)).studies[0]).toMatchObject({ equal: false, found: 1, differences: [{ store: 'reservoir', ...unreadable }] })
})

test('a lake in a bucket alone makes the repository again, in another bucket, and is only read', async () => {
  if (server === null) return
  const [bucket, other] = [await aBucket(), await aBucket()]
  const own = await open(bucket)
  await study(own)
  await people(own, ['ann', 'bob'])
  await caughtUp(own)
  const { dataDir } = own.platform.config
  await own.platform.close()
  world = null
  await rm(path.join(dataDir, 'postgres'), { recursive: true })
  const before = await objects(bucket)
  const asked = { from: dataDir, lake: null, ledger: null, tell: () => undefined }
  const into = async (data: string, store: Record<string, string>) => {
    const settings = { AQUIFER_LOG_LEVEL: 'silent', AQUIFER_S3_ENDPOINT: way.url, ...store }
    const config = readConfig(settings, { data: path.join(folder, data), port: '0', roles })
    if ('faults' in config) throw new Error(config.faults.join())
    return restoreFromLake(config, asked, openPlatform)
  }
  expect(await into('same', { AQUIFER_STORE: `s3://${bucket}/some/prefix` })).toHaveProperty('problem')
  const made = { studies: ['S'], returned: 6, left: 0, stores: { equal: true } }
  expect(await into('bucket', { AQUIFER_STORE: `s3://${other}` })).toMatchObject(made)
  expect(await objects(bucket)).toEqual(before)
  await rm(dataDir, { recursive: true, force: true })
})
