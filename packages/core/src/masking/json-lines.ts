const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|\n/g

interface Level {
  list: boolean
  index: number
  key: string
  keyNext: boolean
}

/** Line of every value in a JSON text, by its path: 'classes.DATE' → 7. Of text that is no JSON as much as can be told. */
export function jsonLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>([['', 1]])
  const levels: Level[] = []
  let line = 1
  const here = (): string => levels.map((level) => (level.list ? String(level.index) : level.key)).join('.')
  for (const [part] of text.matchAll(token)) {
    const level = levels.at(-1)
    if (part === '\n') line++
    else if (part === '{' || part === '[') {
      lines.set(here(), lines.get(here()) ?? line)
      levels.push({ list: part === '[', index: 0, key: '', keyNext: part === '{' })
    } else if (part === '}' || part === ']') levels.pop()
    else if (part === ',' && level) {
      level.index++
      level.keyNext = !level.list
    } else if (level?.keyNext && part.startsWith('"')) {
      level.key = nameOf(part)
      level.keyNext = false
      lines.set(here(), line)
    } else if (part !== ':' && !lines.has(here())) lines.set(here(), line)
  }
  return lines
}

function nameOf(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}
