import type { Range } from '../csv.js'

/** Row -1 is the head. */
export interface Place {
  row: number
  column: number
}

export interface Selection {
  active: Place
  anchor: Place
}

export const start: Selection = { active: { row: 0, column: 0 }, anchor: { row: 0, column: 0 } }

export function rangeOf({ active, anchor }: Selection): Range {
  return {
    top: Math.max(0, Math.min(active.row, anchor.row)),
    bottom: Math.max(0, Math.max(active.row, anchor.row)),
    left: Math.min(active.column, anchor.column),
    right: Math.max(active.column, anchor.column),
  }
}

export const within = (range: Range, row: number, column: number): boolean =>
  row >= range.top && row <= range.bottom && column >= range.left && column <= range.right

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** Where a key leads; undefined for keys the grid leaves alone. */
export function step(
  selection: Selection,
  key: string,
  held: { shift: boolean; ctrl: boolean },
  size: { rows: number; columns: number; page: number },
): Selection | undefined {
  const { row, column } = selection.active
  const last = { row: size.rows - 1, column: size.columns - 1 }
  const targets: Record<string, Place> = {
    ArrowUp: { row: held.ctrl ? 0 : row - 1, column },
    ArrowDown: { row: held.ctrl ? last.row : row + 1, column },
    ArrowLeft: { row, column: held.ctrl ? 0 : column - 1 },
    ArrowRight: { row, column: held.ctrl ? last.column : column + 1 },
    PageUp: { row: row - size.page, column },
    PageDown: { row: row + size.page, column },
    Home: { row: held.ctrl ? 0 : row, column: 0 },
    End: { row: held.ctrl ? last.row : row, column: last.column },
  }
  const target = targets[key]
  if (target === undefined) return undefined
  const active = { row: clamp(target.row, held.shift ? 0 : -1, Math.max(last.row, 0)), column: clamp(target.column, 0, last.column) }
  return { active, anchor: held.shift ? selection.anchor : active }
}
