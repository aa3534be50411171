import { expect, test } from 'vitest'
import { groupsOf, holdingOf, inUse, isTurning, namesIn, newestFirst, strengthOf } from './keys.js'

const now = new Date('2026-11-22T12:00:00Z')
const at = '2026-11-21T12:00:00Z'
const share = (holder: string, collectedAt: string | null = null) => ({ holder, collectedAt })

test('the key in use is the one that nobody retired, and comes first', () => {
  const key = (id: string, retiredAt: string | null) => ({ id, fingerprint: id, since: null, retiredAt })
  const keys = [key('a', at), key('b', null)]
  expect(inUse({ keys })?.id).toBe('b')
  expect(newestFirst({ keys }).map(({ id }) => id)).toEqual(['b', 'a'])
  expect(inUse({ keys: [key('a', at)] })).toBeUndefined()
  expect(groupsOf('0123456789abcdef')).toBe('0123 4567 89ab cdef')
})

test('a share is fetched, waits, or is gone with its time', () => {
  const escrow = { needed: 2, expiresAt: '2026-11-23T12:00:00Z', shares: [share('paul', at), share('robin')] }
  expect([holdingOf(escrow, 'paul', now), holdingOf(escrow, 'robin', now), holdingOf(escrow, 'stu', now)]).toEqual([
    'fetched',
    'waits',
    null,
  ])
  expect(holdingOf({ ...escrow, expiresAt: at }, 'robin', now)).toBe('gone')
})

test('an escrow is whole by the shares that were fetched, and lost when too few can be', () => {
  const escrow = { needed: 2, expiresAt: '2026-11-23T12:00:00Z', shares: [share('paul', at), share('robin'), share('audra')] }
  expect(strengthOf(escrow, now)).toBe('open')
  expect(strengthOf({ ...escrow, expiresAt: at }, now)).toBe('lost')
  expect(strengthOf({ ...escrow, expiresAt: at, shares: [share('paul', at), share('robin', at), share('audra')] }, now)).toBe('whole')
})

test('masking anew by the same key is no turn of keys', () => {
  const snapshot = (key: string) => ({ policy: 'expert v1', key, at })
  const progress = { study: 'S', state: 'masking-anew' as const, done: 1, total: 2, held: 0, reason: null }
  expect(isTurning({ ...progress, shown: snapshot('a'), next: snapshot('b') })).toBe(true)
  expect(isTurning({ ...progress, shown: snapshot('a'), next: snapshot('a') })).toBe(false)
  expect(isTurning(null)).toBe(false)
})

test('holders are typed as people type lists', () => {
  expect(namesIn('paul, robin\naudra; paul')).toEqual(['paul', 'robin', 'audra'])
  expect(namesIn('  ')).toEqual([])
})
