import type { Journal, StudyLake } from '../lake/index.js'
import type { DisplayText } from '../reservoir/index.js'

/** A display or text that one person's data gave to a code, as the source has it: seen only inside the identified zone. */
export interface DisplayCandidate {
  system: string
  code: string
  text: string
  /** Pseudonym of the person; null counts for nobody. */
  patient: string | null
}

// A text enters the dictionary by itself when this many people share it word for word; until then it waits, encrypted, beside the lake.
export const peopleForDisplay = 11

const journalName = 'displays'
const entriesMax = 400

type Pair = [system: string, code: string, text: string]
/** What a batch adds: people to pairs; a pair with enough of them stands without names. */
type Entry = { pair: Pair; people: string[]; approved?: true }[]

/** Counts the people who share a text of a code, up to the number that lets it into the dictionary. */
export class DisplayCount {
  readonly #journal: Journal
  readonly #waiting = new Map<string, { pair: Pair; people: Set<string> }>()
  readonly #approved = new Map<string, Pair>()
  #changed = true

  constructor(journal: Journal) {
    this.#journal = journal
    for (const bytes of journal.take()) this.#apply(JSON.parse(bytes.toString()) as Entry)
  }

  static async open(lake: StudyLake): Promise<DisplayCount> {
    return new DisplayCount(await lake.journal(journalName))
  }

  /** Counts the candidates and writes down what is new. */
  async add(candidates: Iterable<DisplayCandidate>): Promise<void> {
    const fresh = new Map<string, { pair: Pair; people: string[] }>()
    for (const { system, code, text, patient } of candidates) {
      if (patient === null) continue
      const pair: Pair = [system, code, text]
      const key = keyOf(pair)
      if (this.#approved.has(key) || this.#waiting.get(key)?.people.has(patient)) continue
      const entry = fresh.get(key)
      if (!entry) fresh.set(key, { pair, people: [patient] })
      else if (!entry.people.includes(patient)) entry.people.push(patient)
    }
    if (fresh.size === 0) return
    this.#apply([...fresh.values()])
    if (this.#journal.length < entriesMax) await this.#journal.append(Buffer.from(JSON.stringify([...fresh.values()])))
    else await this.#journal.replace([Buffer.from(JSON.stringify(this.#snapshot()))])
  }

  /** The dictionary if it is not the one handed out last, else null. One text per code: the first in order of those approved. */
  changed(): DisplayText[] | null {
    if (!this.#changed || this.#approved.size === 0) return null
    const byCode = new Map<string, DisplayText>()
    for (const [system, code, text] of this.#approved.values()) {
      const key = JSON.stringify([system, code])
      const known = byCode.get(key)
      if (!known || text < known.text) byCode.set(key, { system, code, text })
    }
    return [...byCode.values()]
  }

  /** To be called once the dictionary that `changed` gave is stored. */
  stored(): void {
    this.#changed = false
  }

  /** People are counted by pseudonym: under another key everyone would count twice. */
  async clear(): Promise<void> {
    this.#waiting.clear()
    this.#approved.clear()
    this.#changed = true
    if (this.#journal.length > 0) await this.#journal.replace([])
  }

  #apply(entry: Entry): void {
    for (const { pair, people, approved } of entry) {
      const key = keyOf(pair)
      if (this.#approved.has(key)) continue
      const waiting = this.#waiting.get(key) ?? { pair, people: new Set<string>() }
      for (const person of people) waiting.people.add(person)
      this.#waiting.set(key, waiting)
      if (!approved && waiting.people.size < peopleForDisplay) continue
      this.#waiting.delete(key)
      this.#approved.set(key, pair)
      this.#changed = true
    }
  }

  #snapshot(): Entry {
    const approved = [...this.#approved.values()].map((pair) => ({ pair, people: [], approved: true as const }))
    return [...approved, ...[...this.#waiting.values()].map(({ pair, people }) => ({ pair, people: [...people] }))]
  }
}

const keyOf = (pair: Pair): string => JSON.stringify(pair)
