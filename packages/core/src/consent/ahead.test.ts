import { expect, test } from 'vitest'
import type { FormVersion } from '../study/index.js'
import { aheadOf, asTheyCount, decideConsent, type Consent, type PersonFacts, type StudyFacts } from './index.js'

const at = (text: string): number => Date.parse(text)
const consent = (more: Partial<Consent> = {}): Consent => ({
  type: 'a',
  status: 'active',
  lo: at('2020-01-01'),
  hi: null,
  order: 1,
  ...more,
})
const person = (more: Partial<PersonFacts> = {}): PersonFacts => ({
  birthDate: '2008-05-04',
  site: null,
  enrolledAt: at('2020-01-01'),
  ...more,
})
const study = (more: Partial<StudyFacts['settings']> = {}, zone = 'Europe/Berlin'): StudyFacts => ({
  settings: { jurisdiction: 'DE', forms: [], ...more },
  zone,
})
const holds = (when: string, consents: Consent[], who = person(), where = study()): boolean =>
  decideConsent(['a'], asTheyCount(consents, who, where, at(when)), at(when)).given

test('what was consented to for a child ends at the instant of majority, in the study’s zone', () => {
  expect(holds('2026-05-03T21:59:59.999Z', [consent()])).toBe(true)
  expect(holds('2026-05-03T22:00:00.000Z', [consent()])).toBe(false)
  expect(holds('2027-01-01', [consent(), consent({ order: 2, lo: at('2026-05-10') })])).toBe(true)
  expect(holds('2027-01-01', [consent()], person({ birthDate: null }))).toBe(true)
  expect(holds('2027-01-01', [consent()], person(), study({ jurisdiction: null }))).toBe(true)
  expect(holds('2026-06-01', [consent()], person(), study({ jurisdiction: 'US-NE' }))).toBe(true)
})
test('an adult’s consent is his own, also where it names no beginning', () => {
  const adult = person({ birthDate: '1970-01-01' })
  expect(holds('2026-06-01', [consent({ lo: null })], adult)).toBe(true)
  expect(holds('2026-06-01', [consent({ lo: null })], { ...adult, enrolledAt: null })).toBe(true)
})
test('what lies ahead is told once, soonest first, with its kind', () => {
  const form: FormVersion = {
    type: 'c',
    version: '2',
    document: 'd',
    language: 'en',
    site: null,
    approved: '2026-01-01',
    from: '2026-03-01',
    reconsentBy: '2026-04-30',
  }
  const first: FormVersion = { ...form, version: '1', from: '2020-01-01', approved: '2020-01-01', reconsentBy: null }
  const consents = [
    consent(),
    consent({ type: 'b', hi: at('2026-04-10') }),
    consent({ type: 'c' }),
    consent({ type: 'd', hi: at('2026-04-10') }),
    consent({ type: 'd', order: 2, lo: at('2026-03-01'), hi: at('2030-01-01') }),
  ]
  const where = study({ forms: [first, form] }, 'UTC')
  const told = aheadOf(consents, person(), where, { now: at('2026-03-15'), until: at('2026-06-01') })
  expect(told.map(({ kind, type, open }) => [kind, type, open])).toEqual([
    ['expires', 'b', false],
    ['reconsent-due', 'c', true],
    ['comes-of-age', 'a', false],
    ['comes-of-age', 'd', false],
  ])
  expect(aheadOf(consents, person(), where, { now: at('2026-03-15'), until: at('2026-03-16') })).toEqual([])
})
