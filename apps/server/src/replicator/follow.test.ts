import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { compareCursors } from '../lake/index.js'
import { aWorld, lakeVersions, versionsOf, type World } from '../pipeline/test/world.js'
import { armFaults, disarmFaults, systemClock } from '../storage/index.js'
import { Replicator } from './index.js'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())
afterEach(() => disarmFaults())

const observation = (n: number, patient: string) => ({
  status: 'final',
  code: { text: `glucose ${n}` },
  subject: { reference: `Patient/${patient}` },
})

async function followed<T>(work: (replicator: Replicator) => Promise<T>): Promise<T> {
  const replicator = new Replicator({ source: world.repository, lake: await world.openLake(), clock: systemClock })
  try {
    return await work(replicator)
  } finally {
    await replicator.stop()
  }
}

async function load(sid: number, prefix: string, count: number): Promise<void> {
  await world.write([{ sid, type: 'Patient', id: `${prefix}-p`, resource: { gender: 'male' }, patients: [`${prefix}-p`] }])
  await world.enrol(sid, [`${prefix}-p`])
  const write = (n: number, version: number) => ({
    sid,
    type: 'Observation',
    id: `${prefix}-${n}`,
    resource: observation(n * version, `${prefix}-p`),
    patients: [`${prefix}-p`],
  })
  await Promise.all(Array.from({ length: count }, (_, n) => world.write([write(n, 1)])))
  await Promise.all(Array.from({ length: Math.ceil(count / 3) }, (_, n) => world.write([write(3 * n, 2)])))
  await world.write([{ ...write(1, 1), resource: null }])
}

test('the lake of each study equals the repository by type, id, version and hash, whatever was written by whom at once', async () => {
  const one = await world.study('ONE')
  const two = await world.study('TWO')
  await followed(async (replicator) => {
    await Promise.all([load(one.sid, 'a', 60), load(two.sid, 'b', 40)])
    await world.enrol(two.sid, ['a-p'])
    await world.write([{ sid: one.sid, type: 'Patient', id: 'a-p', resource: { gender: 'female' }, patients: ['a-p'] }])
    await replicator.catchUp()
    expect(replicator.status()).toMatchObject({ state: 'ok', reason: null, lagMs: 0 })
  })
  const lake = await world.openLake()
  for (const study of [one, two]) expect(await lakeVersions(lake, study.id)).toEqual(await versionsOf(world, study))
  expect((await lakeVersions(lake, 'TWO')).filter((row) => row.startsWith('Patient/a-p/')).length).toBe(2)
})

test.each([
  'replicator.batch-read',
  'lake.segment-written',
  'lake.manifest-written',
  'replicator.batch-stored',
  'replicator.checkpoint-written',
])('a failure at %s loses and doubles nothing', async (point) => {
  const study = await world.study(`F-${point.replaceAll('.', '-')}`)
  await followed(async (replicator) => {
    armFaults(`${point}=fail@1`)
    await load(study.sid, study.id, 20)
    await replicator.catchUp()
    expect(await lakeVersions(await world.openLake(), study.id)).toEqual(await versionsOf(world, study))
  })
})

test('a study that cannot be written does not stop the others, and is complete once it can', async () => {
  const broken = await world.study('BROKEN')
  const sound = await world.study('SOUND')
  const lake = await world.openLake()
  const stuck = await lake.study('BROKEN')
  const append = stuck.append.bind(stuck)
  let down = true
  stuck.append = (...batch) => (down ? Promise.reject(Object.assign(new Error('disk'), { code: 'ENOSPC' })) : append(...batch))
  const failures: unknown[] = []
  const replicator = new Replicator({ source: world.repository, lake, clock: systemClock, onFailure: (failure) => failures.push(failure) })
  await Promise.all([load(broken.sid, 'br', 20), load(sound.sid, 'so', 20)])
  await expect.poll(() => lakeVersions(lake, 'SOUND'), { timeout: 20_000 }).toEqual(await versionsOf(world, sound))
  expect(replicator.status()).toMatchObject({ state: 'behind', failedStudies: { BROKEN: 'failed with ENOSPC' } })
  down = false
  await replicator.catchUp()
  expect(await lakeVersions(lake, 'BROKEN')).toEqual(await versionsOf(world, broken))
  expect(await lakeVersions(lake, 'SOUND')).toEqual(await versionsOf(world, sound))
  expect(failures).toEqual([{ study: 'BROKEN', reason: 'failed with ENOSPC' }])
  await replicator.stop()
})

test('the feed of another cluster is not followed', async () => {
  const lake = await world.openLake()
  const before = lake.studies().map((study) => study.manifest().rows)
  const source = {
    changes: world.repository.changes,
    feedState: world.repository.feedState,
    onWrite: world.repository.onWrite,
    epoch: () => Promise.resolve('another'),
  }
  const replicator = new Replicator({ source, lake, clock: systemClock })
  await expect.poll(() => replicator.status().state).toBe('failed')
  expect(replicator.status().reason).toContain('another database cluster')
  await replicator.stop()
  expect(lake.studies().map((study) => study.manifest().rows)).toEqual(before)
})

test('rows come in feed order, and times are milliseconds', async () => {
  const study = (await world.openLake()).studies().find((each) => each.study === 'ONE')!
  const segments = await study.after({ xid: '0', seq: '0' }, 1e9)
  for (const [index, segment] of segments.entries()) {
    expect(Math.abs(segment.atMax - Date.now())).toBeLessThan(600_000)
    if (index > 0) expect(compareCursors(segments[index - 1]!.to, segment.from)).toBeLessThan(0)
  }
})
