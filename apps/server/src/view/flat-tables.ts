import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  checkView,
  columnsOf,
  compileView,
  plainView,
  tagOf,
  viewTags,
  type CompiledView,
  type ViewDefinition,
  type ViewSelect,
} from '@aquifer/core/view'

export interface FlatTable {
  name: string
  /** Resource type its rows come from. */
  type: string
  title: string
  view: ViewDefinition
  /** A table that the contract names; the rest are plain views of types that have no own. */
  named: boolean
}

const folder = fileURLToPath(new URL('../../views/', import.meta.url))
let named: ReadonlyMap<string, FlatTable> | null = null

function namedTables(): ReadonlyMap<string, FlatTable> {
  named ??= new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => {
        const checked = checkView(JSON.parse(readFileSync(folder + file, 'utf8')))
        if ('problems' in checked)
          throw new Error(`${file}: ${checked.problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}`)
        return tableOf(checked.view, true)
      })
      .map((table) => [table.type, table] as const),
  )
  return named
}

const tableOf = (view: ViewDefinition, isNamed: boolean): FlatTable => ({
  name: view.name ?? view.resource,
  type: view.resource,
  title: view.title ?? '',
  view,
  named: isNamed,
})

const plain = new Map<string, FlatTable>()

/** The flat table of a resource type. */
export function flatTable(type: string): FlatTable {
  const own = namedTables().get(type)
  if (own) return own
  const made = plain.get(type) ?? tableOf(plainView(type), false)
  plain.set(type, made)
  return made
}

export const flatTableNames = (): string[] => [...namedTables().values()].map(({ name }) => name)

export interface FlatTableSource {
  /** What may follow FROM: one row per living resource, with _id, patient_key, masking_policy and the type's nested columns. */
  from: string
  /** The nested columns and their DuckDB types. */
  columns: Readonly<Record<string, string>>
  /** Relation (system, code, text), one row per code, '' for no system; null without a dictionary. */
  displays: string | null
  /** Column names that will be read; texts and study days of others are left null. */
  needed?: ReadonlySet<string>
}

/** SQL of a flat table over the nested rows of its type: `id`, `patient_key` first, `masking_policy` last. */
export function flatTableSql({ name, view }: FlatTable, source: FlatTableSource): CompiledView {
  const compiled = compileView(view, { ...source, key: '_id', besides: ['patient_key', 'masking_policy'] })
  // Every view here is compiled by a test, so this is a bug and no fault of the caller.
  if ('notCompilable' in compiled) throw new Error(`view ${name} does not compile: ${compiled.notCompilable}`)
  const columns = ordered(compiled.columns)
  return { sql: `SELECT ${columns.map((column) => `"${column.name}"`).join(', ')} FROM (${compiled.sql})`, columns }
}

const rank = (name: string): number => ['id', 'patient_key'].indexOf(name) + 1 || (name === 'masking_policy' ? 9 : 3)
function ordered<T extends { name: string }>(columns: readonly T[]): T[] {
  return [...columns].sort((a, b) => rank(a.name) - rank(b.name))
}

/** The elements that each column of a table is read from, as paths of the model; none for what is no element. */
export function pathsOf({ type, view }: FlatTable): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const walk = ({ forEach, forEachOrNull, column = [], select = [], unionAll = [] }: ViewSelect, from: readonly string[]): void => {
    const iterated = forEach ?? forEachOrNull
    const bases = iterated === undefined ? from : from.flatMap((base) => elementsIn(iterated, { type, base }))
    for (const { name, path } of column) {
      const read = bases.flatMap((base) => elementsIn(path, { type, base }))
      found.set(name, [...new Set([...(found.get(name) ?? []), ...read])])
    }
    for (const inner of [...select, ...unionAll]) walk(inner, bases)
  }
  for (const select of view.select) walk(select, [type])
  return found
}

const chains = /%?[A-Za-z]\w*(?:\([^()]*\))?(?:\.[A-Za-z]\w*(?:\([^()]*\))?)*/g
const noElement: ReadonlySet<string> = new Set(['iif', 'true', 'false', 'and', 'or'])

function elementsIn(path: string, { type, base }: { type: string; base: string }): string[] {
  return [...path.replaceAll(/'[^']*'/g, '').matchAll(chains)].flatMap(([chain]) => {
    let at = chain.startsWith('%resource') ? type : base
    for (const [, name = '', call] of chain.replace(/^%\w+\.?/, '').matchAll(/(\w+)(\([^()]*\))?/g)) {
      if (noElement.has(name)) return []
      if (name === 'ofType' && call) at += call.charAt(1).toUpperCase() + call.slice(2, -1)
      else if (call === undefined) at += `.${name}`
      else if (name !== 'first' && name !== 'where') break
    }
    // One path stands for every level of groups in groups.
    const once = at.replaceAll(/(?:\.group(?:\.question\.answer)?)+(?=\.group)/g, '')
    return once === type ? [] : [once]
  })
}

/** How masking treats each column of a table: the word of its tag. */
export function maskingOf(table: FlatTable): Map<string, { masking: string; description: string }> {
  return new Map(
    ordered(columnsOf(table.view)).map((column) => [
      column.name,
      { masking: tagOf(column, viewTags.masking) ?? 'kept', description: column.description ?? '' },
    ]),
  )
}
