/** A count as a band that is the same for a while: none, 1–10, and then by 1, 2 and 5. For what changes under a reader's eyes. */
export function bandOf(count: number): string {
  if (count <= 0) return '0'
  if (count <= 10) return '1–10'
  for (let unit = 10; ; unit *= 10) {
    for (const times of [1, 2, 5]) {
      const to = times === 1 ? 2 * unit : times === 2 ? 5 * unit : 10 * unit
      if (count <= to) return `${times * unit + 1}–${to}`
    }
  }
}
