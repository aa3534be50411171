import type { Result, ResultColumn } from '../result.js'

// Numbers are compared by their point: each stands under the one above it. What a mean has beyond four decimals is noise on screen; the value
// itself is in the cell viewer, in copies and in files.

const sampleRows = 500
const decimalsMax = 4

export interface Decimals {
  /** Room after the point that all rows of the column leave. */
  room: number
  /** More is not drawn. */
  most: number
}

const decimalsOf = (text: string): number => {
  const point = text.indexOf('.')
  return point === -1 || text.includes('e') ? 0 : text.length - point - 1
}

/** Null where a column has no decimals. */
export function decimalsIn(result: Pick<Result, 'rows'>, column: ResultColumn): Decimals | null {
  if (column.kind !== 'number') return null
  let longest = 0
  let tiny = false
  for (let row = 0; row < Math.min(result.rows, sampleRows); row += 1) {
    const value = Math.abs(column.number(row) ?? 0)
    longest = Math.max(longest, decimalsOf(column.text(row) ?? ''))
    if (value > 0 && value < 0.1) tiny = true
  }
  if (longest === 0) return null
  return tiny ? { room: longest, most: longest } : { room: Math.min(longest, decimalsMax), most: decimalsMax }
}

/** The number as it is drawn, and what is drawn unseen after it. */
export function alignedNumber(text: string, { room, most }: Decimals): { shown: string; after: string } {
  const shown =
    decimalsOf(text) > most
      ? Number(text)
          .toFixed(most)
          .replace(/\.?0+$/, '')
      : text
  const own = decimalsOf(shown)
  return { shown, after: own === 0 ? `.${'0'.repeat(room)}` : '0'.repeat(Math.max(0, room - own)) }
}
