import type { Catalogue } from '@aquifer/core/contract'
import { countsOnly, isSmall, roundStably, type KeyedHash } from '@aquifer/core/small-cells'
import type { StandingNumbers } from './standing-numbers.js'

/**
 * A count that stands alone and is held against nothing: rounded to multiples of the threshold, so that beside a figure of a statement it
 * leaves more people open than are few; of rows, to multiples of what so many people have. null: few. The same count of the same thing is
 * always told the same.
 */
export function toldCount(
  count: number,
  { study, cell, hash, people = count }: { study: string; cell: string; hash: KeyedHash; people?: number },
): number | null {
  const { threshold } = countsOnly
  if (isSmall(count, countsOnly)) return null
  const each = Math.max(1, Math.ceil(count / Math.max(1, people)))
  return roundStably(count, threshold * each, { study, snapshot: '', cell }, hash)
}

/** The catalogue as who gets counts only may see it: tables that are counted, with rounded numbers. */
export function catalogueOfCounts(catalogue: Catalogue, { hash, numbers }: { hash: KeyedHash; numbers: StandingNumbers }): Catalogue {
  const { study } = catalogue
  const told = (count: number, name: string): number | null => {
    const cell = `catalogue ${name}`
    return numbers.of(study, cell, () => toldCount(count, { study, cell, hash, people: catalogue.people }))
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
