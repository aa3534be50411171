import { expect, test } from 'vitest'
import { ageOfMajority, majorityAt } from './index.js'

test.each([
  [null, 18],
  ['', 18],
  ['DE', 18],
  ['us-ne', 19],
  ['US-CA', 18],
  ['CA-ON', 18],
  ['CA-BC', 19],
  ['GB-SCT', 16],
  ['SG', 21],
  ['NZ-AUK', 20],
])('the age of majority in %s is %i', (jurisdiction, age) => {
  expect(ageOfMajority(jurisdiction)).toBe(age)
})
test.each([
  ['2008-05-04', 'DE', 'Europe/Berlin', '2026-05-03T22:00:00.000Z'],
  ['2008-05-04', 'US-CA', 'America/Los_Angeles', '2026-05-04T07:00:00.000Z'],
  ['2008-05-04', null, 'UTC', '2026-05-04T00:00:00.000Z'],
  ['2008-02-29', 'DE', 'UTC', '2026-03-01T00:00:00.000Z'],
  ['2008-02', null, 'UTC', '2026-03-01T00:00:00.000Z'],
  ['2008', null, 'UTC', '2026-12-31T00:00:00.000Z'],
  ['2005-05-04', 'SG', 'Asia/Singapore', '2026-05-03T16:00:00.000Z'],
])('born %s in %s, zone %s: of age at %s', (birthDate, jurisdiction, zone, instant) => {
  expect(new Date(majorityAt(birthDate, jurisdiction, zone) ?? 0).toISOString()).toBe(instant)
})
test.each([undefined, null, '', '04.05.2008', '2008-13', '2007-02-29'])(
  'without a date that can be read there is none: %s',
  (birthDate) => {
    expect(majorityAt(birthDate, 'DE', 'UTC')).toBeNull()
  },
)
