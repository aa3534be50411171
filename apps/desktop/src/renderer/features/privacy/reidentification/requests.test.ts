import { expect, test } from 'vitest'
import { minutesLeft, standing, waitsFor } from './requests.js'

const priya = { user: 'priya', rights: ['reidentify.decide', 'reidentify.request'] }
const mona = { user: 'mona', rights: ['reidentify.request'] }

test('nobody decides what he asked himself, and only who asked is told', () => {
  expect(waitsFor({ state: 'requested', requestedBy: 'mona' }, priya)).toBe('decision')
  expect(waitsFor({ state: 'requested', requestedBy: 'priya' }, priya)).toBeNull()
  expect(waitsFor({ state: 'requested', requestedBy: 'priya' }, mona)).toBeNull()
  expect(waitsFor({ state: 'approved', requestedBy: 'mona' }, mona)).toBe('answer')
  expect(waitsFor({ state: 'approved', requestedBy: 'mona' }, priya)).toBeNull()
  for (const state of ['denied', 'answered', 'expired'] as const) expect(waitsFor({ state, requestedBy: 'mona' }, mona)).toBeNull()
})

test('that nobody could be named is another end than that somebody was', () => {
  expect(standing({ state: 'answered', outcome: 'told' }).words).not.toBe(standing({ state: 'answered', outcome: 'nobody' }).words)
})

test('time that is left is told in minutes begun', () => {
  const until = '2026-11-22T09:15:00Z'
  expect(minutesLeft(until, new Date('2026-11-22T09:00:00Z'))).toBe(15)
  expect(minutesLeft(until, new Date('2026-11-22T09:14:30Z'))).toBe(1)
  expect(minutesLeft(until, new Date('2026-11-22T10:00:00Z'))).toBe(0)
})
