import type { Result } from '../result.js'
import { alignedNumber, decimalsIn, type Decimals } from './decimals.js'

const letter = 7.4
// Figures of equal width are wider than letters are on average.
const digit = 8.1
// Icon, gaps, the place of the menu and the edges.
const headRoom = 70
const widthMin = 72
const widthMax = 340
const sampleRows = 60
// A pseudonym says nothing by its later letters, and takes the room of three columns.
const isKey = /(^|_)key$/i
const keyMax = 150

/** Wide enough for the head and for what the first rows hold, within bounds; the reader may drag. */
export function columnWidths(result: Result): number[] {
  return result.columns.map((column) => {
    const decimals = decimalsIn(result, column)
    let longest = 1
    for (let row = 0; row < Math.min(result.rows, sampleRows); row += 1)
      longest = Math.max(longest, drawnLength(column.text(row), decimals))
    const head = column.name.length * letter + headRoom
    const values = longest * (column.kind === 'text' || column.kind === 'nested' ? letter : digit) + 26
    return Math.round(Math.min(isKey.test(column.name) ? keyMax : widthMax, Math.max(widthMin, head, values)))
  })
}

function drawnLength(text: string | null, decimals: Decimals | null): number {
  if (text === null || decimals === null) return text?.length ?? 1
  const { shown, after } = alignedNumber(text, decimals)
  return shown.length + after.length
}

const counting = /^(n|count|people|persons|patients|rows|total|cases|events|.*_(count|people|n))$/i

/** Columns whose numbers are also drawn as bars: counts of a short result, never years or codes. The number stays the value. */
export function barScale(result: Result): (number | null)[] {
  return result.columns.map((column) => {
    if (column.kind !== 'number' || result.rows < 2 || result.rows > 500 || !counting.test(column.name)) return null
    let largest = 0
    for (let row = 0; row < result.rows; row += 1) {
      const value = column.number(row)
      if (value === null) continue
      if (value < 0 || !Number.isInteger(value)) return null
      largest = Math.max(largest, value)
    }
    return largest > 0 ? largest : null
  })
}
