// What an attacker works out of told figures: sizes of sets of people as intervals, from sums and differences of sets that hold each other.

/** A set of people by the kinds of them that are in it, one bit each. */
export type Kinds = number
interface Interval {
  low: number
  high: number
}

const setsMax = 1_500

export class Attacker {
  readonly #known = new Map<Kinds, Interval>()

  hears(kinds: Kinds, low: number, high: number): void {
    if (kinds !== 0) this.#narrow(kinds, low, high)
  }

  #narrow(kinds: Kinds, low: number, high: number): boolean {
    const known = this.#known.get(kinds)
    if (known === undefined && this.#known.size >= setsMax) return false
    const next = { low: Math.max(low, known?.low ?? 0, 0), high: Math.min(high, known?.high ?? Infinity) }
    if (known !== undefined && next.low === known.low && next.high === known.high) return false
    this.#known.set(kinds, next)
    return true
  }

  /** Subtracts and adds until nothing new follows, or three times. */
  reckons(): ReadonlyMap<Kinds, Interval> {
    for (let round = 0, changed = true; changed && round < 3; round++) {
      changed = false
      const sets = [...this.#known]
      for (const [one, first] of sets)
        for (const [other, second] of sets) {
          if (one === other) continue
          if ((one & other) === one) changed = this.#narrow(other & ~one, second.low - first.high, second.high - first.low) || changed
          if ((one & other) === one) changed = this.#narrow(one, 0, second.high) || changed
          if ((one & other) === 0 && one < other)
            changed = this.#narrow(one | other, first.low + second.low, first.high + second.high) || changed
        }
    }
    return this.#known
  }
}
