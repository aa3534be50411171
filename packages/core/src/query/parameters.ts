/** A `$name` in a statement's text; `at` counts characters. */
export interface NamedPlace {
  name: string
  at: number
}

const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const named = /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)/y
const tag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y

const matchAt = (pattern: RegExp, sql: string, at: number): string | null => {
  pattern.lastIndex = at
  return pattern.exec(sql)?.[0] ?? null
}
const after = (sql: string, end: string, from: number): number => {
  const found = sql.indexOf(end, from)
  return found < 0 ? sql.length : found + end.length
}

// A doubled quote is two texts beside each other, which ends at the same place.
function afterQuoted(sql: string, at: number, hasEscapes: boolean): number {
  const quote = sql[at] ?? ''
  for (let place = at + 1; place < sql.length; place++) {
    if (hasEscapes && sql[place] === '\\') place++
    else if (sql[place] === quote) return place + 1
  }
  return sql.length
}

/**
 * Where parameters stand: outside of texts, quoted names and comments. The engine's tree names them without a place. A text that the
 * engine did not read is looked through as far as it goes.
 */
export function parametersIn(sql: string): NamedPlace[] {
  const places: NamedPlace[] = []
  for (let at = 0; at < sql.length;) {
    const two = sql.slice(at, at + 2)
    if (two === '--') at = after(sql, '\n', at)
    else if (two === '/*') at = after(sql, '*/', at + 2)
    else if (/^e'/i.test(two)) at = afterQuoted(sql, at + 1, true)
    else if (two[0] === "'" || two[0] === '"') at = afterQuoted(sql, at, false)
    else if (two[0] === '$') at = afterDollar(sql, at, places)
    else at += matchAt(word, sql, at)?.length ?? 1
  }
  return places
}

function afterDollar(sql: string, at: number, places: NamedPlace[]): number {
  const opening = matchAt(tag, sql, at)
  if (opening !== null) return after(sql, opening, at + opening.length)
  const found = matchAt(named, sql, at)
  if (found !== null) places.push({ name: found.slice(1), at })
  return at + (found?.length ?? 1)
}
