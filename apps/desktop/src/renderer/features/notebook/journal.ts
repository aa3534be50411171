import { z } from 'zod'
import { notebookCell } from '@aquifer/core/contract'
import { savable } from './cohort/criteria.js'
import type { KeptTexts } from './journal-storage.js'
import { samePage, type Page } from './model.js'

// Edits that the server does not have yet survive a crash, a closed tab and a dead network. Only what was typed is kept:
// results are masked data of people and never touch this disk.

const entry = z.object({
  at: z.string(),
  version: z.number(),
  title: z.string(),
  cut: z.string().nullable().default(null),
  cells: z.array(notebookCell),
})
export type JournalEntry = z.infer<typeof entry>

export type Unsaved = Pick<JournalEntry, 'at' | 'title' | 'version'> & { id: string }

export interface Journal {
  write(id: string, version: number, page: Page, at: string): void
  clear(id: string): void
  /** What was typed and not saved, if it differs from what the server has. */
  read(id: string, saved: Page): JournalEntry | null
  /** Of all notebooks, the newest first. */
  list(): Unsaved[]
}

export function openJournal(storage: KeptTexts, user: string): Journal {
  const key = (id: string) => `aquifer.journal.${user}.${id}`
  return {
    write(id, version, page, at) {
      try {
        storage.setItem(key(id), JSON.stringify({ at, version, ...plain(savable(page)) }))
      } catch {
        // A full disk must not stop the typing; the status bar already says that the edits are not on the server.
      }
    },
    clear: (id) => storage.removeItem(key(id)),
    read(id, saved) {
      const text = storage.getItem(key(id))
      if (text === null) return null
      const parsed = entry.safeParse(parse(text))
      if (parsed.success && !samePage(plain(parsed.data), plain(saved))) return parsed.data
      storage.removeItem(key(id))
      return null
    },
    list: () =>
      Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? '')
        .filter((name) => name.startsWith(key('')))
        .flatMap((name): Unsaved[] => {
          const parsed = entry.safeParse(parse(storage.getItem(name) ?? ''))
          return parsed.success ? [{ ...parsed.data, id: name.slice(key('').length) }] : []
        })
        .toSorted((a, b) => (a.at < b.at ? 1 : -1)),
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
