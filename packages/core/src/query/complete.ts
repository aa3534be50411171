import { parametersIn } from './parameters.js'

// What may come next in a text that is being written, and so seldom parses: aliases and their columns, CTEs, parameters, values of coded
// columns. Keywords, functions and plain columns the engine completes itself.

export type CompletionKind = 'keyword' | 'table' | 'column' | 'function' | 'alias' | 'cte' | 'parameter' | 'value'
export interface Completion {
  text: string
  kind: CompletionKind
  detail?: string
}
export interface KnownTable {
  name: string
  columns: readonly { name: string; type: string; masking?: string }[]
}
/** What stands before the place: the word that is being written from `from` on, and whose it is. */
export interface Place {
  from: number
  word: string
  /** `p` in `p.gen` */
  owner: string | null
  /** the column in `gender = 'fe`, `code IN ('1', '2`; the word is then without its quote */
  valueOf: { column: string; owner: string | null } | null
  isParameter: boolean
}

const identifier = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)`
const bare = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name)

/** Text without comments and with its texts emptied, as long as before. */
function blanked(sql: string): string {
  return sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)/g, (found) =>
    found.startsWith("'") && found.endsWith("'") && found.length > 1 ? `'${' '.repeat(found.length - 2)}'` : ' '.repeat(found.length),
  )
}

export function placeIn(sql: string, position: number): Place {
  const before = sql.slice(0, position)
  const open = openText(before)
  if (open !== null) {
    const column = new RegExp(
      String.raw`(?:(${identifier})\s*\.\s*)?(${identifier})\s*(?:=|<>|!=|(?:NOT\s+)?IN\s*\((?:[^()]*,)?)\s*$`,
      'i',
    ).exec(before.slice(Math.max(0, open - 2_000), open))
    const valueOf = column?.[2] === undefined ? null : { column: bare(column[2]), owner: column[1] === undefined ? null : bare(column[1]) }
    return { from: open + 1, word: before.slice(open + 1), owner: null, valueOf, isParameter: false }
  }
  const [, owner, , word = ''] = new RegExp(String.raw`(?:(${identifier})(\s*\.\s*))?(\$?[\w$]*|"[^"]*)$`).exec(before) ?? []
  const isParameter = word.startsWith('$')
  const from = position - word.length
  return { from, word, owner: owner === undefined ? null : bare(owner), valueOf: null, isParameter }
}

/** Where the text begins that is not ended; null where there is none. */
function openText(before: string): number | null {
  for (const { 0: found, index } of before.matchAll(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"[^"]*(?:"|$)/g))
    if (found.startsWith("'") && (found.length === 1 || !/^'(?:[^']|'')*'$/.test(found))) return index
  return null
}

const notAliases = new Set(
  'on using where group order having limit join left right inner outer full cross natural asof positional union except intersect as set qualify window select from with lateral'.split(
    ' ',
  ),
)

export interface Sources {
  /** alias or name → table, in lower case */
  tables: Map<string, KnownTable>
  ctes: Map<string, KnownTable>
}

/** Tables that a text names, by their names and aliases; its CTEs with the columns that can be told. */
export function sourcesIn(sql: string, known: readonly KnownTable[]): Sources {
  const text = blanked(sql)
  const ctes = new Map(ctesIn(text).map((table) => [table.name.toLowerCase(), table]))
  const byName = new Map([...known.map((table): [string, KnownTable] => [table.name.toLowerCase(), table]), ...ctes])
  const tables = new Map<string, KnownTable>()
  const sources = new RegExp(
    String.raw`(?:\bFROM|\bJOIN|,)\s+(?:${identifier}\s*\.\s*)?(${identifier})(?:\s+(?:AS\s+)?(${identifier}))?`,
    'gi',
  )
  for (const [, name = '', alias] of text.matchAll(sources)) {
    const table = byName.get(bare(name).toLowerCase())
    if (table === undefined) continue
    tables.set(bare(name).toLowerCase(), table)
    if (alias !== undefined && !notAliases.has(alias.toLowerCase())) tables.set(bare(alias).toLowerCase(), table)
  }
  return { tables, ctes }
}

function ctesIn(text: string): KnownTable[] {
  const heads = new RegExp(
    String.raw`(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)(${identifier})\s*(?:\(([^()]*)\)\s*)?AS\s*(?:(?:NOT\s+)?MATERIALIZED\s*)?\(`,
    'gi',
  )
  return [...text.matchAll(heads)].map((head) => {
    const [whole, name = '', listed] = head
    const columns = listed === undefined ? selectedIn(text.slice(head.index + whole.length)) : listed.split(',').map((each) => each.trim())
    return { name: bare(name), columns: columns.filter(Boolean).map((column) => ({ name: bare(column), type: '' })) }
  })
}

/** Names of the columns that `SELECT … FROM` gives, as far as each says its own. */
function selectedIn(body: string): string[] {
  const begin = /^\s*SELECT\s+(?:DISTINCT\s+)?/i.exec(body)
  if (begin === null) return []
  const parts: string[] = ['']
  let depth = 0
  for (const token of body.slice(begin[0].length).match(/[()[\],]|[^()[\],\s]+|\s+/g) ?? []) {
    if (token === '(' || token === '[') depth++
    if (token === ')' || token === ']') depth--
    if (depth < 0 || (depth === 0 && /^from$/i.test(token))) break
    if (depth === 0 && token === ',') parts.push('')
    else parts[parts.length - 1] += token
  }
  const last = new RegExp(String.raw`(${identifier})\s*$`)
  return parts.flatMap((part) => last.exec(part)?.[1] ?? [])
}

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)
const begins = (name: string, word: string): boolean => name.toLowerCase().startsWith(word.replace(/^"/, '').toLowerCase())

/** What this layer knows; values are for who has them: see `Place.valueOf`. */
export function completionsAt(sql: string, place: Place, known: readonly KnownTable[], parameters: readonly string[]): Completion[] {
  if (place.valueOf !== null) return []
  if (place.isParameter) {
    const names = new Set([...parameters, ...parametersIn(sql).flatMap(({ name, at }) => (at === place.from ? [] : [name]))])
    return [...names].map((name): Completion => ({ text: `$${name}`, kind: 'parameter' })).filter(({ text }) => begins(text, place.word))
  }
  const { tables, ctes } = sourcesIn(sql, known)
  const columnsOf = (table: KnownTable): Completion[] =>
    table.columns
      .filter(({ name }) => begins(name, place.word))
      .map(({ name, type, masking }) => ({ text: quoted(name), kind: 'column', detail: [type, masking].filter(Boolean).join(' · ') }))
  if (place.owner !== null) {
    const owned = tables.get(place.owner.toLowerCase())
    return owned === undefined ? [] : columnsOf(owned)
  }
  const names = [...tables.entries()].filter(([name, table]) => name !== table.name.toLowerCase() && begins(name, place.word))
  const aliases = names.map(([name, { name: of }]): Completion => ({ text: quoted(name), kind: 'alias', detail: of }))
  const named = [...ctes.values()].filter(({ name }) => begins(name, place.word))
  return [
    ...aliases,
    ...named.map(({ name }): Completion => ({ text: quoted(name), kind: 'cte' })),
    ...[...new Set(tables.values())].flatMap(columnsOf),
  ]
}

/** The table whose column a value is compared with. */
export function tableOfValue(sql: string, valueOf: NonNullable<Place['valueOf']>, known: readonly KnownTable[]): KnownTable | null {
  const { tables } = sourcesIn(sql, known)
  const has = ({ columns }: KnownTable): boolean => columns.some(({ name }) => name.toLowerCase() === valueOf.column.toLowerCase())
  const owned = valueOf.owner === null ? undefined : tables.get(valueOf.owner.toLowerCase())
  const table = owned ?? [...tables.values()].find(has)
  return table !== undefined && has(table) ? table : null
}
