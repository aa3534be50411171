import { expect, test } from 'vitest'
import { rangeOf, start, step, within, type Selection } from './selection.js'

const size = { rows: 100, columns: 4, page: 8 }
const go = (selection: Selection, key: string, held: Partial<{ shift: boolean; ctrl: boolean }> = {}) =>
  step(selection, key, { shift: false, ctrl: false, ...held }, size)!

test('arrows stay inside, and lead up into the head', () => {
  expect(go(start, 'ArrowLeft').active).toEqual({ row: 0, column: 0 })
  expect(go(start, 'ArrowUp').active).toEqual({ row: -1, column: 0 })
  expect(go(go(start, 'End', { ctrl: true }), 'ArrowDown').active).toEqual({ row: 99, column: 3 })
  expect(go(start, 'PageDown').active).toEqual({ row: 8, column: 0 })
})

test('Shift extends from where it began, never into the head', () => {
  const three = go(go(start, 'ArrowDown', { shift: true }), 'ArrowRight', { shift: true })
  expect(rangeOf(three)).toEqual({ top: 0, bottom: 1, left: 0, right: 1 })
  expect(within(rangeOf(three), 1, 1)).toBe(true)
  expect(go(start, 'ArrowUp', { shift: true }).active.row).toBe(0)
  expect(rangeOf(go(three, 'ArrowDown'))).toEqual({ top: 2, bottom: 2, left: 1, right: 1 })
})

test('other keys are left to the page', () => {
  expect(step(start, 'Tab', { shift: false, ctrl: false }, size)).toBeUndefined()
})
