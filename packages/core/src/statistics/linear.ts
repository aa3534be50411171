/** x of A x = b for a symmetric matrix; null where it is singular. Gauss with the largest pivot: the matrices here have a dozen rows. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | null {
  const rows = matrix.map((row, at) => [...row, right[at]!])
  const size = rows.length
  const scale = Math.max(0, ...matrix.flat().map(Math.abs))
  for (let column = 0; column < size; column++) {
    let best = column
    for (let row = column + 1; row < size; row++) if (Math.abs(rows[row]![column]!) > Math.abs(rows[best]![column]!)) best = row
    const pivot = rows[best]!
    if (Math.abs(pivot[column]!) <= scale * 1e-12) return null
    rows[best] = rows[column]!
    rows[column] = pivot
    for (const [at, row] of rows.entries()) {
      if (at === column) continue
      const times = row[column]! / pivot[column]!
      if (times !== 0) for (let each = column; each <= size; each++) row[each]! -= times * pivot[each]!
    }
  }
  return rows.map((row, at) => row[size]! / row[at]!)
}
