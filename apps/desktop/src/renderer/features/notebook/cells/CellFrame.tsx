import { ArrowDown, ArrowUp, Check, CircleStop, CircleX, Ellipsis, Play, Plus, Trash2 } from 'lucide-react'
import { type KeyboardEvent, type ReactNode } from 'react'
import { IconButton } from '../../../ui/Button.js'
import { Icon } from '../../../ui/Icon.js'
import { MenuButton, type MenuGroup } from '../../../ui/menus.js'
import type { Cell } from '../model.js'
import { isGoing } from '../run.js'
import { cardId, useNotebook, type NotebookActions } from '../useNotebook.js'
import { actOf, keysOfCell, type CellAct } from './cell-keys.js'

interface Props {
  cell: Cell
  at: number
  /** Reads out what the card is. */
  label: string
  plain?: boolean
  children: ReactNode
  /** Enter on the card. */
  onEnter?(): void
}

/** Gutter and card: the gutter says what happened, the card holds it. Keys act on the card; Escape in a text leads to it. */
export function CellFrame({ cell, at, label, plain, children, onEnter }: Props) {
  const { notebook, actions } = useNotebook()
  const selected = notebook.selected === cell.id
  return (
    <div className="cell" data-selected={selected || undefined}>
      <Gutter cell={cell} at={at} />
      <section
        id={cardId(cell.id)}
        tabIndex={selected ? 0 : -1}
        aria-label={label}
        className={plain ? 'cell-card plain' : 'cell-card'}
        onFocus={() => actions.select(cell.id)}
        onPointerDown={() => actions.select(cell.id)}
        onKeyDown={(event) => event.target === event.currentTarget && cardKey(event)}
      >
        {children}
      </section>
    </div>
  )

  function cardKey(event: KeyboardEvent) {
    const act = /^(Control|Shift|Alt|Meta)$/.test(event.key) ? null : actOf(event)
    if (act === null) return
    event.preventDefault()
    if (act === 'write' && onEnter !== undefined) onEnter()
    else actOn(actions, notebook.page.cells, at)[act]()
  }
}

/** What each key of the table does to the cell at a place. */
export function actOn(actions: NotebookActions, cells: readonly Cell[], at: number): Record<CellAct, () => void> {
  const id = cells[at]?.id ?? ''
  const neighbour = (by: number) => cells[at + by] && actions.focusCard(cells[at + by]!.id)
  return {
    run: () => actions.run(id),
    'run-next': () => {
      actions.run(id)
      neighbour(1)
    },
    'run-insert': () => {
      actions.run(id)
      actions.add('sql', at + 1)
    },
    stop: () => actions.stop(id),
    write: () => actions.focusText(id),
    up: () => neighbour(-1),
    down: () => neighbour(1),
    'move-up': () => actions.move(id, -1),
    'move-down': () => actions.move(id, 1),
    above: () => actions.add('sql', at),
    below: () => actions.add('sql', at + 1),
    'text-below': () => actions.add('markdown', at + 1),
    'to-text': () => actions.turn(id, 'markdown'),
    'to-sql': () => actions.turn(id, 'sql'),
    format: () => actions.format(id),
    remove: () => actions.remove(id),
    undo: () => actions.undo(),
    redo: () => actions.redo(),
  }
}

function Gutter({ cell, at }: { cell: Cell; at: number }) {
  const { notebook, actions } = useNotebook()
  const run = notebook.runs[cell.id]
  if (cell.kind !== 'sql')
    return <div className="cell-gutter">{cell.kind !== 'markdown' && <span className="cell-number">{at + 1}</span>}</div>
  const outcome =
    run?.phase === 'done' ? (
      <Icon of={Check} className="mark-ok" />
    ) : run?.phase === 'failed' ? (
      <Icon of={CircleX} className="mark-bad" />
    ) : null
  return (
    <div className="cell-gutter">
      {isGoing(run) ? (
        <IconButton label={`Stop ${cell.name}`} icon={CircleStop} onPress={() => actions.stop(cell.id)} />
      ) : (
        <IconButton
          label={`Run ${cell.name}`}
          icon={Play}
          onPress={() => actions.run(cell.id)}
          className="cell-run"
          isDisabled={cell.source.trim() === ''}
        />
      )}
      <span className="cell-number">{at + 1}</span>
      <span aria-hidden={outcome === null}>{outcome}</span>
    </div>
  )
}

const none: MenuGroup[] = []

/** Moves and deletes, the same for every kind of cell. */
export function CellMenu({ cell, at, groups = none }: { cell: Cell; at: number; groups?: MenuGroup[] }) {
  const { actions, notebook } = useNotebook()
  const last = notebook.page.cells.length - 1
  return (
    <MenuButton
      label={`Cell ${cell.name}`}
      trigger={<IconButton label="More for this cell" icon={Ellipsis} />}
      groups={[
        ...groups,
        {
          entries: [
            { id: 'above', label: 'Add SQL above', icon: Plus, keys: keysOfCell('above'), run: () => actions.add('sql', at) },
            { id: 'below', label: 'Add SQL below', icon: Plus, keys: keysOfCell('below'), run: () => actions.add('sql', at + 1) },
          ],
        },
        {
          entries: [
            {
              id: 'up',
              label: 'Move up',
              icon: ArrowUp,
              keys: keysOfCell('move-up'),
              disabled: at === 0,
              run: () => actions.move(cell.id, -1),
            },
            {
              id: 'down',
              label: 'Move down',
              icon: ArrowDown,
              keys: keysOfCell('move-down'),
              disabled: at === last,
              run: () => actions.move(cell.id, 1),
            },
            { id: 'delete', label: 'Delete cell', icon: Trash2, keys: keysOfCell('remove'), run: () => actions.remove(cell.id) },
          ],
        },
      ]}
    />
  )
}
