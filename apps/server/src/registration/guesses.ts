import { refuse, type Refusal } from '@aquifer/core/refusal'

const windowMs = 10 * 60_000
const wrongMax = 30
const sourcesMax = 10_000

/** Wrong codes by where they come from: nobody tries many. */
export interface Guesses {
  refusal(source: string | null): Refusal | null
  wrong(source: string | null): void
}

export function openGuesses(now: () => number): Guesses {
  const counted = new Map<string, { since: number; wrong: number }>()
  const of = (source: string | null) => {
    const found = counted.get(source ?? '')
    return found !== undefined && now() >= found.since && now() < found.since + windowMs ? found : null
  }
  return {
    refusal(source) {
      const found = of(source)
      if (found === null || found.wrong < wrongMax) return null
      return refuse('too-many-requests', {
        detail: 'Too many wrong codes; try again later.',
        retryAfterS: (found.since + windowMs - now()) / 1000,
      })
    },
    wrong(source) {
      const found = of(source)
      if (found !== null) found.wrong += 1
      else {
        if (counted.size >= sourcesMax) counted.clear()
        counted.set(source ?? '', { since: now(), wrong: 1 })
      }
    },
  }
}
