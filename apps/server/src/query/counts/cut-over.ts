import { countsOnly } from '@aquifer/core/small-cells'
import type { ChangedPeople } from '@aquifer/core/contract'
import type { HeldSnapshot } from '../query-options.js'

/** How long figures rest on one snapshot, unless many have left it. */
const cutOverMs = 3_600_000

interface Standing {
  at: number
  /** Who was left out when it began. */
  left: ReadonlySet<string>
  /** null: its files may be gone, since somebody was erased from them. */
  held: HeldSnapshot | null
}

/**
 * The snapshot that counts rest on: one for an hour or until enough people left, so that nobody sees from one statement to the next what
 * one person changes. Who withdrew is left out of it at once all the same.
 */
export class CutOver {
  readonly #standings = new Map<string, Standing>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The snapshot and how many left since; `newest` gives another one when it is time. */
  async standing(
    study: string,
    withheld: readonly string[],
    newest: () => Promise<HeldSnapshot | null> | HeldSnapshot | null,
  ): Promise<{ held: HeldSnapshot; changed: ChangedPeople } | null> {
    const known = this.#standings.get(study)
    const changed = known === undefined ? 0 : withheld.filter((key) => !known.left.has(key)).length
    const isOver = known === undefined || this.#now() - known.at >= cutOverMs || changed >= countsOnly.threshold
    if (!isOver && known.held !== null) return { held: known.held, changed: banded(changed) }
    const held = await newest()
    if (held === null) return null
    known?.held?.release()
    this.#standings.set(study, isOver ? { at: this.#now(), left: new Set(withheld), held } : { ...known, held })
    return { held, changed: isOver ? '0' : banded(changed) }
  }

  /** Files of the study's snapshots go: the next statement takes the newest. */
  drop(study: string): void {
    const known = this.#standings.get(study)
    if (known === undefined) return
    known.held?.release()
    known.held = null
  }

  close(): void {
    for (const study of this.#standings.keys()) this.drop(study)
  }
}

function banded(people: number): ChangedPeople {
  if (people === 0) return '0'
  return people < countsOnly.threshold ? '1–10' : Math.round(people / 5) * 5
}
