import type { Header } from '@tanstack/react-table'
import { Braces, CalendarDays, ChevronDown, ChevronUp, Hash, ToggleLeft, Type } from 'lucide-react'
import { Icon, type LucideIcon } from '../../../ui/Icon.js'
import type { ColumnKind, Result } from '../result.js'
import { ColumnMenu, type ColumnActs } from './ColumnMenu.js'
import type { GridFeatures } from './use-result-table.js'
import type { Place } from './selection.js'

export const kindIcons: Record<ColumnKind, LucideIcon> = {
  number: Hash,
  year: CalendarDays,
  text: Type,
  boolean: ToggleLeft,
  date: CalendarDays,
  nested: Braces,
}

/** Years compare like other numbers. */
export const isRight = (kind: ColumnKind): boolean => kind === 'number' || kind === 'year'

interface Props {
  id: string
  headers: Header<GridFeatures, object>[]
  result: Result
  active: Place
  acts: ColumnActs
  /** Left edge of a pinned column; undefined for one that scrolls. */
  pins: readonly (number | undefined)[]
  onPress(column: number): void
}

export const menuId = (grid: string, column: number): string => `${grid}-menu-${column}`

export function GridHead({ id, headers, result, active, acts, pins, onPress }: Props) {
  return (
    <div role="rowgroup" className="grid-head">
      <div role="row" aria-rowindex={1} className="grid-row">
        <span className="grid-number" role="presentation" />
        {headers.map((header, at) => {
          const column = result.columns[at]!
          const sorted = header.column.getIsSorted()
          return (
            <div
              key={header.id}
              id={`${id}--1-${at}`}
              role="columnheader"
              aria-colindex={at + 1}
              aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined}
              data-active={(active.row === -1 && active.column === at) || undefined}
              className={isRight(column.kind) ? 'grid-cell grid-heading n' : 'grid-cell grid-heading'}
              data-pinned={pins[at] !== undefined || undefined}
              style={{ flexBasis: header.getSize(), minWidth: header.getSize(), left: pins[at] }}
              title={header.column.getCanSort() ? column.name : `${column.name}. Too many rows to sort here: use order by`}
              onContextMenu={(event) => {
                event.preventDefault()
                document.getElementById(menuId(id, at))?.click()
              }}
              onClick={() => {
                onPress(at)
                header.column.toggleSorting()
              }}
            >
              <Icon of={kindIcons[column.kind]} size={12} className="ink-3" />
              <span className="cut">{column.name}</span>
              {sorted && <Icon of={sorted === 'asc' ? ChevronUp : ChevronDown} size={12} />}
              <span className="grid-menu-place" role="presentation" onClick={(event) => event.stopPropagation()}>
                <ColumnMenu id={menuId(id, at)} name={column.name} at={at} acts={acts} />
              </span>
              <span
                aria-hidden
                className="grid-resize"
                data-resizing={header.column.getIsResizing() || undefined}
                onPointerDown={(event) => event.stopPropagation()}
                onClick={(event) => event.stopPropagation()}
                onDoubleClick={() => header.column.resetSize()}
                onMouseDown={header.getResizeHandler()}
                onTouchStart={header.getResizeHandler()}
              />
            </div>
          )
        })}
      </div>
    </div>
  )
}
