import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  checkView,
  columnsOf,
  compileView,
  lineageOf,
  plainView,
  tagOf,
  viewTags,
  type CompiledView,
  type ViewDefinition,
} from '@aquifer/core/view'
import { analysisTablesOver, type Analysis } from './analysis-tables.js'

export interface FlatTable {
  name: string
  /** Resource type its rows come from. */
  type: string
  title: string
  view: ViewDefinition
  /** A table that the contract names; the rest are plain views of types that have no own. */
  named: boolean
  /** Tells it from every other table of any study: what is remembered of it is remembered by this. */
  key: string
  /** Of a table that is had from another: how. */
  analysis?: Analysis
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
  key: view.name ?? view.resource,
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
  /** The same, of the rows that can have an element in a list, by the list's name. */
  having?: Readonly<Record<string, string>>
  /** The nested columns and their DuckDB types. */
  columns: Readonly<Record<string, string>>
  /** Relation (system, code, text), one row per code, '' for no system; null without a dictionary. */
  displays: string | null
  /** Column names that will be read; texts, study days and what looks over several rows are left null of others. */
  needed?: ReadonlySet<string>
}

/** SQL of a flat table over the nested rows of its type: `id`, `patient_key` first, `masking_policy` last. */
export function flatTableSql({ name, view, analysis }: FlatTable, source: FlatTableSource): CompiledView {
  if (analysis !== undefined) return analysisSql(analysis, source)
  const compiled = compileView(view, { ...source, key: '_id', besides: ['patient_key', 'masking_policy'], singleByPath: true })
  // Every view here is compiled by a test, so this is a bug and no fault of the caller.
  if ('notCompilable' in compiled) throw new Error(`view ${name} does not compile: ${compiled.notCompilable}`)
  const columns = ordered(compiled.columns)
  return { sql: `SELECT ${columns.map((column) => `"${column.name}"`).join(', ')} FROM (${compiled.sql})`, columns }
}

// What looks over all rows of a person is dear, and the engine does not leave it out by itself.
const overRows = /\bOVER \(/
function analysisSql({ of, columns, source: over }: Analysis, source: FlatTableSource): CompiledView {
  const isLeft = (name: string, sql: string): boolean => source.needed?.has(name) === false && overRows.test(sql)
  const list = columns.map(({ name, sql, type }) => `${isLeft(name, sql) ? `CAST(NULL AS ${type})` : sql} AS "${name}"`).join(', ')
  return { sql: `SELECT ${list} FROM ${over(flatTableSql(of, source).sql)}`, columns: columns.map(({ name, type }) => ({ name, type })) }
}

let analyses: FlatTable[] | null = null
/** Tables for analysis, had from the flat tables. */
export function analysisTables(): readonly FlatTable[] {
  analyses ??= analysisTablesOver(flatTable('Observation'))
  return analyses
}

const rank = (name: string): number => ['id', 'patient_key'].indexOf(name) + 1 || (name === 'masking_policy' ? 9 : 3)
function ordered<T extends { name: string }>(columns: readonly T[]): T[] {
  return [...columns].sort((a, b) => rank(a.name) - rank(b.name))
}

/** Where each column of a table comes from, and how masking treats it. */
export function maskingOf(table: FlatTable): Map<string, ColumnFacts> {
  if (table.analysis) {
    return new Map(table.analysis.columns.map(({ name, masking, description, from }) => [name, { masking, description, from }]))
  }
  const from = lineageOf(table.view)
  return new Map(
    ordered(columnsOf(table.view)).map((column) => [
      column.name,
      { masking: tagOf(column, viewTags.masking) ?? null, description: column.description ?? '', from: from.get(column.name) ?? [] },
    ]),
  )
}

export interface ColumnFacts {
  /** The word of the column's tag; null where the view says nothing. */
  masking: string | null
  description: string
  /** Elements it is read from. */
  from: string[]
}
