import { expect, test } from 'vitest'
import { lineOf } from './lines.js'

test('a line is found by its number, and one beyond the end is the last', () => {
  const text = '{\n  "name": "a"\n}'
  const at = (line: number) => {
    const { start, end } = lineOf(text, line)
    return text.slice(start, end)
  }
  expect([at(1), at(2), at(3), at(9), at(0)]).toEqual(['{', '  "name": "a"', '}', '}', '{'])
})
