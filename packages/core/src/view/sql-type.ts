import { kept } from './kept.js'

/** A DuckDB type as the compiler needs it. JSON stands for content kept as it was: extensions, contained resources, recursion below the cut. */
export type SqlType =
  | { kind: 'scalar'; name: string }
  | { kind: 'json' }
  | { kind: 'struct'; fields: ReadonlyMap<string, SqlType> }
  | { kind: 'list'; of: SqlType }

export const varchar: SqlType = { kind: 'scalar', name: 'VARCHAR' }
export const bigint: SqlType = { kind: 'scalar', name: 'BIGINT' }
export const double: SqlType = { kind: 'scalar', name: 'DOUBLE' }
export const boolean: SqlType = { kind: 'scalar', name: 'BOOLEAN' }
export const json: SqlType = { kind: 'json' }

/** Reads a type as DuckDB writes it: `STRUCT(coding STRUCT("system" VARCHAR, code VARCHAR)[], "text" VARCHAR)`. */
export const parseSqlType = kept(4096, (text): SqlType => {
  const reader = { text, at: 0 }
  const type = readType(reader)
  skipBlanks(reader)
  if (reader.at !== text.length) throw new SyntaxError(`not a type: ${text}`)
  return type
})

interface Reader {
  text: string
  at: number
}

function skipBlanks(reader: Reader): void {
  while (reader.text[reader.at] === ' ') reader.at++
}

function take(reader: Reader, pattern: RegExp): string | undefined {
  skipBlanks(reader)
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)
  if (!found) return undefined
  reader.at += found[0].length
  return found[0]
}

function readType(reader: Reader): SqlType {
  let type: SqlType
  if (take(reader, /STRUCT\s*\(/iy)) type = readStruct(reader)
  else {
    const name = take(reader, /[A-Za-z_][A-Za-z0-9_ ]*?(\(\s*\d+\s*(,\s*\d+\s*)?\))?(?=\s*(\[|,|\)|$))/y)
    if (name === undefined) throw new SyntaxError(`not a type: ${reader.text}`)
    type = name.toUpperCase() === 'JSON' ? json : { kind: 'scalar', name: name.toUpperCase() }
  }
  while (take(reader, /\[\d*\]/y) !== undefined) type = { kind: 'list', of: type }
  return type
}

function readStruct(reader: Reader): SqlType {
  const fields = new Map<string, SqlType>()
  do {
    const name = take(reader, /"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*/y)
    if (name === undefined) throw new SyntaxError(`not a struct: ${reader.text}`)
    fields.set(name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name, readType(reader))
  } while (take(reader, /,/y) !== undefined)
  if (take(reader, /\)/y) === undefined) throw new SyntaxError(`not a struct: ${reader.text}`)
  return { kind: 'struct', fields }
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** The type as SQL, for casts of empty columns. */
export function typeSql(type: SqlType): string {
  switch (type.kind) {
    case 'json':
      return 'JSON'
    case 'scalar':
      return type.name
    case 'list':
      return `${typeSql(type.of)}[]`
    case 'struct':
      return `STRUCT(${[...type.fields].map(([name, of]) => `${quoteName(name)} ${typeSql(of)}`).join(', ')})`
  }
}
