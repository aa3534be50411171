import { expect, test } from 'vitest'
import { ageOfMajority, majorityAt } from './index.js'

test.each([
  [null, 18],
  ['', 18],
  ['DE', 18],
  ['us-ne', 19],
  ['US-AL', 19],
  ['US-CA', 18],
  ['CA-ON', 18],
  ['CA-BC', 19],
  ['GB-SCT', 16],
  ['SG-01', 21],
  ['NZ-AUK', 20],
  ['XX', 18],
])('the age of majority in %s is %i', (jurisdiction, age) => {
  expect(ageOfMajority(jurisdiction)).toBe(age)
})
const at = (birthDate: string | null | undefined, jurisdiction: string | null, zone: string, unsure: 'first-day' | 'last-day') => {
  const instant = majorityAt(birthDate, { jurisdiction, zone }, unsure)
  return instant === null ? null : new Date(instant).toISOString()
}
test.each([
  // birth date, jurisdiction, zone, first instant of majority
  ['2008-06-15', 'DE', 'Europe/Berlin', '2026-06-14T22:00:00.000Z'],
  ['2008-06-15', null, 'UTC', '2026-06-15T00:00:00.000Z'],
  ['2008-06-15', 'US-CA', 'America/Los_Angeles', '2026-06-15T07:00:00.000Z'],
  ['2008-06-15', 'US-AL', 'America/Chicago', '2027-06-15T05:00:00.000Z'],
  ['2008-06-15', 'US-MS', 'America/Chicago', '2029-06-15T05:00:00.000Z'],
  ['2008-06-15', 'GB-SCT', 'Europe/London', '2024-06-14T23:00:00.000Z'],
  ['2008-06-15', 'JP', 'Asia/Tokyo', '2026-06-14T15:00:00.000Z'],
  ['2005-05-04', 'SG', 'Asia/Singapore', '2026-05-03T16:00:00.000Z'],
  ['2008-02-29', 'DE', 'UTC', '2026-03-01T00:00:00.000Z'],
  ['2008-02-29', 'TW', 'UTC', '2026-02-28T00:00:00.000Z'],
  ['2008-02-29', 'NZ', 'UTC', '2028-02-29T00:00:00.000Z'],
  ['2000-11-04', null, 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
])('%s in %s on the clock of %s: majority at its very start', (birthDate, jurisdiction, zone, instant) => {
  expect([at(birthDate, jurisdiction, zone, 'first-day'), at(birthDate, jurisdiction, zone, 'last-day')]).toEqual([instant, instant])
})
test.each([
  ['2008-06', '2026-06-01T00:00:00.000Z', '2026-06-30T00:00:00.000Z'],
  ['2008-02', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
  ['2008', '2026-01-01T00:00:00.000Z', '2026-12-31T00:00:00.000Z'],
])('%s alone says no day: its first or its last', (birthDate, first, last) => {
  expect([at(birthDate, 'DE', 'UTC', 'first-day'), at(birthDate, 'DE', 'UTC', 'last-day')]).toEqual([first, last])
})
test.each([undefined, null, '', 'unknown', '04.05.2008', '2008-13', '2007-02-29'])(
  'without a date that can be read there is none: %s',
  (birthDate) => {
    expect([at(birthDate, 'DE', 'UTC', 'first-day'), at(birthDate, 'DE', 'UTC', 'last-day')]).toEqual([null, null])
  },
)
