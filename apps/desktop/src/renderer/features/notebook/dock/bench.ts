import type { DockviewApi, IDockviewPanel, SerializedDockview } from 'dockview-react'
import type { Desk } from '../desk.js'
import type { useNotebook } from '../useNotebook.js'
import type { LayoutStore } from './layout-store.js'

/** A notebook that is on screen, for what stands beside it: the catalogue writes into its cells. */
export type Hand = ReturnType<typeof useNotebook>
export type Side = 'right' | 'below'

export const listPanel = 'all'
const notebookPrefix = 'n:'
const tablePrefix = 't:'
export const notebookPanel = (id: string): string => `${notebookPrefix}${id}`
export const tablePanel = (table: string): string => `${tablePrefix}${table}`
export const notebookOf = (panel: string): string | null => (panel.startsWith(notebookPrefix) ? panel.slice(notebookPrefix.length) : null)
export const tableOf = (panel: string): string | null => (panel.startsWith(tablePrefix) ? panel.slice(tablePrefix.length) : null)

interface BenchParts {
  desk: Desk
  saveNow(notebook: string): Promise<void>
  layouts: LayoutStore
}

const closedMax = 30

/** What lies open in a study as tabs, how it is split, and what was closed of late. Notebooks' texts are the desk's. */
export class Bench {
  readonly #parts: BenchParts
  readonly #listeners = new Set<() => void>()
  readonly #hands = new Map<string, Hand>()
  #api: DockviewApi | null = null
  #ends: (() => void)[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #front = listPanel
  /** What the page's address says, or will: it follows after the keys that come meanwhile. */
  #address = listPanel
  readonly #coming = new Set<string>()
  #onFront: (panel: string) => void = () => undefined
  #lastNotebook: string | null = null
  #inspector: HTMLElement | null = null

  constructor(parts: BenchParts) {
    this.#parts = parts
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  readonly front = (): string => this.#front
  readonly inspector = (): HTMLElement | null => this.#inspector
  /** The notebook in front, or the one that was, while it is on screen. */
  readonly hand = (): Hand | null => (this.#lastNotebook === null ? null : (this.#hands.get(this.#lastNotebook) ?? null))

  readonly placeInspector = (element: HTMLElement | null): void => {
    this.#inspector = element
    this.#emit()
  }

  /** Told of each panel that comes to the front, by whatever way. */
  follow(onFront: (panel: string) => void): void {
    this.#onFront = onFront
  }

  announce(notebook: string, hand: Hand | null): void {
    if (hand === null) this.#hands.delete(notebook)
    else this.#hands.set(notebook, hand)
    this.#emit()
  }

  /** Lays out what was open; what cannot be read is begun anew. */
  attach(api: DockviewApi, wanted: string): void {
    this.detach()
    this.#api = api
    const kept = this.#parts.layouts.read()
    try {
      if (kept.dock !== null) api.fromJSON(kept.dock as SerializedDockview)
    } catch {
      api.clear()
    }
    this.#address = wanted
    if (api.panels.length === 0) this.show(listPanel)
    this.show(wanted)
    const seen = new Set<string>()
    const gone = this.#parts.desk.subscribe(() => this.#follow(seen))
    this.#ends = [
      gone,
      ...[
        api.onDidActivePanelChange(() => this.#moved()),
        api.onDidLayoutChange(() => this.#keepSoon()),
        api.onDidRemovePanel(() => this.#keepSoon()),
      ].map((each) => () => each.dispose()),
    ]
    this.#follow(seen)
    this.#moved()
  }

  /** Before the dock is taken down, so that an empty dock is not what is kept. */
  detach(): void {
    clearTimeout(this.#timer)
    for (const end of this.#ends) end()
    this.#ends = []
    this.#api = null
  }

  /** The address changed, by a link or because a tab came to the front; of the latter an older one says nothing any more. */
  arrive(wanted: string): void {
    if (this.#coming.delete(wanted) && wanted !== this.#address) return
    this.#coming.clear()
    this.#address = wanted
    this.show(wanted)
  }

  show(id: string, beside?: Side): void {
    const api = this.#api
    if (api === null) return
    const open = api.getPanel(id)
    if (open !== undefined) return open.api.setActive()
    const table = tableOf(id)
    const notebook = notebookOf(id)
    const reference = api.activePanel
    api.addPanel({
      id,
      component: notebook !== null ? 'notebook' : table !== null ? 'table' : 'list',
      params: { of: notebook ?? table ?? '' },
      title: table ?? (notebook === null ? 'All notebooks' : 'Notebook'),
      ...(beside !== undefined && reference !== undefined ? { position: { referencePanel: reference.id, direction: beside } } : {}),
    })
  }

  async close(id: string): Promise<void> {
    const panel = this.#api?.getPanel(id)
    const notebook = notebookOf(id)
    if (notebook !== null) await this.#parts.saveNow(notebook)
    if (panel !== undefined) {
      if (id !== listPanel) this.#parts.layouts.write({ closed: [id, ...this.closed().filter((each) => each !== id)].slice(0, closedMax) })
      this.#remove(panel)
    }
    // What could not be saved lies in the journal and is offered when the notebook is opened again.
    if (notebook !== null) this.#parts.desk.close(notebook)
  }

  /** It goes on in another study's layout: here nothing of it stays, and the address is left as it is. */
  giveAway(notebook: string): void {
    const api = this.#api
    const panel = api?.getPanel(notebookPanel(notebook))
    this.detach()
    if (api === null || panel === undefined) return
    api.removePanel(panel)
    this.#parts.layouts.write({ dock: api.panels.length === 0 ? null : api.toJSON() })
  }

  closed(): string[] {
    return this.#parts.layouts.read().closed
  }

  /** The tab that was closed last; false when there is none. */
  reopen(): boolean {
    const [id, ...rest] = this.closed()
    if (id === undefined) return false
    this.#parts.layouts.write({ closed: rest })
    this.show(id)
    return true
  }

  /** The panel in front into a group of its own; a lone panel stays, and the list comes beside it. */
  split(side: Side): void {
    const api = this.#api
    const panel = api?.activePanel
    if (api === null || panel === undefined) return
    if (panel.group.panels.length === 1) {
      if (panel.id !== listPanel) this.show(listPanel, side)
      return
    }
    panel.api.moveTo({ group: panel.group, position: side === 'right' ? 'right' : 'bottom' })
  }

  next(by: 1 | -1): void {
    const group = this.#api?.activeGroup
    const at = group?.panels.findIndex((panel) => panel === group.activePanel) ?? -1
    if (group === undefined || at < 0) return
    group.panels[(at + by + group.panels.length) % group.panels.length]?.api.setActive()
  }

  nextGroup(): void {
    const groups = this.#api?.groups ?? []
    const at = groups.findIndex((group) => group === this.#api?.activeGroup)
    groups[(at + 1) % groups.length]?.activePanel?.api.setActive()
  }

  /** One group again, with everything that is open in it. */
  reset(): void {
    const api = this.#api
    if (api === null) return
    const [front, open] = [this.#front, api.panels.map((panel) => panel.id)]
    api.clear()
    for (const id of open) this.show(id)
    this.show(front)
    this.#keepSoon()
  }

  #remove(panel: IDockviewPanel): void {
    this.#api?.removePanel(panel)
    if (this.#api?.panels.length === 0) this.show(listPanel)
  }

  /** A notebook that was deleted leaves its tab, too. */
  #follow(seen: Set<string>): void {
    const open = this.#parts.desk.state()
    for (const id of open.keys()) seen.add(id)
    for (const id of seen) {
      if (open.has(id)) continue
      seen.delete(id)
      const panel = this.#api?.getPanel(notebookPanel(id))
      if (panel !== undefined) this.#remove(panel)
    }
  }

  #moved(): void {
    const id = this.#api?.activePanel?.id
    if (id === undefined) return
    this.#front = id
    this.#lastNotebook = notebookOf(id) ?? this.#lastNotebook
    this.#emit()
    if (id === this.#address) return
    this.#address = id
    this.#coming.add(id)
    this.#onFront(id)
  }

  #keepSoon(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#api !== null && this.#parts.layouts.write({ dock: this.#api.toJSON() }), 100)
  }

  #emit(): void {
    for (const listener of this.#listeners) listener()
  }
}
