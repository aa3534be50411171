import type { CountTable } from '@aquifer/core/query'
import { viewTags } from '@aquifer/core/view'
import type { FlatTable } from '../../view/index.js'
import { codeListTableColumns } from '../code-list-tables.js'
import { flatColumns, type StudyTable } from '../tables.js'

/** What may be counted: flat tables and code lists. Of a study's own view nobody knows whether a number is a mark of a few. */
export function countTables(tables: readonly StudyTable[], own: readonly FlatTable[]): CountTable[] {
  const theirs = new Set(own.map(({ name }) => name))
  return tables.flatMap(({ name, kind, view }): CountTable[] => {
    if (kind === 'codes') return [{ name, columns: codeListTableColumns, people: false, measured: false }]
    if (view === null) return []
    if (!theirs.has(name)) return [{ name, columns: flatColumns(view), people: true, measured: true }]
    if (!isOfAll(view)) return []
    const keys = keysUnderOtherNames(view)
    return [{ name, columns: flatColumns(view).filter((column) => !keys.has(column.name)), people: true, measured: false }]
  })
}

type Select = FlatTable['view']['select'][number]
const nested = (select: Select): Select[] => [select, ...[...(select.select ?? []), ...(select.unionAll ?? [])].flatMap(nested)]

// Whoever may write a view could otherwise name single people or rows by it: what statements do with keys they do by their names.
const namesOne = (path: string): boolean => /\b(?:id|reference|identifier|getResourceKey|getReferenceKey|children|descendants)\b/.test(path)

/** Whether which rows the view has is a matter of what they say, not of whose or which they are. */
function isOfAll({ view }: FlatTable): boolean {
  const chosen = view.select.flatMap(nested).flatMap(({ forEach, forEachOrNull, repeat = [] }) => [forEach, forEachOrNull, ...repeat])
  return ![...(view.where ?? []).map(({ path }) => path), ...chosen].some((path) => path !== undefined && namesOne(path))
}

const keyNames = /^(?:id|.*_key)$/
function keysUnderOtherNames({ view }: FlatTable): ReadonlySet<string> {
  const columns = view.select.flatMap(nested).flatMap(({ column = [] }) => column)
  const keys = columns.filter(({ path, tag = [] }) => namesOne(path) || tag.some(({ name }) => name === viewTags.row))
  return new Set(keys.map(({ name }) => name).filter((name) => !keyNames.test(name) && name !== 'masking_policy'))
}
