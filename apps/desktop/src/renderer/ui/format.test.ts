import { describe, expect, test } from 'vitest'
import { addDays, count, day, initials, lately, parseDay, plural, span } from './format.js'

describe('words for numbers and times', () => {
  test('dates name their month, so that none is read as another', () => {
    expect(day('2026-03-12')).toBe('12 Mar 2026')
    expect(['22 Nov 2026', '2026-11-22', ' 2 november 2026 ', '31 Feb 2026', '03/04/2026', ''].map(parseDay)).toEqual([
      '2026-11-22',
      '2026-11-22',
      '2026-11-02',
      undefined,
      undefined,
      undefined,
    ])
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01')
  })

  test('a time is as near as the reader needs', () => {
    const now = new Date(2026, 10, 22, 12)
    const at = (month: number, date: number, year = 2026) => new Date(year, month, date, 9, 14).toISOString()
    expect(lately(at(10, 22), now)).toBe('09:14 today')
    expect(lately(at(10, 21), now)).toBe('09:14 yesterday')
    expect(lately(at(10, 20), now)).toBe('Fri 20 Nov')
    expect(lately(at(10, 20, 2024), now)).toBe('20 Nov 2024')
  })

  test('counts and spans', () => {
    expect([count(91483), plural(1, 'person', 'people'), plural(0, 'row')]).toEqual(['91,483', '1 person', '0 rows'])
    expect([3, 180, 3400, 42_000, 600_000].map(span)).toEqual(['3 ms', '0.18 s', '3.4 s', '42 s', '10 min'])
    expect(["Aoife O'Brian", 'maren.koch@x.example', 'operator'].map(initials)).toEqual(['AO', 'MK', 'OP'])
  })
})
