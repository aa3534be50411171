import type { NotebookChart } from '@aquifer/core/contract'
import type { Result } from '../result.js'
import { axis, marksMax, seriesMax, type ChartProblem } from './chart-data.js'

export interface SurvivalStep {
  time: number
  /** 0 to 1. */
  share: number
  lower: number | null
  upper: number | null
  atRisk: number | null
}
export interface SurvivalGroup {
  name: string
  steps: SurvivalStep[]
}
export interface Survival {
  form: 'survival'
  /** `last`, in per cent, is what is left at `until`. */
  groups: { name: string; last: number; until: number; atRisk: (number | string | null)[] }[]
  /** One row per time of any group: `s0` its share, `b0` the edges of its band. */
  points: Record<string, number | [number, number] | null>[]
  /** Times under which the people at risk stand. */
  times: number[]
  end: number
  left: string | null
}

export function survivalOf(result: Result, chart: NotebookChart): Survival | ChartProblem {
  const of = (name: string | undefined) => result.columns.find((column) => column.name === name)
  const [time, share] = [of(chart.x), of(chart.y[0])]
  if (time === undefined || share === undefined) return { needs: 'Choose the column of time and the column of the share that is left.' }
  const [by, lower, upper, atRisk] = [of(chart.series), of(chart.lower), of(chart.upper), of(chart.atRisk)]
  const groups = new Map<string, SurvivalStep[]>()
  for (let row = 0; row < result.rows; row += 1) {
    const at = time.number(row)
    const left = share.number(row)
    if (at === null || left === null) continue
    const name = by?.text(row) ?? (by ? '∅' : share.name)
    const steps = groups.get(name) ?? []
    groups.set(name, steps)
    const edge = (column: typeof lower) => column?.number(row) ?? null
    steps.push({ time: at, share: left, lower: edge(lower), upper: edge(upper), atRisk: edge(atRisk) })
  }
  const all = [...groups].map(([name, steps]) => ({ name, steps }))
  return all.length === 0 ? { needs: 'No row has a time and a share.' } : survivalDrawing(all)
}

/** Steps of all groups on one axis of time; a group ends where its last step ends. */
export function survivalDrawing(given: readonly SurvivalGroup[]): Survival {
  const most = Math.floor(marksMax / Math.min(given.length, seriesMax))
  const groups = given.slice(0, seriesMax).map(({ name, steps }) => {
    const sorted = steps.toSorted((a, b) => a.time - b.time)
    return { name, steps: sorted[0] && sorted[0].time > 0 ? [{ ...sorted[0], time: 0, share: 1, lower: 1, upper: 1 }, ...sorted] : sorted }
  })
  const times = [...new Set(groups.flatMap((group) => group.steps.map((step) => step.time)))].sort((a, b) => a - b)
  const points: Survival['points'] = times.map((time) => ({ time }))
  for (const [at, { steps }] of groups.entries()) {
    const end = steps.at(-1)?.time ?? 0
    let step = -1
    for (const point of points) {
      const time = point['time'] as number
      while (step + 1 < steps.length && steps[step + 1]!.time <= time) step += 1
      const now = steps[step]
      if (now === undefined || time > end) continue
      point[`s${at}`] = 100 * now.share
      if (now.lower !== null && now.upper !== null) point[`b${at}`] = [100 * now.lower, 100 * now.upper]
    }
  }
  const end = times.at(-1) ?? 1
  const ticks = axis([0, end], true, 8).ticks.filter((time) => time <= end)
  const cut = points.length > most
  return {
    form: 'survival',
    groups: groups.map(({ name, steps }) => ({
      name,
      last: 100 * (steps.at(-1)?.share ?? 1),
      until: steps.at(-1)?.time ?? 0,
      atRisk: ticks.map((time) => steps.find((step) => step.time >= time)?.atRisk ?? null),
    })),
    points: cut ? thinned(points, most) : points,
    times: ticks,
    end,
    left:
      [
        given.length > seriesMax ? `The first ${seriesMax} of ${given.length} groups are drawn.` : null,
        cut ? `Drawn from ${most} of ${points.length} steps, evenly chosen.` : null,
      ]
        .filter(Boolean)
        .join(' ') || null,
  }
}

function thinned<T>(points: readonly T[], most: number): T[] {
  const stride = (points.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, at) => points[Math.round(at * stride)]!)
}
