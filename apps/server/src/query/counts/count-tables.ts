import type { CountTable } from '@aquifer/core/query'
import type { FlatTable } from '../../view/index.js'
import { codeListTableColumns } from '../code-list-tables.js'
import { flatColumns, type StudyTable } from '../tables.js'

/** What may be counted: flat tables and code lists. Of a study's own view nobody knows whether a number is a mark of a few. */
export function countTables(tables: readonly StudyTable[], own: readonly FlatTable[]): CountTable[] {
  const theirs = new Set(own.map(({ name }) => name))
  return tables.flatMap(({ name, kind, view }): CountTable[] => {
    if (kind === 'codes') return [{ name, columns: codeListTableColumns, people: false, measured: false }]
    return view === null ? [] : [{ name, columns: flatColumns(view), people: true, measured: !theirs.has(name) }]
  })
}
