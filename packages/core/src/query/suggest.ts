/** The known name nearest to a mistyped one, if one is near. */
export function suggestName(wanted: string, known: Iterable<string>): string | undefined {
  const from = wanted.toLowerCase()
  const most = Math.max(1, Math.floor(from.length / 3))
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const to = name.toLowerCase()
    if (to === `${from}s` || `${to}s` === from) return name
    if (Math.abs(to.length - from.length) > most) continue
    const found = distance(from, to)
    if (found <= most && (best === undefined || found < best.distance)) best = { name, distance: found }
  }
  return best?.name
}

// Steps of insertion, deletion, replacement, or exchange of neighbours.
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let steps = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) steps = Math.min(steps, (before[j - 2] ?? 0) + 1)
      row[j] = steps
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
