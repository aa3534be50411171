/** One supply of a medication. Days are whole numbers from any common origin. */
export interface Supply {
  start: number
  days: number
}
export interface Period {
  /** null: from the person's first supply on */
  from: number | null
  /** the last day */
  until: number
}
export interface Adherence {
  /** proportion of days covered: 0 to 1 */
  pdc: number
  /** medication possession ratio: days supplied over days observed, not cut at 1 */
  mpr: number
}

/**
 * PDC as the Pharmacy Quality Alliance computes it: a supply that comes before the last one is used up begins when that ends, so that no
 * day counts twice and none is lost; what lies beyond the period does not count. What was supplied before it begins reaches into it.
 * MPR counts the days of supplies that began in the period. null: there is no day to observe, or no supply by the end.
 */
export function adherence(supplies: readonly Supply[], { from, until }: Period): Adherence | null {
  const used = supplies.filter(({ start, days }) => days > 0 && start <= until).toSorted((a, b) => a.start - b.start)
  const first = used[0]
  if (first === undefined) return null
  const begin = from ?? first.start
  const observed = until - begin + 1
  if (observed <= 0) return null
  let free = -Infinity
  let [covered, supplied] = [0, 0]
  for (const { start, days } of used) {
    const taken = Math.max(start, free)
    free = taken + days
    covered += Math.max(0, Math.min(free, until + 1) - Math.max(taken, begin))
    if (start >= begin) supplied += days
  }
  return { pdc: covered / observed, mpr: supplied / observed }
}
