import type { Journal, StudyLake } from '../lake/index.js'

/** A version that was held back: by pseudonym, with the reason as a code, never any content. */
export interface HeldResource {
  type: string
  /** Masked id; null where the row could not be read at all. */
  id: string | null
  version: number
  reason: string
}

type Entry = { held: HeldResource[]; released: string[] }

const journalName = 'held'
const entriesMax = 500

/** What of a study is held back now. A newer version that is masked releases its resource. */
export class HeldList {
  readonly #journal: Journal
  readonly #held = new Map<string, HeldResource>()

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

  /** Adds what was held, takes out what a masked row of the batch replaces, and writes both down. */
  async update(held: readonly HeldResource[], masked: ReadonlyMap<string, readonly Uint8Array[]>): Promise<void> {
    const released = this.#releasedBy(masked)
    const fresh = held.filter((row) => this.#held.get(keyOf(row))?.version !== row.version)
    if (fresh.length === 0 && released.length === 0) return
    const entry = { held: fresh, released }
    this.#apply(entry)
    if (this.#journal.length < entriesMax) await this.#journal.append(Buffer.from(JSON.stringify(entry)))
    else await this.#journal.replace([Buffer.from(JSON.stringify({ held: this.rows(), released: [] }))])
  }

  /** Takes resources out, and what was written down of them. */
  async forget(ids: ReadonlySet<string>): Promise<void> {
    for (const [key, { id }] of this.#held) if (id !== null && ids.has(id)) this.#held.delete(key)
    // Released entries name them as well.
    if (this.#journal.length > 0) await this.#journal.replace([Buffer.from(JSON.stringify({ held: this.rows(), released: [] }))])
  }

  async clear(): Promise<void> {
    if (this.#journal.length === 0) return
    this.#held.clear()
    await this.#journal.replace([])
  }

  #apply({ held, released }: Entry): void {
    for (const key of released) this.#held.delete(key)
    for (const row of held) {
      const known = this.#held.get(keyOf(row))
      if (!known || known.version < row.version) this.#held.set(keyOf(row), row)
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

const keyOf = (row: HeldResource): string => `${row.type}/${row.id ?? `?${row.version}`}`
