import { expect, test } from 'vitest'
import { consentFigures, decideConsent, readConsentContract, stateOfType, writeConsentContract, type Consent } from './index.js'

const day = 86_400_000
const consent = (type: string, status: Consent['status'], order: number, lo: number | null = null, hi: number | null = null): Consent => ({
  type,
  status,
  order,
  lo,
  hi,
})

test('all required types must be active; the missing ones are named', () => {
  expect(decideConsent([], [], 0)).toEqual({ given: true })
  expect(decideConsent(['a', 'b'], [consent('a', 'active', 1), consent('b', 'active', 2)], 0)).toEqual({ given: true })
  expect(decideConsent(['a', 'b'], [consent('a', 'active', 1)], 0)).toEqual({ given: false, missing: ['b'], cause: 'no-consent' })
})
test('the start is included and the end excluded', () => {
  const period = [consent('a', 'active', 1, day, 2 * day)]
  const states = [day - 1, day, 2 * day - 1, 2 * day].map((at) => stateOfType(period, 'a', at))
  expect(states).toEqual(['not-yet-active', 'active', 'active', 'expired'])
})
test('a withdrawal ends every older Contract of its type; a newer one consents anew', () => {
  const older = consent('a', 'active', 1)
  const withdrawn = consent('a', 'withdrawn', 2)
  expect(stateOfType([older, withdrawn], 'a', 0)).toBe('withdrawn')
  expect(stateOfType([older, withdrawn, consent('a', 'active', 3)], 'a', 0)).toBe('active')
  expect(stateOfType([older, consent('a', 'proposed', 3)], 'a', 0)).toBe('active')
  expect(decideConsent(['a', 'b'], [withdrawn], 0)).toEqual({ given: false, missing: ['a', 'b'], cause: 'withdrawn' })
})
test('a Contract is a consent by its type, and says so when it cannot be read as one', () => {
  const written = writeConsentContract({
    patientId: 'p1',
    study: 'S',
    type: 'share-data',
    status: 'active',
    start: '2026-01-01',
    end: '2026-01-31',
  })
  expect(readConsentContract(written, 'UTC')).toEqual({
    patientId: 'p1',
    types: ['share-data'],
    status: 'active',
    lo: Date.UTC(2026, 0, 1),
    hi: Date.UTC(2026, 1, 1),
  })
  expect(readConsentContract({ resourceType: 'Contract' }, 'UTC')).toBeNull()
  expect(readConsentContract({ ...written, subject: [] }, 'UTC')).toContain('exactly one Patient')
  expect(readConsentContract({ ...written, extension: [] }, 'UTC')).toContain('consent-status')
  expect(readConsentContract({ ...written, applies: { start: '01.02.2026' } }, 'UTC')).toContain('period')
})

test('figures agree with the people they count, by status, site, type and time', () => {
  const now = Date.UTC(2026, 5, 30, 12)
  const person = (site: string, ...consents: Consent[]) => ({ site, enrolledAt: now - 10 * day, consents })
  const people = [
    person('A', consent('a', 'active', 1, now - 30 * day)),
    person('A', consent('a', 'withdrawn', 1, now - 30 * day, now - 5 * day)),
    person('B', consent('a', 'active', 1, now - 30 * day, now - 1)),
    person('B'),
  ]
  const figures = consentFigures(people, { required: ['a'], at: now, zone: 'UTC' })
  expect(figures.total).toEqual({ enrolled: 4, byStatus: { active: 1, proposed: 0, suspended: 0, withdrawn: 1, expired: 1, missing: 1 } })
  expect(figures.bySite.map(({ site, enrolled, active, withdrawn }) => [site, enrolled, active, withdrawn])).toEqual([
    ['A', 2, 1, 1],
    ['B', 2, 0, 0],
  ])
  expect(figures.byType).toEqual([{ type: 'a', ...figures.total.byStatus }])
  expect(figures.overTime[0]).toEqual({ date: '2026-05-31', enrolled: 3, active: 3, withdrawn: 0 })
  expect(figures.overTime.at(-1)).toEqual({ date: '2026-06-30', enrolled: 4, active: 1, withdrawn: 1 })
})
