import {
  ChartNoAxesColumn,
  CircleCheck,
  ClockAlert,
  Play,
  Plus,
  Redo2,
  Save,
  Sigma,
  SquareTerminal,
  Type,
  Undo2,
  Users,
  Variable,
} from 'lucide-react'
import { lazy, memo, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { paths } from '../../paths.js'
import { Button, IconButton } from '../../ui/Button.js'
import { clock, moment } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { MenuButton } from '../../ui/menus.js'
import { SkeletonRows } from '../../ui/states.js'
import { useCommands, type Command } from '../shell/commands.js'
import { ChartCell } from './cells/ChartCell.js'
import { MarkdownCell } from './cells/MarkdownCell.js'
import { ParameterCell } from './cells/ParameterCell.js'
import { SqlCell } from './cells/SqlCell.js'
import { CohortCell } from './cohort/CohortCell.js'
import { CountsOnlyNote } from './CountsOnly.js'
import { DataChooser } from './DataChooser.js'
import { useInFront } from './dock/BenchProvider.js'
import { LineagePanel } from './LineagePanel.js'
import { MoreMenu, ShareButton } from './NotebookMenus.js'
import { SaveBars, useSaveNow, nameFieldId } from './SaveBars.js'
import { StatisticsCell } from './statistics/StatisticsCell.js'
import { CellInHand, useNotebook, type NotebookActions } from './useNotebook.js'
import type { Cell, CellKind } from './model.js'

const VersionsPanel = lazy(() => import('./versions/VersionsPanel.js').then((module) => ({ default: module.VersionsPanel })))
const VersionView = lazy(() => import('./versions/VersionView.js').then((module) => ({ default: module.VersionView })))

export function NotebookView() {
  const { notebook, actions } = useNotebook()
  const [lineage, showLineage] = useState<string | null>(null)
  const toggleLineage = useCallback((cell: string) => showLineage((shown) => (shown === cell ? null : cell)), [])
  const { version, show, panel, showPanel } = useVersions()
  useUndoKeys(actions)
  useOpenNotebookCommands()
  const shown = notebook.page.cells.find((cell) => cell.id === lineage && notebook.runs[cell.id]?.result)
  return (
    <div className="notebook">
      <h1 className="visually-hidden">{notebook.page.title}</h1>
      <div className="notebook-column">
        <Toolbar versions={panel} onVersions={() => showPanel(!panel)} />
        <SaveBars />
        {version === null ? (
          <div className="cells">
            <Title />
            <CountsOnlyNote />
            {notebook.page.cells.map((cell, at) => (
              <CellInHand key={cell.id} cell={cell.id}>
                <CellOf cell={cell} at={at} lineage={lineage === cell.id} onLineage={toggleLineage} />
              </CellInHand>
            ))}
            <AddRow />
          </div>
        ) : (
          <Suspense fallback={<SkeletonRows rows={8} />}>
            <VersionView version={version} onNewest={() => show(null)} />
          </Suspense>
        )}
      </div>
      {panel ? (
        <Suspense fallback={null}>
          <VersionsPanel shown={version} onShow={show} onClose={() => showPanel(false)} />
        </Suspense>
      ) : (
        shown && <LineagePanel cell={shown} onClose={() => showLineage(null)} />
      )}
    </div>
  )
}

interface CellProps {
  cell: Cell
  at: number
  lineage: boolean
  onLineage(cell: string): void
}

const CellOf = memo(function CellOf({ cell, at, lineage, onLineage }: CellProps) {
  switch (cell.kind) {
    case 'markdown':
      return <MarkdownCell cell={cell} at={at} />
    case 'chart':
      return <ChartCell cell={cell} at={at} />
    case 'parameter':
      return <ParameterCell cell={cell} at={at} />
    case 'statistics':
      return <StatisticsCell cell={cell} at={at} />
    case 'cohort':
      return <CohortCell cell={cell} at={at} />
    case 'sql':
      return <SqlCell cell={cell} at={at} lineage={lineage} onLineage={onLineage} />
  }
})

/** A link names the version that was meant; which one is looked at stays when another notebook comes to the front. */
function useVersions() {
  const { notebook } = useNotebook()
  const { pathname, search } = useLocation()
  const navigate = useNavigate()
  const path = paths.notebook(notebook.id)
  const named = pathname === path ? Number(new URLSearchParams(search).get('version')) : 0
  // The newest is where one writes: its number goes on with the first edit.
  const newest = named === notebook.version
  const [chosen, choose] = useState(newest ? 0 : named)
  const [panel, showPanel] = useState(chosen > 0)
  const seen = useRef(named)
  useEffect(() => {
    if (named > 0 && named !== seen.current) choose(newest ? 0 : named)
    seen.current = named
  }, [named, newest])
  const show = (version: number | null) => {
    choose(version ?? 0)
    void navigate(version === null ? path : `${path}?version=${version}`, { replace: true })
  }
  return { version: Number.isInteger(chosen) && chosen > 0 && chosen !== notebook.version ? chosen : null, show, panel, showPanel }
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
      id={nameFieldId(notebook.id)}
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

const kinds: { kind: CellKind; label: string; icon: typeof Type; note: string }[] = [
  { kind: 'sql', label: 'SQL', icon: SquareTerminal, note: 'asks, and names its result' },
  { kind: 'chart', label: 'Chart', icon: ChartNoAxesColumn, note: 'draws a result' },
  { kind: 'markdown', label: 'Text', icon: Type, note: 'says what it means' },
  { kind: 'parameter', label: 'Parameter', icon: Variable, note: 'a value that cells read as $name' },
  { kind: 'statistics', label: 'Statistics', icon: Sigma, note: 'Table 1, survival, incidence and more' },
  { kind: 'cohort', label: 'Cohort', icon: Users, note: 'who is in, by criteria' },
]

function Toolbar({ versions, onVersions }: { versions: boolean; onVersions(): void }) {
  const { notebook, actions } = useNotebook()
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
        groups={[
          {
            entries: kinds.map(({ kind, label, icon, note }) => ({
              id: kind,
              label,
              icon,
              note,
              run: () => void actions.add(kind, after),
            })),
          },
        ]}
      />
      <span className="bar-line" />
      <IconButton label="Undo" icon={Undo2} isDisabled={notebook.past.length === 0} onPress={actions.undo} />
      <IconButton label="Redo" icon={Redo2} isDisabled={notebook.future.length === 0} onPress={actions.redo} />
      <span className="row end">
        <WholeRun />
        <DataChooser />
        <Button
          look="quiet"
          className="num"
          aria-pressed={versions}
          aria-label={`Version ${notebook.version}. Show all versions`}
          onPress={onVersions}
        >
          v{notebook.version}
        </Button>
        <ShareButton />
        <MoreMenu />
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
      <span className="cut">
        Reproduced top to bottom {clock(wholeRun.at)}
        {moved && `, on ${moment(snapshot)}`}
      </span>
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

/** Outside of texts, which have an undo of their own. */
function useUndoKeys(actions: NotebookActions) {
  const isInFront = useInFront()
  useEffect(() => {
    if (!isInFront) return undefined
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
  }, [actions, isInFront])
}

function useOpenNotebookCommands() {
  const { actions, notebook } = useNotebook()
  const isInFront = useInFront()
  const count = notebook.page.cells.length
  const save = useSaveNow()
  const commands = useMemo<Command[]>(
    () =>
      !isInFront
        ? []
        : [
            { id: 'run-all', group: 'Commands', name: 'Run all cells', icon: Play, run: () => actions.runAll() },
            { id: 'save', group: 'Commands', name: 'Save a version now', icon: Save, keys: 'Ctrl S', run: save },
            ...kinds.map(({ kind, label, icon }) => ({
              id: `add-${kind}`,
              group: 'Commands' as const,
              name: `Add a cell: ${label}`,
              icon,
              run: () => void actions.add(kind, count),
            })),
          ],
    [actions, count, isInFront, save],
  )
  useCommands(commands)
}
