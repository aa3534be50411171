import type { StatementRows } from '@aquifer/core/contract'
import { cmsCells, countsOnly, showRows } from '@aquifer/core/small-cells'
import { WrongUsage } from './failure.js'

/** The result as it may be passed on to people who may not see small groups. */
export function withoutSmallCells(result: StatementRows, [count, ...derived]: readonly string[]): StatementRows {
  if (count === undefined) return result
  const names = result.columns.map(({ name }) => name)
  const missing = [count, ...derived].find((name) => names.filter((each) => each === name).length !== 1)
  if (missing !== undefined) throw new WrongUsage(`--small-cells: the result has not one column ${missing}.`)
  if (result.basis.truncated) throw new WrongUsage('--small-cells needs every row: raise --limit.')
  const at = names.indexOf(count)
  if (!result.rows.every((row) => Number.isSafeInteger(row[at]) && Number(row[at]) >= 0))
    throw new WrongUsage(`--small-cells: ${count} is not a column of counts.`)
  const objects = result.rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])))
  const shown = showRows(objects, { count, derived }, cmsCells)
  return { ...result, rows: shown.map((row) => names.map((name) => row[name])) }
}

/** Hidden cells of counts as the marks that stand for them. */
export function withMarks(result: StatementRows): StatementRows {
  const rows = result.rows.map((row) => [...row])
  for (const [row, column, why] of result.suppressed ?? []) {
    const cells = rows[row]
    if (cells !== undefined) cells[column] = why === 'primary' ? countsOnly.show : countsOnly.besides
  }
  return { ...result, rows }
}
