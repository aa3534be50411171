import fc from 'fast-check'
import { expect, test } from 'vitest'
import { draftsOf, passwordFaults, permittedScopes, scopesPermit, sessionEnd, sessionOver, withinReach } from './index.js'

test('long passwords pass whatever they are made of; common ones, runs and one’s own name do not', () => {
  for (const good of ['correct horse battery staple', 'Kühe grasen am Hang', '漢字漢字仮名交文例題一二三四', 'xvbqzkwjrtyp'])
    expect([good, passwordFaults(good, ['ann', 'Ann Lee'])]).toEqual([good, []])
  for (const bad of [
    'short',
    'passwordpassword',
    'Password2026!',
    'aaaaaaaaaaaaaa',
    '123456789012',
    'abcdefghijkl',
    'qwertyuiop12',
    'P@ssw0rd12345',
  ])
    expect([bad, passwordFaults(bad, []).length]).toEqual([bad, 1])
  expect(passwordFaults('margaret.hamilton', ['mh', 'Margaret Hamilton', ''])).toHaveLength(1)
  expect(passwordFaults('margaret flew to the moon', ['mh', 'Margaret Hamilton', ''])).toEqual([])
})

test('a session is over exactly at the end of its idle time, at its longest, and when it was ended', () => {
  const limits = { idleMs: 900_000, maxMs: 28_800_000 }
  const session = { startedAt: 0, seenAt: 100_000, endedAt: null }
  expect([sessionOver(session, 999_999, limits), sessionOver(session, 1_000_000, limits)]).toEqual([null, 'idle'])
  expect(sessionOver({ ...session, seenAt: 28_700_000 }, 28_800_000, limits)).toBe('too-long')
  expect(sessionOver({ ...session, endedAt: 5 }, 6, limits)).toBe('ended')
  fc.assert(
    fc.property(fc.nat(30_000_000), fc.nat(30_000_000), (seenAt, now) => {
      const held = { startedAt: 0, seenAt, endedAt: null }
      return (sessionOver(held, now, limits) === null) === now < sessionEnd(held, limits)
    }),
  )
})

test('a staff list is taken whole or each of its wrong lines is named', () => {
  const row = (line: number, cells: Record<string, string>) => ({ line, cells: { name: `p${line}`, role: 'analyst', ...cells } })
  expect(draftsOf([row(2, { studies: 'A;B', display: 'P' }), row(3, { studies: '*' })])).toMatchObject([
    { name: 'p2', display: 'P', studies: ['A', 'B'], email: null },
    { name: 'p3', display: 'p3', studies: 'all' },
  ])
  const faults = draftsOf([
    row(2, { name: 'local:x' }),
    row(3, { role: 'king' }),
    row(4, { role: 'device' }),
    row(5, { role: 'patient' }),
    row(6, { email: 'nobody' }),
    row(7, { name: 'P2', email: 'a@b' }),
    row(8, { name: 'p7', email: 'A@B' }),
    row(9, { password: 'x' }),
    row(10, { role: 'guardian', actor: 'Practitioner/x' }),
    row(11, { role: 'patient', patient: 'a', actor: 'Patient/b' }),
    row(12, { role: 'investigator', actor: 'Practitioner/' }),
  ])
  expect(faults.map((fault) => ('line' in fault ? fault.line : 0))).toEqual([2, 3, 4, 5, 6, 8, 9, 10, 11, 12])
  expect(
    draftsOf([
      row(2, { role: 'guardian' }),
      row(3, { role: 'guardian', actor: 'RelatedPerson/r' }),
      row(4, { role: 'patient', actor: 'Patient/a' }),
    ]),
  ).toMatchObject([{ actor: null, patient: null }, { actor: 'RelatedPerson/r' }, { actor: 'Patient/a' }])
  expect(draftsOf([])).toHaveLength(1)
})

test('nobody hands on more than he has', () => {
  const giver = { studies: ['A', 'B'], sites: ['s1'] }
  expect([
    withinReach(giver, { studies: ['A'], sites: ['s1'] }),
    withinReach(giver, { studies: ['A'], sites: [] }),
    withinReach(giver, { studies: ['C'], sites: ['s1'] }),
    withinReach(giver, { studies: 'all', sites: ['s1'] }),
    withinReach({ studies: 'all', sites: [] }, { studies: 'all', sites: [] }),
  ]).toEqual([true, false, false, false, true])
})

test('scopes follow the role and narrow FHIR only', () => {
  expect([permittedScopes('integrator').length, permittedScopes('device'), permittedScopes('analyst')]).toEqual([2, ['system/*.write'], []])
  const ask = (scopes: string[], method: string, path: string) => scopesPermit(scopes, { method, path })
  expect(ask(['system/*.read'], 'GET', '/fhir-server/api/v1/Patient')).toBe(true)
  expect(ask(['system/*.read'], 'POST', '/fhir-server/api/v1/Patient/_search')).toBe(true)
  expect(ask(['system/*.read'], 'PUT', '/fhir-server/api/v1/Patient/1')).toBe(false)
  expect(ask(['system/*.write'], 'GET', '/fhir-server/api/v1/Patient')).toBe(false)
  expect(ask([], 'GET', '/fhir-server/api/v1/Patient')).toBe(false)
  expect(ask([], 'GET', '/pipeline/api/v1/status')).toBe(true)
})
