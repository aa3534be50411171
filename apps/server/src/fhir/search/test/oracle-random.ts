/** Repeatable, without a package for it. */
export interface Random {
  below(limit: number): number
  one<T>(of: readonly T[]): T
  shuffled<T>(all: readonly T[]): T[]
}

export function openRandom(seed: number): Random {
  let state = seed
  const below = (limit: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * limit)
  }
  return {
    below,
    one: (of) => of[below(of.length)]!,
    shuffled(all) {
      const list = [...all]
      for (let at = list.length - 1; at > 0; at -= 1) {
        const other = below(at + 1)
        ;[list[at], list[other]] = [list[other]!, list[at]!]
      }
      return list
    },
  }
}
