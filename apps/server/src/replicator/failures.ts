import { compareCursors, type Cursor } from '../lake/index.js'
import { sinceMs, type Clock } from '../storage/index.js'

interface Failure {
  reason: string
  from: Cursor
  at: number
  restMs: number
  /** when the oldest row was written that waits for it */
  oldest: number
}

const backoffMs = { first: 200, last: 10_000 }
export const backoff = (attempts: number): number => Math.min(backoffMs.last, backoffMs.first * 2 ** Math.min(attempts - 1, 10))

/** Studies whose lake cannot be written now. The others go on; such a study is read again from where it failed. */
export class StudyFailures {
  readonly #failed = new Map<string, Failure>()
  readonly #attempts = new Map<string, number>()

  get any(): boolean {
    return this.#failed.size > 0
  }

  studies(): Set<string> {
    return new Set(this.#failed.keys())
  }

  /** True when it failed for the first time. */
  failed(study: string, waits: { from: Cursor; oldest: number }, reason: string, clock: Clock): boolean {
    const attempts = (this.#attempts.get(study) ?? 0) + 1
    this.#attempts.set(study, attempts)
    this.#failed.set(study, { reason, ...waits, at: clock.now(), restMs: backoff(attempts) })
    return attempts === 1
  }

  stored(study: string): void {
    this.#attempts.delete(study)
  }

  /** Where to read on from: back to where a study failed whose time to try again has come. */
  rewind(cursor: Cursor, clock: Clock): Cursor {
    let to = cursor
    for (const [study, failure] of this.#failed) {
      if (sinceMs(clock, failure.at) < failure.restMs) continue
      this.#failed.delete(study)
      to = earlier(to, failure.from)
    }
    return to
  }

  /** The place in the feed up to which every study is stored. */
  safe(cursor: Cursor): Cursor {
    return [...this.#failed.values()].reduce((to, failure) => earlier(to, failure.from), cursor)
  }

  /** When the oldest row was written that waits for a study; null where none does. */
  oldest(): number | null {
    return this.any ? Math.min(...[...this.#failed.values()].map(({ oldest }) => oldest)) : null
  }

  reasons(): Record<string, string> {
    return Object.fromEntries([...this.#failed].map(([study, failure]) => [study, failure.reason]))
  }
}

const earlier = (a: Cursor, b: Cursor): Cursor => (compareCursors(b, a) < 0 ? b : a)
