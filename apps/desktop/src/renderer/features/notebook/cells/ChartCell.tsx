import { ChartNoAxesColumn, Play, Table2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { NotebookChart } from '@aquifer/core/contract'
import { Button } from '../../../ui/Button.js'
import { Tag } from '../../../ui/Badge.js'
import { Empty } from '../../../ui/states.js'
import { chartData, type ChartData, type ChartProblem } from '../chart/chart-data.js'
import { ChartView } from '../chart/ChartView.js'
import { ResultGrid } from '../grid/ResultGrid.js'
import type { Cell } from '../model.js'
import { isGoing } from '../run.js'
import { useNotebook } from '../useNotebook.js'
import { CellFrame, CellMenu } from './CellFrame.js'
import { CellName } from './CellName.js'
import { ChartDownloads } from './ChartDownloads.js'
import { ChartSettings } from './ChartSettings.js'
import { ResultFooter, RunningBar, StaleBar } from './ResultParts.js'
import { staleCause } from './stale.js'

const nothing: NotebookChart = { type: 'bar', of: '', x: '', y: [] }

export function ChartCell({ cell, at }: { cell: Cell; at: number }) {
  const { notebook, catalogue, actions } = useNotebook()
  const [asTable, showTable] = useState(false)
  const chart = cell.chart ?? nothing
  const source = notebook.page.cells.find((item) => item.kind === 'sql' && item.name === chart.of)
  const run = source && notebook.runs[source.id]
  const result = run?.result ?? null
  const drawn = useMemo(() => (result === null ? null : chartData(result, chart)), [result, chart])
  const stale = result !== null && run?.phase === 'done' ? staleCause(result, catalogue) : null
  const unfinished = drawn === null || 'needs' in drawn
  const runSource = () => source && actions.run(source.id)
  return (
    <CellFrame cell={cell} at={at} label={`Chart cell ${cell.name}`}>
      {stale !== null && <StaleBar cause={stale} onRun={() => runSource()} />}
      <header className="cell-head">
        <CellName cell={cell} />
        <Tag>Chart</Tag>
        <span className="sub cut">{caption(chart)}</span>
        <span className="row end" style={{ gap: 2 }}>
          {result !== null && (
            <>
              <Button look="quiet" icon={asTable ? ChartNoAxesColumn : Table2} onPress={() => showTable(!asTable)}>
                {asTable ? 'Chart' : 'Table'}
              </Button>
              <ChartDownloads cell={cell} result={result} />
            </>
          )}
          <CellMenu cell={cell} at={at} />
        </span>
      </header>
      {(notebook.selected === cell.id || unfinished) && <ChartSettings cell={cell} chart={chart} result={result} />}
      {run && isGoing(run) && source && <RunningBar run={run} onStop={() => actions.stop(source.id)} />}
      {result === null || drawn === null ? (
        <NotRun name={source?.name} onRun={() => runSource()} />
      ) : (
        <div className="cell-result" data-old={isGoing(run) || undefined}>
          {asTable ? (
            <ResultGrid result={result} label={`Table of ${cell.name}`} />
          ) : (
            <Drawing data={drawn} chart={chart} name={cell.name} />
          )}
          <ResultFooter result={result} />
        </div>
      )}
    </CellFrame>
  )
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

function Drawing({ data, chart, name }: { data: ChartData | ChartProblem; chart: NotebookChart; name: string }) {
  if ('needs' in data) {
    return (
      <Empty icon={ChartNoAxesColumn} title="Nothing to draw yet">
        {data.needs}
      </Empty>
    )
  }
  return (
    <>
      <ChartView data={data} chart={chart} label={name} />
      {data.left && <p className="chart-left sub">{data.left}</p>}
    </>
  )
}

function caption(chart: NotebookChart): string {
  if (chart.y.length === 0 || chart.x === '') return ''
  return `${chart.y.join(', ')} by ${chart.x}${chart.series ? `, one series per ${chart.series}` : ''}`
}
