import type { StatementParameters } from '@aquifer/core/contract'
import type { Cells } from './model.js'
import { parameterValue } from './parameters.js'

// A result is used by name: `from hypertension` reads the cell of that name above. The server sees one statement with the cells it
// needs as common table expressions, so there is no hidden state: what runs is what can be read.

interface Token {
  text: string
  from: number
  kind: 'word' | 'name' | 'mark'
}

const lexer = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|\$\$[\s\S]*?\$\$|"(?:[^"]|"")*"|\$[A-Za-z_]\w*|[A-Za-z_][\w$]*|\d[\w.]*|\s+|./g

function tokens(sql: string): Token[] {
  const found: Token[] = []
  for (const match of sql.matchAll(lexer)) {
    const text = match[0]
    if (/^(\s|--|\/\*|'|\$\$)/.test(text)) continue
    if (text.startsWith('"')) found.push({ text: text.slice(1, -1).replaceAll('""', '"'), from: match.index, kind: 'name' })
    else found.push({ text, from: match.index, kind: /^[A-Za-z_]/.test(text) ? 'word' : 'mark' })
  }
  return found
}

// `extract(year from x)`: this FROM names no table.
const ownFrom = new Set(['extract', 'substring', 'trim', 'overlay'])
const opens = new Set(['from', 'join'])
const closes = new Set([
  'select',
  'where',
  'group',
  'order',
  'having',
  'limit',
  'qualify',
  'union',
  'intersect',
  'except',
  'on',
  'using',
  'window',
  'set',
  'values',
])

/** Names that stand where a table stands, lower case, in order of appearance. */
export function tablesNamed(sql: string): string[] {
  const names = new Set<string>()
  const clauses: boolean[] = [false]
  const deaf: boolean[] = [false]
  let expecting = false
  const list = tokens(sql)
  for (const [at, token] of list.entries()) {
    const word = token.kind === 'word' ? token.text.toLowerCase() : ''
    if (token.text === '(') {
      clauses.push(clauses.at(-1) ?? false)
      deaf.push(ownFrom.has(list[at - 1]?.text.toLowerCase() ?? ''))
      continue
    }
    if (token.text === ')') {
      clauses.pop()
      deaf.pop()
      expecting = false
      continue
    }
    if (opens.has(word) && !deaf.at(-1)) {
      clauses[clauses.length - 1] = true
      expecting = true
    } else if (closes.has(word)) {
      clauses[clauses.length - 1] = false
      expecting = false
    } else if (token.text === ',' && clauses.at(-1)) {
      expecting = true
    } else if (expecting && token.kind !== 'mark') {
      if (word === 'lateral' || word === 'only') continue
      const next = list[at + 1]?.text
      if (next !== '(' && next !== '.') names.add(token.text.toLowerCase())
      if (next !== '.') expecting = false
    }
  }
  return [...names]
}

/** Names written as `$name`, in order of appearance. */
export function parametersNamed(sql: string): string[] {
  return [...new Set(tokens(sql).flatMap(({ text }) => (/^\$[A-Za-z_]/.test(text) ? [text.slice(1).toLowerCase()] : [])))]
}

export interface Compiled {
  sql: string
  /** Names of the cells that were put in front. */
  uses: string[]
  /** What went into `sql`, to say later what changed: the text of each cell by its name, this one's own under ''. */
  texts: Readonly<Record<string, string>>
  /** Values of the parameter cells that `sql` names. */
  parameters: StatementParameters
  /** Where this cell's own text begins in `sql`, and what to add for an offset behind the cut word WITH. */
  toSource(position: number): number | null
}

/** The statement of one cell together with those of the cells above that it reads. */
export function compile(cells: Cells, id: string): Compiled {
  const at = cells.findIndex((cell) => cell.id === id)
  return compileText(cells, cells[at]?.source ?? '', at)
}

/** The same of a text that stands at a place of the notebook: what a chart or a figure asks of a result. */
export function compileText(cells: Cells, source: string, at: number): Compiled {
  const uses = new Map<string, string>()
  gather(cells, source, at, uses)
  const texts = { ...Object.fromEntries(uses), '': source }
  if (uses.size === 0) return { sql: source, uses: [], texts, parameters: valuesOf(cells, source), toSource: (position) => position }
  const front = [...uses].map(([name, text]) => `${name} as (\n${text}\n)`).join(',\n')
  const own = /^(\s*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*)(with\s+)(recursive\s+)?/i.exec(source)
  const cut = own?.[0].length ?? 0
  const prefix = `with ${own?.[3] ? 'recursive ' : ''}${front}${own ? ',\n' : '\n'}`
  const sql = prefix + source.slice(cut)
  return {
    sql,
    uses: [...uses.keys()],
    texts,
    parameters: valuesOf(cells, sql),
    toSource: (position) => (position < prefix.length ? null : position - prefix.length + cut),
  }
}

function valuesOf(cells: Cells, sql: string): StatementParameters {
  const named = parametersNamed(sql)
  return Object.fromEntries(
    cells.flatMap(({ kind, name, parameter }) =>
      kind === 'parameter' && parameter && named.includes(name) ? [[name, parameterValue(parameter)]] : [],
    ),
  )
}

function gather(cells: Cells, source: string, at: number, found: Map<string, string>): void {
  for (const name of tablesNamed(source)) {
    const above = cells.findIndex((cell, index) => index < at && cell.kind === 'sql' && cell.name === name)
    if (above < 0 || found.has(name)) continue
    const text = (cells[above]?.source ?? '').replace(/[\s;]+$/, '')
    gather(cells, text, above, found)
    found.set(name, text)
  }
}

const readsKnown = new WeakMap<Cells[number], string[]>()

/** Names of results and parameters that a cell reads. */
export function readsOf(cell: Cells[number]): string[] {
  const reads = readsKnown.get(cell) ?? namedIn(cell)
  readsKnown.set(cell, reads)
  return reads
}

function namedIn(cell: Cells[number]): string[] {
  if (cell.kind === 'sql') return [...tablesNamed(cell.source), ...parametersNamed(cell.source)]
  if (cell.kind === 'chart') return cell.chart ? [cell.chart.of] : []
  if (cell.kind === 'statistics') return cell.statistics ? [cell.statistics.of] : []
  return []
}

/** Cells that read this one, directly or through another. */
export function dependants(cells: Cells, name: string): string[] {
  const names = new Set([name])
  const found: string[] = []
  for (const cell of cells) {
    if (!readsOf(cell).some((read) => names.has(read))) continue
    found.push(cell.id)
    if (cell.name) names.add(cell.name)
  }
  return found
}

/** Whether two states of a notebook are the same to a cell: only texts differ, its own does not, and none that it reads; a parameter knows its readers. */
export function readsAlike(old: Cells, next: Cells, id: string): boolean {
  if (old === next) return true
  if (next.find((cell) => cell.id === id)?.kind === 'parameter') return false
  if (old.length !== next.length) return false
  const changed: string[] = []
  for (const [at, cell] of next.entries()) {
    const before = old[at]
    if (before === cell) continue
    const isText = (cell.kind === 'sql' || cell.kind === 'markdown') && before?.kind === cell.kind
    if (!isText || before.id !== cell.id || before.name !== cell.name || cell.id === id) return false
    if (cell.name) changed.push(cell.name)
  }
  return !changed.some((name) => dependants(old, name).includes(id) || dependants(next, name).includes(id))
}
