export interface MissingPattern {
  /** which variables have no value */
  missing: string[]
  people: number
}

/** Which variables are missing together, the most frequent first; whoever has all values is the pattern of none. */
export function missingPatterns(variables: readonly string[], rows: readonly (readonly unknown[])[]): MissingPattern[] {
  const counts = new Map<string, MissingPattern>()
  for (const row of rows) {
    const missing = variables.filter((_, at) => row[at] === null || row[at] === undefined)
    const key = missing.join('\0')
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { missing, people: 1 })
    else known.people++
  }
  return [...counts.values()].toSorted((a, b) => b.people - a.people || a.missing.length - b.missing.length)
}
