import { AreaChart, BarChart3, ChartLine, ChartNoAxesColumn, Download, Table2, Play } from 'lucide-react'
import { useMemo, useState } from 'react'
import { toast } from 'sonner'
import type { NotebookChart } from '@aquifer/core/contract'
import { Button } from '../../../ui/Button.js'
import { Tag } from '../../../ui/Badge.js'
import { Select } from '../../../ui/fields.js'
import { MenuButton } from '../../../ui/menus.js'
import { Empty } from '../../../ui/states.js'
import { chartData, propose } from '../chart/chart-data.js'
import { ChartView } from '../chart/ChartView.js'
import { savePicture } from '../chart/picture.js'
import { basisWords, download, toCsv } from '../csv.js'
import { ResultGrid } from '../grid/ResultGrid.js'
import type { Cell } from '../model.js'
import type { Result } from '../result.js'
import { isGoing } from '../run.js'
import { cardId, useNotebook } from '../useNotebook.js'
import { CellFrame, CellMenu } from './CellFrame.js'
import { CellName } from './CellName.js'
import { ResultFooter, RunningBar, StaleBar } from './ResultParts.js'
import { staleCause } from './stale.js'

const types = [
  { id: 'bar', label: 'Bars', icon: BarChart3 },
  { id: 'line', label: 'Lines', icon: ChartLine },
  { id: 'area', label: 'Areas', icon: AreaChart },
] as const

export function ChartCell({ cell, at }: { cell: Cell; at: number }) {
  const { notebook, catalogue, actions } = useNotebook()
  const [asTable, showTable] = useState(false)
  const chart = cell.chart ?? { type: 'bar', of: '', x: '', y: [] }
  const source = notebook.page.cells.find((item) => item.kind === 'sql' && item.name === chart.of)
  const run = source && notebook.runs[source.id]
  const result = run?.result ?? null
  const drawn = useMemo(() => (result === null ? null : chartData(result, chart)), [result, chart])
  const stale = result !== null && run?.phase === 'done' ? staleCause(result, catalogue) : null
  const runSource = () => source && actions.run(source.id)
  return (
    <CellFrame cell={cell} at={at} label={`Chart cell ${cell.name}`}>
      {stale !== null && <StaleBar cause={stale} onRun={() => runSource()} />}
      <header className="cell-head">
        <CellName cell={cell} />
        <Tag>Chart</Tag>
        <Settings cell={cell} chart={chart} result={result} />
        <span className="row end" style={{ gap: 2 }}>
          {result !== null && (
            <>
              <Button look="quiet" icon={asTable ? ChartNoAxesColumn : Table2} onPress={() => showTable(!asTable)}>
                {asTable ? 'Chart' : 'Table'}
              </Button>
              <Downloads cell={cell} result={result} />
            </>
          )}
          <CellMenu cell={cell} at={at} />
        </span>
      </header>
      {run && isGoing(run) && source && <RunningBar run={run} onStop={() => actions.stop(source.id)} />}
      {result === null || drawn === null ? (
        <Empty
          icon={ChartNoAxesColumn}
          title={source ? `${chart.of} has not run yet` : 'Choose a result to draw'}
          actions={source && <Button icon={Play} onPress={() => runSource()}>Run {chart.of}</Button>}
        >
          {source ? 'A chart draws the rows of a cell in this notebook.' : 'A chart draws the rows of an SQL cell, chosen above by its name.'}
        </Empty>
      ) : (
        <div className="cell-result" data-old={isGoing(run) || undefined}>
          {asTable ? (
            <ResultGrid result={result} label={`Table of ${cell.name}`} />
          ) : 'needs' in drawn ? (
            <Empty icon={ChartNoAxesColumn} title="Nothing to draw yet">
              {drawn.needs}
            </Empty>
          ) : (
            <ChartView data={drawn} chart={chart} label={cell.name} />
          )}
          {!asTable && !('needs' in drawn) && drawn.left && <p className="chart-left sub">{drawn.left}</p>}
          <ResultFooter result={result} />
        </div>
      )}
    </CellFrame>
  )
}

function Settings({ cell, chart, result }: { cell: Cell; chart: NotebookChart; result: Result | null }) {
  const { notebook, actions } = useNotebook()
  const sources = notebook.page.cells.filter((item) => item.kind === 'sql').map((item) => ({ id: item.name, label: item.name }))
  const columns = result?.columns ?? []
  const numbers = columns.filter((column) => column.kind === 'number')
  const draw = (part: Partial<NotebookChart>) => actions.draw(cell.id, { ...chart, ...part })
  const chooseSource = (of: string) => {
    const target = notebook.page.cells.find((item) => item.name === of)
    const ready = target && notebook.runs[target.id]?.result
    draw({ of, ...(ready ? propose(ready) : { x: '', y: [] }), series: undefined })
  }
  const toggle = (name: string) => draw({ y: chart.y.includes(name) ? chart.y.filter((other) => other !== name) : [...chart.y, name].slice(0, 6) })
  return (
    <div className="chart-settings">
      <Select label="Result to draw" value={chart.of || undefined} choices={sources} onChange={chooseSource} placeholder="result" />
      <Select label="Kind of chart" value={chart.type} choices={[...types]} onChange={(type) => draw({ type })} />
      {columns.length > 0 && (
        <>
          <Select label="Horizontal axis" value={chart.x || undefined} choices={columns.map(({ name }) => ({ id: name, label: name }))} onChange={(x) => draw({ x })} placeholder="across" />
          <MenuButton
            label="Columns to draw"
            placement="bottom start"
            trigger={
              <Button className="chart-columns">
                <span className="cut">{chart.y.join(', ') || 'columns'}</span>
              </Button>
            }
            groups={[
              { title: 'Draw', entries: numbers.map(({ name }) => ({ id: `y ${name}`, label: name, checked: chart.y.includes(name), run: () => toggle(name) })) },
              {
                title: 'One series per value of',
                entries: [
                  { id: 'series', label: 'nothing', checked: !chart.series, run: () => draw({ series: undefined }) },
                  ...columns
                    .filter((column) => column.kind !== 'nested' && column.name !== chart.x && !chart.y.includes(column.name))
                    .map(({ name }) => ({ id: `series ${name}`, label: name, checked: chart.series === name, run: () => draw({ series: name }) })),
                ],
              },
            ]}
          />
        </>
      )}
    </div>
  )
}

function Downloads({ cell, result }: { cell: Cell; result: Result }) {
  const { notebook } = useNotebook()
  const caption = [`${notebook.page.title}, ${cell.name}`, ...basisWords(result)].join(' · ')
  const picture = (format: 'svg' | 'png') => {
    const svg = document.getElementById(cardId(cell.id))?.querySelector<SVGSVGElement>('.chart-plot svg')
    if (svg) void savePicture(svg, cell.name, caption, format).then(() => toast.success(`Saved ${cell.name}.${format}`))
    else toast.error('Show the chart first')
  }
  return (
    <MenuButton
      label="Download"
      trigger={
        <Button look="quiet" icon={Download}>
          PNG, SVG, CSV
        </Button>
      }
      groups={[
        {
          entries: [
            { id: 'png', label: 'Picture, PNG', run: () => picture('png') },
            { id: 'svg', label: 'Drawing, SVG', run: () => picture('svg') },
            { id: 'csv', label: 'Numbers, CSV', run: () => download(`${cell.name}.csv`, toCsv(result, null, `${notebook.page.title}, ${cell.name}`), 'text/csv;charset=utf-8') },
          ],
        },
      ]}
    />
  )
}
