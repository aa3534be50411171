import type { Notebook, NotebookCell } from '@aquifer/core/contract'

export type Cell = NotebookCell
export type CellKind = Cell['kind']
export type Cells = readonly Cell[]

/** What an edit changes and a save sends; version and times belong to the server. */
export interface Page {
  title: string
  /** The data cut that all cells read; null: the living data. */
  cut: string | null
  cells: Cells
}

export const pageOf = (notebook: Notebook): Page => ({ title: notebook.title, cut: notebook.cut, cells: notebook.cells })

const named = /^[a-z_][a-z0-9_]{0,62}$/

/** A result can be used by name in SQL, so the name has to be one that needs no quotes. */
export const isCellName = (name: string): boolean => named.test(name)

export function freeName(cells: readonly Pick<Cell, 'name'>[], wanted: string): string {
  const taken = new Set(cells.map((cell) => cell.name))
  if (!taken.has(wanted)) return wanted
  let at = 2
  while (taken.has(`${wanted}_${at}`)) at += 1
  return `${wanted}_${at}`
}

export function newCell(kind: CellKind, id: string, cells: Cells): Cell {
  if (kind === 'markdown') return { id, kind, name: '', source: '' }
  if (kind === 'sql') return { id, kind, name: freeName(cells, 'result'), source: '' }
  if (kind === 'parameter') return { id, kind, name: freeName(cells, 'as_of'), source: '', parameter: { type: 'date', value: null } }
  if (kind === 'cohort') return { id, kind, name: freeName(cells, 'cohort'), source: '', cohort: { criteria: { all: [] } } }
  const of = cells.findLast((cell) => cell.kind === 'sql')?.name ?? ''
  if (kind === 'statistics')
    return { id, kind, name: freeName(cells, 'table_one'), source: '', statistics: { kind: 'table-one', of, variables: [] } }
  return { id, kind, name: freeName(cells, of ? `${of}_chart` : 'chart'), source: '', chart: { type: 'bar', of, x: '', y: [] } }
}

const ofKind = (kind: string): string => kind.replaceAll('-', '_')
const figureNames = /^(table_one|survival|incidence|missing|adherence)(_\d+)?$/

/** A figure that still has the name of another kind gets one of its own; null where somebody named it. */
export function nameOfKind(cells: Cells, id: string, kind: string): string | null {
  const others = cells.filter((cell) => cell.id !== id)
  const name = cells.find((cell) => cell.id === id)?.name ?? ''
  return figureNames.test(name) ? freeName(others, ofKind(kind)) : null
}

export function insertAt(cells: Cells, at: number, cell: Cell): Cells {
  return [...cells.slice(0, at), cell, ...cells.slice(at)]
}

export const remove = (cells: Cells, id: string): Cells => cells.filter((cell) => cell.id !== id)

export function move(cells: Cells, id: string, by: -1 | 1): Cells {
  const from = cells.findIndex((cell) => cell.id === id)
  const to = from + by
  const cell = cells[from]
  if (cell === undefined || to < 0 || to >= cells.length) return cells
  return insertAt(remove(cells, id), to, cell)
}

export function change(cells: Cells, id: string, part: Partial<Omit<Cell, 'id' | 'kind'>>): Cells {
  return cells.map((cell) => (cell.id === id ? { ...cell, ...part } : cell))
}

/** What was written stays; a text has no name, a result needs one. */
export function turn(cells: Cells, id: string, kind: 'sql' | 'markdown'): Cells {
  return cells.map((cell) =>
    cell.id !== id || cell.kind === kind || (cell.kind !== 'sql' && cell.kind !== 'markdown')
      ? cell
      : { id, kind, name: kind === 'sql' ? freeName(cells, 'result') : '', source: cell.source },
  )
}

/** Renames a result and the charts and figures that read it; SQL that names it is the writer's own text and stays. */
export function rename(cells: Cells, id: string, name: string): Cells {
  const old = cells.find((cell) => cell.id === id)?.name
  return cells.map((cell) => {
    if (cell.id === id) return { ...cell, name }
    if (cell.chart && cell.chart.of === old) return { ...cell, chart: { ...cell.chart, of: name } }
    return cell.statistics && cell.statistics.of === old ? { ...cell, statistics: { ...cell.statistics, of: name } } : cell
  })
}

export const samePage = (one: Page, other: Page): boolean => one === other || JSON.stringify(one) === JSON.stringify(other)
