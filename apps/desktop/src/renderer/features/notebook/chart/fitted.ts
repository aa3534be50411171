import type { NotebookChart } from '@aquifer/core/contract'
import type { Result } from '../result.js'

const named = (pattern: RegExp, names: readonly string[]) => names.find((name) => pattern.test(name))

/** The same chart drawn another way, with columns that its new kind can draw: what does not fit is replaced by what does. */
export function fitted(chart: NotebookChart, result: Result): NotebookChart {
  const numbers = result.columns.filter((column) => column.kind === 'number' || column.kind === 'year').map((column) => column.name)
  const names = result.columns.filter((column) => column.kind !== 'nested').map((column) => column.name)
  const words = names.filter((name) => !numbers.includes(name))
  const rest = (taken: readonly (string | undefined)[], from: readonly string[]) => from.find((name) => !taken.includes(name))
  const y = chart.y.filter((name) => numbers.includes(name))
  switch (chart.type) {
    case 'scatter': {
      const x = numbers.includes(chart.x) ? chart.x : (rest([y[0]], numbers) ?? '')
      return { ...chart, x, y: [y.find((name) => name !== x) ?? rest([x], numbers) ?? ''].filter(Boolean) }
    }
    case 'histogram': {
      const x = numbers.includes(chart.x) && !y[0] ? chart.x : (y[0] ?? numbers[0] ?? '')
      return { ...chart, x, y: [], series: chart.series === x ? undefined : chart.series }
    }
    case 'box': {
      const value = y[0] ?? rest([chart.x], numbers) ?? numbers[0]
      return { ...chart, x: chart.x === value ? (rest([value], names) ?? '') : chart.x, y: value ? [value] : [], series: undefined }
    }
    case 'heatmap':
      return { ...chart, y: y.slice(0, 1), series: chart.series ?? rest([chart.x, ...y], [...words, ...names]) }
    case 'survival': {
      const x = named(/time|years?|months?|days?/i, numbers) ?? numbers[0] ?? ''
      const share = named(/^(surviv|share|km|s$)/i, numbers) ?? rest([x], numbers)
      return {
        ...chart,
        x,
        y: share ? [share] : [],
        lower: named(/low/i, numbers),
        upper: named(/upp|high/i, numbers),
        atRisk: named(/risk/i, numbers),
        series: chart.series ?? words[0],
      }
    }
    default:
      return y.length > 0 ? { ...chart, y } : { ...chart, y: [rest([chart.x], numbers) ?? ''].filter(Boolean) }
  }
}
