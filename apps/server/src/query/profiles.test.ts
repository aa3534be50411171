import { isRefusal } from '@aquifer/core/refusal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TableProfile } from '@aquifer/core/contract'
import { openNotebooks, openProfiles, type ProfileDesk } from './index.js'
import { openQueryWorld, publish, type MaskedResource, type World } from './test/world.js'

let world: World
let profiles: ProfileDesk

const person = (at: number): MaskedResource => ({
  resourceType: 'Patient',
  id: `p${at}`,
  patient_key: `p${at}`,
  gender: at < 30 ? 'female' : at < 57 ? 'male' : 'other',
  ...(at < 40 ? { birthDate: String(1940 + at) } : {}),
})

beforeAll(async () => {
  world = await openQueryWorld()
  // 30 women, 27 men, 3 others; 20 without a year of birth.
  await publish(
    world.reservoir,
    'OTHER',
    Array.from({ length: 60 }, (_, at) => person(at)),
  )
  let made = 0
  profiles = openProfiles(
    world.query,
    openNotebooks(world.repository, () => `n${made++}`),
    () => 0,
  )
})
afterAll(async () => world.close())

async function profile(table: string): Promise<TableProfile> {
  const answer = await profiles.profile(world.other, table)
  if (isRefusal(answer)) throw new Error(answer.detail)
  return answer
}
const column = (of: TableProfile, name: string) => of.columns.find((each) => each.name === name)!

test('a profile tells fill, different values and bars, of counts that are large enough', async () => {
  const patients = await profile('patients')
  expect(patients).toMatchObject({ unit: 'people', rows: 61, maskingPolicy: 'safe-harbor v1' })
  const year = column(patients, 'birth_year')
  expect(year).toMatchObject({ kind: 'range', filled: 0.67, distinct: 40, from: ['Patient.birthDate'] })
  expect(year.bars.length).toBeGreaterThan(3)
  expect(year.bars[0]!.label).toMatch(/^below 19/)
  // Ends of a range are somebody's own.
  expect(JSON.stringify(year.bars)).not.toMatch(/1940|1979/)
  expect(column(patients, 'id')).toMatchObject({ kind: 'none', bars: [], filled: 1 })
})

test('a value of few people is neither named nor counted, and no sum gives it away', async () => {
  const gender = column(await profile('patients'), 'gender')
  expect(JSON.stringify(gender.bars)).not.toContain('other"')
  const told = gender.bars.map(({ label, count }) => [label, count])
  expect(told).toContainEqual(['Other values', '<11'])
  // The 61 people less women and men would be the few: one of them is hidden with it.
  expect(told.filter(([, count]) => typeof count === 'string')).toHaveLength(2)
  expect(gender.missing).toBe(0)
})

test('counts do not change when one person more or less stands behind them', async () => {
  const before = await profile('patients')
  world.withheld.push('p0')
  const after = await profile('patients')
  world.withheld.length = 0
  expect(after.counted).toBe(before.counted)
  expect(column(after, 'birth_year').missing).toBe(column(before, 'birth_year').missing)
})

test.runIf(process.env['AQUIFER_TEST_LONG'] === '1')('few people in all: nothing is told of them but what a table is made of', async () => {
  const answer = await profiles.profile(world.study, 'patients')
  if (isRefusal(answer)) throw new Error(answer.detail)
  expect(answer.counted).toBe('<11')
  for (const each of answer.columns) {
    expect([each.name, each.distinct]).toEqual([each.name, each.filled === 0 ? 0 : null])
    for (const bar of each.bars) expect([each.name, typeof bar.count === 'string' || bar.count === 0]).toEqual([each.name, true])
  }
})

test('a profile names the notebooks that use the table and its columns, and the tables that are not there are unknown', async () => {
  const cells = [{ id: 'c', kind: 'sql' as const, name: 'x', source: 'SELECT gender FROM patients' }]
  await openNotebooks(world.repository, () => 'used').create(world.other, 'ana', { study: 'OTHER', title: 'Who', cells })
  expect((await profile('patients')).usedIn).toEqual([{ id: 'used', title: 'Who', columns: ['gender'] }])
  expect((await profile('conditions')).usedIn).toEqual([])
  expect(await profiles.profile(world.other, 'nothing')).toMatchObject({ refusal: 'unknown' })
})

test('the codebook has every column with its elements and what masking did', async () => {
  const { columns, maskingPolicy } = await profiles.codebook(world.other)
  expect(maskingPolicy).toBe('safe-harbor v1')
  expect(columns.find((each) => each.table === 'patients' && each.column === 'birth_year')).toMatchObject({
    kind: 'flat',
    from: ['Patient.birthDate'],
    masking: 'kept to the year',
  })
})
