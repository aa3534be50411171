import { AlignLeft, BookmarkPlus, ChartLine, Copy, ListEnd, Play } from 'lucide-react'
import { memo, useMemo, useRef, useState } from 'react'
import { toast } from 'sonner'
import { statementRowsMax } from '@aquifer/core/contract'
import { useReleasing } from '../../../api/download-queries.js'
import { mayQuery, mayRelease } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Button, IconButton } from '../../../ui/Button.js'
import { Tag } from '../../../ui/Badge.js'
import { plural } from '../../../ui/format.js'
import { MenuButton } from '../../../ui/menus.js'
import { tellFailure } from '../../../ui/tell.js'
import { propose } from '../chart/chart-data.js'
import { useCountsOnly } from '../CountsOnly.js'
import { download, toCsv } from '../csv.js'
import { Editor } from '../editor/Editor.js'
import { copyFormats, type CopyFormat } from '../grid/copy-as.js'
import { ResultGrid } from '../grid/ResultGrid.js'
import { freeName, type Cell } from '../model.js'
import { compile } from '../references.js'
import { isGoing, type RunState } from '../run.js'
import { useNotebook } from '../useNotebook.js'
import { actOn, CellFrame, CellMenu } from './CellFrame.js'
import { keysOfCell } from './cell-keys.js'
import { CellName } from './CellName.js'
import { DownloadMenu } from './DownloadMenu.js'
import { Gone, ResultFooter, RunFault, RunningBar, StaleBar, Stopped } from './ResultParts.js'
import { SaveQueryDialog } from './SaveQueryDialog.js'
import { isEdited, staleCause, upstreamCause } from './stale.js'

interface Props {
  cell: Cell
  at: number
  lineage: boolean
  onLineage(cell: string): void
}

export const SqlCell = memo(function SqlCell({ cell, at, lineage, onLineage }: Props) {
  const { notebook, catalogue, actions, editors } = useNotebook()
  const run = notebook.runs[cell.id]
  const result = run?.result ?? null
  const releases = mayRelease(useMe())
  const [order, setOrder] = useState<Uint32Array | null>(null)
  const copyRef = useRef<((format: CopyFormat) => void) | null>(null)
  const vocabulary = useVocabulary(at)
  const fault = useFault(run)
  const going = isGoing(run)
  const now = useMemo(() => compile(notebook.page.cells, cell.id), [notebook.page.cells, cell.id])
  const stale =
    result !== null && run?.phase === 'done' ? (upstreamCause(run.ran, now) ?? staleCause(result, catalogue, notebook.page.cut)) : null
  return (
    <CellFrame cell={cell} at={at} label={`SQL cell ${cell.name}`}>
      {stale !== null && <StaleBar cause={stale} onRun={() => actions.run(cell.id)} />}
      <Head
        cell={cell}
        at={at}
        run={run}
        order={order}
        edited={result !== null && !going && isEdited(run?.ran ?? null, now)}
        onCopy={(format) => copyRef.current?.(format)}
      />
      <Editor
        value={cell.source}
        label={`SQL of ${cell.name}`}
        vocabulary={vocabulary}
        fault={fault}
        onChange={(source) => actions.typed(cell.id, source)}
        onFocus={() => actions.select(cell.id)}
        onAct={(act) => actOn(actions, notebook.page.cells, at)[act]()}
        onLeave={() => actions.focusCard(cell.id)}
        register={(handle) => void (handle === null ? editors.delete(cell.id) : editors.set(cell.id, handle))}
      />
      {run && going && <RunningBar run={run} onStop={() => actions.stop(cell.id)} />}
      {run?.phase === 'stopped' && <Stopped run={run} onRun={() => actions.run(cell.id)} />}
      {run?.phase === 'gone' && <Gone onRun={() => actions.run(cell.id)} />}
      {run?.phase === 'failed' && (
        <RunFault
          run={run}
          onSuggestion={(name) => actions.write(cell.id, corrected(cell.source, fault?.position ?? null, name))}
          onAgain={() => actions.run(cell.id)}
        />
      )}
      {result !== null && (run?.phase !== 'failed' || run.problem?.again) && (
        <div className="cell-result" data-old={going || undefined}>
          <ResultGrid key={run?.finishedAt} result={result} label={cell.name} onOrder={setOrder} copyRef={copyRef} releases={releases} />
          <ResultFooter
            result={result}
            lineage={lineage}
            note={!releases && result.basis.truncated && <span>more rows need the right to release</span>}
            onLineage={() => onLineage(cell.id)}
            onAll={
              releases ? () => actions.run(cell.id, Math.min(result.basis.totalRows ?? statementRowsMax, statementRowsMax)) : undefined
            }
          />
        </div>
      )}
    </CellFrame>
  )
})

interface HeadProps {
  cell: Cell
  at: number
  run: RunState | undefined
  order: Uint32Array | null
  edited: boolean
  onCopy(format: CopyFormat): void
}

function Head({ cell, at, run, order, edited, onCopy }: HeadProps) {
  const { notebook, actions } = useNotebook()
  const note = useReleasing(notebook.study)
  const keeps = mayQuery(useMe())
  const [saving, setSaving] = useState(false)
  const result = run?.result ?? null
  const save = async () => {
    if (result === null) return
    await note({ form: 'csv', rows: result.rows, statements: [run?.answered ?? []].flat() })
    download(`${cell.name}.csv`, toCsv(result, order, `${notebook.page.title}, ${cell.name}`), 'text/csv;charset=utf-8')
    toast.success(`Saved ${cell.name}.csv`, { description: `${plural(result.rows, 'row')} with their basis` })
  }
  const chart = () => {
    if (result !== null)
      actions.add('chart', at + 1, {
        name: freeName(notebook.page.cells, `${cell.name}_chart`),
        chart: { of: cell.name, ...propose(result) },
      })
  }
  const runEntries = [
    { id: 'run', label: 'Run', icon: Play, keys: keysOfCell('run'), run: () => actions.run(cell.id) },
    { id: 'format', label: 'Lay out', icon: AlignLeft, keys: keysOfCell('format'), run: () => actions.format(cell.id) },
    { id: 'from', label: 'Run from here', icon: ListEnd, run: () => actions.runFrom(cell.id) },
    { id: 'save-query', label: 'Save as a query', icon: BookmarkPlus, disabled: cell.source.trim() === '', run: () => setSaving(true) },
  ].filter(({ id }) => id !== 'save-query' || keeps)
  return (
    <header className="cell-head">
      <CellName cell={cell} />
      <Tag>SQL</Tag>
      {edited && <Tag tone="warn">edited since it ran</Tag>}
      <span className="row end" style={{ gap: 2 }}>
        {result !== null && (
          <>
            <Button look="quiet" icon={ChartLine} onPress={chart}>
              Chart
            </Button>
            <MenuButton
              label="Copy as"
              trigger={<IconButton label="Copy what is chosen, or all rows, as" icon={Copy} />}
              groups={[{ entries: copyFormats.map(({ id, label }) => ({ id, label, run: () => onCopy(id) })) }]}
            />
            {run && (
              <DownloadMenu
                name={cell.name}
                run={run}
                onShown={() => void save().catch((error: unknown) => tellFailure('The file was not written', error))}
              />
            )}
          </>
        )}
        <CellMenu cell={cell} at={at} groups={[{ entries: runEntries }]} />
        {saving && <SaveQueryDialog cell={cell} onClose={() => setSaving(false)} />}
      </span>
    </header>
  )
}

function useFault(run: RunState | undefined) {
  const problem = run?.phase === 'failed' ? run.problem : null
  return useMemo(
    () => (problem === null || problem.position === null ? null : { position: problem.position, message: problem.what }),
    [problem],
  )
}

/** The word at the fault becomes the one the server knows. */
function corrected(source: string, position: number | null, name: string): string {
  const rest = position === null ? null : /^[\w"]+/.exec(source.slice(position))
  return position === null || rest === null ? source : source.slice(0, position) + name + source.slice(position + rest[0].length)
}

function useVocabulary(at: number) {
  const countsOnly = useCountsOnly()
  const { notebook, catalogue } = useNotebook()
  return useMemo(
    () => ({
      tables: catalogue?.tables ?? [],
      results: notebook.page.cells
        .slice(0, at)
        .filter((cell) => cell.kind === 'sql')
        .map((cell) => ({ name: cell.name, columns: notebook.runs[cell.id]?.result?.columns.map((column) => column.name) ?? [] })),
      countsOnly,
    }),
    [catalogue, notebook.page.cells, notebook.runs, at, countsOnly],
  )
}
