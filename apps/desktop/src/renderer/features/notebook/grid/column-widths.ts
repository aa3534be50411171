import type { Result } from '../result.js'

const letter = 7.4
const widthMin = 72
const widthMax = 340
const sampleRows = 60
// A pseudonym says nothing by its later letters, and takes the room of three columns.
const isKey = /(^|_)key$/i
const keyMax = 150

/** Wide enough for the head and for what the first rows hold, within bounds; the reader may drag. */
export function columnWidths(result: Result): number[] {
  return result.columns.map((column) => {
    let longest = column.name.length + 4
    for (let row = 0; row < Math.min(result.rows, sampleRows); row += 1) longest = Math.max(longest, column.text(row)?.length ?? 1)
    return Math.round(Math.min(isKey.test(column.name) ? keyMax : widthMax, Math.max(widthMin, longest * letter + 26)))
  })
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
