import { expect, test } from 'vitest'
import { invitationState, judgeRoster, letterOf, type RosterRow } from './index.js'

const facts = { expiresAt: 100, openedAt: null, acceptedAt: null, declinedAt: null, revokedAt: null }
test.each([
  [{}, 99, 'sent'],
  [{ openedAt: 5 }, 99, 'opened'],
  [{ openedAt: 5 }, 100, 'expired'],
  [{ acceptedAt: 50 }, 200, 'accepted'],
  [{ declinedAt: 50 }, 200, 'declined'],
  [{ revokedAt: 50 }, 20, 'revoked'],
  [{ acceptedAt: 50, revokedAt: 60 }, 70, 'accepted'],
] as const)('with %j at %d an invitation is %s', (more, now, state) => {
  expect(invitationState({ ...facts, ...more }, now)).toBe(state)
})

test('a list is judged line by line, and no cell is repeated', () => {
  const rows: RosterRow[] = [
    { line: 2, cells: { email: 'a@example.org' } },
    { line: 3, cells: { email: 'A@example.org ', language: 'de-CH' } },
    { line: 4, cells: { email: 'secret words', site: 'X' } },
  ]
  expect(judgeRoster(rows.slice(0, 1), ['A'])).toEqual([{ address: 'a@example.org', language: 'en', site: 'A' }])
  const faults = judgeRoster(rows, ['A'])
  expect(faults).toMatchObject([{ line: 3 }, { line: 4 }, { line: 4 }])
  expect(JSON.stringify(faults)).not.toContain('secret')
  expect(judgeRoster(rows.slice(0, 1), ['A', 'B'])).toMatchObject([{ what: 'site is needed: the study has several' }])
})

test('a letter is in the person’s language or its base, else in English', () => {
  const told = { study: 'Harbor', until: '2026-05-01', link: 'https://x/#/invitation/c' }
  expect(letterOf('de-CH', told).subject).toBe('Eine Einladung zur Teilnahme')
  expect(letterOf('xx', told).text).toContain(told.link)
})
