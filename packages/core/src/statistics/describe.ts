/** Figures of a list of numbers; null where there are too few. */
export interface Description {
  n: number
  mean: number | null
  /** with n - 1 */
  sd: number | null
  median: number | null
  q1: number | null
  q3: number | null
}

export function describe(values: readonly number[]): Description {
  const sorted = values.toSorted((a, b) => a - b)
  const mean = meanOf(values)
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((at) => quantile(sorted, at)) as [number | null, number | null, number | null]
  const variance = varianceOf(values)
  return { n: values.length, mean, sd: variance === null ? null : Math.sqrt(variance), median, q1, q3 }
}

const meanOf = (values: readonly number[]): number | null => (values.length === 0 ? null : sum(values) / values.length)

export function varianceOf(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const mean = sum(values) / values.length
  return sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1)
}

/** Between the two neighbours in proportion: type 7 of Hyndman and Fan 1996, the default of R, NumPy and Excel. */
function quantile(sorted: readonly number[], at: number): number | null {
  if (sorted.length === 0) return null
  const place = (sorted.length - 1) * at
  const below = Math.floor(place)
  const low = sorted[below]!
  return low + (place - below) * ((sorted[below + 1] ?? low) - low)
}

// Neumaier's sum: what is lost of small parts beside large ones is kept beside and added in the end.
export function sum(values: readonly number[]): number {
  let total = 0
  let lost = 0
  for (const value of values) {
    const next = total + value
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total
    total = next
  }
  return total + lost
}
