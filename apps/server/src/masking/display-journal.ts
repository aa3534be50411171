import type { BearerNames, DisplayCandidate } from '@aquifer/core/masking'
import type { Journal, StudyLake } from '../lake/index.js'
import { DisplayDecisions, type DisplayDecision } from './display-decisions.js'
import { createDisplayDictionary, type Display, type DisplayDictionary, type DisplayState, type KnownDisplay } from './displays.js'

// The dictionary counts people by pseudonym and holds texts that are not let through yet, so it is kept encrypted beside the lake.
const journalName = 'displays'
const entriesMax = 400
const peoplePerTextMax = 64

/** A text as a privacy officer decides about it. */
export type DecidableDisplay = KnownDisplay & { decided: DisplayDecision | null }
export type DisplayRuling = Display & { decision: 'approve' | 'reject' | 'undo'; reason: string; confirmed: boolean }
export type RulingOutcome = 'recorded' | 'needs-confirmation' | 'unknown'

type Entry = { state: DisplayState } | { offered: Offered }
interface Offered {
  displays: DisplayCandidate[]
  names: BearerNames[]
}

/** A study's dictionary of displays, kept across restarts: what a batch adds is written down before the batch counts as done. */
export class DisplayJournal {
  readonly #journal: Journal
  readonly #decisions: DisplayDecisions
  readonly #people = new Map<string, Set<string>>()
  readonly #names = new Map<string, string>()
  #dictionary: DisplayDictionary
  #handedOut: string | null = null
  #changed = true
  #decidedSince = false

  constructor(journal: Journal, decisions: DisplayDecisions) {
    this.#journal = journal
    this.#decisions = decisions
    const entries = journal.take().map((bytes) => JSON.parse(bytes.toString()) as Entry)
    const first = entries[0]
    this.#dictionary = createDisplayDictionary(first && 'state' in first ? first.state : undefined)
    for (const entry of entries) {
      if ('state' in entry)
        this.#remember(
          entry.state.displays.map((display) => ({ ...display, patients: [...display.people, ...(display.bearers ?? [])] })),
          entry.state.names,
        )
      else this.#take(entry.offered)
    }
  }

  static async open(lake: StudyLake): Promise<DisplayJournal> {
    return new DisplayJournal(await lake.journal(journalName), await DisplayDecisions.open(lake))
  }

  /** Counts what batches have seen and writes down what is new in it. */
  async add(batches: readonly { displays: readonly DisplayCandidate[]; names: readonly BearerNames[] }[]): Promise<void> {
    const offered = this.#fresh(batches)
    if (offered.displays.length === 0 && offered.names.length === 0) return
    this.#take(offered)
    if (this.#journal.length < entriesMax) await this.#journal.append(bytesOf({ offered }))
    else await this.#journal.replace([bytesOf({ state: this.#dictionary.state() })])
  }

  /** The whole dictionary when it is not the one stored last; null when nothing changed. */
  changed(): Display[] | null {
    if (!this.#changed) return null
    this.#changed = false
    this.#decidedSince = false
    const approved = this.#dictionary.approved(this.#decisions.verdictOf)
    const text = JSON.stringify(approved)
    if (text === this.#handedOut || (this.#handedOut === null && approved.length === 0 && !this.#decisions.due)) return null
    this.#handedOut = text
    return approved
  }

  /** What `changed` handed out was not stored. */
  lost(): void {
    this.#handedOut = null
    this.#changed = true
  }

  /** Somebody decided something that the reservoir does not have yet. */
  get due(): boolean {
    return this.#decisions.due
  }

  /** What `changed` told last is stored. */
  async stored(): Promise<void> {
    if (!this.#decidedSince && !this.#changed) await this.#decisions.stored()
  }

  telling(words: ReadonlySet<string>): Set<string> {
    return this.#dictionary.telling(words)
  }

  known(): DecidableDisplay[] {
    return this.#dictionary.known(this.#decisions.verdictOf).map((display) => ({ ...display, decided: this.#decisions.of(display) }))
  }

  /** Records what may be recorded; each ruling has its outcome, in their order. */
  async decide(rulings: readonly DisplayRuling[], { by, at }: { by: string; at: number }): Promise<RulingOutcome[]> {
    const naming = new Set(this.known().flatMap((display) => (display.namesSomebody ? [keyOf(display)] : [])))
    const outcomes = rulings.map((ruling): RulingOutcome => {
      if (!this.#dictionary.has(ruling)) return 'unknown'
      return ruling.decision === 'approve' && !ruling.confirmed && naming.has(keyOf(ruling)) ? 'needs-confirmation' : 'recorded'
    })
    const recorded = rulings.filter((_, index) => outcomes[index] === 'recorded')
    await this.#decisions.add(
      recorded.map(({ system, code, text, decision, reason }) => ({ system, code, text, decision, by, at, reason })),
    )
    if (recorded.length > 0) this.#changed = this.#decidedSince = true
    return outcomes
  }

  /** Takes a person out, and what was written down of him: the journal is written anew. */
  async forget(patient: string): Promise<void> {
    for (const [key, people] of this.#people) if (people.delete(patient) && people.size === 0) this.#people.delete(key)
    this.#names.delete(patient)
    this.#dictionary.forget(patient)
    await this.#decisions.keepOnly((display) => this.#dictionary.has(display))
    if (this.#journal.length > 0) await this.#journal.replace([bytesOf({ state: this.#dictionary.state() })])
    this.#changed = true
  }

  /** Under another key everyone has another pseudonym and would be counted twice. */
  async clear(): Promise<void> {
    if (this.#journal.length > 0) await this.#journal.replace([])
    this.#dictionary = createDisplayDictionary()
    this.#people.clear()
    this.#names.clear()
    this.lost()
  }

  #take(offered: Offered): void {
    this.#remember(offered.displays, offered.names)
    this.#dictionary.offer(offered)
    this.#changed = true
  }

  #remember(displays: readonly DisplayCandidate[], names: readonly BearerNames[]): void {
    for (const display of displays) {
      const key = keyOf(display)
      const people = this.#people.get(key) ?? new Set<string>()
      for (const patient of display.patients) people.add(patient)
      this.#people.set(key, people)
    }
    for (const { patient, words } of names) this.#names.set(patient, words.join(' '))
  }

  // Most of a batch is known: a text that enough people share needs no more of them.
  #fresh(batches: readonly { displays: readonly DisplayCandidate[]; names: readonly BearerNames[] }[]): Offered {
    const displays: DisplayCandidate[] = []
    const names: BearerNames[] = []
    for (const batch of batches) {
      for (const display of batch.displays) {
        const known = this.#people.get(keyOf(display))
        if (known && known.size >= peoplePerTextMax) continue
        const patients = display.patients.filter((patient) => !known?.has(patient))
        if (patients.length > 0) displays.push({ ...display, patients })
      }
      for (const name of batch.names) if (this.#names.get(name.patient) !== name.words.join(' ')) names.push(name)
    }
    return { displays, names }
  }
}

const keyOf = ({ system, code, text }: Display): string => JSON.stringify([system, code, text])
const bytesOf = (entry: Entry): Buffer => Buffer.from(JSON.stringify(entry))
