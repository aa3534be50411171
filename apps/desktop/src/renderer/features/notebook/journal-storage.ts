// Chromium keeps localStorage in memory for seconds before it reaches the disk: who kills the program then loses them. A transaction
// of IndexedDB that asks for it is on the disk when it ends.

export type KeptTexts = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

export interface JournalStorage {
  texts: KeptTexts
  /** Until then what an earlier run of the program left is not seen. */
  ready: Promise<void>
}

const database = 'aquifer-journal'
const store = 'texts'

/** Answers at once from memory and writes through. Where there is no IndexedDB the fallback serves. */
export function openJournalStorage(factory: IDBFactory | undefined, fallback: KeptTexts): JournalStorage {
  if (factory === undefined) return { texts: fallback, ready: Promise.resolve() }
  const held = new Map<string, string>()
  const gone = new Set<string>()
  let disk: IDBDatabase | null = null
  let failed = false
  const write = (key: string, text: string | null) => {
    if (disk === null) return
    const transaction = disk.transaction(store, 'readwrite', { durability: 'strict' })
    const texts = transaction.objectStore(store)
    if (text === null) texts.delete(key)
    else texts.put(text, key)
    transaction.commit()
  }
  const load = async () => {
    try {
      const opened = await open(factory)
      const found = await everything(opened)
      disk = opened
      for (const [key, text] of found) if (!held.has(key) && !gone.has(key)) held.set(key, text)
      // What was written before the disk was there.
      for (const [key, text] of held) if (found.get(key) !== text) write(key, text)
      for (const key of gone) write(key, null)
    } catch {
      failed = true
      for (const [key, text] of held) fallback.setItem(key, text)
    }
  }
  return {
    ready: load(),
    texts: {
      get length() {
        return held.size
      },
      key: (at) => [...held.keys()][at] ?? null,
      getItem: (key) => held.get(key) ?? (gone.has(key) ? null : fallback.getItem(key)),
      setItem(key, text) {
        held.set(key, text)
        gone.delete(key)
        if (failed) fallback.setItem(key, text)
        else write(key, text)
      },
      removeItem(key) {
        held.delete(key)
        gone.add(key)
        fallback.removeItem(key)
        write(key, null)
      },
    },
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
