import type { Result, ResultColumn } from '../result.js'

export interface Profile {
  name: string
  rows: number
  missing: number
  suppressed: number
  distinct: number
  /** The rows have more different values than are counted. */
  distinctCut: boolean
  top: { text: string; n: number }[]
  figures: { min: string; q1: string; median: string; q3: string; max: string; mean: number | null } | null
  bins: number[]
}

const distinctMax = 100_000
const topMax = 8
const binsMax = 24

/** What one column of the rows at hand holds. Suppressed cells count as such and as nothing else. */
export function profileOf(result: Result, at: number): Profile {
  const column = result.columns[at]!
  const counts = new Map<string, number>()
  const numbers: number[] = []
  let [missing, suppressed, cut] = [0, 0, false]
  for (let row = 0; row < result.rows; row += 1) {
    if (result.suppressed?.(row, at)) {
      suppressed += 1
      continue
    }
    const text = column.text(row)
    if (text === null) {
      missing += 1
      continue
    }
    if (counts.has(text) || counts.size < distinctMax) counts.set(text, (counts.get(text) ?? 0) + 1)
    else cut = true
    const number = column.number(row)
    if (number !== null) numbers.push(number)
  }
  const top = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, topMax)
  const sorted = Float64Array.from(numbers).sort()
  return {
    name: column.name,
    rows: result.rows,
    missing,
    suppressed,
    distinct: counts.size,
    distinctCut: cut,
    top: top.map(([text, n]) => ({ text, n })),
    figures: figuresOf(column, sorted),
    bins: binsOf(sorted),
  }
}

function figuresOf(column: ResultColumn, sorted: Float64Array): Profile['figures'] {
  if (sorted.length === 0) return null
  const write = (value: number) =>
    column.kind === 'date' ? new Date(value).toISOString().slice(0, 10) : String(Number(value.toPrecision(8)))
  const mean = column.kind === 'number' ? sorted.reduce((sum, value) => sum + value, 0) / sorted.length : null
  const [min, q1, median, q3, max] = [0, 0.25, 0.5, 0.75, 1].map((share) => write(quantile(sorted, share)))
  return { min: min!, q1: q1!, median: median!, q3: q3!, max: max!, mean }
}

/** Between two values in proportion, as quantile_cont of the engine does. */
function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
  return low + (high - low) * (place - Math.floor(place))
}

function binsOf(sorted: Float64Array): number[] {
  const [low, high] = [sorted[0], sorted.at(-1)]
  if (low === undefined || high === undefined || low === high) return []
  const bins = Array.from({ length: binsMax }, () => 0)
  for (const value of sorted) {
    const at = Math.min(binsMax - 1, Math.floor(((value - low) / (high - low)) * binsMax))
    bins[at] = bins[at]! + 1
  }
  return bins
}
