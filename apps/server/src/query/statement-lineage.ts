import type { Catalogue, StatementLineage } from '@aquifer/core/contract'
import { sourcesOfStatement } from '@aquifer/core/query'
import type { Engines } from './engines.js'
import { withoutExplain } from './run-statement.js'

/** Reads a text with the engine's parser, as the gate does. */
export async function parsed(engines: Engines, study: string, files: string, sql: string): Promise<unknown> {
  const engine = await engines.aside(study, files)
  return engine.parse(withoutExplain(sql))
}

/** Columns of a result to tables, to elements, to what masking did: by the catalogue as it is now. */
export function lineageBy(tree: unknown, { tables }: Catalogue): Pick<StatementLineage, 'columns' | 'filteredBy'> {
  const known = new Map(tables.map((table) => [table.name, new Map(table.columns.map((column) => [column.name, column]))]))
  const named = tables.map(({ name, columns }) => ({ name, columns: columns.map((column) => column.name) }))
  const { columns, filteredBy } = sourcesOfStatement(tree, named)
  return {
    columns: columns.map(({ name, from }) => ({
      name,
      from: from.map(({ table, column }) => {
        const said = known.get(table)?.get(column)
        return { table, column, paths: said?.from ?? [], masking: said?.masking ?? '' }
      }),
    })),
    filteredBy,
  }
}
