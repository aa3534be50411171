import { resourceTypes } from '@aquifer/core/fhir'
import type { CheckedStatement } from '@aquifer/core/query'
import { having, listsApart, livingRowsSql, nestedColumns, nestedColumnTypes, type ReservoirManifest } from '../reservoir/index.js'
import { fileTableSql, type QueryFile } from './file-tables.js'
import type { EngineFileTable } from './engine-statement.js'
import { analysisTables, flatTable, flatTableNames, flatTableSql, type FlatTable } from '../view/index.js'
import { join } from 'node:path'
import { codeListSql, codeListTables, titleOf, type ListFile } from './code-list-tables.js'

// The tables of a study: per resource type the nested one under the type's name and the flat one of its view. Tables that the contract
// names are there from the first day, empty if need be.

export interface StudyTable {
  name: string
  /** `codes`: of the code lists, and so of no resource. */
  kind: 'flat' | 'nested' | 'codes'
  type: string
  title: string
  /** Living rows; null where a row is not a resource. */
  rows: number | null
  /** The view of a flat table. */
  view: FlatTable | null
}

// Schemas of studies have no underscore in their names.
const hidden = '"_rows"'
const namedTables = new Set(flatTableNames())
const splitTables = new Set(['observations', 'questionnaire_answers'])

export function studyTables(manifest: ReservoirManifest, own: readonly FlatTable[] = []): StudyTable[] {
  const rowsOf = (type: string): number => manifest.types[type]?.rows ?? 0
  const flat = resourceTypes
    .map(flatTable)
    .filter(({ name, type }) => namedTables.has(name) || rowsOf(type) > 0)
    .map((view): StudyTable => flatOf(view, splitTables.has(view.name) ? null : rowsOf(view.type)))
  const nested = Object.keys(manifest.types)
    .filter((type) => rowsOf(type) > 0)
    .map((type): StudyTable => ({ name: type, kind: 'nested', type, title: `${type} as it is nested`, rows: rowsOf(type), view: null }))
  return [
    ...flat,
    ...[...analysisTables(), ...own].map((view) => flatOf(view, null)),
    ...codeListTables.map((name): StudyTable => ({ name, kind: 'codes', type: '', title: titleOf(name), rows: null, view: null })),
    ...nested.sort((a, b) => a.name.localeCompare(b.name)),
  ]
}

const flatOf = (view: FlatTable, rows: number | null): StudyTable => ({
  name: view.name,
  kind: 'flat',
  type: view.type,
  title: view.title,
  rows,
  view,
})

export interface Preparation {
  /** Statements that make what lies under the views, for an instance that is not locked yet: the rows of the types, and whose are withheld. */
  ground: string[]
  /** Statements that make the views of the tables. */
  setup: string[]
  /** Files that those views read. */
  files: string[]
  /** Files that are tables themselves. */
  fileTables: EngineFileTable[]
}

/** The views of the tables a checked statement reads, and no others. */
export function prepareTables(
  parts: {
    manifest: ReservoirManifest
    folder: string
    withheld: readonly string[]
    files: readonly QueryFile[]
    lists: readonly ListFile[]
  },
  tables: readonly StudyTable[],
  checked: CheckedStatement,
): Preparation {
  const { manifest, folder, withheld, lists } = parts
  const named = tables.filter(({ name }) => checked.tables.includes(name))
  const used = named.filter(({ kind }) => kind !== 'codes')
  const namedFiles = parts.files.filter(({ name }) => checked.tables.includes(name))
  const ground = [`CREATE SCHEMA IF NOT EXISTS ${hidden}`]
  const setup: string[] = []
  const files = new Set<string>()
  if (withheld.length > 0 && used.length + namedFiles.length > 0) ground.push(withheldSql(withheld))
  for (const type of new Set(used.map((table) => table.type))) {
    const entry = manifest.types[type]
    ground.push(`CREATE VIEW ${hidden}."${type}" AS ${rowsSql(type, folder, entry, withheld.length > 0)}`)
    const list = listApart(type, entry)
    if (entry !== undefined && list !== null)
      ground.push(`CREATE VIEW ${relationHaving(type, list)} AS ${rowsSql(type, folder, having(entry, list), withheld.length > 0)}`)
    for (const path of [...(entry?.files.map((file) => file.path) ?? []), ...(entry?.superseded ?? [])]) files.add(join(folder, path))
  }
  const hasDisplays = manifest.displays !== null && used.some(({ kind }) => kind === 'flat')
  if (hasDisplays && manifest.displays !== null) {
    const file = join(folder, manifest.displays)
    files.add(file)
    ground.push(displaysSql(file))
  }
  for (const table of used) {
    const list = listApart(table.type, manifest.types[table.type])
    const sql = table.view === null ? nestedSql(table.type) : flatSql(table.view, { hasDisplays, needed: checked.columns, list })
    setup.push(`CREATE VIEW "${manifest.study}"."${table.name}" AS ${sql}`)
  }
  for (const name of codeListTables.filter((each) => named.some((table) => table.kind === 'codes' && table.name === each))) {
    setup.push(`CREATE VIEW "${manifest.study}"."${name}" AS ${codeListSql(name, lists)}`)
    for (const { path } of lists) files.add(path)
  }
  for (const { path } of namedFiles) files.add(path)
  const people = namedFiles.length === 0 ? null : peopleSql(manifest, folder, withheld.length > 0)
  for (const path of people?.files ?? []) files.add(path)
  const fileTables = namedFiles.map((file) => fileTableSql(manifest.study, hidden, file, people?.sql ?? ''))
  return { ground, setup, files: [...files], fileTables }
}

/** Everybody who has a row, of whichever type. */
function peopleSql(manifest: ReservoirManifest, folder: string, isHeld: boolean): { sql: string; files: string[] } {
  const types = Object.entries(manifest.types).filter(([, { rows }]) => rows > 0)
  const keys = types.map(([type, entry]) => `SELECT patient_key FROM (${rowsSql(type, folder, entry, isHeld)})`)
  return {
    sql:
      keys.length === 0
        ? 'SELECT CAST(NULL AS VARCHAR) AS patient_key WHERE false'
        : `SELECT DISTINCT patient_key FROM (${keys.join(' UNION ALL ')})`,
    files: types.flatMap(([, { files, superseded }]) =>
      [...files.map(({ path }) => path), ...superseded].map((path) => join(folder, path)),
    ),
  }
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

function rowsSql(type: string, folder: string, entry: ReservoirManifest['types'][string] | undefined, isHeld: boolean): string {
  if (entry === undefined || entry.files.length === 0) return emptySql(type)
  const living = livingRowsSql(folder, entry)
  return isHeld ? `SELECT l.* FROM (${living}) l ANTI JOIN ${hidden}.withheld w ON w.patient_key = l.patient_key` : living
}

/** The list whose rows lie apart, where some file is known to have none of them. */
function listApart(type: string, entry: ReservoirManifest['types'][string] | undefined): string | null {
  const list = listsApart[type]
  return list !== undefined && entry?.files.some(({ without }) => without === list) === true ? list : null
}

const relationHaving = (type: string, list: string): string => `${hidden}."${type} having ${list}"`

function emptySql(type: string): string {
  const columns = { _id: 'VARCHAR', patient_key: 'VARCHAR', masking_policy: 'VARCHAR', ...nestedColumnTypes(type) }
  return `SELECT ${Object.entries(columns)
    .map(([name, of]) => `CAST(NULL AS ${of}) AS "${name}"`)
    .join(', ')} WHERE false`
}

const withheldSql = (keys: readonly string[]): string =>
  `CREATE TABLE ${hidden}.withheld AS SELECT unnest([${keys.map(text).join(', ')}]) AS patient_key`

const displaysSql = (file: string): string =>
  `CREATE VIEW ${hidden}.displays AS SELECT coalesce("system", '') AS "system", code, any_value("text") AS "text"
   FROM read_parquet([${text(file)}]) GROUP BY ALL`

const nestedSql = (type: string): string =>
  `SELECT _id AS id, patient_key, ${nestedColumns(type)
    .map(({ name }) => `"${name}"`)
    .join(', ')}, masking_policy FROM ${hidden}."${type}"`

// Compiling takes some milliseconds, and the same few statements come again and again.
const compiled = new Map<string, string>()
const compiledMax = 500

function flatSql(
  table: FlatTable,
  { hasDisplays, needed, list }: { hasDisplays: boolean; needed: ReadonlySet<string> | null; list: string | null },
): string {
  const own = flatColumns(table).map(({ name }) => name)
  const columns = needed === null ? null : own.filter((name) => needed.has(name))
  const key = `${table.key} ${hasDisplays} ${list ?? ''} ${columns?.join(' ') ?? '*'}`
  const known = compiled.get(key)
  if (known !== undefined) return known
  const { sql } = flatTableSql(table, {
    from: `${hidden}."${table.type}"`,
    ...(list === null ? {} : { having: { [list]: relationHaving(table.type, list) } }),
    columns: nestedColumnTypes(table.type),
    displays: hasDisplays ? `SELECT * FROM ${hidden}.displays` : null,
    ...(columns === null ? {} : { needed: new Set(columns) }),
  })
  if (compiled.size >= compiledMax) compiled.clear()
  compiled.set(key, sql)
  return sql
}

const columnsKnown = new Map<string, { name: string; type: string }[]>()

/** Columns of a flat table and their types. */
export function flatColumns(table: FlatTable): { name: string; type: string }[] {
  const known = columnsKnown.get(table.key)
  if (known) return known
  const { columns } = flatTableSql(table, { from: 'x', columns: nestedColumnTypes(table.type), displays: null })
  if (columnsKnown.size >= compiledMax) columnsKnown.clear()
  columnsKnown.set(table.key, columns)
  return columns
}
