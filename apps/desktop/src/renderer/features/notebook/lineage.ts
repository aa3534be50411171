import type { Catalogue, CatalogueColumn } from '@aquifer/core/contract'
import type { Cells } from './model.js'
import { compile, tablesNamed } from './references.js'

export interface Lineage {
  /** Cells whose text went into the statement, nearest first. */
  cells: string[]
  tables: { name: string; rows: number | null }[]
  columns: Pick<CatalogueColumn, 'name' | 'masking' | 'type'>[]
}

/** Which tables and columns a result was made from, by the names in its text: a map for readers, not a proof. */
export function lineageOf(cells: Cells, id: string, catalogue: Catalogue | undefined): Lineage {
  const { sql, uses } = compile(cells, id)
  const named = new Set(tablesNamed(sql))
  const tables = (catalogue?.tables ?? []).filter((table) => named.has(table.name.toLowerCase()))
  const words = new Set([...sql.matchAll(/[A-Za-z_]\w*/g)].map((match) => match[0].toLowerCase()))
  const whole = /select\s+(distinct\s+)?(\w+\.)?\*/i.test(sql)
  const columns = new Map<string, Pick<CatalogueColumn, 'name' | 'masking' | 'type'>>()
  for (const table of tables) {
    for (const column of table.columns)
      if (whole || words.has(column.name.toLowerCase()))
        columns.set(column.name, { name: column.name, masking: column.masking, type: column.type })
  }
  return { cells: uses.toReversed(), tables: tables.map(({ name, rows }) => ({ name, rows })), columns: [...columns.values()] }
}
