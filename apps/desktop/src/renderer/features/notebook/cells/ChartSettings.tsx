import { AreaChart, BarChart3, BoxSelect, ChartColumn, ChartLine, ChartScatter, ChevronDown, Grid3x3, TrendingDown } from 'lucide-react'
import type { ChartType, NotebookChart } from '@aquifer/core/contract'
import { Button } from '../../../ui/Button.js'
import { Select } from '../../../ui/fields.js'
import { Icon } from '../../../ui/Icon.js'
import { MenuButton, type MenuGroup } from '../../../ui/menus.js'
import { propose, seriesMax } from '../chart/chart-data.js'
import { ofRows } from '../chart/drawing.js'
import { fitted } from '../chart/fitted.js'
import type { Cell } from '../model.js'
import type { Result } from '../result.js'
import { useCountsOnly } from '../CountsOnly.js'
import { useNotebook } from '../useNotebook.js'

const types = [
  { id: 'bar', label: 'Bars', icon: BarChart3 },
  { id: 'line', label: 'Lines', icon: ChartLine },
  { id: 'area', label: 'Areas', icon: AreaChart },
  { id: 'scatter', label: 'Scatter', icon: ChartScatter },
  { id: 'histogram', label: 'Histogram', icon: ChartColumn },
  { id: 'box', label: 'Boxes', icon: BoxSelect },
  { id: 'heatmap', label: 'Heat map', icon: Grid3x3 },
  { id: 'survival', label: 'Survival', icon: TrendingDown },
] as const satisfies readonly { id: ChartType; label: string; icon: unknown }[]

interface Props {
  cell: Cell
  chart: NotebookChart
  result: Result | null
}

type Draw = (part: Partial<NotebookChart>) => void

export function ChartSettings({ cell, chart, result }: Props) {
  const { notebook, actions } = useNotebook()
  const counts = useCountsOnly()
  const sources = notebook.page.cells.filter((item) => item.kind === 'sql').map((item) => ({ id: item.name, label: item.name }))
  const columns = result?.columns ?? []
  const draw: Draw = (part) => actions.draw(cell.id, { ...chart, ...part })
  const chooseSource = (of: string) => {
    const target = notebook.page.cells.find((item) => item.name === of)
    const ready = target && notebook.runs[target.id]?.result
    draw({ of, ...(ready ? propose(ready) : { x: '', y: [] }), series: undefined })
  }
  return (
    <div className="chart-settings">
      <Select label="Result" value={chart.of || undefined} choices={sources} onChange={chooseSource} placeholder="result" />
      <Select
        label="Drawn as"
        value={chart.type}
        choices={counts ? types.filter(({ id }) => !ofRows.has(id)) : [...types]}
        onChange={(type) => draw(result === null ? { type } : fitted({ ...chart, type }, result))}
      />
      {columns.length > 0 && (
        <>
          <Select
            label={chart.type === 'survival' ? 'Time' : chart.type === 'histogram' ? 'Count' : 'Across'}
            value={chart.x || undefined}
            choices={acrossChoices(chart, columns)}
            onChange={(x) => draw({ x })}
            placeholder="across"
          />
          <ColumnsMenu chart={chart} columns={columns} draw={draw} />
        </>
      )}
      <CaptionField chart={chart} draw={draw} />
    </div>
  )
}

const numeric = (column: Result['columns'][number]) => column.kind === 'number' || column.kind === 'year'

function acrossChoices(chart: NotebookChart, columns: Result['columns']) {
  const numbersOnly = chart.type === 'scatter' || chart.type === 'histogram' || chart.type === 'survival'
  return columns.filter((column) => !numbersOnly || numeric(column)).map(({ name }) => ({ id: name, label: name }))
}

function CaptionField({ chart, draw }: { chart: NotebookChart; draw: Draw }) {
  return (
    <label className="chart-caption">
      <span className="ink-3">Caption</span>
      <input
        className="caption-field"
        value={chart.caption ?? ''}
        maxLength={300}
        placeholder="what this shows"
        onChange={(event) => draw({ caption: event.target.value || undefined })}
      />
    </label>
  )
}

interface ColumnsProps {
  chart: NotebookChart
  columns: Result['columns']
  draw: Draw
}

const one = new Set<ChartType>(['scatter', 'box', 'heatmap', 'survival'])

/** What is drawn, and whether one column of it splits into a series per value. */
function ColumnsMenu({ chart, columns, draw }: ColumnsProps) {
  const toggle = (name: string) => {
    if (one.has(chart.type)) return draw({ y: chart.y.includes(name) && chart.type === 'heatmap' ? [] : [name] })
    return draw({ y: chart.y.includes(name) ? chart.y.filter((other) => other !== name) : [...chart.y, name].slice(0, seriesMax) })
  }
  const drawn = columns
    .filter(numeric)
    .map(({ name }) => ({ id: `y ${name}`, label: name, checked: chart.y.includes(name), run: () => toggle(name) }))
  const split = columns
    .filter((column) => column.kind !== 'nested' && column.name !== chart.x && !chart.y.includes(column.name))
    .map(({ name }) => ({ id: `series ${name}`, label: name, checked: chart.series === name, run: () => draw({ series: name }) }))
  const whole = { id: 'series', label: 'nothing', checked: !chart.series, run: () => draw({ series: undefined }) }
  const groups: MenuGroup[] = [
    ...(chart.type === 'histogram' ? [] : [{ title: chart.type === 'heatmap' ? 'Value of a field (none: rows)' : 'Draw', entries: drawn }]),
    ...(chart.type === 'box'
      ? []
      : [{ title: chart.type === 'heatmap' ? 'Upwards' : 'One series per value of', entries: [whole, ...split] }]),
    ...(chart.type === 'histogram' ? [binsGroup(chart, draw)] : []),
    ...(chart.type === 'survival' ? survivalGroups(chart, columns, draw) : []),
  ]
  const trigger = (
    <Button className="field select-button">
      <span className="cut">{[...chart.y, ...(chart.series ? [`by ${chart.series}`] : [])].join(', ') || 'choose'}</span>
      <Icon of={ChevronDown} className="ink-3" />
    </Button>
  )
  return (
    <span className="select">
      <span className="select-label">{chart.type === 'histogram' ? 'Split' : 'Columns'}</span>
      <MenuButton label="Columns to draw" placement="bottom start" trigger={trigger} groups={groups} />
    </span>
  )
}

function binsGroup(chart: NotebookChart, draw: Draw): MenuGroup {
  const entries = [10, 20, 40].map((bins) => ({
    id: `bins ${bins}`,
    label: `about ${bins}`,
    checked: (chart.bins ?? 20) === bins,
    run: () => draw({ bins }),
  }))
  return { title: 'Bins', entries }
}

function survivalGroups(chart: NotebookChart, columns: Result['columns'], draw: Draw): MenuGroup[] {
  const roles = [
    { role: 'lower', title: 'Lower edge of the band' },
    { role: 'upper', title: 'Upper edge of the band' },
    { role: 'atRisk', title: 'People at risk' },
  ] as const
  return roles.map(({ role, title }) => ({
    title,
    entries: [
      { id: role, label: 'none', checked: !chart[role], run: () => draw({ [role]: undefined }) },
      ...columns
        .filter(numeric)
        .map(({ name }) => ({ id: `${role} ${name}`, label: name, checked: chart[role] === name, run: () => draw({ [role]: name }) })),
    ],
  }))
}
