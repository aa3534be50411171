import type { CatalogueTable } from '@aquifer/core/contract'
import { count } from '../../ui/format.js'

/** Rows of a table; `more` where parts of a resource are rows as well, so that there are at least as many rows as resources. */
export interface TableSize {
  rows: number
  more: boolean
}

const unfolded: Readonly<Record<string, string>> = { observations: 'Observation', questionnaire_answers: 'QuestionnaireResponse' }

/** How large a table of a study is; null where its rows are made when it is read. */
export function sizeOf(table: CatalogueTable, all: readonly CatalogueTable[]): TableSize | null {
  if (table.rows !== null) return { rows: table.rows, more: false }
  const type = unfolded[table.name]
  // Who gets counts only is told of no nested table.
  if (type === undefined || !all.some(({ kind }) => kind === 'nested')) return null
  const rows = all.find(({ kind, name }) => kind === 'nested' && name === type)?.rows ?? 0
  return { rows, more: rows > 0 }
}

/** What stands in a list: the size, or that a table has none before it is read. */
export function sizeWord(table: CatalogueTable, all: readonly CatalogueTable[]): string {
  const isMade = table.kind === 'flat' && table.rows === null && unfolded[table.name] === undefined
  return isMade ? 'view' : sizeText(sizeOf(table, all))
}

/** Known to hold nothing: it stands back in lists. */
export const isEmpty = (table: CatalogueTable, all: readonly CatalogueTable[]): boolean => sizeOf(table, all)?.rows === 0

/** `45,660+`; empty where nothing is known. */
export const sizeText = (size: TableSize | null): string => (size === null ? '' : `${count(size.rows)}${size.more ? '+' : ''}`)
