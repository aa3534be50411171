import { expect, test } from 'vitest'
import {
  mayTouch,
  mayUse,
  narrowGrant,
  reachesPerson,
  reachesSite,
  reachesStudy,
  rights,
  roles,
  type DataClass,
  type Grant,
} from './index.js'

const who = (act: 'read' | 'write', data: DataClass) => roles.filter((role) => mayTouch(role, act, data))

test('clinical data is read by those who treat, run or feed a study, and by nobody else', () => {
  expect(who('read', 'clinical')).toEqual([
    'patient',
    'guardian',
    'practitioner',
    'care-manager',
    'investigator',
    'cro-admin',
    'integrator',
  ])
  expect(who('write', 'clinical')).toEqual(['practitioner', 'care-manager', 'investigator', 'integrator'])
  expect(who('write', 'reading')).toContain('device')
  for (const data of ['person', 'reading', 'study', 'reference'] as const) {
    expect(mayTouch('analyst', 'read', data)).toBe(false)
    expect(mayTouch('researcher', 'read', data)).toBe(false)
  }
})
test('an administrator holds settings, not clinical data', () => {
  expect([
    mayTouch('administrator', 'write', 'study'),
    mayTouch('administrator', 'read', 'person'),
    mayUse('administrator', 'query.run'),
  ]).toEqual([true, false, false])
})
test('queries run for analysts and researchers only', () => {
  expect(roles.filter((role) => mayUse(role, 'query.run'))).toEqual(['analyst', 'researcher'])
  expect(roles.filter((role) => mayUse(role, 'query.count'))).toEqual(['study-manager', 'analyst', 'researcher'])
  expect(roles.filter((role) => mayUse(role, 'result-release'))).toEqual(['study-manager', 'analyst'])
  expect(rights.every((right) => roles.some((role) => mayUse(role, right)))).toBe(true)
})
test('a token narrows and never widens', () => {
  const grant: Grant = { user: 'u', role: 'investigator', studies: ['A', 'B'], sites: ['s1'], people: null }
  const narrowed = narrowGrant(grant, { role: 'investigator', studies: ['B', 'C'], sites: ['s2'], patient: null })
  expect(narrowed?.studies).toEqual(['B'])
  expect(reachesSite(narrowed!, 's1') || reachesSite(narrowed!, 's2')).toBe(false)
  expect(reachesStudy(narrowed!, 'A')).toBe(false)
  expect(narrowGrant(grant, { role: 'administrator', studies: null, sites: null, patient: null })).toBeNull()
  const own: Grant = { user: 'p', role: 'patient', studies: 'all', sites: [], people: ['p1'] }
  expect([reachesPerson(own, ['p1']), reachesPerson(own, ['p1', 'p2']), reachesPerson(own, [])]).toEqual([true, false, false])
  expect(narrowGrant(own, { role: 'patient', studies: null, sites: null, patient: 'p2' })).toBeNull()
  expect(roles.filter((role) => !reachesPerson({ ...own, role, people: null }, ['p1']))).toEqual(['patient', 'guardian'])
})
