import type { Cells } from './model.js'

// A result is used by name: `from hypertension` reads the cell of that name above. The server sees one statement with the cells it
// needs as common table expressions, so there is no hidden state: what runs is what can be read.

interface Token {
  text: string
  from: number
  kind: 'word' | 'name' | 'mark'
}

const lexer = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|\$\$[\s\S]*?\$\$|"(?:[^"]|"")*"|[A-Za-z_][\w$]*|\d[\w.]*|\s+|./g

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

export interface Compiled {
  sql: string
  /** Names of the cells that were put in front. */
  uses: string[]
  /** Where this cell's own text begins in `sql`, and what to add for an offset behind the cut word WITH. */
  toSource(position: number): number | null
}

/** The statement of one cell together with those of the cells above that it reads. */
export function compile(cells: Cells, id: string): Compiled {
  const at = cells.findIndex((cell) => cell.id === id)
  const source = cells[at]?.source ?? ''
  const uses = new Map<string, string>()
  gather(cells, at, uses)
  if (uses.size === 0) return { sql: source, uses: [], toSource: (position) => position }
  const front = [...uses].map(([name, text]) => `${name} as (\n${text}\n)`).join(',\n')
  const own = /^(\s*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*)(with\s+)(recursive\s+)?/i.exec(source)
  const cut = own?.[0].length ?? 0
  const prefix = `with ${own?.[3] ? 'recursive ' : ''}${front}${own ? ',\n' : '\n'}`
  return {
    sql: prefix + source.slice(cut),
    uses: [...uses.keys()],
    toSource: (position) => (position < prefix.length ? null : position - prefix.length + cut),
  }
}

function gather(cells: Cells, at: number, found: Map<string, string>): void {
  const source = cells[at]?.source ?? ''
  for (const name of tablesNamed(source)) {
    const above = cells.findIndex((cell, index) => index < at && cell.kind === 'sql' && cell.name === name)
    if (above < 0 || found.has(name)) continue
    gather(cells, above, found)
    found.set(name, (cells[above]?.source ?? '').replace(/[\s;]+$/, ''))
  }
}

/** Cells below that read this one, directly or through another. */
export function dependants(cells: Cells, name: string): string[] {
  const names = new Set([name])
  const found: string[] = []
  for (const cell of cells) {
    const reads = cell.kind === 'sql' ? tablesNamed(cell.source) : cell.kind === 'chart' && cell.chart ? [cell.chart.of] : []
    if (!reads.some((read) => names.has(read))) continue
    found.push(cell.id)
    if (cell.name) names.add(cell.name)
  }
  return found
}
