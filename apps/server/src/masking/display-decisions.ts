import type { Journal, StudyLake } from '../lake/index.js'
import type { Display, Verdict } from './displays.js'

// Decisions name texts that were not let through, so they are kept encrypted beside the lake; apart from the dictionary, which is
// counted anew under another policy or key.
const journalName = 'display-decisions'
const entriesMax = 400

export interface DisplayDecision extends Display {
  decision: 'approve' | 'reject'
  by: string
  at: number
  reason: string
}
type Undone = Display & { decision: 'undo'; by: string; at: number; reason: string }
/** `stored`: the reservoir has all decisions before it. */
type Entry = { decisions: (DisplayDecision | Undone)[] } | { stored: true }

/** What privacy officers decided about single texts. */
export class DisplayDecisions {
  readonly #journal: Journal
  readonly #decisions = new Map<string, DisplayDecision>()
  #due = false

  constructor(journal: Journal) {
    this.#journal = journal
    for (const bytes of journal.take()) this.#apply(JSON.parse(bytes.toString()) as Entry)
  }

  static async open(lake: StudyLake): Promise<DisplayDecisions> {
    return new DisplayDecisions(await lake.journal(journalName))
  }

  /** The reservoir does not have all of them yet. */
  get due(): boolean {
    return this.#due
  }

  of(display: Display): DisplayDecision | null {
    return this.#decisions.get(keyOf(display)) ?? null
  }

  readonly verdictOf = (display: Display): Verdict => this.of(display)?.decision ?? null

  async add(decisions: (DisplayDecision | Undone)[]): Promise<void> {
    if (decisions.length === 0) return
    this.#apply({ decisions })
    await this.#write({ decisions })
  }

  async stored(): Promise<void> {
    if (!this.#due) return
    this.#apply({ stored: true })
    await this.#write({ stored: true })
  }

  /** Takes out what was decided about texts that nobody's data holds any more, and what was written down of it. */
  async keepOnly(isHeld: (display: Display) => boolean): Promise<void> {
    for (const [key, decision] of this.#decisions) {
      if (isHeld(decision)) continue
      this.#decisions.delete(key)
      this.#due = true
    }
    // Decisions that were undone name texts as well.
    if (this.#journal.length > 0) await this.#journal.replace(this.#whole())
  }

  #apply(entry: Entry): void {
    this.#due = !('stored' in entry)
    if ('stored' in entry) return
    for (const decision of entry.decisions) {
      if (decision.decision === 'undo') this.#decisions.delete(keyOf(decision))
      else this.#decisions.set(keyOf(decision), decision)
    }
  }

  async #write(entry: Entry): Promise<void> {
    if (this.#journal.length < entriesMax) await this.#journal.append(bytesOf(entry))
    else await this.#journal.replace(this.#whole())
  }

  #whole(): Buffer[] {
    const decisions = bytesOf({ decisions: [...this.#decisions.values()] })
    return this.#due ? [decisions] : [decisions, bytesOf({ stored: true })]
  }
}

const keyOf = ({ system, code, text }: Display): string => JSON.stringify([system, code, text])
const bytesOf = (entry: Entry): Buffer => Buffer.from(JSON.stringify(entry))
