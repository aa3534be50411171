import { expect, test } from 'vitest'
import type { Result, ResultColumn } from '../result.js'
import { alignedNumber, decimalsIn } from './decimals.js'

const numbers = (...values: (number | null)[]): [Pick<Result, 'rows'>, ResultColumn] => [
  { rows: values.length },
  {
    name: 'mean',
    kind: 'number',
    at: (row) => values[row],
    text: (row) => (values[row] == null ? null : String(values[row])),
    number: (row) => values[row] ?? null,
  },
]
const drawn = (...values: (number | null)[]) => {
  const [result, column] = numbers(...values)
  const decimals = decimalsIn(result, column)
  return values.map((value) =>
    value === null || decimals === null ? null : Object.values(alignedNumber(String(value), decimals)).join('|'),
  )
}

test('numbers of a column stand by their point, and a mean has four decimals on screen', () => {
  expect(drawn(168.25, 173, 9.5, null)).toEqual(['168.25|', '173|.00', '9.5|0', null])
  expect(drawn(171.2819444444, 173)).toEqual(['171.2819|', '173|.0000'])
  expect(drawn(-1.00004, 2.5)).toEqual(['-1|.0000', '2.5|000'])
})

test('whole numbers need no room, small ones keep their digits, and what comes later is cut no shorter', () => {
  expect(drawn(1, 20, 300)).toEqual([null, null, null])
  expect(drawn(0.0000123456, 0.5)).toEqual(['0.0000123456|', '0.5|000000000'])
  expect(alignedNumber('2.123456', { room: 1, most: 4 })).toEqual({ shown: '2.1235', after: '' })
})
