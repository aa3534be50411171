export interface LineChange {
  is: 'same' | 'removed' | 'added'
  text: string
}

const linesMax = 2_000

/** Lines of two texts: what both have in order, what only one has. Longer ones are told as wholly replaced where they differ. */
export function lineDiff(from: string, to: string): LineChange[] {
  const [a, b] = [from.split('\n'), to.split('\n')]
  if (a.length > linesMax || b.length > linesMax) {
    if (from === to) return a.map((text) => ({ is: 'same', text }))
    return [...a.map((text): LineChange => ({ is: 'removed', text })), ...b.map((text): LineChange => ({ is: 'added', text }))]
  }
  const length = lengthsOf(a, b)
  const changes: LineChange[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const isSame = i < a.length && j < b.length && a[i] === b[j]
    if (isSame) changes.push({ is: 'same', text: a[i] ?? '' })
    if (isSame || (i < a.length && (j >= b.length || length(i + 1, j) >= length(i, j + 1)))) {
      if (!isSame) changes.push({ is: 'removed', text: a[i] ?? '' })
      i++
      if (isSame) j++
    } else changes.push({ is: 'added', text: b[j++] ?? '' })
  }
  return changes
}

/** Longest common subsequences of what is left from two places on. */
function lengthsOf(a: readonly string[], b: readonly string[]): (i: number, j: number) => number {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] =
        a[i] === b[j] ? (table[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0)
  return (i, j) => table[i * width + j] ?? 0
}

/** What differs between two sets of named values, each compared as JSON. */
export function valueDiff(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): Record<string, { from: unknown; to: unknown }> {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  const differing = names.filter((name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]))
  return Object.fromEntries(differing.map((name) => [name, { from: from[name] ?? null, to: to[name] ?? null }]))
}
