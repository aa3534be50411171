import type { NotebookChart } from '@aquifer/core/contract'
import type { ColumnKind } from '../result.js'
import { marksMax, seriesMax } from './chart-data.js'

// A chart of more rows than it can draw, or of a distribution, is reckoned by the engine: a statement around the named result, which
// reads it like any cell below would. What was left out or added up is said under the chart.

export interface SourceShape {
  columns: readonly { name: string; kind: ColumnKind }[]
  rows: number
  truncated: boolean
  /** Figures of groups: they are drawn as they were told, and nothing is reckoned around them. */
  told?: boolean
}

export const binsDefault = 20
export const boxesMax = 24
export const heatMax = { across: 50, up: 40 }
const squares = { across: 40, up: 30 }

const name = (column: string) => `"${column.replaceAll('"', '""')}"`
const text = (value: string) => `'${value.replaceAll("'", "''")}'`
const label = (column: string | undefined) => (column ? `coalesce(cast(${name(column)} as varchar), '∅')` : `''`)
const figure = (column: string) => `cast(${name(column)} as double)`

/** The statement behind a chart, or null where the rows at hand are all it needs. */
export function chartStatement(chart: NotebookChart, shape: SourceShape): string | null {
  const known = new Set(shape.columns.map((column) => column.name))
  const named = [chart.x, chart.series, ...chart.y].filter((column): column is string => !!column)
  if (shape.told === true || chart.of === '' || named.some((column) => !known.has(column))) return null
  const many = shape.truncated || shape.rows > marksMax
  if (chart.type === 'histogram') return chart.x ? histogram(chart) : null
  if (chart.type === 'box') return chart.y[0] ? boxes(chart, chart.y[0], shape) : null
  if (chart.type === 'heatmap') return chart.x && chart.series ? fields(chart) : null
  if (chart.type === 'scatter') return many && chart.x && chart.y[0] ? counted(chart, chart.y[0]) : null
  if (chart.type === 'bar') return shape.truncated && chart.series && chart.x && chart.y[0] ? sums(chart, chart.y[0]) : null
  if (chart.type === 'line' || chart.type === 'area') return shape.truncated && chart.x && chart.y[0] ? stretches(chart) : null
  return null
}

/** Bins with round edges. */
function histogram(chart: NotebookChart): string {
  return `with chart_source as (
  select ${figure(chart.x)} as x, ${label(chart.series)} as series from ${chart.of} where ${name(chart.x)} is not null
), chart_extent as (
  select (max(x) - min(x)) / ${chart.bins ?? binsDefault} as rough from chart_source
), chart_power as (
  select rough, pow(10, floor(log10(case when rough > 0 then rough else 1 end))) as p from chart_extent
), chart_step as (
  select case when rough <= 0 or rough is null then 1 when rough <= p * 1.001 then p when rough <= 2 * p then 2 * p
    when rough <= 5 * p then 5 * p else 10 * p end as width from chart_power
)
select floor(x / width) * width as bin_from, floor(x / width) * width + width as bin_to, series, count(*) as n
from chart_source, chart_step group by all order by bin_from, series limit ${marksMax}`
}

/** Tukey's boxes: whiskers at the last value within one and a half boxes. Values beyond are counted, not drawn: each would be a person. */
function boxes(chart: NotebookChart, y: string, shape: SourceShape): string {
  const counting = shape.columns.some((column) => column.name === chart.x && column.kind !== 'text')
  return `with chart_source as (
  select ${label(chart.x || undefined)} as grouped, ${figure(y)} as v from ${chart.of} where ${name(y)} is not null
), chart_quartiles as (
  select grouped, quantile_cont(v, 0.25) as q1, quantile_cont(v, 0.5) as q2, quantile_cont(v, 0.75) as q3 from chart_source group by grouped
)
select grouped, count(*) as n, min(v) filter (v >= q1 - 1.5 * (q3 - q1)) as low, any_value(q1) as q1, any_value(q2) as median,
  any_value(q3) as q3, max(v) filter (v <= q3 + 1.5 * (q3 - q1)) as high,
  count(*) filter (v < q1 - 1.5 * (q3 - q1) or v > q3 + 1.5 * (q3 - q1)) as beyond, count(*) over () as all_groups
from chart_source join chart_quartiles using (grouped) group by grouped
order by ${counting ? 'try_cast(grouped as double) nulls first, grouped' : 'n desc, grouped'} limit ${boxesMax}`
}

function fields(chart: NotebookChart): string {
  const value = chart.y[0] ? 'avg(v)' : 'count(*)'
  const most = (side: string, limit: number) =>
    `select ${side} from chart_source group by ${side} order by count(*) desc, ${side} limit ${limit}`
  const source = `select ${label(chart.x)} as x, ${label(chart.series)} as y${chart.y[0] ? `, ${figure(chart.y[0])} as v` : ''} from ${chart.of}`
  return `with chart_source as (
  ${source}
), chart_across as (${most('x', heatMax.across)}), chart_up as (${most('y', heatMax.up)})
select x, y, ${value} as v, (select count(distinct x) from chart_source) as all_x, (select count(distinct y) from chart_source) as all_y
from chart_source where x in (select x from chart_across) and y in (select y from chart_up)
group by x, y order by try_cast(x as double), x, try_cast(y as double), y limit ${marksMax}`
}

/** So many points lie in one square of the plot. */
function counted(chart: NotebookChart, y: string): string {
  const square = (side: string, low: string, width: string, parts: number) =>
    `${low} + (floor(least((${side} - ${low}) / ${width} * ${parts}, ${parts - 1})) + 0.5) * ${width} / ${parts}`
  return `with chart_source as (
  select ${figure(chart.x)} as px, ${figure(y)} as py, ${label(chart.series)} as series from ${chart.of}
  where ${name(chart.x)} is not null and ${name(y)} is not null
), chart_extent as (
  select min(px) as x0, greatest(max(px) - min(px), 1e-9) as xw, min(py) as y0, greatest(max(py) - min(py), 1e-9) as yw from chart_source
)
select ${square('px', 'x0', 'xw', squares.across)} as x, ${square('py', 'y0', 'yw', squares.up)} as y, series, count(*) as n
from chart_source, chart_extent group by all order by n desc limit ${marksMax}`
}

function sums(chart: NotebookChart, y: string): string {
  return `select ${name(chart.x)} as x, ${label(chart.series)} as series, sum(${figure(y)}) as v
from ${chart.of} group by all order by 1, 2 limit ${marksMax}`
}

/** Of each stretch of a line its lowest and its highest point, so that no peak is lost. */
function stretches(chart: NotebookChart): string {
  const lines = chart.series
    ? [`select ${name(chart.x)} as x, ${label(chart.series)} as series, ${figure(chart.y[0]!)} as v from ${chart.of}`]
    : chart.y.slice(0, seriesMax).map((y) => `select ${name(chart.x)} as x, ${text(y)} as series, ${figure(y)} as v from ${chart.of}`)
  const parts = Math.floor(marksMax / seriesMax / 2)
  return `with chart_source as (
  ${lines.join('\n  union all ')}
), chart_most as (
  select series from chart_source group by series order by sum(abs(v)) desc nulls last limit ${seriesMax}
), chart_stretches as (
  select x, series, v, ntile(${parts}) over (partition by series order by x) as stretch from chart_source
  where x is not null and v is not null and series in (select series from chart_most)
)
select unnest([arg_min(x, v), arg_max(x, v)]) as x, series, unnest([min(v), max(v)]) as v
from chart_stretches group by series, stretch order by x`
}
