import { expect, test } from 'vitest'
import type { StatementRows } from '@aquifer/core/contract'
import { csvText } from './rows.js'
import { withMarks, withoutSmallCells } from './small-cells.js'

const result = (rows: unknown[][], truncated = false): StatementRows => ({
  statement: 's',
  basis: {
    rows: rows.length,
    totalRows: rows.length,
    truncated,
    people: null,
    snapshot: '2026-01-01T00:00:00.000Z',
    maskingPolicy: 'safe-harbor v1',
    consentEpoch: 1,
    consentState: 'current',
    elapsedMs: 1,
  },
  columns: [
    { name: 'code', type: 'VARCHAR' },
    { name: 'n', type: 'BIGINT' },
    { name: 'mean', type: 'DOUBLE' },
  ],
  rows,
})
const rows = [
  ['a', 40, 2.5],
  ['b', 4, 9.5],
  ['c', 0, null],
  ['d', 90, 3.5],
]

test('a result to be passed on: the small count, one beside it, and what was computed of both', () => {
  expect(csvText(withoutSmallCells(result(rows), ['n', 'mean']))).toBe('code,n,mean\r\na,*,\r\nb,<11,\r\nc,0,\r\nd,90,3.5\r\n')
  expect(withoutSmallCells(result(rows), [])).toEqual(result(rows))
})

test('what is no column of counts, or not the whole of it, is wrong usage', () => {
  for (const columns of [['people'], ['code'], ['mean'], ['n', 'median']])
    expect(() => withoutSmallCells(result(rows), columns)).toThrow(/--small-cells/)
  expect(() => withoutSmallCells(result(rows, true), ['n'])).toThrow(/every row/)
})

test('hidden cells of counts are told as their marks', () => {
  const counted = {
    ...result([
      ['a', 40, 2.5],
      ['b', null, null],
    ]),
    suppressed: [
      [1, 1, 'secondary'],
      [1, 2, 'primary'],
    ] as [number, number, 'primary' | 'secondary'][],
  }
  expect(csvText(withMarks(counted))).toBe('code,n,mean\r\na,40,2.5\r\nb,hidden,<11\r\n')
})
