import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditRecord, Study } from './index.js'
import { openWorld } from './test/world.js'
import type { World } from './test/world.js'

let world: World
let study: Study
beforeAll(async () => {
  world = await openWorld()
  study = await world.study('REG', {
    sites: [
      { id: 'A', name: 'First' },
      { id: 'B', name: 'Second' },
    ],
    required: ['share-data'],
  })
})
afterAll(() => world.close())

test('a study is found ignoring case, once; a change needs the version it was made from', async () => {
  const { studies } = world.repository
  expect(study).toMatchObject({
    version: 1,
    required: ['share-data'],
    sites: [
      { id: 'A', name: 'First' },
      { id: 'B', name: 'Second' },
    ],
  })
  expect(await studies.byId('reg')).toEqual(study)
  await expect(world.study('reg')).rejects.toThrow('exists')
  expect(await studies.byId('none')).toBeNull()
  expect(await studies.update(study.sid, 1, { status: 'closed', settings: { a: 1 } })).toMatchObject({
    version: 2,
    status: 'closed',
    settings: { a: 1 },
  })
  expect(await studies.update(study.sid, 1, { status: 'open' })).toBe('version-conflict')
  expect(await studies.addSite(study.sid, { id: 'C', name: 'Third' })).toMatchObject({ id: 'C' })
  expect(await studies.addSite(study.sid, { id: 'C', name: 'Third' })).toBe('exists')
  expect((await studies.list()).map(({ id, sites }) => [id, sites.length])).toEqual([['REG', 3]])
})

test('refused writes that are alike are one row that counts', async () => {
  const { refusals } = world.repository
  const site = study.sites[0]!.site
  const refused = {
    sid: study.sid,
    at: Date.UTC(2026, 1, 1, 10),
    site,
    patientId: 'p1',
    type: 'Observation',
    cause: 'no-consent',
    missing: ['share-data'],
    client: 'c',
  }
  await refusals.record([refused, { ...refused, at: refused.at + 5, count: 3 }, { ...refused, type: 'Condition' }])
  await refusals.record([
    { ...refused, at: refused.at + 86_400_000 },
    { ...refused, at: refused.at + 9 },
  ])
  const rows = await refusals.list(study.sid, { limit: 10 })
  expect(rows.map(({ type, count, at }) => [type, count, at - refused.at])).toEqual([
    ['Observation', 1, 86_400_000],
    ['Observation', 5, 9],
    ['Condition', 1, 0],
  ])
  const [, second] = rows
  expect(await refusals.list(study.sid, { limit: 10, before: { at: second!.at, id: second!.id } })).toHaveLength(1)
  expect(await refusals.totals(study.sid, refused.at + 10)).toEqual({ total: 7, since: 1 })
  expect(await refusals.list(study.sid, { limit: 10, sites: [site + 1] })).toEqual([])
})

test('audit records are stored with the write or not at all', async () => {
  const { audits } = world.repository
  const record = async (action: string): Promise<AuditRecord> => ({
    id: await world.repository.nextAuditId(),
    at: world.clock.at,
    request: 'r-1',
    actor: 'anna',
    role: 'integrator',
    action,
    sid: study.sid,
    outcome: 'done',
    entries: [{ rid: 12345678901234567n, version: 1, op: 'C' }],
  })
  const [kept, lost, read] = [await record('create'), await record('update'), await record('read')]
  await world.repository.transact((tx) => tx.audit([kept]))
  await world.repository.transact((tx) => tx.audit([lost]).then(() => Promise.reject(new Error('no')))).catch(() => undefined)
  await audits.record([read])
  const rows = await audits.list({ limit: 10, sids: [study.sid] })
  expect(rows.map((row) => row.action)).toEqual(['read', 'create'])
  expect(rows[1]).toMatchObject({ ...kept, reason: null, detail: {}, entries: [{ rid: '12345678901234567', version: 1, op: 'C' }] })
})

test('a job belongs to one owner at a time, and a former owner’s reports are void', async () => {
  const { jobs } = world.repository
  await jobs.create({ id: 'j1', kind: 'import', sid: study.sid, actor: 'anna', request: { files: 1 } })
  const first = await jobs.claim('import', 'me', 60_000)
  expect(first).toMatchObject({ id: 'j1', state: 'running', attempts: 1, fence: 1, request: { files: 1 } })
  expect(await jobs.claim('import', 'you', 60_000)).toBeNull()
  expect(await jobs.report('j1', 1, { lines: 5 }, -1)).toEqual({ owned: true, cancel: false })
  const second = await jobs.claim('import', 'you', 60_000)
  expect(second).toMatchObject({ id: 'j1', fence: 2, attempts: 2, progress: { lines: 5 } })
  expect(await jobs.report('j1', 1, {}, 60_000)).toEqual({ owned: false, cancel: false })
  expect(await jobs.finish('j1', 1, { state: 'failed' })).toBe(false)
  expect(await jobs.cancel('j1')).toMatchObject({ state: 'running', cancel: true })
  expect(await jobs.report('j1', 2, {}, 60_000)).toEqual({ owned: true, cancel: true })
  expect(await jobs.finish('j1', 2, { state: 'cancelled', result: { stored: 3 } })).toBe(true)
  expect(await jobs.byId('j1')).toMatchObject({ state: 'cancelled', result: { stored: 3 }, problem: null })
  await jobs.create({ id: 'j2', kind: 'import', sid: null, actor: 'bo', request: {} })
  expect(await jobs.cancel('j2')).toMatchObject({ state: 'cancelled' })
  expect((await jobs.list({ limit: 10 })).map((job) => job.id)).toContain('j2')
  expect((await jobs.list({ limit: 10, sid: study.sid })).map((job) => job.id)).toEqual(['j1'])
  await jobs.create({ id: 'j3', kind: 'import', sid: study.sid, actor: 'bo', request: {} })
  const newest = async (page: { actor?: string; hidden?: number[] }) => (await jobs.list({ limit: 1, ...page })).map((job) => job.id)
  expect([await newest({}), await newest({ actor: 'anna' }), await newest({ hidden: [study.sid] })]).toEqual([['j3'], ['j1'], ['j2']])
})

test('a lease passes on when it runs out or is given back, with a higher fence', async () => {
  const { leases } = world.repository
  expect(await leases.acquire('replicator', 'a', 60_000)).toEqual({ fence: 1 })
  expect(await leases.acquire('replicator', 'b', 60_000)).toBeNull()
  expect(await leases.acquire('replicator', 'a', 60_000)).toEqual({ fence: 1 })
  await leases.release('replicator', 'a')
  expect(await leases.acquire('replicator', 'b', 60_000)).toEqual({ fence: 2 })
})

test('users, notebooks and statements are kept', async () => {
  const { users, notebooks, statements } = world.repository
  const ada = {
    name: 'ada',
    display: 'Ada',
    role: 'analyst',
    password: 'hash',
    status: 'active' as const,
    studies: ['REG'],
    sites: [],
    patient: null,
    settings: {},
  }
  await users.put(ada)
  expect(await users.put({ ...ada, role: 'researcher' })).toMatchObject({ role: 'researcher' })
  expect(await users.byName('ada')).toMatchObject({ role: 'researcher', studies: ['REG'] })
  expect((await users.list()).map((user) => user.name)).toEqual(['ada'])

  await notebooks.create({ id: 'n1', sid: study.sid, owner: 'ada', title: 'One', cut: null, cells: [{ id: 'c' }] })
  expect(await notebooks.save('n1', 1, { title: 'Two', cut: 'interim-1', cells: [] })).toMatchObject({
    version: 2,
    title: 'Two',
    cut: 'interim-1',
  })
  expect(await notebooks.at('n1', 1)).toMatchObject({ title: 'One', cut: null })
  expect(await notebooks.at('n1', 2)).toMatchObject({ title: 'Two', cut: 'interim-1' })
  expect(await notebooks.save('n1', 1, { title: 'Lost', cut: null, cells: [] })).toBe('version-conflict')
  expect(await notebooks.save('n9', 1, { title: 'Lost', cut: null, cells: [] })).toBe('not-found')
  expect((await notebooks.list(study.sid)).map((notebook) => notebook.title)).toEqual(['Two'])
  expect([await notebooks.remove('n1'), await notebooks.remove('n1')]).toEqual([true, false])

  const ran = {
    id: 's1',
    sid: study.sid,
    actor: 'ada',
    purpose: 'analysis',
    sql: 'select 1',
    state: 'running',
    at: 10,
    elapsedMs: null,
    basis: null,
    problem: null,
    parameters: { site: { type: 'text', value: 'A' } },
    cut: null,
    question: null,
  }
  const { savedQueries } = world.repository
  const saved = {
    id: 'q1',
    sid: study.sid,
    owner: 'ada',
    title: 't',
    sql: 'select 1',
    parameters: {},
    purpose: 'p',
    cut: null,
    question: null,
    mail: false,
  }
  await savedQueries.add({ ...saved, everyMs: 1_000, nextAt: 50, createdAt: 5, last: null })
  await savedQueries.add({ ...saved, id: 'q2', everyMs: null, nextAt: null, createdAt: 6, last: null })
  expect(await savedQueries.takeDue(49)).toEqual([])
  expect(await savedQueries.takeDue(5_000)).toMatchObject([{ id: 'q1', nextAt: 6_000 }])
  expect(await savedQueries.takeDue(5_000)).toEqual([])
  await savedQueries.ran('q1', { rows: 1 })
  expect(await savedQueries.list(study.sid, 'ada')).toMatchObject([{ id: 'q2' }, { id: 'q1', last: { rows: 1 } }])
  await savedQueries.remove('q1')
  expect(await savedQueries.byId('q1')).toBeNull()

  await statements.record(ran)
  await statements.record({ ...ran, state: 'done', elapsedMs: 12.4, basis: { rows: 1 } })
  expect(await statements.byId('s1')).toEqual({ ...ran, state: 'done', elapsedMs: 12, basis: { rows: 1 }, pinned: false })
  expect(await statements.list(study.sid, { limit: 5, actor: 'bo' })).toEqual([])
  expect(await statements.list(study.sid, { limit: 5 })).toHaveLength(1)
})
