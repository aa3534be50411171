/** Small, seeded, and the same on every machine: what a run chooses depends on its seed only. */
export class Random {
  #state: number

  constructor(seed: number, of = '') {
    this.#state = seed >>> 0
    for (const letter of of) this.#state = Math.imul(this.#state ^ letter.charCodeAt(0), 0x01_00_01_93) >>> 0
    for (let n = 0; n < 4; n += 1) this.next()
  }

  /** 0 ≤ n < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** 0 ≤ n < below */
  below(below: number): number {
    return Math.floor(this.next() * below)
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(among: readonly T[]): T {
    return among[this.below(among.length)]
  }

  shuffled<T>(all: readonly T[]): T[] {
    const left = [...all]
    const out: T[] = []
    while (left.length > 0) out.push(...left.splice(this.below(left.length), 1))
    return out
  }
}
