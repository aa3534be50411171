// Beyond this the mark stays where it is: an import that is sent again repeats more than it needs to, and stores nothing twice.
const windowMax = 200_000

/** Up to which line all is settled, stored or refused for good: from there an import that broke off goes on. */
export interface Acknowledged {
  begin(line: number): void
  settle(line: number): void
  readonly line: number
}

export function openAcknowledged(after: number): Acknowledged {
  const open: number[] = []
  const settled = new Set<number>()
  let from = 0
  let mark = after
  let lost = false
  return {
    begin(line) {
      if (open.length - from >= windowMax) lost = true
      if (!lost) open.push(line)
    },
    settle(line) {
      if (lost) return
      settled.add(line)
      for (let first = open[from]; first !== undefined && settled.delete(first); first = open[from]) {
        mark = first
        from += 1
      }
      if (from > 10_000) {
        open.splice(0, from)
        from = 0
      }
    },
    get line() {
      return mark
    },
  }
}
