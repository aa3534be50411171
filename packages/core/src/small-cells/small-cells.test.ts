import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cmsCells,
  countsOnly,
  differenceOf,
  isSpread,
  ohdsiCells,
  roundStably,
  showCount,
  showFigure,
  showRows,
  showShare,
  spreadOf,
  suppressList,
  suppressTable,
  tellsBySubtraction,
  type Shown,
  type SmallCellPolicy,
  type SuppressedTable,
} from './index.js'

const hash = (message: string): string => createHmac('sha256', 'k').update(message).digest('binary')

test('counts from 1 to 10 are told as a mark, zero and 11 as they are', () => {
  expect([0, 1, 10, 11, 250].map((count) => showCount(count, cmsCells))).toEqual([0, '<11', '<11', 11, 250])
  expect([4, 5].map((count) => showCount(count, ohdsiCells))).toEqual(['<5', 5])
})

test('a share tells neither part, whole nor rest that is small', () => {
  expect(showShare(50, 200, cmsCells)).toBe(0.25)
  expect([showShare(3, 200, cmsCells), showShare(195, 200, cmsCells), showShare(4, 8, cmsCells), showShare(0, 0, cmsCells)]).toEqual([
    null,
    null,
    null,
    null,
  ])
  expect([showShare(0, 200, cmsCells), showShare(200, 200, cmsCells)]).toEqual([0, 1])
  expect([showFigure(7.5, 10, cmsCells), showFigure(7.5, 11, cmsCells), showFigure(null, 50, cmsCells)]).toEqual([null, 7.5, null])
})

test('rows of an export lose small counts, one more beside a single one, and what was computed of both', () => {
  const rows = [
    { code: 'a', n: 40, mean: 2 },
    { code: 'b', n: 4, mean: 9 },
    { code: 'c', n: 90, mean: 3 },
  ]
  expect(showRows(rows, { count: 'n', derived: ['mean'] }, cmsCells)).toEqual([
    { code: 'a', n: '*', mean: null },
    { code: 'b', n: '<11', mean: null },
    { code: 'c', n: 90, mean: 3 },
  ])
})

test('two results tell by subtraction when one has a few more', () => {
  const all = new Set(Array.from({ length: 30 }, (_, at) => `p${at}`))
  const without = (few: number) => new Set([...all].slice(few))
  expect(tellsBySubtraction(differenceOf(all, without(1)), cmsCells)).toBe(true)
  expect(tellsBySubtraction(differenceOf(without(10), all), cmsCells)).toBe(true)
  expect(tellsBySubtraction(differenceOf(all, without(11)), cmsCells)).toBe(false)
  expect(tellsBySubtraction(differenceOf(all, all), cmsCells)).toBe(false)
})

test('rounding: a multiple beside the count, the same when asked again, right on average', () => {
  const key = (cell: string) => ({ study: 'S', snapshot: 's1', cell })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), fc.constantFrom(5, 10), fc.string(), (count, base, cell) => {
      const once = roundStably(count, base, key(cell), hash)
      expect(once % base).toBe(0)
      expect(Math.abs(once - count)).toBeLessThan(base)
      expect(roundStably(count, base, key(cell), hash)).toBe(once)
    }),
  )
  const drawn = Array.from({ length: 4000 }, (_, at) => roundStably(43, 10, key(String(at)), hash))
  const mean = drawn.reduce((total, each) => total + each, 0) / drawn.length
  // Of 4,000 draws with a standard deviation of 4.6 the mean lies within 0.4 of 43, but for once in ten million times.
  expect(Math.abs(mean - 43)).toBeLessThan(0.4)
  const rounding = { study: 'S', snapshot: 's1', hash }
  expect(showCount(7, { ...cmsCells, rounding: 5 }, { cell: 'c', rounding })).toBe('<11')
  expect(Number(showCount(13, { ...cmsCells, rounding: 5 }, { cell: 'c', rounding })) % 5).toBe(0)
})

test('a list hides a second count, or its sum, so that the small one does not follow', () => {
  expect(suppressList([3, 50, 200], cmsCells)).toEqual({ counts: ['<11', '*', 200], total: 253 })
  expect(suppressList([3, 50, 200], cmsCells, { total: false })).toEqual({ counts: ['<11', 50, 200], total: null })
  expect(suppressList([3, 11], cmsCells)).toEqual({ counts: ['<11', '*'], total: 14 })
  // Ten counts whose sum is less than 11 are ten ones: the mark of a small sum tells too much.
  expect(
    suppressList(
      Array.from({ length: 10 }, () => 1),
      cmsCells,
    ),
  ).toEqual({ counts: Array.from({ length: 10 }, () => '<11'), total: '*' })
  expect(suppressList([3, 0, 0], cmsCells)).toEqual({ counts: ['<11', 0, 0], total: '<11' })
  expect(suppressList([20, 30], cmsCells)).toEqual({ counts: [20, 30], total: 50 })
  expect(suppressList([], cmsCells)).toEqual({ counts: [], total: 0 })
})

// ---- an attacker who has everything that is told and tries every table of whole numbers that agrees with it

const small: SmallCellPolicy = { threshold: 4, show: '<4', besides: '*', rounding: null }
const most = 20

function possible(told: SuppressedTable, policy: SmallCellPolicy): number[][] {
  const height = told.cells.length
  const width = told.cells[0]!.length
  const flat = told.cells.flat()
  const values = flat.map((cell) => rangeOf(cell, policy))
  const found = flat.map(() => new Set<number>())
  const agrees = (shown: Shown | null | undefined, value: number): boolean =>
    shown === null ||
    shown === undefined ||
    shown === value ||
    (shown === policy.show ? value > 0 && value < policy.threshold : shown === '*' && value > 0)
  const table: number[] = []
  const walk = (at: number): void => {
    if (at > 0 && at % width === 0) {
      const row = table.slice(at - width, at)
      if (!agrees(told.rows?.[at / width - 1], total(row))) return
    }
    if (at === flat.length) {
      for (let x = 0; x < width; x++)
        if (!agrees(told.columns?.[x], total(Array.from({ length: height }, (_, y) => table[y * width + x]!)))) return
      if (agrees(told.all, total(table))) table.forEach((value, each) => found[each]!.add(value))
      return
    }
    for (const value of values[at]!) {
      table[at] = value
      walk(at + 1)
      table.length = at
    }
  }
  walk(0)
  return found.map((each) => [...each].sort((a, b) => a - b))
}
const total = (numbers: number[]): number => numbers.reduce((sum, each) => sum + each, 0)
const rangeOf = (cell: Shown, { threshold, show }: SmallCellPolicy): number[] => {
  if (typeof cell === 'number') return [cell]
  const [from, to] = cell === show ? [1, threshold - 1] : [1, most]
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}

test.each([
  { height: 1, width: 4 },
  { height: 2, width: 2 },
  { height: 2, width: 3 },
])('all that is told of $height × $width leaves every small count as open as its mark', ({ height, width }) => {
  const count = fc.oneof({ weight: 2, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer({ min: 0, max: 9 }))
  const row = fc.array(count, { minLength: width, maxLength: width })
  const totals = fc.record({ rows: fc.boolean(), columns: fc.boolean(), all: fc.boolean() })
  fc.assert(
    fc.property(fc.array(row, { minLength: height, maxLength: height }), totals, (counts, sums) => {
      const told = suppressTable(counts, small, { totals: height === 1 ? { ...sums, columns: false } : sums })
      const open = possible(told, small)
      for (const [at, value] of counts.flat().entries()) {
        const shown = told.cells.flat()[at]
        if (value > 0 && value < 4) expect([typeof shown, open[at]!.slice(0, 3)]).toEqual(['string', [1, 2, 3]])
        else if (shown === '*') expect(open[at]!.length).toBeGreaterThan(1)
        else expect(shown).toBe(value)
      }
    }),
    { numRuns: 60 },
  )
})

test('a figure is of many people where the few who have most of it have not much more than others', () => {
  const weighed = (few: number, weight: number) => spreadOf([...many(few, weight), ...many(60 - few, 1)], countsOnly)
  // What they have beyond others is known, and taken from the figure: how many they are does not follow.
  for (const few of [1, 5, 10]) expect(weighed(few, 1_000).total - weighed(few, 1_000).beyond).toBe(60)
  expect([weighed(1, 1_000), weighed(0, 1), weighed(12, 1_000), weighed(1, 5)].map((spread) => isSpread(spread, countsOnly))).toEqual([
    false,
    true,
    true,
    true,
  ])
})
const many = (count: number, part: number): number[] => Array.from({ length: count }, () => part)
