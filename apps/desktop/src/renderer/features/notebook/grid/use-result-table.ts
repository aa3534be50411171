import { useEffect, useMemo } from 'react'
import {
  columnResizingFeature,
  columnSizingFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
} from '@tanstack/react-table'
import { sortRowsMax, sortedRows, type Result } from '../result.js'
import { columnWidths } from './column-widths.js'

// The table model holds columns, widths and the order asked for; rows stay in their Arrow vectors and are never made into objects.
const features = tableFeatures({ columnSizingFeature, columnResizingFeature, rowSortingFeature })
export type GridFeatures = typeof features
const noRows: object[] = []
export const columnWidthMin = 48

export function useResultTable(result: Result, onOrder: ((order: Uint32Array | null) => void) | undefined) {
  const columns = useMemo<ColumnDef<GridFeatures, object>[]>(() => {
    const widths = columnWidths(result)
    return result.columns.map((column, at) => ({
      id: String(at),
      header: column.name,
      size: widths[at],
      minSize: columnWidthMin,
      maxSize: 1200,
    }))
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
  useEffect(() => onOrder?.(order), [order, onOrder])
  return { table, order }
}
