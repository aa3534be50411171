const quotes: Readonly<Record<string, string>> = { "'": "'", '"': '"' }

/** Index after the parenthesis that closes the one at `from`; null where none does. */
function closed(sql: string, from: number): number | null {
  let depth = 0
  for (let at = from; at < sql.length; at += 1) {
    const quote = quotes[sql[at]!]
    if (quote !== undefined) {
      const end = sql.indexOf(quote, at + 1)
      if (end < 0) return null
      at = end
    } else if (sql[at] === '(') depth += 1
    else if (sql[at] === ')') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return null
}

/** A question in one line. What it reads of other cells stands before it in each, so it is told from others by what comes after. */
export function heartOf(sql: string): string {
  const line = sql
    .replaceAll(/--[^\n]*\n/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const head = /^with (?:recursive )?/i.exec(line)?.[0]
  if (head === undefined) return line
  for (let at = head.length; ;) {
    const open = /^(?:"[^"]*"|\w+) ?(?:\([^)]*\) ?)?as (?:(?:not )?materialized )?(?=\()/i.exec(line.slice(at))
    const end = open === null ? null : closed(line, at + open[0].length)
    if (end === null) return line
    const comma = /^ ?, ?/.exec(line.slice(end))?.[0]
    if (comma === undefined) return `… ${line.slice(end).trim()}`
    at = end + comma.length
  }
}
