// Chromium keeps localStorage in memory for seconds before it reaches the disk: who kills the program then loses them. A transaction
// of IndexedDB that asks for it is on the disk when it ends.

export type KeptTexts = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

export interface JournalStorage {
  texts: KeptTexts
  /** Until then what an earlier run of the program left is not seen. */
  ready: Promise<void>
  /** Whether the disk took what was given to it last. */
  keeps(): boolean
  /** The disk took something or refused it, or another tab wrote. */
  subscribe(listener: () => void): () => void
}

interface Told {
  key: string
  text: string | null
}

const database = 'aquifer-journal'
const store = 'texts'
const ours = /^aquifer\.(journal|runs)\./

/** Answers at once from memory and writes through. Where there is no IndexedDB the fallback serves. `others`: further tabs, which are told. */
export function openJournalStorage(factory: IDBFactory | undefined, fallback: KeptTexts, others?: BroadcastChannel): JournalStorage {
  const texts = new WrittenThrough(fallback, others)
  return { texts, ready: texts.load(factory), keeps: texts.keeps, subscribe: texts.subscribe }
}

class WrittenThrough implements KeptTexts {
  readonly #held = new Map<string, string>()
  readonly #gone = new Set<string>()
  readonly #refused = new Set<string>()
  readonly #listeners = new Set<() => void>()
  readonly #fallback: KeptTexts
  readonly #others: BroadcastChannel | undefined
  #disk: IDBDatabase | null = null
  #failed = false
  #kept = true

  constructor(fallback: KeptTexts, others: BroadcastChannel | undefined) {
    this.#fallback = fallback
    this.#others = others
    others?.addEventListener('message', ({ data: { key, text } }: MessageEvent<Told>) => {
      if (text === null) this.#held.delete(key)
      else this.#held.set(key, text)
      this.#tell()
    })
  }

  readonly keeps = (): boolean => this.#kept

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async load(factory: IDBFactory | undefined): Promise<void> {
    try {
      if (factory === undefined) throw new Error('no journal')
      const opened = await open(factory)
      const found = await everything(opened)
      this.#disk = opened
      for (const [key, text] of found) if (!this.#held.has(key) && !this.#gone.has(key)) this.#held.set(key, text)
      // What was written before the disk was there.
      for (const [key, text] of this.#held) if (found.get(key) !== text) this.#write(key, text)
      for (const key of this.#gone) this.#write(key, null)
    } catch {
      this.#failed = true
      for (const [key, text] of this.#held) this.#fallBack(key, text)
      for (let at = 0; at < this.#fallback.length; at += 1) {
        const key = this.#fallback.key(at) ?? ''
        if (ours.test(key) && !this.#held.has(key)) this.#held.set(key, this.#fallback.getItem(key) ?? '')
      }
    }
  }

  get length(): number {
    return this.#held.size
  }

  key(at: number): string | null {
    return [...this.#held.keys()][at] ?? null
  }

  getItem(key: string): string | null {
    return this.#held.get(key) ?? (this.#gone.has(key) ? null : this.#fallback.getItem(key))
  }

  setItem(key: string, text: string): void {
    this.#held.set(key, text)
    this.#gone.delete(key)
    if (this.#failed) this.#fallBack(key, text)
    else this.#write(key, text)
    this.#others?.postMessage({ key, text } satisfies Told)
  }

  removeItem(key: string): void {
    this.#held.delete(key)
    this.#refused.delete(key)
    this.#gone.add(key)
    this.#fallback.removeItem(key)
    this.#write(key, null)
    this.#others?.postMessage({ key, text: null } satisfies Told)
  }

  #write(key: string, text: string | null): void {
    if (this.#disk === null) return
    try {
      const transaction = this.#disk.transaction(store, 'readwrite', { durability: 'strict' })
      const texts = transaction.objectStore(store)
      if (text === null) texts.delete(key)
      else {
        // A full disk is told by the end of the transaction, and by nothing else.
        transaction.addEventListener('complete', () => this.#taken(key))
        transaction.addEventListener('abort', () => this.#putOff(key))
        texts.put(text, key)
      }
      transaction.commit()
    } catch {
      if (text !== null) this.#putOff(key)
    }
  }

  #taken(key: string): void {
    this.#refused.delete(key)
    // There is room again: what was refused before goes along.
    for (const other of this.#refused) this.#write(other, this.#held.get(other) ?? null)
    if (this.#refused.size === 0) this.#outcome(true)
  }

  #putOff(key: string): void {
    if (!this.#held.has(key)) return
    this.#refused.add(key)
    this.#outcome(false)
  }

  #fallBack(key: string, text: string): void {
    try {
      this.#fallback.setItem(key, text)
      this.#outcome(true)
    } catch {
      this.#outcome(false)
    }
  }

  #outcome(good: boolean): void {
    if (good === this.#kept) return
    this.#kept = good
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function open(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = factory.open(database, 1)
    asked.addEventListener('upgradeneeded', () => asked.result.createObjectStore(store))
    asked.addEventListener('success', () => resolve(asked.result))
    asked.addEventListener('error', () => reject(asked.error ?? new Error('no journal')))
    asked.addEventListener('blocked', () => reject(new Error('the journal is held by another page')))
  })
}

function everything(opened: IDBDatabase): Promise<Map<string, string>> {
  return new Promise((resolve, reject) => {
    const found = new Map<string, string>()
    const asked = opened.transaction(store).objectStore(store).openCursor()
    asked.addEventListener('error', () => reject(asked.error ?? new Error('no journal')))
    asked.addEventListener('success', () => {
      const cursor = asked.result
      if (cursor === null) return resolve(found)
      if (typeof cursor.key === 'string' && typeof cursor.value === 'string') found.set(cursor.key, cursor.value)
      cursor.continue()
    })
  })
}
