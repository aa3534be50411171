import { cleanup, render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { Int32, Table, Utf8, tableToIPC, vectorFromArray } from 'apache-arrow'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { basis } from '../../../../../test/answering-server.js'
import { readResult, type Result } from '../result.js'
import type { CopyFormat } from './copy-as.js'
import { ResultGrid } from './ResultGrid.js'

const rows = 5000

function aResult(): Result {
  const numbers = Array.from({ length: rows }, (_, at) => (at === 2 ? null : (at * 7) % rows))
  const table = new Table({
    name: vectorFromArray(
      numbers.map((_, at) => (at === 1 ? '' : `row ${at}`)),
      new Utf8(),
    ),
    n: vectorFromArray(numbers, new Int32()),
  })
  return readResult(tableToIPC(table, 'stream'), basis)
}

beforeEach(() => {
  // A page that is only thought of has no heights, and a grid without height draws no row.
  for (const [size, pixels] of [
    ['offsetHeight', 268],
    ['clientHeight', 268],
    ['offsetWidth', 800],
    ['clientWidth', 800],
  ] as const)
    vi.spyOn(HTMLElement.prototype, size, 'get').mockReturnValue(pixels)
})
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

const grid = () => screen.getByRole('grid')
const active = () => document.getElementById(grid().getAttribute('aria-activedescendant') ?? '')

describe('the grid of a result', () => {
  test('draws what is on screen, and says how much there is', () => {
    render(<ResultGrid result={aResult()} label="people" />)
    expect(grid().getAttribute('aria-rowcount')).toBe(String(rows + 1))
    expect(screen.getAllByRole('row').length).toBeLessThan(40)
    expect(screen.getAllByRole('columnheader').map((head) => head.textContent)).toEqual(['name', 'n'])
  })

  test('null, an empty text and zero look different', () => {
    render(<ResultGrid result={aResult()} label="people" />)
    const [first, second, third] = screen.getAllByRole('row').slice(1)
    expect(
      within(first!)
        .getAllByRole('gridcell')
        .map((cell) => cell.textContent),
    ).toEqual(['row 0', '0'])
    expect(within(second!).getAllByRole('gridcell')[0]?.textContent).toBe("''")
    expect(within(third!).getByLabelText('null').textContent).toBe('∅')
  })

  test('is one stop of the Tab key, with arrows inside', async () => {
    const user = userEvent.setup()
    render(<ResultGrid result={aResult()} label="people" />)
    await user.tab()
    expect(document.activeElement).toBe(grid())
    await user.keyboard('{ArrowDown}{ArrowRight}')
    expect(active()?.textContent).toBe('7')
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}')
    expect(screen.getAllByRole('gridcell', { selected: true })).toHaveLength(2)
    await user.tab()
    expect(document.activeElement).not.toBe(grid())
  })

  test('sorts by its head, by key and by click, and tells the order', async () => {
    const user = userEvent.setup()
    const orders: (Uint32Array | null)[] = []
    const note = (order: Uint32Array | null) => void orders.push(order)
    render(<ResultGrid result={aResult()} label="people" onOrder={note} />)
    await user.tab()
    await user.keyboard('{ArrowRight}{ArrowUp}{Enter}')
    expect(screen.getAllByRole('columnheader')[1]?.getAttribute('aria-sort')).toBe('ascending')
    expect(screen.getAllByRole('gridcell')[1]?.textContent).toBe('0')
    await user.click(screen.getByText('n'))
    expect(screen.getAllByRole('columnheader')[1]?.getAttribute('aria-sort')).toBe('descending')
    expect(screen.getAllByRole('gridcell')[1]?.textContent).toBe(String(rows - 1))
    expect(orders.at(-1)?.at(-1)).toBe(2)
  })
})

describe('what is done with a column and a cell', () => {
  test('a column is pinned and profiled from its menu, a value is read in full', async () => {
    const user = userEvent.setup()
    render(<ResultGrid result={aResult()} label="people" />)
    await user.click(screen.getByRole('button', { name: 'Column n' }))
    await user.click(screen.getByRole('menuitem', { name: /Pin to the left/ }))
    expect(screen.getAllByRole('columnheader').map((head) => head.hasAttribute('data-pinned'))).toEqual([false, true])
    grid().focus()
    await user.keyboard('p')
    expect(within(screen.getByRole('region', { name: 'Profile of name' })).getByText('distinct')).toBeTruthy()
    await user.keyboard('{Enter}')
    expect(screen.getByRole('region', { name: 'name' }).textContent).toContain('row 0')
    await user.keyboard('{Escape}')
    expect(screen.queryByRole('region')).toBeNull()
  })

  test('who may not release results copies some rows, not all of a large one', async () => {
    userEvent.setup()
    for (const releases of [false, true]) {
      const copyRef: { current: ((format: CopyFormat) => void) | null } = { current: null }
      render(<ResultGrid result={aResult()} label="people" copyRef={copyRef} releases={releases} />)
      await navigator.clipboard.writeText('before')
      copyRef.current?.('csv')
      await vi.waitFor(
        async () => expect((await navigator.clipboard.readText()).split('\r\n')).toHaveLength(releases ? rows + 1 : 1),
        30_000,
      )
      cleanup()
    }
  })
})
