import { expect, test } from 'vitest'
import { holdingOf } from './kinds.js'

test('a relationship holds from its start until before its end, and ending it wins', () => {
  const span = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z', ended: null }
  const at = (text: string, more: Partial<{ to: null; ended: string }> = {}) => holdingOf({ ...span, ...more }, new Date(text))
  expect([at('2025-12-31T23:59:59Z'), at('2026-01-01T00:00:00Z')]).toEqual(['ahead', 'holds'])
  expect([at('2026-01-31T23:59:59Z'), at('2026-02-01T00:00:00Z')]).toEqual(['holds', 'over'])
  expect(at('2030-01-01T00:00:00Z', { to: null })).toBe('holds')
  expect(at('2026-01-10T00:00:00Z', { ended: '2026-01-05T00:00:00Z' })).toBe('ended')
})
