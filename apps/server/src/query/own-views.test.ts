import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openOwnViews, openViewDesk, type ViewChange } from './index.js'
import { openQueryWorld, type World } from './test/world.js'

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
})
afterAll(() => world.close())

test('a view is changed and ended by whoever added it, or by who governs; a name ended is free again', async () => {
  const { repository, study } = world
  const now = (): number => Date.now()
  let made = 0
  const own = openOwnViews(repository, now)
  const probe = (): Promise<null> => Promise.resolve(null)
  const desk = openViewDesk({
    repository,
    own,
    probe,
    columns: (of, table) => world.query.columns(of, table),
    now,
    newId: () => String(made++),
  })
  const document = { resource: 'Patient', name: 'genders', select: [{ column: [{ name: 'gender', path: 'gender' }] }] }
  const by = (user: string, governs = false): ViewChange => ({ document, check: false, by: { user, governs } })
  expect(await desk.add(study, by('ana'))).toMatchObject({ version: 1 })
  expect((await own.tables(study.sid)).map(({ name }) => name)).toEqual(['genders'])
  expect(await own.tables(world.other.sid)).toEqual([])
  expect(await desk.add(study, by('bea'))).toMatchObject({ refusal: 'not-permitted' })
  expect(await desk.remove(study, 'genders', { user: 'bea', governs: false })).toMatchObject({ refusal: 'not-permitted' })
  expect(await desk.add(study, by('mia', true))).toMatchObject({ version: 2, by: 'mia' })
  expect(await desk.remove(study, 'genders', { user: 'priv', governs: true })).toBe(true)
  expect(await own.tables(study.sid)).toEqual([])
  const again = await desk.add(study, by('bea'))
  expect(again).toMatchObject({ version: 4, by: 'bea' })
  expect('versions' in again && again.versions.map(({ ended }) => ended)).toEqual([false, true, false, false])
  const listed = await desk.list(study)
  expect(listed.views.map(({ name }) => name)).toEqual(expect.arrayContaining(['patients', 'genders']))
})

test('tables for analysis, and what docs/views.md builds on them, pass the gate', async () => {
  const answer = async (sql: string): Promise<unknown> => {
    const found = await world.rows(sql)
    return 'rows' in found ? found.rows : found
  }
  expect(await answer('SELECT id, usual_number, usual_unit, repeated FROM measurements ORDER BY id')).toEqual([
    ['o1', 170.5, 'cm', null],
    ['o2', 180, 'cm', null],
    ['o3.1', 120, 'mm[Hg]', null],
  ])
  expect(await answer('SELECT systolic, diastolic FROM blood_pressures')).toEqual([[120, null]])
  const doc = readFileSync(new URL('../../../../docs/views.md', import.meta.url), 'utf8')
  const statements = [...doc.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql ?? '')
  // Of a cohort and of an uploaded file, which this study has not.
  const isHere = (sql: string): boolean => !/indexed_diabetes|"index-dates.csv"/.test(sql)
  expect([statements.length, statements.filter(isHere).length]).toEqual([5, 3])
  for (const sql of statements.filter(isHere)) expect(await answer(sql)).toEqual([])
})
