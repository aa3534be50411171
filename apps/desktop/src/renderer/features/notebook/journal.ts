import { z } from 'zod'
import { notebookCell } from '@aquifer/core/contract'
import { savable } from './cohort/criteria.js'
import type { KeptTexts } from './journal-storage.js'
import { samePage, type Page } from './model.js'
import type { Presence } from './presence.js'

// Edits that the server does not have yet survive a crash, a closed tab and a dead network. Only what was typed is kept:
// results are masked data of people and never touch this disk.

const entry = z.object({
  at: z.string(),
  version: z.number(),
  title: z.string(),
  cut: z.string().nullable().default(null),
  cells: z.array(notebookCell),
})
/** `key`: where it lies; each tab writes in a place of its own. */
export type JournalEntry = z.infer<typeof entry> & { key: string }

export type Unsaved = Pick<JournalEntry, 'at' | 'title' | 'version' | 'key'> & { id: string }

export interface Journal {
  write(id: string, version: number, page: Page, at: string): void
  /** Where this tab writes. */
  keyOf(id: string): string
  /** What this tab wrote. */
  clear(id: string): void
  discard(entry: { key: string }): void
  /** What was typed and not saved, if it differs from what the server has; the newest of those that no tab works on. */
  read(id: string, saved: Page): JournalEntry | null
  isThere(entry: JournalEntry): boolean
  /** Of all notebooks that no other tab works on, the newest first. */
  list(): Unsaved[]
}

/** Who reads along: without it nobody else is there. */
type Tab = Pick<Presence, 'page' | 'isOpenIn'>
const alone: Tab = { page: 'alone', isOpenIn: () => false }

export function openJournal(storage: KeptTexts, user: string, tab: Tab = alone): Journal {
  const prefix = `aquifer.journal.${user}.`
  const key = (id: string) => `${prefix}${id}/${tab.page}`
  const left = (of: (id: string) => boolean): (JournalEntry & { id: string })[] =>
    Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '')
      .filter((name) => name.startsWith(prefix))
      .flatMap((name) => {
        // Without a tab's name: as it was kept when all wrote in one place.
        const [id = '', page = ''] = name.slice(prefix.length).split('/')
        const parsed = of(id) && !(page !== tab.page && tab.isOpenIn(id, page)) ? entry.safeParse(parse(storage.getItem(name) ?? '')) : null
        return parsed?.success ? [{ ...parsed.data, id, key: name }] : []
      })
      .toSorted((a, b) => (a.at < b.at ? 1 : -1))
  return {
    keyOf: key,
    // A full disk must not stop the typing: the storage tells of it.
    write: (id, version, page, at) => storage.setItem(key(id), JSON.stringify({ at, version, ...plain(savable(page)) })),
    clear: (id) => storage.removeItem(key(id)),
    discard: (kept) => storage.removeItem(kept.key),
    isThere: (kept) => storage.getItem(kept.key) !== null,
    read(id, saved) {
      for (const kept of left((each) => each === id)) {
        if (!samePage(plain(kept), plain(saved))) return kept
        storage.removeItem(kept.key)
      }
      return null
    },
    list: () => left(() => true),
  }
}

/** In one order of fields and without absent ones, so that two pages compare by their text. */
const plain = ({ title, cut, cells }: Page): Page => ({ title, cut, cells: cells.map((cell) => notebookCell.safeParse(cell).data ?? cell) })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
