import { beforeEach, expect, test, vi } from 'vitest'
import { aStorage } from '../../../../test/answering-server.js'
import { cellCommands } from '../notebook/cells/cell-keys.js'
import { Strokes, strokeOf, strokesOf, strokeText } from './keys.js'
import { conflictOf, giveKeys, ownKeys, ownKeysOf, resetKeys, withOwnKeys } from './own-keys.js'

beforeEach(() => {
  vi.stubGlobal('localStorage', aStorage())
  ownKeysOf('ada')
})

const side = { id: 'side-bar', name: 'Show or hide the side bar', keys: 'Ctrl B' }
const lock = { id: 'lock', name: 'Lock the screen', keys: 'Ctrl L', otherKeys: ['F9'] }

test('keys are each person’s own, take the place of ours, and go back', () => {
  giveKeys('lock', 'Ctrl Shift U')
  expect(withOwnKeys(lock, ownKeys())).toMatchObject({ keys: 'Ctrl Shift U', otherKeys: [] })
  ownKeysOf('ben')
  expect(withOwnKeys(lock, ownKeys())).toEqual(lock)
  ownKeysOf('ada')
  expect(ownKeys()).toEqual({ lock: 'Ctrl Shift U' })
  resetKeys()
  expect(ownKeys()).toEqual({})
})

test('a key that another command has is named', () => {
  expect(conflictOf([side, lock], 'lock', 'Ctrl B')).toBe(side)
  expect(conflictOf([side, lock], 'side-bar', 'F9')).toBe(lock)
  expect(conflictOf([side, lock], 'lock', 'Ctrl L')).toBeNull()
})

test('the keys of cells clash neither with each other nor by what is written of them', () => {
  for (const command of cellCommands) {
    for (const keys of [command.keys, ...(command.otherKeys ?? [])]) {
      expect(conflictOf(cellCommands, command.id, keys), keys).toBeNull()
      expect(strokesOf(keys).map(strokeText).join(' ')).toBe(keys)
    }
  }
})

test('two strokes are one command, and a third D begins anew', () => {
  const strokes = new Strokes()
  const bound = [{ what: 'remove', strokes: strokesOf('D D') }]
  const d = strokeOf({ ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, key: 'd', code: 'KeyD' })
  expect([0, 10, 20, 30].map((at) => strokes.made(bound, d, at)?.what ?? null)).toEqual([null, 'remove', null, 'remove'])
  expect(strokes.made(bound, d, 10_000)).toBeNull()
})
