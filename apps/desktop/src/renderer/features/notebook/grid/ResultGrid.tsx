import './grid.css'
import { memo, useEffect, useId, useImperativeHandle, useMemo, useRef, useState, type RefObject } from 'react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { toast } from 'sonner'
import { count, plural } from '../../../ui/format.js'
import { rowHeights, useDensity } from '../../../ui/theme.js'
import { toTsv, type Range } from '../csv.js'
import { sortRowsMax, type Result } from '../result.js'
import type { ColumnActs } from './ColumnMenu.js'
import { copyAs, type CopyFormat } from './copy-as.js'
import { barScale } from './column-widths.js'
import { decimalsIn } from './decimals.js'
import { pressed } from './grid-keys.js'
import { GridHead, menuId } from './GridHead.js'
import { GridPanel, type Looking } from './GridPanel.js'
import { GridRow } from './GridRow.js'
import { chosenRowsMax } from '../result.js'
import { rangeOf, start, type Place, type Selection } from './selection.js'
import { columnWidthMin, useResultTable } from './use-result-table.js'

const headHeight = 30
const numberWidth = 44
const copiedRowsMax = 10_000
// Eight rows and a half: the half says that there are more.
const rowsShown = 8.5
/** A result that is hardly longer is shown whole: half a row more to scroll to would only annoy. */
const rowsWhole = 12

export interface ResultGridProps {
  result: Result
  label: string
  /** Told which rows stand in which order, for downloads that match the screen. */
  onOrder?(order: Uint32Array | null): void
  /** Copies what is chosen, or all of it where one cell is. */
  copyRef?: RefObject<((format: CopyFormat) => void) | null>
  /** Whether results may leave the house; else no more than `chosenRowsMax` rows are copied. */
  releases?: boolean
}

// Whoever types beside it draws the cell anew with every key, and a result does not change by that.
export const ResultGrid = memo(function ResultGrid({ result, label, onOrder, copyRef, releases = false }: ResultGridProps) {
  const id = useId()
  const host = useRef<HTMLDivElement>(null)
  const grid = useGrid(host, { result, label, onOrder, releases }, id)
  useImperativeHandle(copyRef, () => grid.copyAs)
  const { active } = grid.selection
  const items = grid.rows.getVirtualItems()
  // Only a cell that is drawn can be named as the active one.
  const drawn = active.row === -1 || items.some((item) => item.index === active.row)
  const line = {
    id,
    result,
    active,
    widths: grid.widths,
    bars: grid.bars,
    decimals: grid.decimals,
    range: grid.range,
    pins: grid.pins,
    onPress: grid.press,
    onOver: grid.over,
    onLook: grid.look,
  }
  return (
    <div className="grid-frame">
      <div
        ref={host}
        {...gridRole(result, label)}
        aria-activedescendant={drawn ? `${id}-${active.row}-${active.column}` : undefined}
        className="grid"
        style={result.rows <= rowsWhole ? undefined : { maxHeight: headHeight + grid.rowHeight * rowsShown }}
        // A menu of a column lies elsewhere on the page; its keys are its own.
        onKeyDown={(event) => host.current?.contains(event.target as Node) && pressed(event, grid.keys)}
        onPointerUp={grid.release}
        onPointerLeave={grid.release}
      >
        <div role="presentation" style={{ minWidth: numberWidth + grid.widths.reduce((sum, width) => sum + width, 0) }}>
          <GridHead
            id={id}
            headers={grid.headers}
            result={result}
            active={active}
            acts={grid.acts}
            pins={grid.pins}
            onPress={grid.pressHead}
          />
          <div role="rowgroup" className="grid-body" style={{ height: grid.rows.getTotalSize() }}>
            {items.map((item) => (
              <GridRow key={item.key} {...line} at={item.index} row={grid.order?.[item.index] ?? item.index} offset={item.start} />
            ))}
          </div>
        </div>
      </div>
      {grid.looking && <GridPanel result={result} looking={grid.looking} onClose={() => grid.keys.close()} />}
      {result.rows === 0 && <p className="grid-empty sub">No row fits. The columns are as the statement named them.</p>}
    </div>
  )
})

function useGrid(host: RefObject<HTMLDivElement | null>, { result, onOrder, releases }: ResultGridProps, id: string) {
  const [selection, select] = useState<Selection>(start)
  const [dragging, drag] = useState(false)
  const rowHeight = rowHeights[useDensity().density]
  const { table, order } = useResultTable(result, onOrder)
  const headers = table.getHeaderGroups()[0]?.headers ?? []
  const widths = headers.map((header) => header.getSize())
  const bars = useMemo(() => barScale(result), [result])
  const decimals = useMemo(() => result.columns.map((column) => decimalsIn(result, column)), [result])
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
  const { looking, look, profile, close } = useLooking(order)
  const { pins, pin, pinned } = usePins(widths)
  const acts: ColumnActs = {
    sort: (column, descending) => table.getColumn(String(column))?.toggleSorting(descending),
    pin,
    pinned,
    profile,
    canSort: result.rows <= sortRowsMax,
  }
  const keys = {
    menu: (column: number) => document.getElementById(menuId(id, column))?.click(),
    profile,
    looking: looking !== null,
    look: () => look(selection.active),
    close,
    selection,
    rows: result.rows,
    columns: result.columns.length,
    page: () => Math.max(1, Math.floor((host.current?.clientHeight ?? rowHeight * rowsShown) / rowHeight) - 2),
    copy: () => void (isLeaving(range, releases) ? tellNoRelease() : copy(result, order, range)),
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
  const copyChosen = (format: CopyFormat) => {
    const one = range.top === range.bottom && range.left === range.right
    const whole = {
      top: 0,
      bottom: Math.min(result.rows, copiedRowsMax) - 1,
      left: format === 'in-list' ? range.left : 0,
      right: result.columns.length - 1,
    }
    if (isLeaving(one ? whole : range, releases)) return tellNoRelease()
    void toClipboard(
      copyAs(format, result, order, one ? whole : range),
      one && result.rows > copiedRowsMax ? `the first ${count(copiedRowsMax)} rows` : null,
    )
  }
  return {
    acts,
    pins,
    looking,
    look,
    copyAs: copyChosen,
    rowHeight,
    selection,
    order,
    headers,
    widths,
    bars,
    decimals,
    rows,
    range,
    keys,
    pressHead,
    press,
    over,
    release: () => drag(false),
  }
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

/** One value in full, or the profile of a column; by place on screen, so it follows the order. */
function useLooking(order: Uint32Array | null) {
  const [looking, set] = useState<Looking | null>(null)
  return {
    looking,
    look: ({ row, column }: Place) => row >= 0 && set({ what: 'value', row: order?.[row] ?? row, column }),
    profile: (column: number) => set({ what: 'profile', column }),
    close: () => set(null),
  }
}

/** Pinned columns stay where they stand until the left edge reaches them. */
function usePins(widths: readonly number[]) {
  const [pinned, set] = useState<ReadonlySet<number>>(new Set())
  const pins = widths.map((_width, at) =>
    pinned.has(at)
      ? widths.reduce((edge, width, before) => (before < at && pinned.has(before) ? edge + width : edge), numberWidth)
      : undefined,
  )
  const pin = (column: number) =>
    set((old) => (old.has(column) ? new Set([...old].filter((other) => other !== column)) : new Set([...old, column])))
  return { pins, pin, pinned: (column: number) => pinned.has(column) }
}

const isLeaving = ({ top, bottom }: Range, releases = false): boolean => !releases && bottom - top >= chosenRowsMax
const tellNoRelease = () =>
  void toast.error('Not copied', {
    description: `More than ${chosenRowsMax} rows leave by those who may release results. Choose fewer, or ask the study manager for the right.`,
  })

async function copy(result: Result, order: Uint32Array | null, range: Range): Promise<void> {
  const cells = (range.bottom - range.top + 1) * (range.right - range.left + 1)
  // A single value is pasted as itself; more than one comes with the names of its columns.
  await toClipboard(toTsv(result, order, range, cells > 1), plural(cells, 'value'))
}

async function toClipboard(text: string, what: string | null): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast.success(what === null ? 'Copied' : `Copied ${what}`)
  } catch {
    toast.error('The clipboard is closed to this page')
  }
}
