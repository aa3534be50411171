import type { Journal, StudyLake } from '../lake/index.js'

/** A version that was held back: by pseudonym, with the reason as a code, never any content. */
export interface HeldResource {
  type: string
  /** Masked id; null where the row could not be read at all. */
  id: string | null
  version: number
  reason: string
  /** What the reason is about, where that tells nothing of the resource. */
  detail: string | null
  /** The words of that, unreadable without the study's key. */
  detailWords?: string[]
  /** When it was held first (epoch ms); null where that was not written down. */
  since: number | null
}
export type NewlyHeld = Omit<HeldResource, 'since'>

/** `round`: how often the study was masked anew for the sake of what is held. `before`: since when what was held then was. */
interface Entry {
  held: HeldResource[]
  released: string[]
  round?: number
  before?: Record<string, number>
}

const journalName = 'held'
const entriesMax = 500

/** What of a study is held back now. A newer version that is masked releases its resource. */
export class HeldList {
  readonly #journal: Journal
  readonly #held = new Map<string, HeldResource>()
  #round = 0
  #before: Record<string, number> = {}

  constructor(journal: Journal) {
    this.#journal = journal
    for (const bytes of journal.take()) this.#apply(JSON.parse(bytes.toString()) as Entry)
  }

  static async open(lake: StudyLake): Promise<HeldList> {
    return new HeldList(await lake.journal(journalName))
  }

  get size(): number {
    return this.#held.size
  }

  rows(): HeldResource[] {
    return [...this.#held.values()]
  }

  /** Rises when everything has to be masked anew for the sake of what is held. */
  get round(): number {
    return this.#round
  }

  /**
   * Adds what was held, takes out what a masked row of the batch replaces, and writes both down. Answers what was not held before, not even
   * in a round before this.
   */
  async update(held: readonly NewlyHeld[], masked: ReadonlyMap<string, readonly Uint8Array[]>, at: number): Promise<HeldResource[]> {
    const released = this.#releasedBy(masked)
    const changed = held.filter((row) => this.#held.get(keyOf(row))?.version !== row.version)
    const known = (row: NewlyHeld): number | null => this.#held.get(keyOf(row))?.since ?? this.#before[keyOf(row)] ?? null
    const fresh = changed.map((row) => ({ ...row, since: known(row) ?? at }))
    const news = fresh.filter((row) => known(row) === null)
    if (fresh.length === 0 && released.length === 0) return []
    const entry = { held: fresh, released }
    this.#apply(entry)
    if (this.#journal.length < entriesMax) await this.#journal.append(Buffer.from(JSON.stringify(entry)))
    else await this.#journal.replace([this.#whole()])
    return news
  }

  /** Everything is to be masked anew. */
  async nextRound(): Promise<void> {
    this.#round++
    await this.#journal.replace([this.#whole()])
  }

  /** Takes resources out, and what was written down of them. */
  async forget(ids: ReadonlySet<string>): Promise<void> {
    for (const [key, { id }] of this.#held) if (id !== null && ids.has(id)) this.#held.delete(key)
    for (const key of Object.keys(this.#before)) if (ids.has(key.slice(key.indexOf('/') + 1))) delete this.#before[key]
    // Released entries name them as well.
    if (this.#journal.length > 0) await this.#journal.replace([this.#whole()])
  }

  /** All rows come again: what is held then counts as held since it was first. */
  async clear(): Promise<void> {
    if (this.#held.size === 0) return
    for (const [key, { since }] of this.#held) if (since !== null) this.#before[key] = since
    this.#held.clear()
    await this.#journal.replace([this.#whole()])
  }

  /** All rows have come again. */
  async settle(): Promise<void> {
    if (Object.keys(this.#before).length === 0) return
    this.#before = {}
    await this.#journal.replace([this.#whole()])
  }

  #whole(): Buffer {
    return Buffer.from(JSON.stringify({ held: this.rows(), released: [], round: this.#round, before: this.#before }))
  }

  #apply({ held, released, round, before }: Entry): void {
    this.#round = round ?? this.#round
    this.#before = before ?? this.#before
    for (const key of released) this.#held.delete(key)
    for (const { detail = null, since = null, ...row } of held as (NewlyHeld & Partial<HeldResource>)[]) {
      const known = this.#held.get(keyOf(row))
      if (!known || known.version < row.version) this.#held.set(keyOf(row), { ...row, detail, since })
    }
  }

  #releasedBy(masked: ReadonlyMap<string, readonly Uint8Array[]>): string[] {
    if (this.#held.size === 0) return []
    const released: string[] = []
    for (const type of new Set([...this.#held.values()].map((row) => row.type))) {
      for (const bytes of masked.get(type) ?? []) {
        for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split('\n')) {
          const known = this.#held.get(`${type}/${idOf(line)}`)
          if (known && known.version < (JSON.parse(line) as { _v: number })._v) released.push(keyOf(known))
        }
      }
    }
    return released
  }
}

// Masked rows begin with their id; parsing each of a busy type for the sake of one that is held would cost more than masking saves.
const idStart = '{"_id":"'
const idOf = (line: string): string => line.slice(idStart.length, line.indexOf('"', idStart.length))

const keyOf = (row: Pick<HeldResource, 'type' | 'id' | 'version'>): string => `${row.type}/${row.id ?? `?${row.version}`}`
