import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { builtInPolicies } from '@aquifer/core/masking'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openKeyring, openLake, type Lake } from '../lake/index.js'
import { MaskingRun, openMaskingPool, type MaskingPool } from '../masking/index.js'
import { Replicator } from '../replicator/index.js'
import { openReservoir, type Reservoir } from '../reservoir/index.js'
import { armFaults, disarmFaults, openDuckDb, openFolderStore, openSigner, systemClock } from '../storage/index.js'
import { Pipeline, replay, verifyStores, type ReplayParts, type StoresParts } from './index.js'
import { aWorld, lakeVersions, versionsOf, type World } from './test/world.js'

let world: World
let pool: MaskingPool
let open: { lake: Lake; replicator: Replicator; masking: MaskingRun; reservoir: Reservoir; pipeline: Pipeline }

async function assemble(): Promise<typeof open> {
  const keyring = await openKeyring({ dir: join(world.folder, 'keys') })
  const lake = await openLake({ at: openFolderStore(join(world.folder, 'lake')), keyring })
  const reservoir = await openReservoir({
    dir: join(world.folder, 'reservoir'),
    clock: systemClock,
    signer: await openSigner(join(world.folder, 'keys')),
  })
  const settings = async (id: string) => {
    const study = await world.repository.studies.byId(id)
    return study && { masking: study.masking, publish: study.publish, consentEpoch: 0 }
  }
  const policyOf = (_: string, name: string) => Promise.resolve(builtInPolicies[name] ?? null)
  const replicator = new Replicator({ source: world.repository, lake, clock: systemClock })
  const masking = new MaskingRun(lake, { reservoir, keyring, clock: systemClock, settings, pool, policyOf })
  const stages = { replicator, lake, masking, reservoir, clock: systemClock }
  return { ...stages, pipeline: new Pipeline(stages) }
}
async function dismantle(): Promise<void> {
  await open.replicator.stop()
  await open.masking.stop()
  await open.reservoir.close()
}
beforeAll(async () => {
  world = await aWorld()
  pool = openMaskingPool({ threads: 1 })
  open = await assemble()
})
afterEach(() => disarmFaults())
afterAll(async () => {
  await dismantle()
  await pool.close()
  await world.close()
})

const studies = async () => (await world.repository.studies.list()).map(({ id, sid }) => ({ id, sid }))
const stores = (): StoresParts => ({
  ...open,
  clock: systemClock,
  truth: { studies, counts: (sid) => world.repository.counts(sid), versions: world.repository.feedVersions },
})
const replays = (more: Partial<ReplayParts> = {}): ReplayParts => {
  const { lake, masking, replicator } = open
  return {
    source: world.repository,
    studies,
    erasing: () => Promise.resolve(false),
    lake,
    masking,
    replicator,
    clock: systemClock,
    ...more,
  }
}
const job = (id: string, more: { cancelled?: boolean; stopping?: boolean } = {}) => ({
  id,
  cancelled: false,
  stopping: false,
  progress: () => undefined,
  ...more,
})
const verified = async (study: string) => {
  const report = await verifyStores(stores(), { study }, job('verify'))
  return report!.studies[0]!
}
const wait = async (study: string) => expect((await open.pipeline.wait({ study, timeoutS: 60 })).done).toBe(true)

const observation = (n: number, patient: string) => ({
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '2339-0' }] },
  subject: { reference: `Patient/${patient}` },
  valueQuantity: { value: n, unit: 'mg/dL' },
})

/** People with observations, some changed, some deleted. */
async function filled(id: string, people = 3) {
  const study = await world.study(id)
  const names = Array.from({ length: people }, (_, n) => `${id.toLowerCase()}-p${n}`)
  await world.write(names.map((name) => ({ sid: 0, type: 'Patient', id: name, resource: { gender: 'female' }, patients: [name] })))
  await world.enrol(study.sid, names)
  const write = (n: number, name: string, gone = false) => {
    const resource = gone ? null : observation(n, name)
    return { sid: study.sid, type: 'Observation', id: `${name}-${n % 5}`, resource, patients: [name] }
  }
  for (let n = 0; n < 8; n += 1) await world.write(names.map((name) => write(n, name)))
  await world.write(names.map((name) => write(4, name, true)))
  await wait(id)
  return { study, more: (n: number) => world.write(names.map((name) => write(n, name))) }
}

test('all stores hold the same: versions in repository and lake, living rows as they are masked anew', async () => {
  const { more } = await filled('EQUAL')
  const found = await verified('EQUAL')
  expect(found).toMatchObject({ equal: true, found: 0, notCompared: null, differences: [] })
  const observations = found.types.find(({ type }) => type === 'Observation')!
  expect(observations).toMatchObject({
    current: 12,
    repository: { rows: 27 },
    lake: { rows: 27 },
    reservoir: { rows: 12 },
    remade: { rows: 12 },
  })
  expect(observations.lake.hash).toBe(observations.repository.hash)
  expect(observations.remade!.hash).toBe(observations.reservoir!.hash)
  let writing = true
  const writer = (async () => {
    for (let n = 0; writing; n += 1) await more(n)
  })()
  for (let round = 0; round < 2; round += 1) expect(await verified('EQUAL')).toMatchObject({ equal: true, notCompared: null })
  writing = false
  await writer
})

test('a version altered in the repository, and one whose current state is another', async () => {
  const { study } = await filled('ALTERED', 1)
  const owner = world.postgres.pool('owner', { max: 1 })
  const { rows } = await owner.query<{ rid: string }>(
    `update version set content = convert_to(replace(convert_from(content, 'UTF8'), 'mg/dL', 'g/dL'), 'UTF8') where sid = $1 and version = 2 and op <> 'D' returning rid`,
    [study.sid],
  )
  await owner.query(`update current set version = version + 1 where rid = $1`, [rows[0]!.rid])
  const { equal, differences } = await verified('ALTERED')
  await owner.end()
  expect(equal).toBe(false)
  expect(differences).toHaveLength(rows.length + 1)
  expect(differences).toContainEqual({
    store: 'repository',
    type: 'Observation',
    resource: `rid ${rows[0]!.rid}`,
    version: 2,
    what: 'content',
  })
  expect(differences.filter(({ what }) => what === 'not-current').map(({ resource }) => resource)).toEqual([`rid ${rows[0]!.rid}`])
  expect(JSON.stringify(differences)).not.toContain('altered-p0')
})

test('a lake without its newest segment, or with a damaged one, is told, and replayed from the repository', async () => {
  const { study, more } = await filled('LAKE', 2)
  const dir = join(world.folder, 'lake', 'LAKE')
  await dismantle()
  const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as {
    segments: { id: string; rows: number }[]
    rows: number
  }
  const lost = manifest.segments.pop()!
  await writeFile(join(dir, 'manifest.json'), JSON.stringify({ ...manifest, rows: manifest.rows - lost.rows }))
  open = await assemble()
  await more(20)
  await wait('LAKE')
  const found = await verified('LAKE')
  expect(found.equal).toBe(false)
  const missing = found.differences.filter(({ store, what }) => store === 'lake' && what === 'missing')
  expect(missing).toHaveLength(lost.rows)

  const report = await replay(replays(), { study: 'LAKE', from: 'repository' }, job('replay-lake'))
  expect(report).toMatchObject({ from: 'repository', studies: [{ study: 'LAKE' }] })
  expect(await verified('LAKE')).toMatchObject({ equal: true, notCompared: null })
  expect(await lakeVersions(open.lake, 'LAKE')).toEqual(await versionsOf(world, study))

  const segment = (await readdir(dir)).find((file) => file.endsWith('.enc'))!
  const bytes = await readFile(join(dir, segment))
  bytes[bytes.length - 20] = bytes[bytes.length - 20]! ^ 1
  await writeFile(join(dir, segment), bytes)
  const damaged = await verifyStores(stores(), { study: 'LAKE', quick: true }, job('verify'))
  expect(damaged!.studies[0]!.differences).toContainEqual(expect.objectContaining({ store: 'lake', what: 'unreadable' }))
  await replay(replays(), { study: 'LAKE', from: 'repository' }, job('replay-damaged'))
  await more(21)
  await wait('LAKE')
  expect(await verified('LAKE')).toMatchObject({ equal: true, notCompared: null })
})

test('what readers outside have is compared with the snapshot it is of: a row more, a file less, a folder that nobody published', async () => {
  const { more } = await filled('OUT', 2)
  const told = async () => {
    const { equal, published, differences } = await verified('OUT')
    return { equal, not: published?.not, wrong: differences.map(({ store, type, resource, what }) => [store, type, resource, what]) }
  }
  const { folder } = (await open.reservoir.publishGeneration('OUT'))!
  expect(await told()).toEqual({ equal: true, not: null, wrong: [] })
  const path = (await readdir(join(folder, 'Observation'), { recursive: true })).find((name) => name.endsWith('.parquet')) ?? ''
  const file = join(folder, 'Observation', path)
  const { connection, close } = await openDuckDb()
  await connection.run(`copy (select * replace ('someone' as patient_key) from read_parquet('${file}')) to '${file}.new' (format parquet)`)
  close()
  // A name of its own: the generation may share the file with another.
  const whole = await readFile(file)
  const instead = async (bytes: Uint8Array) => {
    await rm(file, { force: true })
    await writeFile(file, bytes)
  }
  const changed = await readFile(`${file}.new`)
  await rm(`${file}.new`)
  await instead(changed)
  expect(await told()).toEqual({ equal: false, not: null, wrong: [['published', 'Observation', dirname(path), 'content']] })
  await instead(Buffer.from('no Parquet'))
  expect((await told()).wrong).toEqual([['published', 'Observation', '', 'unreadable']])
  await rm(file)
  expect((await told()).wrong).toEqual([['published', 'Observation', dirname(path), 'missing']])
  await instead(whole)
  await cp(join(folder, 'Patient'), join(folder, 'Person'), { recursive: true })
  expect((await told()).wrong).toEqual([['published', 'Person', expect.stringContaining('year='), 'not-expected']])
  await rm(join(folder, 'Person'), { recursive: true })
  expect(await told()).toEqual({ equal: true, not: null, wrong: [] })
  await more(3)
  await wait('OUT')
  expect(await told()).toMatchObject({ equal: true, not: expect.stringContaining('earlier snapshot') as string })
})

test('a reservoir without one of its files is told, and replayed from the lake', async () => {
  await filled('FILE', 1)
  const dir = open.reservoir.opened('FILE')!.dir
  await rm(
    join(
      dir,
      (await readdir(dir)).find((file) => file.endsWith('.parquet'))!,
    ),
  )
  const { equal, differences, notCompared } = await verified('FILE')
  expect({ equal, differences, notCompared }).toMatchObject({
    equal: false,
    differences: [{ store: 'reservoir', what: 'unreadable' }],
    notCompared: 'a file of the reservoir cannot be read',
  })
  await replay(replays(), { study: 'FILE', from: 'lake' }, job('replay-file'))
  expect(await verified('FILE')).toMatchObject({ equal: true, notCompared: null })
})

test('a reservoir that lost rows or shows others is told by masked ids, and replayed from the lake', async () => {
  const { more } = await filled('ROWS')
  const opened = open.reservoir.opened('ROWS')!
  const dir = opened.dir
  await dismantle()
  const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as {
    types: Record<string, { superseded: string[]; keys: object }>
  }
  // Without its keys everything that was changed or deleted lives again.
  Object.assign(manifest.types['Observation']!, { superseded: [], keys: {} })
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest))
  open = await assemble()
  const found = await verified('ROWS')
  expect(found.equal).toBe(false)
  expect(found.differences.every(({ store, type }) => store === 'reservoir' && type === 'Observation')).toBe(true)
  expect(JSON.stringify(found.differences)).not.toContain('rows-p')
  await replay(replays(), { study: 'ROWS', from: 'lake' }, job('replay-rows'))
  expect(await verified('ROWS')).toMatchObject({ equal: true, notCompared: null })
  await more(30)
  await wait('ROWS')
  expect(await verified('ROWS')).toMatchObject({ equal: true, notCompared: null })
})

test('a replay that is cancelled leaves everything as it was', async () => {
  await filled('CANCEL')
  const before = await verified('CANCEL')
  const cancelled = { ...job('cancelled'), cancelled: true }
  expect(await replay(replays(), { study: 'CANCEL', from: 'lake' }, cancelled)).toBeNull()
  expect(await replay(replays(), { study: 'CANCEL', from: 'repository' }, cancelled)).toBeNull()
  expect(await readdir(join(world.folder, 'lake', 'CANCEL'))).not.toContain('anew.json')
  await wait('CANCEL')
  expect((await verified('CANCEL')).types).toEqual(before.types)
})

const points = ['masking.replay-changed', 'lake.anew-stored', 'lake.manifest-written']
test.each(points)('ended at %s, a replay goes on under its own id after a restart', async (point) => {
  const id = `AT-${point.replaceAll('.', '-').toUpperCase()}`.slice(0, 32)
  const { study, more } = await filled(id, 2)
  armFaults(`${point}=fail@1`)
  await replay(
    replays(),
    { study: id, from: 'repository' },
    { ...job(`replay ${id}`), stopping: point === 'masking.replay-changed' },
  ).catch(() => null)
  disarmFaults()
  await dismantle()
  open = await assemble()
  await more(40)
  await replay(replays(), { study: id, from: 'repository' }, job(`replay ${id}`))
  await wait(id)
  expect(await verified(id)).toMatchObject({ equal: true, notCompared: null })
  expect(await lakeVersions(open.lake, id)).toEqual(await versionsOf(world, study))
})

test('whoever is taken out of the lake while it is written again does not come back', async () => {
  const { study } = await filled('FORGET', 2)
  const gone = 'forget-p1'
  // What came last is his alone.
  await world.write([{ sid: study.sid, type: 'Observation', id: `${gone}-9`, resource: observation(9, gone), patients: [gone] }])
  await wait('FORGET')
  let looks = 0
  const erasing = async (): Promise<boolean> => {
    looks += 1
    // Taken out of the lake, not yet out of the repository.
    if (looks === 2) await open.lake.study('FORGET').then((lake) => lake.forget({ patientId: gone, named: new Set() }))
    if (looks === 3) {
      const owner = world.postgres.pool('owner', { max: 1 })
      await owner.query(`delete from version where patient = (select pid from person where id = $1)`, [gone])
      await owner.query(`delete from reach where rid in (select rid from current where patient = (select pid from person where id = $1))`, [
        gone,
      ])
      await owner.query(`delete from current where patient = (select pid from person where id = $1)`, [gone])
      await owner.end()
    }
    return looks < 3
  }
  await replay(replays({ erasing }), { study: 'FORGET', from: 'repository' }, job('replay-forget'))
  const versions = await lakeVersions(open.lake, 'FORGET')
  expect(versions.filter((version) => version.includes(gone))).toEqual([])
  expect(versions).toEqual(await versionsOf(world, study))
  await wait('FORGET')
  expect(await verified('FORGET')).toMatchObject({ equal: true, notCompared: null })
})
