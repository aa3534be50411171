/** Different people as ascending numbers. Whoever has keys numbers them, the same all the time. */
export type People = Uint32Array

/** How many of the first are not in the second; counting stops at `most`. */
export function countBeyond(first: People, second: People, most = Infinity): number {
  let [count, at] = [0, 0]
  for (const person of first) {
    while (at < second.length && second[at]! < person) at++
    if (second[at] !== person && ++count >= most) return count
  }
  return count
}

export function union(parts: readonly People[]): People {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const all = new Set<number>()
  for (const part of parts) for (const person of part) all.add(person)
  return Uint32Array.from(all).sort()
}
