import { expect, test } from 'vitest'
import { byDay, whatWords, type Disclosure } from './seen.js'

const seen = (more: Partial<Disclosure>): Disclosure => ({
  day: '2026-11-26',
  first: '2026-11-26T09:00:00.000Z',
  last: '2026-11-26T09:00:00.000Z',
  times: 1,
  who: 'Ivo Brandt',
  role: 'investigator',
  self: false,
  what: 'read Patient',
  study: 'HARBOR',
  reason: 'visit 3',
  words: '',
  ...more,
})

test('one visit of one person for one reason is one line, however it was opened', () => {
  const search = seen({ what: 'found in a search and read Encounter, Observation', first: '2026-11-26T08:00:00.000Z', times: 4 })
  const [day] = byDay([seen({}), search, seen({ reason: 'monitoring' }), seen({ who: 'Tess' })], false)
  expect(day?.items).toHaveLength(3)
  expect(day?.items[0]).toMatchObject({ times: 5, first: search.first, last: '2026-11-26T09:00:00.000Z' })
  expect(whatWords(day?.items[0]?.what ?? '')).toBe('Looked at personal details, visits, measurements and tests')
})

test('taking a copy is told apart from looking', () => {
  expect(byDay([seen({}), seen({ what: 'took a copy of Patient' })], false)[0]?.items).toHaveLength(2)
})

test('days keep their order, and one’s own looking is shown on demand', () => {
  const list = [seen({ self: true, who: 'Orville' }), seen({ day: '2026-11-25' })]
  expect(byDay(list, false).map(({ day }) => day)).toEqual(['2026-11-25'])
  expect(byDay(list, true).map(({ day }) => day)).toEqual(['2026-11-26', '2026-11-25'])
})

test.each([
  ['read parts of the record', 'Looked at parts of the record'],
  ['read the history of Condition', 'Looked at the history of health problems'],
  ['took a copy of MedicationOrder, MedicationOrder', 'Took a copy of prescriptions'],
])('%s', (what, words) => {
  expect(whatWords(what)).toBe(words)
})
