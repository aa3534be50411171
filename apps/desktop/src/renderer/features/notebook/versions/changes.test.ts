import { describe, expect, test } from 'vitest'
import type { Cell, Page } from '../model.js'
import { changesBetween } from './changes.js'
import { together } from './together.js'

const sql = (id: string, source: string, name = id): Cell => ({ id, kind: 'sql', name, source })
const page = (...cells: Cell[]): Page => ({ title: 'p', cut: null, cells })
const told = (older: Page, newer: Page) => changesBetween(older, newer).map(({ id, change }) => `${id} ${change}`)

describe('what became of each cell', () => {
  test('changed by words, added, removed where it stood', () => {
    const older = page(sql('a', 'select one from people'), sql('b', 'select 2'), sql('c', 'select 3'))
    const newer = page(sql('a', 'select two from people'), sql('c', 'select 3'), sql('d', 'select 4'))
    expect(told(older, newer)).toEqual(['a changed', 'b removed', 'c same', 'd added'])
    expect(changesBetween(older, newer)[0]?.words).toEqual([
      { text: 'select ', change: 'same' },
      { text: 'one', change: 'removed' },
      { text: 'two', change: 'added' },
      { text: ' from people', change: 'same' },
    ])
  })

  test('moved is only what changed its place against the others', () => {
    const [a, b, c] = [sql('a', '1'), sql('b', '2'), sql('c', '3')]
    expect(told(page(a, b, c), page(c, a, b))).toEqual(['c moved', 'a same', 'b same'])
  })

  test('a form counts as text, and so does a new name', () => {
    const chart = (type: 'bar' | 'line'): Cell => ({
      id: 'x',
      kind: 'chart',
      name: 'x',
      source: '',
      chart: { type, of: 'a', x: 'n', y: [] },
    })
    expect(told(page(chart('bar')), page(chart('line')))).toEqual(['x changed'])
    expect(told(page(sql('a', '1', 'old')), page(sql('a', '1', 'new')))).toEqual(['a changed'])
  })
})

test('saves of one hand without a longer pause are told as one', () => {
  const save = (version: number, at: string, by = 'ada') => ({ version, title: 't', by, at: `2026-11-22T${at}Z`, cells: 1 })
  const sittings = together([
    save(5, '10:00:00'),
    save(4, '09:55:00'),
    save(3, '09:46:00'),
    save(2, '09:20:00'),
    save(1, '09:19:00', 'bob'),
  ])
  expect(sittings.map(({ last, earlier }) => [last.version, ...earlier.map((one) => one.version)])).toEqual([[5, 4, 3], [2], [1]])
})
