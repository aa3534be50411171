import { createContext, useContext, useMemo, useState, type ReactNode } from 'react'
import { toast } from 'sonner'
import type { Catalogue, NotebookChart } from '@aquifer/core/contract'
import { useDesk } from './DeskProvider.js'
import type { Desk, OpenNotebook } from './desk.js'
import type { EditorHandle } from './editor/Editor.js'
import { change, insertAt, isCellName, move, newCell, remove, rename, turn, type Cell, type CellKind } from './model.js'
import { readsAlike } from './references.js'
import { runAll, runCell, stopCell } from './run.js'
import { runFigure } from './statistics/run-figure.js'

export interface NotebookActions {
  select(cell: string): void
  write(cell: string, source: string): void
  /** The same from the editor, which shows it already. */
  typed(cell: string, source: string): void
  draw(cell: string, chart: NotebookChart): void
  /** What the form of a cell holds. */
  set(cell: string, part: Pick<Cell, 'parameter' | 'statistics' | 'cohort'>): void
  /** False when the name cannot be used in SQL or is taken. */
  rename(cell: string, name: string): boolean
  retitle(title: string): void
  /** From now on all cells read this data cut, or the living data. */
  read(cut: string | null): void
  add(kind: CellKind, at: number, part?: Partial<Cell>): string
  remove(cell: string): void
  move(cell: string, by: -1 | 1): void
  /** SQL becomes text, text SQL; what was written stays. */
  turn(cell: string, kind: 'sql' | 'markdown'): void
  /** Lays the SQL out anew. */
  format(cell: string): void
  undo(): boolean
  redo(): boolean
  run(cell: string, limit?: number): void
  runAll(): void
  /** This cell and all below it. */
  runFrom(cell: string): void
  /** Runs a text of the page's own for a cell, reading as one right below `reads` would. */
  ask(cell: string, text: string, reads: string): void
  figure(cell: string): void
  stop(cell: string): void
  /** Into the text of the chosen SQL cell, or a new one. */
  insert(text: string): void
  focusCard(cell: string): void
  focusText(cell: string): void
}

interface InHand {
  notebook: OpenNotebook
  catalogue: Catalogue | undefined
  actions: NotebookActions
  editors: Map<string, EditorHandle>
}

const NotebookContext = createContext<InHand | null>(null)

export function NotebookInHand({
  notebook,
  catalogue,
  children,
}: {
  notebook: OpenNotebook
  catalogue: Catalogue | undefined
  children: ReactNode
}) {
  const { desk } = useDesk()
  const [editors] = useState(() => new Map<string, EditorHandle>())
  const actions = useMemo(() => actionsOn(desk, notebook.id, editors), [desk, notebook.id, editors])
  const inHand = useMemo(() => ({ notebook, catalogue, actions, editors }), [notebook, catalogue, actions, editors])
  return <NotebookContext value={inHand}>{children}</NotebookContext>
}

/** What one cell sees of its notebook: what is written in a cell that it does not read is none of its business. */
export function CellInHand({ cell, children }: { cell: string; children: ReactNode }) {
  const now = useNotebook()
  const [seen, see] = useState(now)
  const shown = seesAlike(seen, now, cell) ? seen : now
  if (shown !== seen) see(shown)
  return <NotebookContext value={shown}>{children}</NotebookContext>
}

function seesAlike(before: InHand, now: InHand, cell: string): boolean {
  if (before === now) return true
  if (before.catalogue !== now.catalogue || before.actions !== now.actions) return false
  const [old, next] = [before.notebook, now.notebook]
  const own = (['study', 'version', 'runs', 'figures'] as const).every((part) => old[part] === next[part])
  const chosen = (old.selected === cell) === (next.selected === cell)
  return (
    own &&
    chosen &&
    old.page.title === next.page.title &&
    old.page.cut === next.page.cut &&
    readsAlike(old.page.cells, next.page.cells, cell)
  )
}

export function useNotebook(): InHand {
  const inHand = useContext(NotebookContext)
  if (inHand === null) throw new Error('no notebook around this part of the page')
  return inHand
}

export const cardId = (cell: string): string => `cell-${cell}`

function actionsOn(desk: Desk, id: string, editors: Map<string, EditorHandle>): NotebookActions {
  const cells = () => desk.notebook(id)?.page.cells ?? []
  const structure = (next: (old: readonly Cell[]) => readonly Cell[]) =>
    desk.edit(id, (page) => ({ ...page, cells: next(page.cells) }), 'structure')
  const text = (next: (old: readonly Cell[]) => readonly Cell[]) => desk.edit(id, (page) => ({ ...page, cells: next(page.cells) }))
  const actions: NotebookActions = {
    ...rewriting(cells, structure, (cell, source) => actions.write(cell, source)),
    select: (cell) => desk.notebook(id)?.selected !== cell && desk.update(id, () => ({ selected: cell })),
    write: (cell, source) => cells().find((item) => item.id === cell)?.source !== source && text((old) => change(old, cell, { source })),
    typed: (cell, source) =>
      cells().find((item) => item.id === cell)?.source !== source &&
      desk.edit(id, (page) => ({ ...page, cells: change(page.cells, cell, { source }) }), 'typed'),
    draw: (cell, chart) => text((old) => change(old, cell, { chart })),
    set: (cell, part) => text((old) => change(old, cell, part)),
    rename(cell, name) {
      if (!isCellName(name) || cells().some((item) => item.id !== cell && item.name === name)) return false
      text((old) => rename(old, cell, name))
      return true
    },
    retitle: (title) => desk.edit(id, (page) => ({ ...page, title })),
    read: (cut) => desk.edit(id, (page) => ({ ...page, cut })),
    add(kind, at, part) {
      const made = { ...newCell(kind, desk.parts.newId(), cells()), ...part }
      structure((old) => insertAt(old, at, made))
      desk.update(id, () => ({ selected: made.id }))
      if (kind === 'sql' || kind === 'markdown') onceDrawn(() => editors.get(made.id)?.focus())
      return made.id
    },
    remove(cell) {
      const at = cells().findIndex((item) => item.id === cell)
      const gone = cells()[at]
      if (gone === undefined) return
      structure((old) => remove(old, cell))
      const next = cells()[at] ?? cells()[at - 1]
      desk.update(id, () => ({ selected: next?.id ?? null }))
      if (next) onceDrawn(() => actions.focusCard(next.id))
      toast(`Deleted ${gone.name || 'a text'}`, { action: { label: 'Undo', onClick: () => desk.undo(id) } })
    },
    move(cell, by) {
      structure((old) => move(old, cell, by))
      onceDrawn(() => actions.focusCard(cell))
    },
    undo: () => desk.undo(id),
    redo: () => desk.redo(id),
    run: (cell, limit) => void runCell(desk, id, cell, limit),
    runAll: () => void runAll(desk, id),
    runFrom: (cell) => void runAll(desk, id, cell),
    ask: (cell, text, reads) => void runCell(desk, id, cell, undefined, { text, at: cells().findIndex((item) => item.id === reads) + 1 }),
    figure: (cell) => void runFigure(desk, id, cell),
    stop: (cell) => void stopCell(desk, id, cell),
    insert(piece) {
      const chosen = desk.notebook(id)?.selected ?? ''
      const handle = editors.get(chosen)
      if (handle && cells().find((item) => item.id === chosen)?.kind === 'sql') handle.insert(piece)
      else actions.add('sql', cells().length, { source: piece })
    },
    focusCard: (cell) => document.getElementById(cardId(cell))?.focus(),
    focusText: (cell) => editors.get(cell)?.focus(),
  }
  return actions
}

type Change = (next: (old: readonly Cell[]) => readonly Cell[]) => void

/** What makes another text of a whole cell. */
function rewriting(
  cells: () => readonly Cell[],
  structure: Change,
  write: (cell: string, source: string) => void,
): Pick<NotebookActions, 'turn' | 'format'> {
  return {
    turn(cell, kind) {
      structure((old) => turn(old, cell, kind))
      onceDrawn(() => document.getElementById(cardId(cell))?.focus())
    },
    format(cell) {
      const found = cells().find((item) => item.id === cell)
      if (found?.kind !== 'sql') return
      void import('./editor/layout.js')
        .then(({ laidOut }) => write(cell, laidOut(found.source)))
        .catch(() => toast.error('The SQL was not laid out', { description: 'It cannot be read as it stands.' }))
    },
  }
}

/** After React has drawn the cell and the editor has been made. */
function onceDrawn(then: () => void): void {
  setTimeout(then, 60)
}
