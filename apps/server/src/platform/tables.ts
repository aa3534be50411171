import { resourceTypes } from '@aquifer/core/fhir'
import { nestedColumns, nestedTypeSql, type FlatTable, type FlatTableInput } from '../reservoir/index.js'
import { flatTable, flatTableSql } from '../view/index.js'

const columnsOf = (type: string): Record<string, string> =>
  Object.fromEntries(nestedColumns(type).map((field) => [field.name, nestedTypeSql(field.type)]))

/** The flat tables of a published generation, one for each type the study has. */
export function publishedTables({ rowsOf, displays }: FlatTableInput): FlatTable[] {
  return resourceTypes.flatMap((type) => {
    const rows = rowsOf(type)
    if (rows === null) return []
    const table = flatTable(type)
    return [{ name: table.name, types: [type], sql: flatTableSql(table, { from: `(${rows})`, columns: columnsOf(type), displays }).sql }]
  })
}
