import { isRefusal } from '@aquifer/core/refusal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openQueryWorld, publish, type MaskedResource, type World } from './test/world.js'

// Rows that have components come into a file of their own when many are merged: nobody who asks notices.

let world: World
beforeAll(async () => {
  world = await openQueryWorld()
})
afterAll(async () => world.close())

const batches = 10
const inBatch = 2_500
const coding = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] })
const pressure = (value: number) => [{ code: coding('8480-6'), valueQuantity: { value, unit: 'mmHg' } }]
const observation = (number: number): MaskedResource => ({
  resourceType: 'Observation',
  id: `m${number}`,
  patient_key: `pk${number % 700}`,
  code: coding('8302-2'),
  subject: { reference: `Patient/pk${number % 700}` },
  ...(number % 10 === 0 ? { component: pressure(number) } : { valueQuantity: { value: number, unit: 'cm' } }),
})
const answer = async (sql: string): Promise<unknown[][]> => {
  const told = await world.rows(sql)
  if (isRefusal(told)) throw new Error(told.detail)
  return told.rows
}

test('the same rows before and after, of changed resources and withheld people, too', async () => {
  const all = Array.from({ length: batches * inBatch }, (_, number) => observation(number))
  for (let from = 0; from < all.length; from += inBatch) await publish(world.reservoir, 'SYN', all.slice(from, from + inBatch))
  const study = await world.reservoir.study('SYN')
  const apart = (): (string | undefined)[] => study.head()!.types['Observation']!.files.map(({ without }) => without)
  await expect.poll(apart, { timeout: 180_000 }).toContain('component')
  expect(apart()).toContain(undefined)
  const sums = `SELECT count(*), count(panel_id), sum(value_number) FROM observations WHERE id LIKE 'm%'`
  const numbers = all.map((_, number) => number)
  const sum = numbers.reduce((total, number) => total + number, 0)
  expect(await answer(sums)).toEqual([[all.length + all.length / 10, all.length / 10, sum]])
  // One had components and has none now, another the other way round.
  await publish(
    world.reservoir,
    'SYN',
    [
      { ...observation(1), id: 'm10' },
      { ...observation(20), id: 'm21' },
    ],
    2,
  )
  expect(await answer(sums)).toEqual([[all.length + all.length / 10, all.length / 10, sum - 10 + 1 - 21 + 20]])
  world.withheld.push('pk0')
  const shown = numbers.filter((number) => number % 700 !== 0 && number % 10 === 0 && number !== 10).length + 1
  expect(await answer(`SELECT count(panel_id) FROM observations WHERE id LIKE 'm%'`)).toEqual([[shown]])
  world.withheld.length = 0
})
