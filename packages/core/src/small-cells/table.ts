import { hideFor, reach, type Arc } from './circulation.js'
import { isSmall, type Shown, type SmallCellPolicy } from './policy.js'
import { rounded, type Rounding } from './rounding.js'

/** Which sums are told beside the cells. */
export interface Totals {
  rows: boolean
  columns: boolean
  all: boolean
}
export interface SuppressedTable {
  cells: Shown[][]
  rows: Shown[] | null
  columns: Shown[] | null
  all: Shown | null
}
export interface TableOptions {
  totals?: Totals
  /** Where the policy rounds. */
  rounding?: { by: Rounding; table: string }
}

const everyTotal: Totals = { rows: true, columns: true, all: true }

/**
 * A table of counts of people, as it may be told. Small counts are hidden, and so many others beside them that from all that is told
 * nobody can say more of a small one than its mark does: each of 1 up to the threshold stays possible for it. What is hidden besides
 * is never known exactly, either. Zeros are told, and never hidden for others' sake.
 *
 * What is hidden besides is chosen by least count, not to a proven minimum, which is NP-hard (Kelly, Golden, Assad 1992). Tables that share
 * cells or sums have to be one table: two asked one by one can tell by subtraction.
 */
export function suppressTable(
  counts: readonly (readonly number[])[],
  policy: SmallCellPolicy,
  options: TableOptions = {},
): SuppressedTable {
  const { totals = everyTotal } = options
  const width = counts[0]?.length ?? 0
  const shape = { height: counts.length, width }
  const arcs = arcsOf(counts, policy, totals)
  const nodes = shape.height + width + 2
  protectSmall(arcs, nodes, policy)
  tellWhatIsKnown(arcs, nodes, policy)
  const told = (at: number): Shown => {
    const { value, low, high } = arcs[at]!
    if (high === Infinity) return policy.besides
    if (low !== high) return policy.show
    return rounded(value, policy, `${options.rounding?.table ?? ''}|${at}`, options.rounding?.by ?? null)
  }
  const first = shape.height * width
  return {
    cells: counts.map((row, y) => row.map((_, x) => told(y * width + x))),
    rows: totals.rows ? counts.map((_, y) => told(first + y)) : null,
    columns: totals.columns ? Array.from({ length: width }, (_, x) => told(first + shape.height + x)) : null,
    all: totals.all ? told(arcs.length - 1) : null,
  }
}

/** The counts of a chart's bars or of a column, with their sum where that is told. */
export function suppressList(
  counts: readonly number[],
  policy: SmallCellPolicy,
  options: { total?: boolean; rounding?: TableOptions['rounding'] } = {},
): { counts: Shown[]; total: Shown | null } {
  const { rounding } = options
  const totals = { rows: false, columns: false, all: options.total ?? true }
  const { cells, all } = suppressTable([counts], policy, { totals, ...(rounding === undefined ? {} : { rounding }) })
  return { counts: cells[0] ?? [], total: all }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

/** Cells row by row, then sums of rows, of columns, of all. Nodes: rows, columns, the grand total's two ends. */
function arcsOf(counts: readonly (readonly number[])[], policy: SmallCellPolicy, totals: Totals): Arc[] {
  const height = counts.length
  const width = counts[0]?.length ?? 0
  const [grand, end] = [height + width, height + width + 1]
  const all = sum(counts.flat())
  const arc = (from: number, to: number, of: readonly number[], isTold: boolean, dearer: number): Arc => {
    const value = sum(of)
    const least = of.filter((each) => each > 0).length
    if (!isTold) return { from, to, value, least, low: 0, high: Infinity, cost: Infinity }
    // A sum is what most readers look for first: it goes after the cells.
    const cost = value === 0 ? Infinity : 1 + value + dearer
    return isSmall(value, policy)
      ? { from, to, value, least, low: 1, high: policy.threshold - 1, cost }
      : { from, to, value, least, low: value, high: value, cost }
  }
  return [
    ...counts.flatMap((row, y) => row.map((value, x) => arc(y, height + x, [value], true, 0))),
    ...counts.map((row, y) => arc(grand, y, row, totals.rows, all)),
    ...Array.from({ length: width }, (_, x) => {
      const column = counts.map((row) => row[x] ?? 0)
      return arc(height + x, end, column, totals.columns, all)
    }),
    arc(end, grand, counts.flat(), totals.all, 3 * all),
  ]
}

/** Hides until no small number can be told better than from 1 up to the threshold. */
function protectSmall(arcs: Arc[], nodes: number, policy: SmallCellPolicy): void {
  const small = [...arcs.keys()].filter((at) => arcs[at]!.low === 1 && isSmall(arcs[at]!.value, policy))
  for (const at of small) {
    for (const way of ['up', 'down'] as const) {
      const { value } = arcs[at]!
      const wanted = way === 'up' ? policy.threshold - 1 - value : value - arcs[at]!.least
      for (;;) {
        const { moved, moves } = reach(arcs, nodes, { arc: at, way, wanted })
        if (moved === wanted) break
        for (const each of hideFor(arcs, nodes, { arc: at, way, moves })) hide(arcs[each]!)
      }
    }
  }
}

function hide(arc: Arc): void {
  arc.low = 1
  arc.high = Infinity
  arc.cost = Infinity
}

/** A number that was hidden besides and follows from the rest hides nothing. */
function tellWhatIsKnown(arcs: Arc[], nodes: number, policy: SmallCellPolicy): void {
  for (const [at, arc] of arcs.entries()) {
    if (arc.low !== 1 || arc.high !== Infinity || isSmall(arc.value, policy)) continue
    const isOpen = (['up', 'down'] as const).some((way) => reach(arcs, nodes, { arc: at, way, wanted: 1 }).moved > 0)
    if (!isOpen) Object.assign(arc, { low: arc.value, high: arc.value })
  }
}
