import './grid.css'
import { useEffect, useId, useMemo, useRef, useState, type RefObject } from 'react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { toast } from 'sonner'
import { plural } from '../../../ui/format.js'
import { rowHeights, useDensity } from '../../../ui/theme.js'
import { toTsv, type Range } from '../csv.js'
import type { Result } from '../result.js'
import { barScale } from './column-widths.js'
import { pressed } from './grid-keys.js'
import { GridHead } from './GridHead.js'
import { GridRow } from './GridRow.js'
import { rangeOf, start, type Place, type Selection } from './selection.js'
import { columnWidthMin, useResultTable } from './use-result-table.js'

const headHeight = 30
const numberWidth = 44
// Eight rows and a half: the half says that there are more.
const rowsShown = 8.5

export interface ResultGridProps {
  result: Result
  label: string
  /** Told which rows stand in which order, for downloads that match the screen. */
  onOrder?(order: Uint32Array | null): void
}

export function ResultGrid({ result, label, onOrder }: ResultGridProps) {
  const id = useId()
  const host = useRef<HTMLDivElement>(null)
  const grid = useGrid(host, result, onOrder)
  const { active } = grid.selection
  const items = grid.rows.getVirtualItems()
  // Only a cell that is drawn can be named as the active one.
  const drawn = active.row === -1 || items.some((item) => item.index === active.row)
  const line = { id, result, active, widths: grid.widths, bars: grid.bars, range: grid.range, onPress: grid.press, onOver: grid.over }
  return (
    <div className="grid-frame">
      <div
        ref={host}
        {...gridRole(result, label)}
        aria-activedescendant={drawn ? `${id}-${active.row}-${active.column}` : undefined}
        className="grid"
        style={{ maxHeight: headHeight + grid.rowHeight * rowsShown }}
        onKeyDown={(event) => pressed(event, grid.keys)}
        onPointerUp={grid.release}
        onPointerLeave={grid.release}
      >
        <div role="presentation" style={{ minWidth: numberWidth + grid.widths.reduce((sum, width) => sum + width, 0) }}>
          <GridHead id={id} headers={grid.headers} result={result} active={active} onPress={grid.pressHead} />
          <div role="rowgroup" className="grid-body" style={{ height: grid.rows.getTotalSize() }}>
            {items.map((item) => (
              <GridRow key={item.key} {...line} at={item.index} row={grid.order?.[item.index] ?? item.index} offset={item.start} />
            ))}
          </div>
        </div>
      </div>
      {result.rows === 0 && <p className="grid-empty sub">No row fits. The columns are as the statement named them.</p>}
    </div>
  )
}

function useGrid(host: RefObject<HTMLDivElement | null>, result: Result, onOrder: ResultGridProps['onOrder']) {
  const [selection, select] = useState<Selection>(start)
  const [dragging, drag] = useState(false)
  const rowHeight = rowHeights[useDensity().density]
  const { table, order } = useResultTable(result, onOrder)
  const headers = table.getHeaderGroups()[0]?.headers ?? []
  const widths = headers.map((header) => header.getSize())
  const bars = useMemo(() => barScale(result), [result])
  const rows = useVirtualizer({
    count: result.rows,
    getScrollElement: () => host.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollPaddingStart: headHeight,
  })
  // Heights are kept once measured; another density needs others.
  useEffect(() => rows.measure(), [rows, rowHeight])
  const range = rangeOf(selection)
  const keys = {
    selection,
    rows: result.rows,
    columns: result.columns.length,
    page: () => Math.max(1, Math.floor((host.current?.clientHeight ?? rowHeight * rowsShown) / rowHeight) - 2),
    copy: () => void copy(result, order, range),
    select,
    show(next: Selection) {
      select(next)
      if (next.active.row >= 0) rows.scrollToIndex(next.active.row)
      showColumn(host.current, headers[next.active.column]?.getStart() ?? 0, widths[next.active.column] ?? 0)
    },
    sort: (column: number) => table.getColumn(String(column))?.toggleSorting(),
    widen: (column: number, by: number) =>
      table.setColumnSizing((old) => ({ ...old, [String(column)]: Math.max(columnWidthMin, (widths[column] ?? 0) + by) })),
  }
  const pressHead = (column: number) => select({ active: { row: -1, column }, anchor: { row: 0, column } })
  const press = (place: Place, extend: boolean) => {
    drag(true)
    select((old) => ({ active: place, anchor: extend ? old.anchor : place }))
  }
  const over = (place: Place) => dragging && select((old) => ({ ...old, active: place }))
  return { rowHeight, selection, order, headers, widths, bars, rows, range, keys, pressHead, press, over, release: () => drag(false) }
}

const gridRole = (result: Result, label: string) =>
  ({
    role: 'grid',
    tabIndex: 0,
    'aria-label': `${label}: ${plural(result.rows, 'row')}, ${plural(result.columns.length, 'column')}. Arrows move, Shift selects, Control C copies.`,
    'aria-rowcount': result.rows + 1,
    'aria-colcount': result.columns.length,
    'aria-multiselectable': true,
  }) as const

function showColumn(host: HTMLElement | null, from: number, width: number): void {
  if (host === null) return
  if (from < host.scrollLeft) host.scrollLeft = from
  else if (numberWidth + from + width > host.scrollLeft + host.clientWidth) host.scrollLeft = numberWidth + from + width - host.clientWidth
}

async function copy(result: Result, order: Uint32Array | null, range: Range): Promise<void> {
  const cells = (range.bottom - range.top + 1) * (range.right - range.left + 1)
  try {
    // A single value is pasted as itself; more than one comes with the names of its columns.
    await navigator.clipboard.writeText(toTsv(result, order, range, cells > 1))
    toast.success(`Copied ${plural(cells, 'value')}`)
  } catch {
    toast.error('The clipboard is closed to this page')
  }
}
