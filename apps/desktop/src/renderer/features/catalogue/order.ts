import type { CatalogueTable } from '@aquifer/core/contract'

/** Tables and columns whose name holds the text; a table found by its own name keeps all of its columns. */
export function searchTables(tables: readonly CatalogueTable[], text: string): CatalogueTable[] {
  const sorted = tables.toSorted((a, b) => (a.kind === b.kind ? a.name.localeCompare(b.name) : a.kind === 'flat' ? -1 : 1))
  if (text === '') return sorted
  return sorted.flatMap((table) => {
    if (table.name.toLowerCase().includes(text)) return [table]
    const columns = table.columns.filter((column) => column.name.toLowerCase().includes(text))
    return columns.length > 0 ? [{ ...table, columns }] : []
  })
}

export function columnKindOf(type: string): 'nested' | 'number' | 'date' | 'boolean' | 'text' {
  if (/\[\]$|^(STRUCT|MAP|LIST|JSON)/i.test(type)) return 'nested'
  if (/INT|DOUBLE|FLOAT|DECIMAL|HUGE/i.test(type)) return 'number'
  if (/DATE|TIME/i.test(type)) return 'date'
  return /BOOL/i.test(type) ? 'boolean' : 'text'
}

const plainTypes: Record<string, string> = { nested: 'nested', number: 'number', date: 'date', boolean: 'yes or no', text: 'text' }
export const typeWords = (type: string): string => plainTypes[columnKindOf(type)] ?? type
