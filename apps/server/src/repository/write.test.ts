import { afterAll, beforeAll, expect, test } from 'vitest'
import { contentHead, serve } from './index.js'
import type { Study } from './index.js'
import { observation, openWorld, patient, put, remove } from './test/world.js'
import type { World } from './test/world.js'

let world: World
let study: Study
beforeAll(async () => {
  world = await openWorld()
  study = await world.study('WRITES')
})
afterAll(() => world.close())

const store = (...writes: Parameters<World['repository']['transact']>[0] extends never ? never : ReturnType<typeof put>[]) =>
  world.repository.transact((tx) => tx.write(writes))

test('what is stored is read back byte by byte, with version and time put in', async () => {
  const resource = observation('bytes', 'p1', { valueQuantity: { value: 1.5 }, meta: { profile: ['urn:x'], versionId: '99' } })
  const [made] = await store(put(study.sid, resource, { patients: ['p1'] }))
  expect(made).toMatchObject({ outcome: 'created', version: 1, id: 'bytes' })
  const stored = await world.repository.read({ sid: study.sid, type: 'Observation', id: 'bytes' })
  expect(stored).toMatchObject({ version: 1, op: 'C', patientId: 'p1', updatedAt: world.clock.at })
  const content = stored?.content as Buffer
  expect(content.toString().startsWith(contentHead('Observation', 'bytes'))).toBe(true)
  const { meta, ...rest } = JSON.parse(serve({ ...stored!, content }).toString()) as Record<string, unknown>
  expect(meta).toEqual({ versionId: '1', lastUpdated: '2026-01-15T12:00:00.000Z', profile: ['urn:x'] })
  expect(rest).toEqual({ ...resource, meta: undefined })
})

test('an update appends a version, the old one stays readable', async () => {
  await store(put(study.sid, observation('two', 'p1')))
  const [second] = await store(put(study.sid, observation('two', 'p1', { status: 'amended' })))
  expect(second).toMatchObject({ outcome: 'updated', version: 2 })
  const key = { sid: study.sid, type: 'Observation', id: 'two' }
  expect((await world.repository.vread(key, 1))?.content?.toString()).toContain('"final"')
  expect((await world.repository.vread(key, 2))?.content?.toString()).toContain('"amended"')
  expect((await world.repository.history(key, { limit: 10 })).map((version) => version.version)).toEqual([2, 1])
})

test('lastUpdated of one resource rises even when the clock stands or runs back', async () => {
  const [first] = await store(put(study.sid, observation('clock', 'p1')))
  world.clock.at -= 3_600_000
  const [second] = await store(put(study.sid, observation('clock', 'p1', { status: 'amended' })))
  world.clock.at += 3_600_000
  expect(second!.updatedAt).toBeGreaterThan(first!.updatedAt)
})

test('unchanged content makes no version where that is asked for, and one where it is not', async () => {
  await store(put(study.sid, observation('same', 'p1')))
  const [again] = await store(put(study.sid, observation('same', 'p1'), { unchanged: 'skip' }))
  expect(again).toMatchObject({ outcome: 'unchanged', version: 1 })
  const [forced] = await store(put(study.sid, observation('same', 'p1')))
  expect(forced).toMatchObject({ outcome: 'updated', version: 2 })
})

test('expectations are met or nothing is written', async () => {
  await store(put(study.sid, observation('expect', 'p1')))
  const wrong = await store(put(study.sid, observation('expect', 'p1'), { expect: { version: 7 } }))
  expect(wrong[0]).toMatchObject({ outcome: 'version-conflict', version: 1 })
  const right = await store(put(study.sid, observation('expect', 'p1'), { expect: { version: 1 } }))
  expect(right[0]).toMatchObject({ outcome: 'updated', version: 2 })
  const absent = await store(put(study.sid, observation('expect', 'p1'), { expect: { absent: true } }))
  expect(absent[0]).toMatchObject({ outcome: 'already-exists', version: 2 })
  const missing = await store(put(study.sid, observation('nowhere', 'p1'), { expect: { version: 1 } }))
  expect(missing[0]).toMatchObject({ outcome: 'version-conflict', version: 0 })
  expect(await world.repository.read({ sid: study.sid, type: 'Observation', id: 'nowhere' })).toBeNull()
  const created = await store(put(study.sid, observation('expect', 'p1'), { op: 'create' }))
  expect(created[0]).toMatchObject({ outcome: 'already-exists' })
})

test('a delete is a version without content; a write after it goes on counting', async () => {
  const key = { sid: study.sid, type: 'Observation', id: 'gone' }
  expect((await store(remove(study.sid, 'Observation', 'gone')))[0]).toMatchObject({ outcome: 'not-found', rid: null })
  await store(put(study.sid, observation('gone', 'p1'), { patients: ['p1'] }))
  expect((await store(remove(study.sid, 'Observation', 'gone')))[0]).toMatchObject({ outcome: 'deleted', version: 2 })
  expect(await world.repository.read(key)).toMatchObject({ op: 'D', content: null, version: 2, patientId: 'p1' })
  expect((await store(remove(study.sid, 'Observation', 'gone')))[0]).toMatchObject({ outcome: 'already-deleted', version: 2 })
  const back = await store(put(study.sid, observation('gone', 'p1'), { patients: ['p1'], unchanged: 'skip' }))
  expect(back[0]).toMatchObject({ outcome: 'created', version: 3 })
})

test('one call may name a resource more than once; outcomes are in the caller’s order', async () => {
  const outcomes = await store(
    put(study.sid, observation('z-twice', 'p1')),
    put(study.sid, observation('a-once', 'p1')),
    put(study.sid, observation('z-twice', 'p1', { status: 'amended' })),
    remove(study.sid, 'Observation', 'z-twice'),
  )
  expect(outcomes.map(({ id, outcome, version }) => [id, outcome, version])).toEqual([
    ['z-twice', 'created', 1],
    ['a-once', 'created', 1],
    ['z-twice', 'updated', 2],
    ['z-twice', 'deleted', 3],
  ])
})

test('two studies hold the same id side by side', async () => {
  const other = await world.study('OTHER')
  await store(put(study.sid, observation('shared', 'p1')), put(other.sid, observation('shared', 'p1', { status: 'amended' })))
  expect(await world.repository.locate('Observation', 'shared')).toEqual([study.sid, other.sid])
  expect((await world.repository.read({ sid: other.sid, type: 'Observation', id: 'shared' }))?.content?.toString()).toContain('amended')
})

test('racing updates give contiguous versions, each answered once', async () => {
  const each = 40
  const versions = await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      const mine: number[] = []
      for (let i = 0; i < each; i += 1) {
        const text = {
          text: { status: 'generated', div: `<div>${writer} ${i}</div>` },
          valueQuantity: { value: writer * 1000 + i, unit: 'cm' },
        }
        const [outcome] = await store(put(study.sid, observation('raced', 'p1', text), { patients: ['p1'] }))
        mine.push(outcome!.version)
      }
      return mine
    }),
  )
  expect(versions.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 8 * each }, (_, i) => i + 1))
  const pool = world.database.postgres.pool('reader', { max: 1 })
  const rows = await pool.query(`select count(*)::int as n from qty where rid = (select rid from current where id = 'raced')`)
  // one value, found with its unit and without
  expect(rows.rows[0]).toEqual({ n: 2 })
  await pool.end()
})

test('of racing writers that expect the same version exactly one wins', async () => {
  await store(put(study.sid, observation('one-winner', 'p1')))
  const outcomes = await Promise.all(
    Array.from({ length: 16 }, () => store(put(study.sid, observation('one-winner', 'p1'), { expect: { version: 1 } }))),
  )
  expect(outcomes.filter(([outcome]) => outcome!.outcome === 'updated')).toHaveLength(1)
})

test('racing creates of one id and one person: one creates, the others update', async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      store(
        put(0, patient('racing-person', { active: i % 2 === 0 })),
        put(study.sid, observation('racing-create', 'racing-person'), { patients: ['racing-person'] }),
      ),
    ),
  )
  const [people, observations] = [0, 1].map((i) => outcomes.map((outcome) => outcome[i]!.version).sort((a, b) => a - b))
  expect(people).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(observations).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('work that throws stores nothing', async () => {
  await expect(
    world.repository.transact(async (tx) => {
      await tx.write([put(study.sid, observation('thrown', 'p1'))])
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await world.repository.read({ sid: study.sid, type: 'Observation', id: 'thrown' })).toBeNull()
})

test('the roles keep history: app may neither change nor delete versions and audit, reader writes nothing', async () => {
  const app = world.database.postgres.pool('app', { max: 1 })
  for (const table of ['version', 'audit', 'reach']) {
    await expect(app.query(`delete from ${table}`)).rejects.toThrow('permission denied')
    await expect(app.query(`update ${table} set xid = xid`)).rejects.toThrow('permission denied')
  }
  await expect(app.query('drop table version')).rejects.toThrow('must be owner')
  await expect(app.query('delete from current')).rejects.toThrow('permission denied')
  const reader = world.database.postgres.pool('reader', { max: 1 })
  await expect(reader.query('delete from job')).rejects.toThrow('permission denied')
  await expect(reader.query('select * from app_user')).rejects.toThrow('permission denied')
  const eraser = world.database.postgres.pool('eraser', { max: 1 })
  expect((await eraser.query('delete from version where rid = -1')).rowCount).toBe(0)
  await Promise.all([app.end(), reader.end(), eraser.end()])
})
