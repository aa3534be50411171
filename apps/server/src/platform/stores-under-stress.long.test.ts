// The stores under what befalls a machine: a database that is gone for a moment, a clock that jumps, disks that are full.
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { PipelineStatus, StoresReport, StoresStudy } from '@aquifer/core/contract'
import { verifyStores } from '../pipeline/index.js'
import { packageRoot, watchFaultPoints } from '../storage/index.js'
import { truthOf } from './stores.js'
import { bundleOf, contract, openPlatformWorld, patient, weight, type World } from './test/world.js'

const roles = 'api,scheduler,replicator,masker,query'
let world: World | null = null
const mounts: string[] = []
afterEach(async () => {
  watchFaultPoints(null)
  await world?.close()
  world = null
  for (const mount of mounts.splice(0)) spawnSync('umount', [mount])
})

async function begun(settings: Record<string, string> = {}): Promise<World> {
  const made = (world = await openPlatformWorld({ roles, settings }))
  await made.study({ id: 'S', kind: 'program', required: ['share-data'], sites: ['A'] })
  const token = await made.token('integrator', ['S'])
  const all = bundleOf('transaction', contract('c-ann', 'ann', 'S'), patient('ann'), weight('w-0', 'ann'))
  expect((await made.fhir('POST', '', token, all)).status).toBe(200)
  await arrived(made)
  return made
}
const arrived = async ({ platform }: World): Promise<void> =>
  expect((await platform.flow!.pipeline.wait({ study: 'S', timeoutS: 60 })).done).toBe(true)
const put = async (of: World, id: string, value: number, token?: string) =>
  of.fhir('PUT', `/Observation/${id}`, token ?? (await of.token('integrator', ['S'])), weight(id, 'ann', value))

/** All stores hold the same, and so many Observations of which so many live. */
async function expectEqual(of: World, versions: number, living: number): Promise<StoresStudy> {
  await arrived(of)
  const parts = { ...of.platform.flow!.stages, truth: truthOf(of.platform.repository) }
  const report = (await verifyStores(parts, { study: 'S' }, { cancelled: false, progress: () => undefined })) as StoresReport
  const study = report.studies[0]!
  const { repository, lake, reservoir } = study.types.find(({ type }) => type === 'Observation')!
  expect([study.differences, study.notCompared]).toEqual([[], null])
  expect([repository.rows, lake.rows, reservoir?.rows]).toEqual([versions, versions, living])
  return study
}

test('a database that is stopped at once, again and again under load, loses no write that was acknowledged', async () => {
  const of = await begun()
  const token = await of.token('integrator', ['S'])
  const acknowledged: string[] = []
  const refused = new Set<string>()
  let over = false
  const stops = 2
  const writer = async (name: string): Promise<void> => {
    for (let n = 0; !over; n += 1) {
      const { status, headers } = await put(of, `${name}-${n}`, 60, token)
      if (status === 201) acknowledged.push(`${name}-${n}`)
      else refused.add(`${status}, again in ${headers['retry-after']} s`)
      await new Promise((resolve) => setTimeout(resolve, status === 201 ? 1 : 20))
    }
  }
  const writers = ['a', 'b', 'c', 'd'].map(writer)
  const written = async (more: number): Promise<void> => {
    const before = acknowledged.length
    await expect.poll(() => acknowledged.length - before, { timeout: 60_000 }).toBeGreaterThan(more)
  }
  await written(50)
  for (let stop = 0; stop < stops; stop += 1) {
    process.kill(of.platform.postgres.pid()!, 'SIGQUIT')
    await written(30)
  }
  over = true
  await Promise.all(writers)
  expect([...refused]).toEqual(['503, again in 2 s'])
  for (const id of acknowledged) expect([id, (await of.fhir('GET', `/Observation/${id}`, token)).status]).toEqual([id, 200])
  const { rows } = await of
    .owner()
    .query<{ n: number }>(`select count(*)::int as n from version v join current c using (rid) where c.id ~ '^[abcd]-[0-9]'`)
  // What was committed and not answered may be there, too: at most one of each writer for each stop.
  expect(rows[0]!.n).toBeGreaterThanOrEqual(acknowledged.length)
  expect(rows[0]!.n).toBeLessThanOrEqual(acknowledged.length + stops * writers.length)
  await expectEqual(of, rows[0]!.n + 1, rows[0]!.n + 1)
})

const hourMs = 3_600_000
test('a clock that is set back by an hour or on by a day in the middle of any stage stops none of them', async () => {
  const of = await begun()
  let jumpedMs = 0
  of.clock.now = () => Date.now() + jumpedMs
  const shown = () => of.platform.flow!.reservoir.opened('S')!.snapshot()!.snapshot
  const folder = path.join(of.platform.config.storeDir, 'reservoir', 'S')
  const published = async () =>
    JSON.parse(await readFile(path.join(folder, 'published.json'), 'utf8')) as { snapshot: string; history: { generation: number }[] }
  const times: string[] = []
  const jumps = [
    ['replicator.batch-read', -hourMs, 'goes on'],
    ['lake.segment-written', -2 * hourMs, 'fails'],
    ['masking.masked', 24 * hourMs, 'goes on'],
    ['masking.noted', 0, 'fails'],
    ['reservoir.files-written', -hourMs, 'goes on'],
    ['reservoir.generation-written', 24 * hourMs, 'goes on'],
    ['reservoir.generation-written', -hourMs, 'fails'],
  ] as const
  for (const [n, [at, toMs, then]] of jumps.entries()) {
    let isOver = false
    watchFaultPoints((point) => {
      if (point !== at || isOver) return Promise.resolve()
      isOver = true
      if (then === 'goes on') jumpedMs = toMs
      // What fails remembers when it did, and the clock is set after that.
      else setTimeout(() => (jumpedMs = toMs), 50)
      return then === 'fails' ? Promise.reject(new Error('no')) : Promise.resolve()
    })
    const stored = await put(of, 'same', 60 + n)
    expect([at, stored.status]).toEqual([at, n === 0 ? 201 : 200])
    times.push((stored.json['meta'] as { lastUpdated: string }).lastUpdated)
    await arrived(of)
    await expect.poll(() => isOver, { timeout: 120_000 }).toBe(true)
    if (at.startsWith('reservoir'))
      await expect.poll(async () => [at, (await published()).snapshot === shown()], { timeout: 120_000 }).toEqual([at, true])
  }
  const { history } = await published()
  expect((await readdir(path.join(folder, 'published'))).sort()).toEqual(history.map(({ generation }) => String(generation)).sort())
  // Of one resource it strictly rises, whatever the clock says.
  expect(times).toEqual([...new Set(times)].sort())
  jumpedMs = 0
  // The generation of the newest snapshot, its tables with it.
  expect((await expectEqual(of, jumps.length + 1, 2)).published).toMatchObject({ not: null })
})

const roomBytes = 24 * 1024 * 1024
function mounted(at: string): boolean {
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${roomBytes}`, 'tmpfs', at])
  if (done.status === 0) mounts.push(at)
  return done.status === 0
}
/** Takes all room there is; gives it back. */
async function fill(folder: string): Promise<() => Promise<void>> {
  const file = await open(path.join(folder, 'filler'), 'w')
  const piece = Buffer.alloc(4096)
  try {
    for (let at = 0; at < roomBytes; at += piece.length) await file.write(piece)
    throw new Error('it does not become full')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    await file.close()
  }
  return () => rm(path.join(folder, 'filler'))
}
async function status(of: World): Promise<PipelineStatus> {
  const token = await of.token('operator')
  return (await of.send({ path: '/pipeline/api/v1/status?study=S', token })).json as unknown as PipelineStatus
}
async function metric(of: World, name: string): Promise<number> {
  const { text } = await of.send({ path: '/metrics', token: await of.token('operator') })
  return Number(new RegExp(`^${name}\\S* (\\d+)$`, 'm').exec(text)?.[1])
}

function doctor({ platform }: World, store: string): { check: string; state: string }[] {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AQUIFER_'))
  const env = { ...Object.fromEntries(inherited), AQUIFER_DATA: platform.config.dataDir, AQUIFER_STORE: store }
  const { stdout } = spawnSync(process.execPath, [path.join(packageRoot, 'bin/aquifer.mjs'), 'doctor', '--json'], { env })
  return (JSON.parse(stdout.toString()) as { check: string; state: string }[]).filter(({ check }) => check === 'disk')
}

test('on a full disk of lake or reservoir writes go on, the pipeline says what is wrong, and catches up when there is room', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'aquifer-full-'))
  const [lake, reservoir] = [path.join(folder, 'lake'), path.join(folder, 'reservoir')]
  await Promise.all([lake, reservoir].map((each) => mkdir(each)))
  if (![lake, reservoir].every(mounted)) context.skip('a disk to be filled is mounted by root on Linux only')
  const of = await begun({ AQUIFER_STORE: folder })
  let n = 0
  const write = async (): Promise<void> => {
    for (let more = 0; more < 20; more += 1) expect((await put(of, `full-${(n += 1)}`, 60)).status).toBe(201)
  }
  for (const [stage, at] of [
    ['replicator', lake],
    ['masking', reservoir],
  ] as const) {
    const makeRoom = await fill(at)
    await write()
    const told = async () => (await status(of)).stages.find((each) => each.stage === stage)
    await expect
      .poll(told, { timeout: 120_000 })
      .toMatchObject({ state: 'failed', detail: expect.stringMatching(/ENOSPC|no room/) as string })
    expect((await status(of)).ready).toBe(false)
    expect(doctor(of, folder)).toContainEqual(expect.objectContaining({ state: 'failed', found: `0.0 GB free for ${path.basename(at)}/` }))
    if (stage === 'replicator') expect(await metric(of, 'aquifer_replicator_failed')).toBe(1)
    await expect.poll(() => metric(of, `aquifer_${stage}_lag_ms`)).toBeGreaterThan(0)
    await write()
    await makeRoom()
    await expectEqual(of, n + 1, n + 1)
    expect((await status(of)).ready).toBe(true)
  }
  await of.close()
  world = null
  for (const mount of mounts.splice(0)) spawnSync('umount', [mount])
  await rm(folder, { recursive: true, force: true })
})
