import type { KeyboardEvent } from 'react'
import { step, type Selection } from './selection.js'

interface GridKeys {
  selection: Selection
  rows: number
  columns: number
  /** Rows on one screen. */
  page(): number
  copy(): void
  select(next: Selection): void
  /** Selects and scrolls there. */
  show(next: Selection): void
  sort(column: number): void
  /** The menu of the column. */
  menu(column: number): void
  profile(column: number): void
  look(): void
  looking: boolean
  close(): void
  widen(column: number, by: number): void
}

/** One tab stop: arrows move inside, Shift extends, the head sorts, Alt and an arrow set a column's width. */
export function pressed(event: KeyboardEvent, grid: GridKeys): void {
  const act = action(event, grid)
  if (act === undefined) return
  event.preventDefault()
  event.stopPropagation()
  act()
}

function action(event: KeyboardEvent, grid: GridKeys): (() => void) | undefined {
  const { key, altKey, shiftKey } = event
  const ctrl = event.ctrlKey || event.metaKey
  const { active } = grid.selection
  if (ctrl && key.toLowerCase() === 'c') return () => grid.copy()
  if (ctrl && key.toLowerCase() === 'a') {
    return () => grid.select({ anchor: { row: 0, column: 0 }, active: { row: grid.rows - 1, column: grid.columns - 1 } })
  }
  if (active.row === -1 && (key === 'Enter' || key === ' ')) return () => grid.sort(active.column)
  if (key === 'Enter') return () => grid.look()
  if (key === 'Escape') return grid.looking ? () => grid.close() : undefined
  if (key.toLowerCase() === 'p' && !ctrl && !altKey) return () => grid.profile(active.column)
  if (altKey && key === 'ArrowDown') return () => grid.menu(active.column)
  if (altKey && key === 'ArrowRight') return () => grid.widen(active.column, 16)
  if (altKey && key === 'ArrowLeft') return () => grid.widen(active.column, -16)
  if (altKey) return undefined
  const next = step(grid.selection, key, { shift: shiftKey, ctrl }, { rows: grid.rows, columns: grid.columns, page: grid.page() })
  return next && (() => grid.show(next))
}
