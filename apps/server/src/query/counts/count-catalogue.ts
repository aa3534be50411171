import type { Catalogue } from '@aquifer/core/contract'
import { countsOnly, isSmall, roundStably, type KeyedHash } from '@aquifer/core/small-cells'

/** The catalogue as who gets counts only may see it: tables that are counted, with rounded numbers. */
export function catalogueOfCounts(catalogue: Catalogue, hash: KeyedHash): Catalogue {
  const { rounding, threshold } = countsOnly
  const told = (count: number, cell: string): number | null => {
    if (isSmall(count, countsOnly)) return null
    if (rounding === null || count === 0) return count
    const rounded = roundStably(count, rounding, { study: catalogue.study, snapshot: '', cell: `catalogue ${cell}` }, hash)
    return Math.max(rounded, Math.ceil(threshold / rounding) * rounding)
  }
  return {
    ...catalogue,
    people: told(catalogue.people, 'people') ?? 0,
    resources: told(catalogue.resources, 'resources') ?? 0,
    tables: catalogue.tables
      .filter(({ kind }) => kind === 'flat')
      .map((table) => ({ ...table, rows: table.rows === null ? null : told(table.rows, table.name) })),
  }
}
