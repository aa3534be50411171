import type { CatalogueTable, DownloadCodebook } from '@aquifer/core/contract'
import { isRefusal } from '@aquifer/core/refusal'
import type { StatementRecord, Study } from '../repository/index.js'
import type { KeptResult } from './kept-results.js'
import type { Query } from './query.js'

/**
 * Columns of a result, each with the columns of tables that its expression names: type, FHIR paths, masking. Names that a subquery or a
 * CTE gives are looked for by name in the tables the statement reads; what is found by none of them is told to be from nowhere.
 */
export async function codebookOf(query: Query, study: Study, record: StatementRecord, kept: KeptResult): Promise<DownloadCodebook> {
  const [catalogue, read] = [await query.catalogue(study), await query.read(study, record.sql, record.parameters)]
  const tables = isRefusal(read) ? [] : catalogue.tables.filter(({ name }) => read.tables.includes(name))
  return {
    statement: kept.id,
    columns: kept.columns.map(({ name, type }, place) => {
      const names = isRefusal(read) ? null : (read.selected?.[place] ?? null)
      return { name, type, from: columnsNamed(tables, names ?? [name]) }
    }),
  }
}

function columnsNamed(tables: readonly CatalogueTable[], names: readonly string[]): DownloadCodebook['columns'][number]['from'] {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  return tables.flatMap(({ name: table, columns }) =>
    columns
      .filter(({ name }) => wanted.has(name.toLowerCase()))
      .map(({ name: column, from = [], masking }) => ({ table, column, paths: from, masking })),
  )
}
