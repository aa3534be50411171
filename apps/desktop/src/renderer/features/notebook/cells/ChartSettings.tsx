import { AreaChart, BarChart3, ChartLine } from 'lucide-react'
import type { NotebookChart } from '@aquifer/core/contract'
import { Button } from '../../../ui/Button.js'
import { Select } from '../../../ui/fields.js'
import { MenuButton } from '../../../ui/menus.js'
import { propose, seriesMax } from '../chart/chart-data.js'
import type { Cell } from '../model.js'
import type { Result } from '../result.js'
import { useNotebook } from '../useNotebook.js'

const types = [
  { id: 'bar', label: 'Bars', icon: BarChart3 },
  { id: 'line', label: 'Lines', icon: ChartLine },
  { id: 'area', label: 'Areas', icon: AreaChart },
] as const

interface Props {
  cell: Cell
  chart: NotebookChart
  result: Result | null
}

export function ChartSettings({ cell, chart, result }: Props) {
  const { notebook, actions } = useNotebook()
  const sources = notebook.page.cells.filter((item) => item.kind === 'sql').map((item) => ({ id: item.name, label: item.name }))
  const columns = result?.columns ?? []
  const draw = (part: Partial<NotebookChart>) => actions.draw(cell.id, { ...chart, ...part })
  const chooseSource = (of: string) => {
    const target = notebook.page.cells.find((item) => item.name === of)
    const ready = target && notebook.runs[target.id]?.result
    draw({ of, ...(ready ? propose(ready) : { x: '', y: [] }), series: undefined })
  }
  return (
    <div className="chart-settings">
      <Select label="Result" value={chart.of || undefined} choices={sources} onChange={chooseSource} placeholder="result" />
      <Select label="Drawn as" value={chart.type} choices={[...types]} onChange={(type) => draw({ type })} />
      {columns.length > 0 && (
        <>
          <Select
            label="Across"
            value={chart.x || undefined}
            choices={columns.map(({ name }) => ({ id: name, label: name }))}
            onChange={(x) => draw({ x })}
            placeholder="across"
          />
          <ColumnsMenu chart={chart} columns={columns} draw={draw} />
        </>
      )}
    </div>
  )
}

interface ColumnsProps {
  chart: NotebookChart
  columns: Result['columns']
  draw(part: Partial<NotebookChart>): void
}

/** What is drawn, and whether one column of it splits into a line per value. */
function ColumnsMenu({ chart, columns, draw }: ColumnsProps) {
  const toggle = (name: string) =>
    draw({ y: chart.y.includes(name) ? chart.y.filter((other) => other !== name) : [...chart.y, name].slice(0, seriesMax) })
  const drawn = columns
    .filter((column) => column.kind === 'number')
    .map(({ name }) => ({ id: `y ${name}`, label: name, checked: chart.y.includes(name), run: () => toggle(name) }))
  const split = columns
    .filter((column) => column.kind !== 'nested' && column.name !== chart.x && !chart.y.includes(column.name))
    .map(({ name }) => ({ id: `series ${name}`, label: name, checked: chart.series === name, run: () => draw({ series: name }) }))
  const whole = { id: 'series', label: 'nothing', checked: !chart.series, run: () => draw({ series: undefined }) }
  const trigger = (
    <Button>
      <span className="ink-3">Columns</span>
      <span className="cut">{chart.y.join(', ') || 'choose'}</span>
    </Button>
  )
  return (
    <MenuButton
      label="Columns to draw"
      placement="bottom start"
      trigger={trigger}
      groups={[
        { title: 'Draw', entries: drawn },
        { title: 'One series per value of', entries: [whole, ...split] },
      ]}
    />
  )
}
