import type { CatalogueTable } from '@aquifer/core/contract'
import { countFunctions, wordsNotCounted } from '@aquifer/core/query'

export interface Vocabulary {
  tables: readonly CatalogueTable[]
  /** Cells above, with the columns of their last result. */
  results: readonly { name: string; columns: readonly string[] }[]
  /** Only what may be asked at this level is offered. */
  countsOnly: boolean
}

export interface Completion {
  kind: 'table' | 'column' | 'result' | 'function' | 'keyword'
  label: string
  insert: string
  detail?: string
  about?: string
}

const keywords =
  'select from where group by order by having limit distinct with as join left join inner join full join cross join on using and or not in is null between like ilike case when then else end union all except intersect qualify over partition by filter desc asc nulls first nulls last values exists interval cast'
    .replace(/(group|order|partition) by|(left|inner|full|cross) join|union all|nulls (first|last)/g, (phrase) => phrase.replace(' ', '_'))
    .split(' ')
    .map((word) => word.replace('_', ' '))

const functions = [
  'count(${1:*})',
  'count_if(${1:condition})',
  'count(distinct ${1:patient_key})',
  'sum(${1})',
  'avg(${1})',
  'min(${1})',
  'max(${1})',
  'median(${1})',
  'stddev(${1})',
  'quantile_cont(${1:value}, ${2:0.5})',
  'round(${1}, ${2:1})',
  'coalesce(${1}, ${2})',
  'lower(${1})',
  'upper(${1})',
  'row_number()',
  'rank()',
  'lag(${1})',
  'lead(${1})',
  'date_trunc(${1:month}, ${2})',
  'date_diff(${1:day}, ${2}, ${3})',
  'list(${1})',
  'string_agg(${1}, ${2})',
  'histogram(${1})',
  'first(${1})',
]

/** A name as it has to be written: quoted when it is not plain lower case. */
export const written = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** What may come at `offset`: columns after `alias.`, tables after FROM and JOIN, columns of the named tables first elsewhere. */
export function completionsAt(vocabulary: Vocabulary, sql: string, offset: number): Completion[] {
  const before = sql.slice(0, offset)
  const aliases = aliasesIn(sql)
  const owner = /([A-Za-z_"][\w"]*)\.$/.exec(before)?.[1]?.replaceAll('"', '')
  if (owner !== undefined) return columnsOf(vocabulary, aliases.get(owner.toLowerCase()) ?? owner.toLowerCase())
  const tables = [...resultNames(vocabulary), ...tableNames(vocabulary)]
  if (
    /\b(from|join|,)\s*$/i.test(before) &&
    /\b(from|join)\b[^)]*$/i.test(before) &&
    !/\b(where|select|group|order|on)\b[^)]*$/i.test(before.slice(before.search(/\b(from|join)\b[^)]*$/i)))
  ) {
    return tables
  }
  const named = [...new Set(aliases.values())].flatMap((table) => columnsOf(vocabulary, table))
  const mayCall = (text: string): boolean => !vocabulary.countsOnly || countFunctions.has(/^\w+/.exec(text)?.[0] ?? '')
  const mayWrite = (word: string): boolean => !vocabulary.countsOnly || !word.split(' ').some((each) => wordsNotCounted.has(each))
  const columns = [...new Map(named.map((item) => [item.label, item])).values()]
  return [
    ...columns,
    ...functions
      .filter(mayCall)
      .map((text): Completion => ({ kind: 'function', label: text.replaceAll(/\$\{\d:?([^}]*)\}/g, '$1'), insert: text })),
    ...keywords.filter(mayWrite).map((word): Completion => ({ kind: 'keyword', label: word, insert: word })),
    ...tables,
  ]
}

function tableNames({ tables }: Vocabulary): Completion[] {
  return tables.map((table) => ({
    kind: 'table',
    label: table.name,
    insert: written(table.name),
    detail: table.rows === null ? table.kind : `${table.rows.toLocaleString('en-US')} rows`,
    about: table.description,
  }))
}

const resultNames = ({ results }: Vocabulary): Completion[] =>
  results
    .filter((result) => result.name)
    .map((result) => ({ kind: 'result', label: result.name, insert: written(result.name), detail: 'result of a cell above' }))

function columnsOf({ tables, results }: Vocabulary, name: string): Completion[] {
  const table = tables.find((item) => item.name.toLowerCase() === name)
  if (table) {
    return table.columns.map((column) => ({
      kind: 'column',
      label: column.name,
      insert: written(column.name),
      detail: `${column.type.toLowerCase()}, ${table.name}`,
      about: [column.description, column.masking && `Masking: ${column.masking}`].filter(Boolean).join('\n\n'),
    }))
  }
  const result = results.find((item) => item.name === name)
  return (result?.columns ?? []).map((column) => ({ kind: 'column', label: column, insert: written(column), detail: name }))
}

const notAlias = new Set([
  'where',
  'group',
  'order',
  'on',
  'using',
  'join',
  'left',
  'right',
  'inner',
  'full',
  'cross',
  'limit',
  'having',
  'union',
  'as',
  'qualify',
])

/** Alias or table name, lower case, to table name. */
function aliasesIn(sql: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const match of sql.matchAll(
    /\b(?:from|join)\s+((?:"[^"]+"|[\w.]+)(?:\s+(?:as\s+)?\w+)?(?:\s*,\s*(?:"[^"]+"|[\w.]+)(?:\s+(?:as\s+)?\w+)?)*)/gi,
  )) {
    for (const part of (match[1] ?? '').split(',')) {
      const words = /^\s*("[^"]+"|[\w.]+)(?:\s+(?:as\s+)?(\w+))?/i.exec(part)
      const table = (words?.[1] ?? '').replaceAll('"', '').split('.').at(-1)?.toLowerCase() ?? ''
      const alias = words?.[2]?.toLowerCase()
      if (table) found.set(table, table)
      if (alias && !notAlias.has(alias)) found.set(alias, table)
    }
  }
  return found
}
