import { compareCursors, type Cursor } from '../lake/index.js'

interface Failure {
  reason: string
  from: Cursor
  retryAt: number
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
  failed(study: string, from: Cursor, reason: string, now: number): boolean {
    const attempts = (this.#attempts.get(study) ?? 0) + 1
    this.#attempts.set(study, attempts)
    this.#failed.set(study, { reason, from, retryAt: now + backoff(attempts) })
    return attempts === 1
  }

  stored(study: string): void {
    this.#attempts.delete(study)
  }

  /** Where to read on from: back to where a study failed whose time to try again has come. */
  rewind(cursor: Cursor, now: number): Cursor {
    let to = cursor
    for (const [study, failure] of this.#failed) {
      if (now < failure.retryAt) continue
      this.#failed.delete(study)
      to = earlier(to, failure.from)
    }
    return to
  }

  /** The place in the feed up to which every study is stored. */
  safe(cursor: Cursor): Cursor {
    return [...this.#failed.values()].reduce((to, failure) => earlier(to, failure.from), cursor)
  }

  reasons(): Record<string, string> {
    return Object.fromEntries([...this.#failed].map(([study, failure]) => [study, failure.reason]))
  }
}

const earlier = (a: Cursor, b: Cursor): Cursor => (compareCursors(b, a) < 0 ? b : a)
