/** The line, from 1, on which the value at a path of a JSON text begins; null where the text does not have it. */
export function lineOfPath(text: string, path: readonly (string | number)[]): number | null {
  const at = offsetOf(text, path)
  return at === null ? null : text.slice(0, at).split('\n').length
}

const token = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+)/y

function offsetOf(text: string, path: readonly (string | number)[]): number | null {
  let at = 0
  const next = (): { word: string; start: number } | null => {
    token.lastIndex = at
    const match = token.exec(text)
    if (match?.[1] === undefined) return null
    at = token.lastIndex
    return { word: match[1], start: at - match[1].length }
  }
  const peek = (): string | null => {
    const before = at
    const word = next()?.word ?? null
    at = before
    return word
  }
  // Reads one value; answers where the value at the rest of the path begins.
  const value = (rest: readonly (string | number)[] | null): number | null => {
    const opened = next()
    if (opened === null) return null
    let found = rest?.length === 0 ? opened.start : null
    if (opened.word !== '{' && opened.word !== '[') return found
    const close = opened.word === '{' ? '}' : ']'
    for (let index = 0; peek() !== close && peek() !== null; index += 1) {
      const key = opened.word === '[' ? index : nameOf(next()?.word)
      if (opened.word === '{') next()
      const within = rest !== null && rest.length > 0 && rest[0] === key ? rest.slice(1) : null
      found = value(within) ?? found
      if (peek() === ',') next()
    }
    next()
    return found
  }
  return value(path)
}

function nameOf(word: string | undefined): string {
  try {
    return String(JSON.parse(word ?? '""'))
  } catch {
    return ''
  }
}
