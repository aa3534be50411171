import {
  Bool,
  DateDay,
  Decimal,
  Float64,
  Int32,
  Int64,
  Table,
  TimestampMicrosecond,
  Utf8,
  tableToIPC,
  vectorFromArray,
  type Vector,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import type { QueryBasis } from '@aquifer/core/contract'
import { toCsv, toTsv, unformula } from './csv.js'
import { readResult, sortedRows, type Result } from './result.js'

const basis: QueryBasis = {
  rows: 3,
  totalRows: 3,
  people: 2,
  truncated: false,
  snapshot: '2026-11-22T09:10:00Z',
  maskingPolicy: 'safe-harbor v1',
  consentEpoch: 318,
  consentState: 'current',
  elapsedMs: 180,
}

function aResult(columns: Record<string, Vector>): Result {
  return readResult(tableToIPC(new Table(columns), 'stream'), basis)
}

const mixed = () =>
  aResult({
    name: vectorFromArray(['b', null, ''], new Utf8()),
    big: vectorFromArray([9007199254740993n, 2n, null], new Int64()),
    share: vectorFromArray([0.1 + 0.2, -1, null], new Float64()),
    birth_year: vectorFromArray([1950, null, 1941], new Int32()),
    ok: vectorFromArray([true, false, null], new Bool()),
    at: vectorFromArray([new Date('2026-11-22T09:10:11Z').getTime(), null, null], new TimestampMicrosecond()),
    on: vectorFromArray([new Date('2026-11-22'), null, null], new DateDay()),
  })

describe('a result as Arrow delivers it', () => {
  test('says of each column what it holds', () => {
    expect(mixed().columns.map((column) => column.kind)).toEqual(['text', 'number', 'number', 'year', 'boolean', 'date', 'date'])
  })

  test('writes values exactly, and null apart from an empty text', () => {
    const { columns } = mixed()
    expect(columns.map((column) => column.text(0))).toEqual([
      'b',
      '9007199254740993',
      '0.3',
      '1950',
      'true',
      '2026-11-22 09:10:11',
      '2026-11-22',
    ])
    expect(columns.map((column) => column.text(1))).toEqual([null, '2', '-1', null, 'false', null, null])
    expect(columns[0]?.text(2)).toBe('')
  })

  test('writes decimals with their digits', () => {
    const unscaled = (value: bigint) =>
      new Uint32Array(new BigUint64Array([BigInt.asUintN(64, value), value < 0n ? 0xffffffffffffffffn : 0n]).buffer)
    const result = aResult({ price: vectorFromArray([unscaled(12345n), unscaled(-50n), null], new Decimal(2, 18, 128)) })
    expect([0, 1, 2].map((row) => result.columns[0]?.text(row))).toEqual(['123.45', '-0.5', null])
    expect(result.columns[0]?.number(1)).toBe(-0.5)
  })

  test('sorts numbers as numbers, texts as readers do, nulls last both ways', () => {
    const result = mixed()
    const order = (column: number, direction: 'ascending' | 'descending') => [...sortedRows(result, result.columns[column]!, direction)]
    expect(order(3, 'ascending')).toEqual([2, 0, 1])
    expect(order(3, 'descending')).toEqual([0, 2, 1])
    expect(order(0, 'ascending')).toEqual([2, 0, 1])
  })
})

describe('what leaves the workbench', () => {
  test('says in its first line what it rests on, and follows the order on screen', () => {
    const lines = toCsv(mixed(), [2, 0, 1], 'Ages, by_year').split('\r\n')
    expect(lines[0]).toMatch(/^"# Ages, by_year · 2 people, 3 rows · 0\.18 s · snapshot 22 Nov \d\d:10 · epoch 318 · safe-harbor v1"$/)
    expect(lines[1]).toBe('name,big,share,birth_year,ok,at,on')
    expect(lines.slice(2, 5)).toEqual(['"",,,1941,,,', 'b,9007199254740993,0.3,1950,true,2026-11-22 09:10:11,2026-11-22', ',2,-1,,false,,'])
  })

  test('never leaves a text that a spreadsheet would run', () => {
    expect(['=1+1', '+1', '-1', '@x', '\tx', 'plain', '1=1'].map(unformula)).toEqual(["'=1+1", "'+1", "'-1", "'@x", "'\tx", 'plain', '1=1'])
    const result = aResult({ text: vectorFromArray(['=cmd()', 'a,"b"', '-5'], new Utf8()), n: vectorFromArray([-5, 1, 2], new Int32()) })
    expect(toCsv(result, null, 't').split('\r\n').slice(2)).toEqual(["'=cmd(),-5", '"a,""b""",1', "'-5,2", ''])
    expect(toTsv(result, null, { top: 0, bottom: 0, left: 0, right: 1 }, true)).toBe("text\tn\n'=cmd()\t-5")
  })
})
