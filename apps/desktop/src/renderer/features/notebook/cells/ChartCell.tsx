import { ChartNoAxesColumn, Play, Table2 } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { NotebookChart } from '@aquifer/core/contract'
import { mayRelease } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Button } from '../../../ui/Button.js'
import { Tag } from '../../../ui/Badge.js'
import { Empty } from '../../../ui/states.js'
import { chartStatement } from '../chart/chart-sql.js'
import { ChartView } from '../chart/ChartView.js'
import { draw, singleRows, type Drawn } from '../chart/drawing.js'
import type { ChartProblem } from '../chart/chart-data.js'
import { basisWords, toCsv } from '../csv.js'
import { ResultGrid } from '../grid/ResultGrid.js'
import type { Cell } from '../model.js'
import { compile } from '../references.js'
import { isGoing, type RunState } from '../run.js'
import { useNotebook } from '../useNotebook.js'
import { CellFrame, CellMenu } from './CellFrame.js'
import { CellName } from './CellName.js'
import { ChartDownloads } from './ChartDownloads.js'
import { ChartSettings } from './ChartSettings.js'
import { ResultFooter, RunFault, RunningBar, StaleBar } from './ResultParts.js'
import { staleCause, upstreamCause } from './stale.js'

const nothing: NotebookChart = { type: 'bar', of: '', x: '', y: [] }

export function ChartCell({ cell, at }: { cell: Cell; at: number }) {
  const { notebook, actions } = useNotebook()
  const [asTable, showTable] = useState(false)
  const releases = mayRelease(useMe())
  const chart = cell.chart ?? nothing
  const source = notebook.page.cells.find((item) => item.kind === 'sql' && item.name === chart.of)
  const run = source && notebook.runs[source.id]
  const result = run?.result ?? null
  const own = useOwnRows(cell, chart, source, run)
  const drawn = useMemo(
    () => (result === null || own.waits ? null : draw(chart, result, own.run?.result ?? null)),
    [result, chart, own.waits, own.run?.result],
  )
  const stale = useStale(source, run)
  const shown = drawn === null || 'needs' in drawn ? result : drawn.shown
  const runSource = () => source && actions.run(source.id)
  const going = isGoing(run) ? { run: run!, cell: source! } : isGoing(own.run) ? { run: own.run!, cell } : null
  return (
    <CellFrame cell={cell} at={at} label={`Chart cell ${cell.name}`}>
      {stale !== null && <StaleBar cause={stale} onRun={() => runSource()} />}
      <header className="cell-head">
        <CellName cell={cell} />
        <Tag>Chart</Tag>
        <span className="sub cut">{captionOf(chart)}</span>
        <span className="row end" style={{ gap: 2 }}>
          {result !== null && shown !== null && (
            <>
              <Button look="quiet" icon={asTable ? ChartNoAxesColumn : Table2} onPress={() => showTable(!asTable)}>
                {asTable ? 'Chart' : 'Table'}
              </Button>
              <ChartDownloads
                cell={cell}
                caption={captionOf(chart)}
                words={[...basisWords(shown), ...[leftOf(drawn) ?? []].flat()]}
                csv={(about) => toCsv(shown, null, about)}
                statements={[run?.answered ?? [], own.run?.answered ?? []].flat()}
                rows={shown.rows}
                drawnRows={drawn === null || 'needs' in drawn ? 0 : singleRows(chart, drawn)}
              />
            </>
          )}
          <CellMenu cell={cell} at={at} />
        </span>
      </header>
      {(notebook.selected === cell.id || (drawn !== null && 'needs' in drawn)) && (
        <ChartSettings cell={cell} chart={chart} result={result} />
      )}
      {going && <RunningBar run={going.run} onStop={() => actions.stop(going.cell.id)} />}
      {own.run?.phase === 'failed' && <RunFault run={own.run} onSuggestion={() => undefined} />}
      {result === null ? (
        <NotRun name={source?.name} onRun={() => runSource()} />
      ) : (
        <div className="cell-result" data-old={going !== null || undefined}>
          {asTable && shown !== null ? (
            <ResultGrid result={shown} label={`Table of ${cell.name}`} releases={releases} />
          ) : (
            <Picture drawn={drawn} chart={chart} name={cell.name} />
          )}
          {shown !== null && <ResultFooter result={shown} />}
        </div>
      )}
    </CellFrame>
  )
}

/** Rows of the statement around the result, where the kind of chart or the size of the result needs one. */
function useOwnRows(cell: Cell, chart: NotebookChart, source: Cell | undefined, run: RunState | undefined) {
  const { notebook, actions } = useNotebook()
  const result = run?.phase === 'done' ? run.result : null
  const text = useMemo(
    () =>
      result === null
        ? null
        : chartStatement(chart, {
            columns: result.columns,
            rows: result.rows,
            truncated: result.basis.truncated,
            told: result.basis.level === 'counts',
          }),
    [chart, result],
  )
  const own = text === null ? undefined : notebook.runs[cell.id]
  const finishedAt = run?.finishedAt ?? null
  const reads = source?.id
  useEffect(() => {
    if (text !== null && finishedAt !== null && reads !== undefined) actions.ask(cell.id, text, reads)
  }, [text, finishedAt, reads, cell.id, actions])
  const waits = text !== null && (own?.result == null || own.ran?.texts[''] !== text)
  return { run: own, waits: waits || (text === null && result === null && run?.result === null) }
}

function useStale(source: Cell | undefined, run: RunState | undefined): string | null {
  const { notebook, catalogue } = useNotebook()
  if (source === undefined || run?.phase !== 'done' || run.result === null) return null
  const now = compile(notebook.page.cells, source.id)
  if (run.ran !== null && run.ran.texts[''] !== now.texts['']) return `${source.name} was edited since it ran.`
  return upstreamCause(run.ran, now) ?? staleCause(run.result, catalogue, notebook.page.cut)
}

function NotRun({ name, onRun }: { name: string | undefined; onRun(): void }) {
  if (name === undefined) {
    return (
      <Empty icon={ChartNoAxesColumn} title="Choose a result to draw">
        A chart draws the rows of an SQL cell, chosen above by its name.
      </Empty>
    )
  }
  const run = (
    <Button icon={Play} onPress={onRun}>
      Run {name}
    </Button>
  )
  return (
    <Empty icon={ChartNoAxesColumn} title={`${name} has not run yet`} actions={run}>
      A chart draws the rows of a cell in this notebook.
    </Empty>
  )
}

function Picture({ drawn, chart, name }: { drawn: Drawn | ChartProblem | null; chart: NotebookChart; name: string }) {
  if (drawn === null) return <div className="chart-waits" />
  if ('needs' in drawn) {
    return (
      <Empty icon={ChartNoAxesColumn} title="Nothing to draw yet">
        {drawn.needs}
      </Empty>
    )
  }
  const left = leftOf(drawn)
  return (
    <>
      <ChartView drawing={drawn.drawing} chart={chart} label={name} />
      {left && <p className="chart-left sub">{left}</p>}
    </>
  )
}

const leftOf = (drawn: Drawn | ChartProblem | null): string | null => (drawn === null || 'needs' in drawn ? null : drawn.drawing.left)

/** The writer's own words, else what is drawn. */
function captionOf(chart: NotebookChart): string {
  if (chart.caption) return chart.caption
  const [y, by] = [chart.y.join(', '), chart.series ? `, by ${chart.series}` : '']
  if (chart.x === '' && chart.type !== 'box') return ''
  if (chart.type === 'histogram') return `rows by ${chart.x}${by}`
  if (chart.type === 'heatmap') return `${y || 'rows'} by ${chart.x} and ${chart.series ?? ''}`
  if (y === '') return ''
  if (chart.type === 'box') return `${y}${chart.x ? ` by ${chart.x}` : ''}`
  if (chart.type === 'survival') return `${y}${by}${chart.lower ? ', with band' : ''}`
  return `${y} by ${chart.x}${chart.series ? `, one series per ${chart.series}` : ''}`
}
