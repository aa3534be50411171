import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeRow, Cursor, Study } from './index.js'
import { observation, openWorld, patient, put, remove } from './test/world.js'
import type { World } from './test/world.js'

let world: World
let study: Study
let cursor: Cursor = { xid: '0', seq: '0' }
beforeAll(async () => {
  world = await openWorld()
  study = await world.study('FEED')
})
afterAll(() => world.close())

async function drain(limit = 500, maxBytes?: number): Promise<ChangeRow[]> {
  const rows: ChangeRow[] = []
  for (;;) {
    const changes = await world.repository.changes(cursor, limit, maxBytes === undefined ? {} : { maxBytes })
    rows.push(...changes.rows)
    cursor = changes.cursor
    if (changes.caughtUp) return rows
  }
}

const store = (...writes: ReturnType<typeof put>[]) => world.repository.transact((tx) => tx.write(writes))
const names = (rows: ChangeRow[]) => rows.map((row) => `${row.study} ${row.type}/${row.id} ${row.op}${row.version}`)

test('a change carries study, person, site, operation and the stored bytes', async () => {
  const site = study.sites[0]!
  await store(put(study.sid, observation('o1', 'p1'), { patients: ['p1'], site: site.site }))
  await store(remove(study.sid, 'Observation', 'o1'))
  const [made, gone, ...more] = await drain()
  expect(more).toEqual([])
  expect(made).toMatchObject({ study: 'FEED', type: 'Observation', id: 'o1', op: 'C', version: 1, patientId: 'p1', siteId: 'A' })
  expect(JSON.parse(made!.content!.toString())).toMatchObject({ resourceType: 'Observation', id: 'o1', status: 'final' })
  expect(gone).toMatchObject({ op: 'D', version: 2, patientId: 'p1', siteId: 'A', content: null })
})

test('eight writers at once: nothing is missed, nothing comes twice, the order never runs back', async () => {
  const written: string[] = []
  let writing = true
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; i < 40; i += 1) {
      const own = observation(`w${writer}-${i % 10}`, 'p1', { valueString: `${i}` })
      const shared = observation(`shared-${i % 3}`, 'p1', { valueString: `${writer} ${i}` })
      const outcomes = await world.repository.transact(async (tx) => {
        const first = await tx.write([put(study.sid, own)])
        if (i % 7 === writer % 7) await sleep(5)
        return [...first, ...(await tx.write([put(study.sid, shared)]))]
      })
      written.push(...outcomes.map(({ id, version }) => `${id} ${version}`))
    }
  })
  const seen: ChangeRow[] = []
  const reader = (async () => {
    while (writing) seen.push(...(await drain(37)))
    seen.push(...(await drain()))
  })()
  await Promise.all(writers)
  writing = false
  await reader
  const keys = seen.map((row) => `${row.id} ${row.version}`)
  expect(new Set(keys).size).toBe(keys.length)
  expect([...keys].sort()).toEqual([...written].sort())
  for (const [i, row] of seen.slice(1).entries()) {
    const before = seen[i]!
    const later = BigInt(row.xid) > BigInt(before.xid) || (row.xid === before.xid && BigInt(row.seq) > BigInt(before.seq))
    expect(later).toBe(true)
  }
})

test('an open transaction holds back what follows it, and says so', async () => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  let entered = (): void => undefined
  const inside = new Promise<void>((resolve) => (entered = resolve))
  const slow = world.repository.transact(async (tx) => {
    await tx.write([put(study.sid, observation('slow', 'p1'))])
    entered()
    await held
  })
  await inside
  await store(put(study.sid, observation('quick', 'p1')))
  const { mark, oldestWriteMs } = await world.repository.feedState()
  expect(oldestWriteMs).toBeGreaterThan(0)
  expect(names(await drain())).toEqual([])
  expect(BigInt(cursor.xid) < BigInt(mark.xid)).toBe(true)
  release()
  await slow
  expect(names(await drain())).toEqual(['FEED Observation/slow C1', 'FEED Observation/quick C1'])
  expect(BigInt(cursor.xid) >= BigInt(mark.xid)).toBe(true)
})

test('a limit in bytes cuts a page but never to nothing', async () => {
  await store(...Array.from({ length: 20 }, (_, i) => put(study.sid, observation(`big-${i}`, 'p1', { comments: 'x'.repeat(2000) }))))
  const page = await world.repository.changes(cursor, 100, { maxBytes: 5000 })
  expect(page.rows).toHaveLength(3)
  expect(page.caughtUp).toBe(false)
  expect(await drain(100, 1)).toHaveLength(20)
})

test('profiles reach a study at enrolment and at each change after it, once', async () => {
  await drain()
  const other = await world.study('FEED-2', { sites: [{ id: 'B', name: 'B' }] })
  await store(put(0, patient('x1'), { patients: ['x1'] }))
  await store(put(0, { resourceType: 'RelatedPerson', id: 'r1', patient: { reference: 'Patient/x1' } }, { patients: ['x1'] }))
  expect(names(await drain())).toEqual([])
  const enrol = (sid: number, site: number) =>
    world.repository.transact((tx) => tx.enrol([{ sid, patientId: 'x1', site, from: world.clock.at }]))
  expect(await enrol(other.sid, other.sites[0]!.site)).toEqual([{ patientId: 'x1', outcome: 'enrolled' }])
  expect(await enrol(other.sid, other.sites[0]!.site)).toEqual([{ patientId: 'x1', outcome: 'already-enrolled' }])
  const arrived = await drain()
  expect(names(arrived)).toEqual(['FEED-2 Patient/x1 C1', 'FEED-2 RelatedPerson/r1 C1'])
  expect(arrived.map((row) => row.siteId)).toEqual(['B', 'B'])
  await enrol(study.sid, study.sites[0]!.site)
  await drain()
  await store(put(0, patient('x1', { active: true }), { patients: ['x1'] }))
  expect(names(await drain()).sort()).toEqual(['FEED Patient/x1 U2', 'FEED-2 Patient/x1 U2'])
  await world.repository.transact((tx) => tx.endEnrolment([{ sid: other.sid, patientId: 'x1', to: world.clock.at }]))
  await store(remove(0, 'Patient', 'x1'))
  expect(names(await drain())).toEqual(['FEED Patient/x1 D3'])
})

test('an enrolment before the profile, and both at once, miss nothing', async () => {
  await world.repository.transact((tx) => tx.enrol([{ sid: study.sid, patientId: 'early', site: null, from: 0 }]))
  await store(put(0, patient('early'), { patients: ['early'] }))
  expect(names(await drain())).toEqual(['FEED Patient/early C1'])
  const people = Array.from({ length: 30 }, (_, i) => `both-${i}`)
  await store(...people.slice(15).map((id) => put(0, patient(id))))
  await Promise.all(
    people.flatMap((id) => [
      store(put(0, patient(id, { active: true }))),
      world.repository.transact((tx) => tx.enrol([{ sid: study.sid, patientId: id, site: null, from: 0 }])),
    ]),
  )
  const newest = new Map((await drain()).map((row) => [row.id, row.version]))
  expect(people.map((id) => newest.get(id))).toEqual(people.map((_, i) => (i < 15 ? 1 : 2)))
})

test('reference data without a study flows to the studies that name it, in whichever order they come', async () => {
  const naming = (id: string) =>
    put(study.sid, observation(id, 'p1'), {
      refers: [
        { type: 'Organization', id: 'org' },
        { type: 'Practitioner', id: 'doc' },
      ],
    })
  await store(put(0, { resourceType: 'Organization', id: 'org', name: 'One' }))
  expect(names(await drain())).toEqual([])
  await store(naming('n1'), naming('n2'))
  expect(names(await drain())).toEqual(['FEED Observation/n1 C1', 'FEED Observation/n2 C1', 'FEED Organization/org C1'])
  await store(put(0, { resourceType: 'Practitioner', id: 'doc' }))
  expect(names(await drain())).toEqual(['FEED Practitioner/doc C1'])
  await store(put(0, { resourceType: 'Organization', id: 'org', name: 'Two' }), naming('n3'))
  expect(names(await drain()).sort()).toEqual(['FEED Observation/n3 C1', 'FEED Organization/org U2'])
})

test('listeners are woken by this process and by others', async () => {
  const woken = () => {
    let wake = (): void => undefined
    const done = new Promise<void>((resolve) => (wake = resolve))
    return { done, end: world.repository.onWrite(wake) }
  }
  const own = woken()
  await store(put(study.sid, observation('wake', 'p1')))
  await own.done
  own.end()
  const foreign = woken()
  const stranger = world.database.postgres.pool('app', { max: 1 })
  // Again and again: when exactly the listening began is not known from outside.
  let heard = false
  void foreign.done.then(() => (heard = true))
  while (!heard) {
    await stranger.query(`select pg_notify('aquifer_feed', 'somebody else')`)
    await sleep(10)
  }
  foreign.end()
  await stranger.end()
})

test('the epoch is the same until the database is another one', async () => {
  const epoch = await world.repository.epoch()
  expect(epoch).toMatch(/^[0-9a-f-]{36}\.\d+\.\d+$/)
  expect(await world.repository.epoch()).toBe(epoch)
})
