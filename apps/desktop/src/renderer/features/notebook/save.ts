import { notebook as notebookSchema } from '@aquifer/core/contract'
import { ApiFailure } from '../../api/failure.js'
import { savable } from './cohort/criteria.js'
import type { Desk, OpenNotebook } from './desk.js'
import { pageOf, samePage } from './model.js'

const quietMs = 800
const typingMs = 3000
const retryMs = 5000
const journalMs = 250

const pathOf = (id: string) => `/query/api/v1/notebooks/${encodeURIComponent(id)}`

export interface Saver {
  now(id: string): Promise<void>
  stop(): void
}

interface Timers {
  /** First edit that no save has begun for. */
  since?: number
  save?: ReturnType<typeof setTimeout>
  journal?: ReturnType<typeof setTimeout>
}

/** Saves by itself: to the journal at once, to the server when the typing pauses, again when the server was away. */
export function saveByItself(desk: Desk): Saver {
  const timers = new Map<string, Timers>()
  const of = (id: string): Timers => {
    const found = timers.get(id) ?? {}
    timers.set(id, found)
    return found
  }
  const later = (id: string, ms: number) => {
    const timer = of(id)
    clearTimeout(timer.save)
    timer.save = setTimeout(() => {
      delete timer.since
      void save(id)
    }, ms)
  }
  const journal = (id: string) => {
    const notebook = desk.notebook(id)
    if (notebook && !samePage(notebook.page, notebook.savedPage)) {
      desk.parts.journal.write(id, notebook.version, notebook.page, new Date(desk.parts.now()).toISOString())
    }
  }

  async function save(id: string): Promise<void> {
    const notebook = desk.notebook(id)
    if (notebook === undefined || notebook.save === 'saving' || notebook.save === 'conflict') return
    if (samePage(notebook.page, notebook.savedPage)) {
      desk.parts.journal.clear(id)
      return desk.update(id, () => ({ save: 'saved' }))
    }
    const outcome = await send(desk, notebook)
    const now = desk.notebook(id)
    if (now === undefined || outcome === 'conflict') return
    if (outcome === 'failed') return later(id, retryMs)
    if (samePage(now.page, now.savedPage)) desk.parts.journal.clear(id)
    else later(id, quietMs)
  }

  const deaf = desk.onEdit((id) => {
    const notebook = desk.notebook(id)
    if (notebook && (notebook.save === 'saved' || notebook.save === 'failed')) desk.update(id, () => ({ save: 'waiting' }), 'soon')
    const timer = of(id)
    // Not begun anew by each key: who types on and on is kept too.
    timer.journal ??= setTimeout(() => {
      delete timer.journal
      journal(id)
    }, journalMs)
    timer.since ??= Date.now()
    if (notebook?.save !== 'conflict') later(id, Math.max(0, Math.min(quietMs, timer.since + typingMs - Date.now())))
  })

  // The tab may never get another chance.
  const leaving = () => {
    for (const id of desk.state().keys()) journal(id)
  }
  addEventListener('pagehide', leaving)
  return {
    now: save,
    stop() {
      leaving()
      deaf()
      removeEventListener('pagehide', leaving)
      for (const timer of timers.values()) {
        clearTimeout(timer.save)
        clearTimeout(timer.journal)
      }
    },
  }
}

async function send(desk: Desk, notebook: OpenNotebook): Promise<'saved' | 'failed' | 'conflict'> {
  const { id, page, version } = notebook
  desk.update(id, () => ({ save: 'saving' }))
  try {
    const body = { ...savable(page), version }
    const saved = await desk.parts.api.json(pathOf(id), notebookSchema, { method: 'PUT', body })
    desk.update(id, (now) => ({
      version: saved.version,
      savedPage: page,
      savedAt: saved.updatedAt,
      saveError: null,
      save: samePage(now.page, page) ? 'saved' : 'waiting',
    }))
    desk.parts.presence?.saved(id, saved.version)
    return 'saved'
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 409) {
      const theirs = await desk.parts.api.json(pathOf(id), notebookSchema).catch(() => null)
      if (theirs !== null) {
        desk.update(id, () => ({ save: 'conflict', theirs }))
        return 'conflict'
      }
    }
    desk.update(id, () => ({ save: 'failed', saveError: error }))
    return 'failed'
  }
}

/** Two people changed the same notebook: one decides, and what is not taken stays available as a notebook of its own. */
export function settle(desk: Desk, id: string, choice: 'mine' | 'theirs'): void {
  const notebook = desk.notebook(id)
  const theirs = notebook?.theirs
  if (notebook === undefined || theirs === null || theirs === undefined) return
  const page = choice === 'mine' ? notebook.page : pageOf(theirs)
  desk.update(id, () => ({
    theirs: null,
    save: 'waiting',
    version: theirs.version,
    savedPage: pageOf(theirs),
    savedAt: theirs.updatedAt,
    page,
  }))
  if (choice === 'theirs') {
    desk.parts.journal.clear(id)
    desk.update(id, () => ({ save: 'saved' }))
  }
}
