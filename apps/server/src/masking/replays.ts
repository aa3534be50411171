import type { StudyReservoir } from '../reservoir/index.js'
import { faultPoint } from '../storage/index.js'

/** Where a replay is: `none` where it was not begun, was given up, or something else is made anew. */
export type Replayed = 'none' | 'running' | 'shown'

interface Asked {
  id: string
  what: 'begin' | 'abandon'
  resolve: (replayed: Replayed) => void
}

/** What was asked of a study's replays, until its run comes to it between two batches. */
export class Replays {
  #asked: Asked[] = []

  ask(id: string, what: Asked['what']): Promise<Replayed> {
    return new Promise((resolve) => this.#asked.push({ id, what, resolve }))
  }

  /** Whether the head is another one now. */
  async settle(reservoir: StudyReservoir): Promise<boolean> {
    let changed = false
    while (this.#asked.length > 0) {
      const { id, what, resolve } = this.#asked[0]!
      const did = what === 'begin' ? await reservoir.beginReplay(id) : await reservoir.abandonReplay(id)
      if (did) await faultPoint('masking.replay-changed')
      changed ||= did
      this.#asked.shift()
      resolve(replayedIn(reservoir, id))
    }
    return changed
  }

  /** Nothing more is done: who asked hears where it stands. */
  end(reservoir: StudyReservoir | null): void {
    for (const { id, resolve } of this.#asked.splice(0)) resolve(replayedIn(reservoir, id))
  }
}

export function replayedIn(reservoir: StudyReservoir | null, id: string): Replayed {
  if (reservoir?.snapshot()?.replay === id) return 'shown'
  return reservoir?.head()?.replay === id ? 'running' : 'none'
}
