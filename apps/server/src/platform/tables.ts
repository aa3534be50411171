import { resourceTypes } from '@aquifer/core/fhir'
import { nestedColumnTypes, type FlatTable, type FlatTableInput, type StudyTables } from '../reservoir/index.js'
import { codeListSql, type ListFile } from '../query/index.js'
import { analysisTables, flatTable, flatTableSql, type FlatTable as View } from '../view/index.js'

/** The flat tables of a published generation: one for each type the study has, and those of its own views. */
export function publishedTables(own: readonly View[], lists: readonly ListFile[] = []): StudyTables {
  const made = (table: View, { rowsOf, displays }: FlatTableInput): FlatTable[] => {
    const rows = rowsOf(table.type)
    if (rows === null) return []
    const sql = () => flatTableSql(table, { from: `(${rows})`, columns: nestedColumnTypes(table.type), displays }).sql
    return [{ name: table.name, types: [table.type], sql, own: own.includes(table) }]
  }
  return {
    mark: [...own.map(({ key }) => key), ...lists.map(({ name, version, path }) => `${name} ${version} ${path}`)].join(),
    tables: (input) => [
      ...[...resourceTypes.map(flatTable), ...analysisTables(), ...own].flatMap((table) => made(table, input)),
      ...(lists.length === 0 ? [] : [{ name: 'code_lists', types: [], sql: () => codeListSql('code_lists', lists), own: true }]),
    ],
  }
}
