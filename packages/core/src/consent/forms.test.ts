import { expect, test } from 'vitest'
import type { FormVersion } from '../study/index.js'
import { decideConsent, reconsentOf, underForms, type Consent } from './index.js'

const form = (version: string, from: string, reconsentBy: string | null, site: string | null = null): FormVersion => ({
  type: 'a',
  version,
  from,
  reconsentBy,
  site,
  document: `${version}.pdf`,
  language: 'en',
  approved: from,
})
const forms = [form('1', '2026-01-01', null), form('2', '2026-03-01', '2026-04-30'), form('3', '2026-05-01', '2026-05-31', 'B')]
const at = (text: string): number => Date.parse(text)
const given = (version: string | null, lo = '2026-01-10T00:00:00Z'): Consent => ({
  type: 'a',
  status: 'active' as const,
  lo: at(lo),
  hi: null,
  order: 1,
  form: version,
})
const timeline = (site: string | null, zone = 'UTC') => ({ forms, site, zone })
const holds = (consent: Consent, when: string, site: string | null = 'A', zone = 'UTC'): boolean =>
  decideConsent(['a'], underForms([consent], timeline(site, zone)), at(when)).given

// prettier-ignore
const table = [
  // form  site  instant                      holds
  ['1',   'A', '2026-02-01T00:00:00Z',     true],   // no newer form yet
  ['1',   'A', '2026-03-15T00:00:00Z',     true],   // asked again, still time
  ['1',   'A', '2026-04-30T23:59:59.999Z', true],   // the last day counts
  ['1',   'A', '2026-05-01T00:00:00Z',     false],  // time has run out
  ['2',   'A', '2027-01-01T00:00:00Z',     true],   // the newest form of this site
  ['2',   'B', '2026-05-31T23:59:59.999Z', true],
  ['2',   'B', '2026-06-01T00:00:00Z',     false],  // site B has a newer one
  ['3',   'B', '2027-01-01T00:00:00Z',     true],
  [null,  'A', '2026-05-01T00:00:00Z',     false],  // names no form: that of its beginning
  ['0.9', 'A', '2026-05-01T00:00:00Z',     false],  // a form nobody knows
] as const
test.each(table)('under form %s at site %s, at %s: %s', (version, site, when, expected) => {
  expect(holds(given(version), when, site)).toBe(expected)
})
test('the time runs out in the study’s zone', () => {
  expect(holds(given('1'), '2026-05-01T03:59:59Z', 'A', 'America/New_York')).toBe(true)
  expect(holds(given('1'), '2026-05-01T04:00:00Z', 'A', 'America/New_York')).toBe(false)
})
test('who should consent anew is known from the first day of the form', () => {
  const due = reconsentOf(given('1'), timeline('A'))
  expect(due).toEqual({ since: at('2026-03-01T00:00:00Z'), until: at('2026-05-01T00:00:00Z'), version: '2' })
  expect(reconsentOf(given('2'), timeline('A'))).toBeNull()
  expect(underForms([given('1')], { forms: [], site: 'A', zone: 'UTC' })).toEqual([given('1')])
})
