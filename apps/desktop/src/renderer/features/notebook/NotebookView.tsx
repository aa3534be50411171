import { ChartNoAxesColumn, CircleCheck, ClockAlert, Play, Plus, Redo2, SquareTerminal, Trash2, Type, Undo2 } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { useQueryClient } from '@tanstack/react-query'
import { toast } from 'sonner'
import { keys } from '../../api/queries.js'
import { useApi } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Button, IconButton } from '../../ui/Button.js'
import { clock, moment } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { MenuButton } from '../../ui/menus.js'
import { tellFailure } from '../../ui/tell.js'
import { useCommands, type Command } from '../shell/commands.js'
import { ChartCell } from './cells/ChartCell.js'
import { MarkdownCell } from './cells/MarkdownCell.js'
import { SqlCell } from './cells/SqlCell.js'
import { useDesk } from './DeskProvider.js'
import { LineagePanel } from './LineagePanel.js'
import { SaveBars } from './SaveBars.js'
import { useNotebook, type NotebookActions } from './useNotebook.js'
import type { CellKind } from './model.js'

export function NotebookView() {
  const { notebook, actions } = useNotebook()
  const [lineage, showLineage] = useState<string | null>(null)
  useUndoKeys(actions)
  useOpenNotebookCommands()
  const shown = notebook.page.cells.find((cell) => cell.id === lineage && notebook.runs[cell.id]?.result)
  return (
    <div className="notebook">
      <h1 className="visually-hidden">{notebook.page.title}</h1>
      <div className="notebook-column">
        <Toolbar />
        <SaveBars />
        <div className="cells">
          <Title />
          {notebook.page.cells.map((cell, at) => {
            if (cell.kind === 'markdown') return <MarkdownCell key={cell.id} cell={cell} at={at} />
            if (cell.kind === 'chart') return <ChartCell key={cell.id} cell={cell} at={at} />
            return (
              <SqlCell
                key={cell.id}
                cell={cell}
                at={at}
                lineage={lineage === cell.id}
                onLineage={() => showLineage(lineage === cell.id ? null : cell.id)}
              />
            )
          })}
          <AddRow />
        </div>
      </div>
      {shown && <LineagePanel cell={shown} onClose={() => showLineage(null)} />}
    </div>
  )
}

function Title() {
  const { notebook, actions } = useNotebook()
  const [draft, setDraft] = useState<string | null>(null)
  const keep = () => {
    const title = draft?.trim()
    if (title) actions.retitle(title.slice(0, 200))
    setDraft(null)
  }
  return (
    <input
      className="notebook-title"
      aria-label="Title of the notebook"
      value={draft ?? notebook.page.title}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur()
        if (event.key === 'Escape') setDraft(null)
      }}
    />
  )
}

const kinds: { kind: CellKind; label: string; icon: typeof Type }[] = [
  { kind: 'sql', label: 'SQL', icon: SquareTerminal },
  { kind: 'chart', label: 'Chart', icon: ChartNoAxesColumn },
  { kind: 'markdown', label: 'Text', icon: Type },
]

function Toolbar() {
  const { notebook, actions } = useNotebook()
  const remove = useRemove()
  const at = notebook.page.cells.findIndex((cell) => cell.id === notebook.selected)
  const after = at < 0 ? notebook.page.cells.length : at + 1
  return (
    <div className="notebook-bar" role="toolbar" aria-label="Notebook">
      <Button icon={Play} onPress={actions.runAll}>
        Run all
      </Button>
      <MenuButton
        label="Add a cell"
        placement="bottom start"
        trigger={
          <Button look="quiet" icon={Plus}>
            Cell
          </Button>
        }
        groups={[{ entries: kinds.map(({ kind, label, icon }) => ({ id: kind, label, icon, run: () => actions.add(kind, after) })) }]}
      />
      <span className="bar-line" />
      <IconButton label="Undo" icon={Undo2} isDisabled={notebook.past.length === 0} onPress={actions.undo} />
      <IconButton label="Redo" icon={Redo2} isDisabled={notebook.future.length === 0} onPress={actions.redo} />
      <span className="row end">
        <WholeRun />
        <span className="ink-3 small num" title="Version on the server">
          v{notebook.version}
        </span>
        <IconButton label="Delete this notebook" icon={Trash2} onPress={remove} />
      </span>
    </div>
  )
}

/** The proof that what stands here follows from itself, on one state of the data. */
function WholeRun() {
  const { notebook, catalogue } = useNotebook()
  const { wholeRun } = notebook
  if (wholeRun === null) return null
  const [snapshot, ...others] = wholeRun.snapshots
  const moved = catalogue?.snapshot != null && snapshot !== undefined && Date.parse(catalogue.snapshot) > Date.parse(snapshot)
  if (others.length > 0) {
    return (
      <span className="badge warn" title="New data came while it ran. Run all again.">
        <Icon of={ClockAlert} size={12} />
        Ran on {wholeRun.snapshots.length} snapshots
      </span>
    )
  }
  return (
    <span className={moved ? 'badge' : 'badge ok'} title={snapshot && `Every cell ran in order on snapshot ${moment(snapshot)}`}>
      <Icon of={CircleCheck} size={12} />
      Reproduced top to bottom {clock(wholeRun.at)}
      {moved && `, on ${moment(snapshot)}`}
    </span>
  )
}

function AddRow() {
  const { notebook, actions } = useNotebook()
  return (
    <div className="add-row">
      {kinds.map(({ kind, label, icon }) => (
        <Button key={kind} look="quiet" icon={icon} onPress={() => actions.add(kind, notebook.page.cells.length)}>
          {label}
        </Button>
      ))}
    </div>
  )
}

/** Deleting can be taken back: the notebook is made again with the same text. */
function useRemove() {
  const api = useApi()
  const { desk } = useDesk()
  const { notebook } = useNotebook()
  const queries = useQueryClient()
  const navigate = useNavigate()
  return () => {
    const { id, study, page } = notebook
    const refresh = () => queries.invalidateQueries({ queryKey: keys.notebooks(study) })
    const restore = () =>
      void api
        .send('/query/api/v1/notebooks', { method: 'POST', body: { study, title: page.title, cells: page.cells } })
        .then(refresh)
        .catch((error: unknown) => tellFailure('The notebook was not restored', error))
    void api
      .send(`/query/api/v1/notebooks/${encodeURIComponent(id)}`, { method: 'DELETE' })
      .then(async () => {
        desk.parts.journal.clear(id)
        desk.close(id)
        await navigate(paths.notebooks)
        await refresh()
        return toast(`Deleted ${page.title}`, { action: { label: 'Undo', onClick: restore } })
      })
      .catch((error: unknown) => tellFailure('The notebook was not deleted', error))
  }
}

/** Outside of texts, which have an undo of their own. */
function useUndoKeys(actions: NotebookActions) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || event.defaultPrevented) return
      const target = event.target as HTMLElement
      if (/^(INPUT|TEXTAREA)$/.test(target.tagName) || target.closest('.monaco-editor') !== null) return
      event.preventDefault()
      if (event.shiftKey) actions.redo()
      else actions.undo()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [actions])
}

function useOpenNotebookCommands() {
  const { actions, notebook } = useNotebook()
  const count = notebook.page.cells.length
  const commands = useMemo<Command[]>(
    () => [
      { id: 'run-all', group: 'Commands', name: 'Run all cells', icon: Play, run: () => actions.runAll() },
      ...kinds.map(({ kind, label, icon }) => ({
        id: `add-${kind}`,
        group: 'Commands' as const,
        name: `Add a cell: ${label}`,
        icon,
        run: () => void actions.add(kind, count),
      })),
    ],
    [actions, count],
  )
  useCommands(commands)
}
