import './grid.css'
import { useId, useMemo, useRef, useState } from 'react'
import { columnResizingFeature, columnSizingFeature, rowSortingFeature, tableFeatures, useTable, type ColumnDef } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { toast } from 'sonner'
import { count, plural } from '../../../ui/format.js'
import { toTsv } from '../csv.js'
import { sortRowsMax, sortedRows, type Result } from '../result.js'
import { barScale, columnWidths } from './column-widths.js'
import { GridHead } from './GridHead.js'
import { GridRow } from './GridRow.js'
import { rangeOf, start, step, type Place, type Selection } from './selection.js'

// The table model holds columns, widths and the order asked for; rows stay in their Arrow vectors and are never made into objects.
const features = tableFeatures({ columnSizingFeature, columnResizingFeature, rowSortingFeature })
export type GridFeatures = typeof features
const noRows: object[] = []
const rowHeight = 28
const heightMax = 30 + rowHeight * 10 + 4

export interface ResultGridProps {
  result: Result
  label: string
  /** Told which rows stand in which order, for downloads that match the screen. */
  onOrder?(order: Uint32Array | null): void
}

export function ResultGrid({ result, label, onOrder }: ResultGridProps) {
  const id = useId()
  const host = useRef<HTMLDivElement>(null)
  const [selection, select] = useState<Selection>(start)
  const dragging = useRef(false)
  const columns = useMemo<ColumnDef<GridFeatures, object>[]>(() => {
    const widths = columnWidths(result)
    return result.columns.map((column, at) => ({ id: String(at), header: column.name, size: widths[at], minSize: 48, maxSize: 1200 }))
  }, [result])
  const table = useTable({
    features,
    columns,
    data: noRows,
    columnResizeMode: 'onChange',
    manualSorting: true,
    enableSorting: result.rows <= sortRowsMax,
    sortDescFirst: false,
  })
  const sorting = table.state.sorting[0]
  const order = useMemo(() => {
    const column = sorting && result.columns[Number(sorting.id)]
    return column ? sortedRows(result, column, sorting.desc ? 'descending' : 'ascending') : null
  }, [result, sorting])
  const told = useRef<Uint32Array | null>(null)
  if (told.current !== order) {
    told.current = order
    onOrder?.(order)
  }
  const bars = useMemo(() => barScale(result), [result])
  const rows = useVirtualizer({
    count: result.rows,
    getScrollElement: () => host.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollPaddingStart: 30,
  })
  const range = rangeOf(selection)
  const drawn = selection.active.row === -1 || rows.getVirtualItems().some((item) => item.index === selection.active.row)

  const show = (next: Selection) => {
    select(next)
    if (next.active.row >= 0) rows.scrollToIndex(next.active.row)
    showColumn(host.current, table.getHeaderGroups()[0]?.headers[next.active.column]?.getStart() ?? 0, widthOf(next.active.column))
  }
  const widthOf = (column: number) => table.getHeaderGroups()[0]?.headers[column]?.getSize() ?? 0

  const onKeyDown = (event: React.KeyboardEvent) => {
    const ctrl = event.ctrlKey || event.metaKey
    const page = Math.max(1, Math.floor((host.current?.clientHeight ?? 280) / rowHeight) - 2)
    const { active } = selection
    const take = () => {
      event.preventDefault()
      event.stopPropagation()
    }
    if (ctrl && event.key.toLowerCase() === 'c') {
      take()
      void copy(toTsv(result, order, range, range.top !== range.bottom || range.left !== range.right), range)
    } else if (ctrl && event.key.toLowerCase() === 'a') {
      take()
      select({ anchor: { row: 0, column: 0 }, active: { row: result.rows - 1, column: result.columns.length - 1 } })
    } else if (active.row === -1 && (event.key === 'Enter' || event.key === ' ')) {
      take()
      table.getColumn(String(active.column))?.toggleSorting()
    } else if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      take()
      const width = Math.max(48, widthOf(active.column) + (event.key === 'ArrowRight' ? 16 : -16))
      table.setColumnSizing((old) => ({ ...old, [String(active.column)]: width }))
    } else if (!event.altKey) {
      const next = step(selection, event.key, { shift: event.shiftKey, ctrl }, { rows: result.rows, columns: result.columns.length, page })
      if (next === undefined) return
      take()
      show(next)
    }
  }
  const press = (place: Place, extend: boolean) => {
    dragging.current = true
    select((old) => ({ active: place, anchor: extend ? old.anchor : place }))
  }
  const headers = table.getHeaderGroups()[0]?.headers ?? []
  const width = 44 + headers.reduce((sum, header) => sum + header.getSize(), 0)
  return (
    <div
      ref={host}
      role="grid"
      tabIndex={0}
      aria-label={`${label}: ${plural(result.rows, 'row')}, ${plural(result.columns.length, 'column')}. Arrows move, Shift selects, Control C copies.`}
      aria-rowcount={result.rows + 1}
      aria-colcount={result.columns.length}
      aria-multiselectable
      aria-activedescendant={drawn ? `${id}-${selection.active.row}-${selection.active.column}` : undefined}
      className="grid"
      style={{ maxHeight: heightMax }}
      onKeyDown={onKeyDown}
      onPointerUp={() => (dragging.current = false)}
      onPointerLeave={() => (dragging.current = false)}
    >
      <div style={{ minWidth: width }}>
        <GridHead id={id} headers={headers} result={result} active={selection.active} onPress={(column) => select({ active: { row: -1, column }, anchor: { row: 0, column } })} />
        <div role="rowgroup" className="grid-body" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => (
            <GridRow
              key={item.key}
              id={id}
              at={item.index}
              row={order === null ? item.index : order[item.index]!}
              offset={item.start}
              result={result}
              widths={headers.map((header) => header.getSize())}
              bars={bars}
              range={range}
              active={selection.active}
              onPress={press}
              onOver={(place) => dragging.current && select((old) => ({ ...old, active: place }))}
            />
          ))}
        </div>
      </div>
      {result.rows === 0 && <p className="grid-empty sub">No row fits. The columns are as the statement named them.</p>}
    </div>
  )
}

function showColumn(host: HTMLElement | null, from: number, width: number): void {
  if (host === null) return
  const left = from + 44
  if (left - 44 < host.scrollLeft) host.scrollLeft = Math.max(0, left - 44)
  else if (left + width > host.scrollLeft + host.clientWidth) host.scrollLeft = left + width - host.clientWidth
}

async function copy(text: string, range: { top: number; bottom: number; left: number; right: number }): Promise<void> {
  const cells = (range.bottom - range.top + 1) * (range.right - range.left + 1)
  try {
    await navigator.clipboard.writeText(text)
    toast.success(`Copied ${count(cells)} ${cells === 1 ? 'value' : 'values'}`)
  } catch {
    toast.error('The clipboard is closed to this page')
  }
}
