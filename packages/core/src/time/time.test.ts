import { expect, test } from 'vitest'
import { dayAt, durationMs, instantOf, isZone, periodBounds, spanOf } from './index.js'

const iso = (ms: number | null | undefined) => (ms == null ? null : new Date(ms).toISOString())

test('a day begins when the study’s clock says so, on both sides of summer time', () => {
  expect(iso(instantOf('Europe/Berlin', 2026, 1, 15))).toBe('2026-01-14T23:00:00.000Z')
  expect(iso(instantOf('Europe/Berlin', 2026, 7, 15))).toBe('2026-07-14T22:00:00.000Z')
  expect(iso(instantOf('America/New_York', 2026, 11, 1))).toBe('2026-11-01T04:00:00.000Z')
  expect(dayAt(Date.UTC(2026, 0, 14, 23), 'Europe/Berlin')).toBe('2026-01-15')
})
test('a midnight that summer time skips is the first instant after it', () => {
  expect(iso(instantOf('America/Sao_Paulo', 2018, 11, 4))).toBe('2018-11-04T03:00:00.000Z')
})
test('a time shown twice is its first showing', () => {
  expect(iso(instantOf('America/New_York', 2026, 11, 1, 1, 30))).toBe('2026-11-01T05:30:00.000Z')
})
test('an end that is only a date lasts through that day; an end with a time is excluded', () => {
  expect(periodBounds({ start: '2026-03-01', end: '2026-03-01' }, 'UTC')).toEqual({ lo: Date.UTC(2026, 2, 1), hi: Date.UTC(2026, 2, 2) })
  expect(periodBounds({ end: '2026-03-01T10:00:00Z' }, 'UTC')).toEqual({ lo: null, hi: Date.UTC(2026, 2, 1, 10) })
  expect(periodBounds({ end: '2026' }, 'UTC')?.hi).toBe(Date.UTC(2027, 0, 1))
  expect(periodBounds({ start: 'soon' }, 'UTC')).toBeNull()
})
test('spans follow the precision that was written', () => {
  expect(spanOf('2026-02', 'UTC')).toEqual({ lo: Date.UTC(2026, 1, 1), hi: Date.UTC(2026, 2, 1) })
  expect(spanOf('2026-02-29', 'UTC')).toBeNull()
  expect(spanOf('2026-02-03T04:05:06.5+01:00', 'UTC')).toEqual({
    lo: Date.UTC(2026, 1, 3, 3, 5, 6, 500),
    hi: Date.UTC(2026, 1, 3, 3, 5, 6, 501),
  })
})
test('zones and durations are recognised, and nothing else', () => {
  expect([isZone('Europe/Paris'), isZone('Mars/Base'), isZone('')]).toEqual([true, false, false])
  expect([durationMs('24h'), durationMs('90s'), durationMs('1 day')]).toEqual([86_400_000, 90_000, null])
})
