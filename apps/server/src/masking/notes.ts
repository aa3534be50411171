import type { StudyLake } from '../lake/index.js'
import type { MaskedPerson } from '../reservoir/index.js'
import type { Clock } from '../storage/index.js'
import { DisplayJournal, type DecidableDisplay, type DisplayRuling, type RulingOutcome } from './display-journal.js'
import type { Display } from './displays.js'
import { HeldList, type HeldResource, type NewlyHeld } from './held-list.js'
import { LeakFound, StudyGate, type GateScope, type LeakAcceptance, type StandingLeak } from './leak-gate.js'
import type { MaskedBatch } from './worker-messages.js'

export interface NotesParts {
  clock: Clock
  /** Told of what was not held back before. */
  onHeld?: (held: { study: string; resources: readonly HeldResource[] }) => void
}

/** What masking remembers of a study beside the rows: what is held back, its displays, and the words its rows must not hold. Changed by one at a time. */
export class StudyNotes {
  readonly #lake: StudyLake
  readonly #parts: NotesParts
  #held: HeldList | null = null
  #displays: DisplayJournal | null = null
  #gate: StudyGate | null = null
  // What a journal did not take, memory may hold all the same.
  #isDoubtful = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(lake: StudyLake, parts: NotesParts) {
    this.#lake = lake
    this.#parts = parts
  }

  get heldCount(): number {
    return this.#held?.size ?? 0
  }

  /** How often the study was to be masked anew for the sake of what is held. */
  get round(): number {
    return this.#held?.round ?? 0
  }

  /** Somebody decided about a display, and the reservoir does not have it yet. */
  get due(): boolean {
    return this.#displays?.due ?? false
  }

  held(): HeldResource[] {
    return this.tellable(this.#held?.rows() ?? [])
  }

  heldByReason(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { reason } of this.#held?.rows() ?? []) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    return counts
  }

  /** The same rows, without an address in which a word names somebody. */
  tellable<Row extends NewlyHeld>(rows: readonly Row[]): Row[] {
    const words = new Set(rows.flatMap(({ detailWords = [] }) => detailWords))
    const telling = words.size === 0 ? words : (this.#displays?.telling(words) ?? words)
    return rows.map((row) => (row.detailWords?.some((word) => telling.has(word)) ? { ...row, detail: null } : row))
  }

  /** The dictionary; null before it was opened. */
  displays(): DecidableDisplay[] | null {
    return this.#displays?.known() ?? null
  }

  /** What the leak gate stopped. */
  leaks(): StandingLeak[] {
    return this.#gate?.standing() ?? []
  }

  acceptLeak(acceptance: LeakAcceptance, record: () => Promise<void>): Promise<boolean> {
    return this.#inTurn(async () => (await this.#opened()).gate.accept(acceptance, record))
  }

  /** Paths on which the policy lets canaries through; throws where there are any. */
  stopCanaries(paths: readonly string[], scope: GateScope): void {
    this.#gate?.stopCanaries(paths, scope, this.#parts.clock.now())
  }

  open(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#opened()
    })
  }

  decide(rulings: readonly DisplayRuling[], by: string): Promise<RulingOutcome[]> {
    return this.#inTurn(async () => (await this.#opened()).displays.decide(rulings, { by, at: this.#parts.clock.now() }))
  }

  nextRound(): Promise<void> {
    return this.#inTurn(async () => (await this.#opened()).held.nextRound())
  }

  /** All rows come again, perhaps under another key. */
  begunAnew(): Promise<void> {
    return this.#inTurn(async () => {
      const { held, displays, gate } = await this.#opened()
      await held.clear()
      await displays.clear()
      await gate.clear()
    })
  }

  /** All rows have come. */
  settle(): Promise<void> {
    return this.#inTurn(async () => (await this.#opened()).held.settle())
  }

  take(masked: readonly MaskedBatch[], byType: ReadonlyMap<string, readonly Uint8Array[]>, scope: GateScope): Promise<void> {
    return this.#inTurn(async () => {
      const { held, displays, gate } = await this.#opened()
      await gate.pass(masked, scope, this.#parts.clock.now())
      await this.#note(held, heldOf(masked), byType)
      await displays.add(masked)
    })
  }

  changedDisplays(): Display[] | null {
    return this.#displays?.changed() ?? null
  }

  /** What `changedDisplays` handed out was not stored. */
  lost(): void {
    this.#displays?.lost()
  }

  /** It was; `unfit` is what the store did not take. */
  stored(unfit: readonly NewlyHeld[]): Promise<void> {
    return this.#inTurn(async () => {
      const { held, displays } = await this.#opened()
      await this.#note(held, unfit, new Map())
      await displays.stored()
    })
  }

  /** Nothing is looked for any more that a person is known by: his rows are gone, wherever they had come. */
  leave(patientKeys: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const { gate } = await this.#opened()
      for (const patient of patientKeys) await gate.forget(patient)
    })
  }

  forget({ patientKey, ids }: MaskedPerson): Promise<void> {
    return this.#inTurn(async () => {
      const { held, displays, gate } = await this.#opened()
      await held.forget(new Set(ids))
      await displays.forget(patientKey)
      await gate.forget(patientKey)
    })
  }

  async #note(held: HeldList, rows: readonly NewlyHeld[], byType: ReadonlyMap<string, readonly Uint8Array[]>): Promise<void> {
    const resources = await held.update(rows, byType, this.#parts.clock.now())
    if (resources.length > 0) this.#parts.onHeld?.({ study: this.#lake.study, resources })
  }

  async #opened(): Promise<{ held: HeldList; displays: DisplayJournal; gate: StudyGate }> {
    if (this.#isDoubtful || this.#held === null || this.#displays === null || this.#gate === null) {
      const standing = this.#gate?.standing() ?? []
      const [held, displays] = [await HeldList.open(this.#lake), await DisplayJournal.open(this.#lake)]
      const gate = await StudyGate.open(this.#lake, standing)
      ;[this.#held, this.#displays, this.#gate] = [held, displays, gate]
      this.#isDoubtful = false
    }
    return { held: this.#held, displays: this.#displays, gate: this.#gate }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work)
    this.#turn = next.catch((error: unknown) => {
      if (!(error instanceof LeakFound)) this.#isDoubtful = true
    })
    return next
  }
}

// Types that a policy withholds are not held back: nobody waits for them.
const heldOf = (masked: readonly MaskedBatch[]): NewlyHeld[] =>
  masked.flatMap((batch) => batch.held.filter((row) => row.reason !== 'type-withheld'))
