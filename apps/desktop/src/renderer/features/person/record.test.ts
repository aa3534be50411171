import { expect, test } from 'vitest'
import { byYear, lineOf } from './record.js'

const observation = (more: object) => ({
  resourceType: 'Observation',
  id: 'o1',
  code: { text: 'Blood pressure' },
  effectiveDateTime: '2026-10-05T08:00:00Z',
  ...more,
})
const part = (code: string, value: number) => ({
  code: { coding: [{ system: 'http://loinc.org', code }] },
  valueQuantity: { value, unit: 'mm[Hg]' },
})

test.each([
  ['one number over the other', observation({ component: [part('8462-4', 76), part('8480-6', 127)] }), '127 / 76 mmHg'],
  ['a unit that nobody reads', observation({ valueQuantity: { value: 3, unit: '{score}' } }), '3 points'],
  ['a comparator', observation({ valueQuantity: { comparator: '<', value: 5, unit: 'mg/dL' } }), '<5 mg/dL'],
  ['a concept', observation({ valueCodeableConcept: { coding: [{ display: 'Never smoked' }] } }), 'Never smoked'],
  ['no value', observation({}), ''],
])('a measurement says %s', (_what, resource, value) => {
  expect(lineOf(resource)).toMatchObject({ text: 'Blood pressure', at: '2026-10-05T08:00:00Z', value })
})

test('what is normal needs no remark, what is not has one', () => {
  const noted = (display: string) => lineOf(observation({ interpretation: { coding: [{ display }] } })).note
  expect([noted('Normal'), noted('High')]).toEqual(['', 'high'])
})

test('a resource without a name or of a type that is not told still has a line', () => {
  expect(lineOf({ resourceType: 'Condition', id: 'c' })).toMatchObject({ at: null, text: 'Not named in the record' })
  expect(lineOf({ resourceType: 'Slot', id: 's' }).text).toBe('Slot')
})

test('lines stand under their years, those without a date by themselves', () => {
  const at = (date: string | null) => ({ id: String(date), at: date, text: '', value: '', note: '' })
  expect(byYear([at('2026-03-01'), at('2026-01'), at('2025-12-31'), at(null)]).map(({ year, lines }) => [year, lines.length])).toEqual([
    ['2026', 2],
    ['2025', 1],
    ['No date', 1],
  ])
})
