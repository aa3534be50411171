// Where a JSON text is wrong, for a text already known to be: told by its place alone. Nesting is bounded before (json.ts).

/** Thrown with the place to leave the descent; a value of this file only. */
class Fault extends Error {
  constructor(readonly at: number) {
    super('fault')
  }
}

interface Cursor {
  text: string
  at: number
  /** whether a key that is repeated or forbidden is a fault too */
  keys: boolean
}

/** Offset of the first character that cannot stand where it does; null in JSON. */
export const syntaxFault = (text: string): number | null => faultIn({ text, at: 0, keys: false })

/** Offset of the first key that is `__proto__` or stands in its object for the second time; null where there is none. */
export const keyFault = (text: string): number | null => faultIn({ text, at: 0, keys: true })

function faultIn(cursor: Cursor): number | null {
  try {
    skipValue(cursor)
    skipBlanks(cursor)
    return cursor.at < cursor.text.length ? cursor.at : null
  } catch (error) {
    if (error instanceof Fault) return error.at
    throw error
  }
}

const blanks = /[ \t\r\n]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const word = /true|false|null/y
// Plain characters and escapes apart, each run without a choice: linear at any length.
const stringBody = /[ !#-[\]-\uffff]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

function take(cursor: Cursor, pattern: RegExp): boolean {
  pattern.lastIndex = cursor.at
  if (!pattern.test(cursor.text)) return false
  cursor.at = pattern.lastIndex
  return true
}

const skipBlanks = (cursor: Cursor): boolean => take(cursor, blanks)

function expect(cursor: Cursor, character: string): void {
  skipBlanks(cursor)
  if (cursor.text[cursor.at] !== character) throw new Fault(cursor.at)
  cursor.at++
}

function skipString(cursor: Cursor): void {
  expect(cursor, '"')
  while (take(cursor, stringBody));
  if (cursor.text[cursor.at] !== '"') throw new Fault(cursor.at)
  cursor.at++
}

function skipValue(cursor: Cursor): void {
  skipBlanks(cursor)
  switch (cursor.text[cursor.at]) {
    case '{':
      return skipMembers(cursor, '}', skipMember(cursor))
    case '[':
      return skipMembers(cursor, ']', () => skipValue(cursor))
    case '"':
      return skipString(cursor)
    default:
      if (!take(cursor, word) && !take(cursor, number)) throw new Fault(cursor.at)
  }
}

function skipMembers(cursor: Cursor, end: string, skip: () => void): void {
  cursor.at++
  skipBlanks(cursor)
  if (cursor.text[cursor.at] === end) {
    cursor.at++
    return
  }
  for (;;) {
    skip()
    skipBlanks(cursor)
    const next = cursor.text[cursor.at]
    if (next !== ',' && next !== end) throw new Fault(cursor.at)
    cursor.at++
    if (next === end) return
  }
}

function skipMember(cursor: Cursor): () => void {
  const seen = new Set<string>()
  return () => {
    skipBlanks(cursor)
    const from = cursor.at
    skipString(cursor)
    if (cursor.keys) {
      const key = JSON.parse(cursor.text.slice(from, cursor.at)) as string
      if (key === '__proto__' || seen.has(key)) throw new Fault(from)
      seen.add(key)
    }
    expect(cursor, ':')
    skipValue(cursor)
  }
}
