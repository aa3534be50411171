import type { Catalogue } from '@aquifer/core/contract'
import { countsOnly, isSmall, roundStably, type KeyedHash } from '@aquifer/core/small-cells'

/** A count that stands alone, rounded as those of statements are; null: few. The same count of the same thing is always told the same. */
export function toldCount(count: number, { study, cell, hash }: { study: string; cell: string; hash: KeyedHash }): number | null {
  const { rounding, threshold } = countsOnly
  if (isSmall(count, countsOnly)) return null
  if (rounding === null || count === 0) return count
  return Math.max(roundStably(count, rounding, { study, snapshot: '', cell }, hash), Math.ceil(threshold / rounding) * rounding)
}

/** The catalogue as who gets counts only may see it: tables that are counted, with rounded numbers. */
export function catalogueOfCounts(catalogue: Catalogue, hash: KeyedHash): Catalogue {
  const told = (count: number, cell: string): number | null => toldCount(count, { study: catalogue.study, cell: `catalogue ${cell}`, hash })
  return {
    ...catalogue,
    people: told(catalogue.people, 'people') ?? 0,
    resources: told(catalogue.resources, 'resources') ?? 0,
    tables: catalogue.tables
      .filter(({ kind }) => kind === 'flat')
      .map((table) => ({ ...table, rows: table.rows === null ? null : told(table.rows, table.name) })),
  }
}
