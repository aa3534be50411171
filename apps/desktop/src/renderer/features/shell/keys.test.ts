import { expect, test } from 'vitest'
import { isLetter, sameStroke, strokeOf, strokesOf } from './keys.js'

const pressed = (key: string, code: string, held: Partial<Record<'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey', boolean>> = {}) =>
  strokeOf({ ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, key, code, ...held })

test('a stroke ends with what is no modifier', () => {
  expect(strokesOf('Ctrl Shift P')).toEqual([{ ctrl: true, shift: true, alt: false, key: 'p' }])
  expect(strokesOf('Ctrl K Ctrl S').map(({ key }) => key)).toEqual(['k', 's'])
  expect(strokesOf('G H').map(({ key, ctrl }) => [key, ctrl])).toEqual([
    ['g', false],
    ['h', false],
  ])
})

test('keys are what was pressed, whatever the layout makes of them', () => {
  const same = (keys: string, made: ReturnType<typeof pressed>) => sameStroke(strokesOf(keys)[0]!, made)
  expect(same('Ctrl Shift P', pressed('P', 'KeyP', { ctrlKey: true, shiftKey: true }))).toBe(true)
  // A Mac’s command key, and the ∑ that Alt writes there.
  expect(same('Ctrl B', pressed('b', 'KeyB', { metaKey: true }))).toBe(true)
  expect(same('Alt W', pressed('∑', 'KeyW', { altKey: true }))).toBe(true)
  expect(same('Ctrl Shift \\', pressed('|', 'Backslash', { ctrlKey: true, shiftKey: true }))).toBe(true)
  expect(same('Ctrl B', pressed('b', 'KeyB'))).toBe(false)
})

test('letters are keys that would otherwise be text', () => {
  expect(isLetter(pressed('g', 'KeyG'))).toBe(true)
  expect(isLetter(pressed('g', 'KeyG', { ctrlKey: true }))).toBe(false)
  expect(isLetter(pressed('F6', 'F6'))).toBe(false)
})
