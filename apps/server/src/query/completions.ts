import type { CatalogueTable, Completions, CompletionsRequest, QueryLevel } from '@aquifer/core/contract'
import {
  allowedFunctions,
  allowedTableFunctions,
  completionsAt,
  countFunctions,
  placeIn,
  tableOfValue,
  wordsNotCounted,
  type Completion,
  type KnownTable,
} from '@aquifer/core/query'
import { isRefusal } from '@aquifer/core/refusal'
import { cmsCells } from '@aquifer/core/small-cells'
import type { Study } from '../repository/index.js'
import { textColumnOf } from './code-texts.js'
import type { EngineCompletion } from './engine-complete.js'
import type { Query } from './query.js'

const completionsMax = 200
const valuesMax = 100
const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`

// Of a coded column a value is a word of a code list, never of a person; what only few people have is not told all the same.
const codedEnds = /(^|_)(code|status|gender|race|ethnicity|category|class|criticality|marital_status|language|state|unit|system)$/

/** What may be written at a place: the engine's own suggestions, and what it cannot know. */
export async function completionsOf(
  query: Query,
  study: Study,
  request: CompletionsRequest,
  { level, actor }: { level: QueryLevel; actor: string },
): Promise<Completions> {
  const { sql, position, parameters } = request
  const { tables } = await query.catalogue(study, level === 'counts' ? actor : undefined)
  const place = placeIn(sql, position)
  if (place.valueOf !== null) {
    // Which values enough people have, and in which order, is held against nothing that was told.
    if (level !== 'rows') return { from: place.from, completions: [] }
    const found = await valuesOf(query, study, { sql, word: place.word, valueOf: place.valueOf }, tables)
    return { from: place.from, completions: found }
  }
  const own = completionsAt(sql, place, tables, parameters)
  const isOurs = place.isParameter || place.owner !== null
  const said = isOurs ? [] : await query.completions(study, sql.slice(0, position), tables.filter(isFlat).map(emptyTable))
  const taken = new Set(own.map(({ text }) => text.toLowerCase()))
  const engine = said.filter(({ from }) => from === place.from).flatMap((each) => told(each, tables, level))
  const completions = [...own, ...engine.filter(({ text }) => !taken.has(text.toLowerCase()))]
  return { from: place.from, completions: completions.slice(0, completionsMax) }
}

// Columns of nested tables are the size of FHIR itself; their names come from the catalogue.
const isFlat = ({ kind, columns }: CatalogueTable): boolean => kind === 'flat' && columns.length > 0
const emptyTable = ({ name, columns }: CatalogueTable): string =>
  `CREATE TABLE ${quotedName(name)} (${columns.map((column) => `${quotedName(column.name)} ${column.type}`).join(', ')})`

const kinds: Readonly<Record<string, Completion['kind']>> = {
  keyword: 'keyword',
  table: 'table',
  column: 'column',
  scalar_function: 'function',
  aggregate_function: 'function',
  table_function: 'function',
}

function told({ text, kind }: EngineCompletion, tables: readonly KnownTable[], level: QueryLevel): Completion[] {
  const as = kinds[kind]
  const name = text.replaceAll('"', '').toLowerCase()
  if (as === undefined) return []
  if (as === 'table' && !tables.some((table) => table.name.toLowerCase() === name)) return []
  if (as === 'function' && !functionsOf(level, kind).has(name)) return []
  if (as === 'keyword' && level === 'counts' && wordsNotCounted.has(name)) return []
  return [{ text, kind: as }]
}

/** What would be refused is not offered. */
function functionsOf(level: QueryLevel, kind: string): ReadonlySet<string> {
  if (kind === 'table_function') return level === 'counts' ? new Set() : allowedTableFunctions
  return level === 'counts' ? countFunctions : allowedFunctions
}

async function valuesOf(
  query: Query,
  study: Study,
  asked: { sql: string; word: string; valueOf: { column: string; owner: string | null } },
  tables: readonly CatalogueTable[],
): Promise<Completion[]> {
  const table = tableOfValue(asked.sql, asked.valueOf, tables)
  const column = table?.columns.find(({ name }) => name.toLowerCase() === asked.valueOf.column.toLowerCase())
  if (table === null || column?.type !== 'VARCHAR' || !codedEnds.test(column.name)) return []
  if (!table.columns.some(({ name }) => name === 'patient_key')) return []
  const of = quotedName(column.name)
  const words = textColumnOf(
    column.name,
    table.columns.map(({ name }) => name),
  )
  const text = words === undefined ? 'NULL' : `any_value(${quotedName(words)})`
  const answer = await query.figures(study, [
    `SELECT ${of}, ${text} FROM ${quotedName(table.name)} WHERE ${of} IS NOT NULL GROUP BY 1
     HAVING count(DISTINCT patient_key) >= ${cmsCells.threshold} ORDER BY count(DISTINCT patient_key) DESC, 1 LIMIT 1000`,
  ])
  if (isRefusal(answer)) return []
  const word = asked.word.toLowerCase()
  return ((answer.answers[0] ?? []) as [string, string | null][])
    .filter(([value, shown]) => value.toLowerCase().startsWith(word) || (word.length > 2 && shown?.toLowerCase().includes(word)))
    .slice(0, valuesMax)
    .map(([value, shown]) => ({ text: value.replaceAll("'", "''"), kind: 'value', ...(shown === null ? {} : { detail: shown }) }))
}
