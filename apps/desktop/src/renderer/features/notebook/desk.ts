import { notebook as notebookSchema, type Notebook } from '@aquifer/core/contract'
import type { Api } from '../../api/client.js'
import type { Journal, JournalEntry } from './journal.js'
import type { KeptRuns } from './kept-runs.js'
import { pageOf, samePage, type Cells, type Page } from './model.js'
import type { Presence } from './presence.js'
import type { RunState } from './run.js'
import type { FigureState } from './statistics/run-figure.js'

export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed' | 'conflict'

export interface OpenNotebook {
  id: string
  study: string
  version: number
  page: Page
  /** As the server has it. */
  savedPage: Page
  savedAt: string | null
  save: SaveState
  /** What the server refused the last save with. */
  saveError: unknown
  /** Somebody else's newer version, when both sides changed. */
  theirs: Notebook | null
  /** Typed here earlier and never saved; offered, not applied. */
  recovered: JournalEntry | null
  past: Cells[]
  future: Cells[]
  runs: Readonly<Record<string, RunState>>
  /** Answers of statistics cells. */
  figures: Readonly<Record<string, FigureState>>
  selected: string | null
  /** When every cell ran top to bottom without an edit in between, and on which snapshots. */
  wholeRun: { at: string; snapshots: (string | undefined)[] } | null
}

export interface DeskParts {
  api: Api
  journal: Journal
  runs: KeptRuns
  /** Other tabs of this browser; absent where there are none. */
  presence?: Presence
  purpose(): string
  /** Figures of groups and never a row. */
  countsOnly(): boolean
  isSignedIn(): boolean
  now(): number
  newId(): string
}

export type DeskState = ReadonlyMap<string, OpenNotebook>

const undoDepth = 50
/** What shows elsewhere what is typed waits for a pause, but not for long. */
const pauseMs = 150
const pauseMaxMs = 600

/** The notebooks that lie open: their text, what is saved of it, and the results of this session. Survives a change of page. */
export class Desk {
  readonly parts: DeskParts
  #state: DeskState = new Map()
  readonly #listeners = new Set<() => void>()
  readonly #edited = new Set<(id: string) => void>()
  #telling: { timer: ReturnType<typeof setTimeout>; since: number } | null = null

  constructor(parts: DeskParts) {
    this.parts = parts
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly state = (): DeskState => this.#state

  notebook(id: string): OpenNotebook | undefined {
    return this.#state.get(id)
  }

  /** Called with the id after each change of a notebook's text: saving hangs here. */
  onEdit(listener: (id: string) => void): () => void {
    this.#edited.add(listener)
    return () => this.#edited.delete(listener)
  }

  /** `soon`: who listens hears of it when the typing pauses; who asks knows at once. */
  update(id: string, part: (notebook: OpenNotebook) => Partial<OpenNotebook>, when: 'now' | 'soon' = 'now'): void {
    const old = this.#state.get(id)
    if (old !== undefined) this.#set(new Map(this.#state).set(id, { ...old, ...part(old) }), when)
  }

  put(notebook: Notebook): void {
    if (this.#state.has(notebook.id)) return
    this.parts.presence?.enter(notebook.id)
    const page = pageOf(notebook)
    this.#set(
      new Map(this.#state).set(notebook.id, {
        id: notebook.id,
        study: notebook.study,
        version: notebook.version,
        page,
        savedPage: page,
        savedAt: notebook.updatedAt,
        save: 'saved',
        saveError: null,
        theirs: null,
        recovered: this.parts.journal.read(notebook.id, page),
        past: [],
        future: [],
        runs: {},
        figures: {},
        selected: page.cells[0]?.id ?? null,
        wholeRun: null,
      }),
    )
  }

  close(id: string): void {
    this.parts.presence?.leave(id)
    this.#set(new Map([...this.#state].filter(([other]) => other !== id)))
  }

  /**
   * Changes the text. `structure`: cells came, went or moved, so it can be undone as one step. `typed`: where it was typed it stands
   * already, and to draw all else anew with each key would make the next one wait.
   */
  edit(id: string, change: (page: Page) => Page, kind: 'text' | 'typed' | 'structure' = 'text'): void {
    const old = this.#state.get(id)
    if (old === undefined) return
    const page = change(old.page)
    if (page === old.page) return
    const step = kind === 'structure' ? { past: [...old.past, old.page.cells].slice(-undoDepth), future: [] } : {}
    this.update(id, () => ({ page, wholeRun: null, ...step }), kind === 'typed' ? 'soon' : 'now')
    this.#changed(id)
  }

  undo(id: string): boolean {
    return this.#step(id, 'past', 'future')
  }

  redo(id: string): boolean {
    return this.#step(id, 'future', 'past')
  }

  setRun(id: string, cell: string, run: RunState | null): void {
    this.update(id, (old) => {
      const runs = { ...old.runs }
      if (run === null) delete runs[cell]
      else runs[cell] = run
      return { runs }
    })
  }

  setFigure(id: string, cell: string, figure: FigureState): void {
    this.update(id, (old) => ({ figures: { ...old.figures, [cell]: figure } }))
  }

  /** For notebooks that were opened before the journal could be read, and when another tab came, went or wrote. */
  readJournalAgain(): void {
    const { journal } = this.parts
    for (const [id, { page, savedPage, recovered }] of this.#state) {
      const still = recovered !== null && journal.isThere(recovered) ? recovered : null
      const next = still ?? (page === savedPage ? journal.read(id, savedPage) : null)
      if (next?.key !== recovered?.key) this.update(id, () => ({ recovered: next }))
    }
  }

  /** Puts the journal's text in place of the server's; the next save sends it. */
  recover(id: string, take: boolean): void {
    const old = this.#state.get(id)
    if (old === undefined || old.recovered === null) return
    const { title, cut, cells, at } = old.recovered
    const { journal } = this.parts
    // In a place of this tab's own before it leaves the other.
    if (take) journal.write(id, old.version, { title, cut, cells }, at)
    if (old.recovered.key !== journal.keyOf(id) || !take) journal.discard(old.recovered)
    this.update(id, () => ({ recovered: null }))
    if (take) this.edit(id, () => ({ title, cut, cells }), 'structure')
    else this.readJournalAgain()
  }

  /** Another tab saved: who typed nothing here goes along, who did is asked when it is saved. */
  async follow(id: string, version: number): Promise<void> {
    const old = this.#state.get(id)
    if (old === undefined || old.version >= version || !isUntouched(old)) return
    const theirs = await this.parts.api.json(`/query/api/v1/notebooks/${encodeURIComponent(id)}`, notebookSchema).catch(() => null)
    const now = this.#state.get(id)
    if (theirs === null || now === undefined || now.version >= theirs.version || !isUntouched(now)) return
    const page = pageOf(theirs)
    this.update(id, () => ({
      version: theirs.version,
      page,
      savedPage: page,
      savedAt: theirs.updatedAt,
      wholeRun: null,
      past: [],
      future: [],
    }))
  }

  #step(id: string, from: 'past' | 'future', to: 'past' | 'future'): boolean {
    const old = this.#state.get(id)
    const target = old?.[from].at(-1)
    if (old === undefined || target === undefined) return false
    const page = { ...old.page, cells: withNewestText(target, old.page.cells) }
    this.update(id, () => ({ page, wholeRun: null, [from]: old[from].slice(0, -1), [to]: [...old[to], old.page.cells] }))
    this.#changed(id)
    return true
  }

  #changed(id: string): void {
    const notebook = this.#state.get(id)
    if (notebook === undefined || samePage(notebook.page, notebook.savedPage)) return
    for (const listener of this.#edited) listener(id)
  }

  #set(state: DeskState, when: 'now' | 'soon' = 'now'): void {
    this.#state = state
    if (when === 'now') return this.#tell()
    const now = Date.now()
    const since = this.#telling?.since ?? now
    clearTimeout(this.#telling?.timer)
    this.#telling = { since, timer: setTimeout(() => this.#tell(), Math.max(0, Math.min(pauseMs, since + pauseMaxMs - now))) }
  }

  #tell(): void {
    clearTimeout(this.#telling?.timer)
    this.#telling = null
    for (const listener of this.#listeners) listener()
  }
}

const isUntouched = ({ save, page, savedPage }: OpenNotebook): boolean => save === 'saved' && samePage(page, savedPage)

/** Undoing a move or a deletion must not undo what was typed since. */
function withNewestText(target: Cells, current: Cells): Cells {
  const newest = new Map(current.map((cell) => [cell.id, cell]))
  return target.map((cell) => newest.get(cell.id) ?? cell)
}
