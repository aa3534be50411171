import { ChartLine } from 'lucide-react'
import { useMemo } from 'react'
import type { ConsentSummary, NotebookChart } from '@aquifer/core/contract'
import { day, dayShort } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty } from '../../ui/states.js'
import { axis, type ChartData } from '../notebook/chart/chart-data.js'
import { ChartView } from '../notebook/chart/ChartView.js'

const chart: NotebookChart = { type: 'line', of: '', x: 'date', y: ['enrolled', 'active', 'withdrawn'] }
const series = [
  { key: 'enrolled', name: 'Enrolled' },
  { key: 'active', name: 'Active' },
  { key: 'withdrawn', name: 'Withdrawn' },
]
const pointsMax = 600

export function OverTimePanel({ summary }: { summary: ConsentSummary }) {
  const data = useMemo<ChartData>(() => {
    const every = Math.ceil(summary.overTime.length / pointsMax)
    const kept = summary.overTime.filter((_, at, all) => at % every === 0 || at === all.length - 1)
    const { domain, ticks } = axis(
      kept.map((point) => point.enrolled),
      true,
    )
    return {
      points: kept.map(({ date, ...counts }) => ({ x: dayShort(date), ...counts })),
      series,
      numeric: false,
      left: null,
      domain,
      ticks,
    }
  }, [summary.overTime])
  return (
    <Panel title="Over time" note={<span className="sub">{summary.overTime[0] ? `since ${day(summary.overTime[0].date)}` : ''}</span>}>
      {summary.overTime.length === 0 ? (
        <Empty icon={ChartLine} title="No decision yet">
          The curve begins with the first one.
        </Empty>
      ) : (
        <ChartView drawing={{ form: 'lines', ...data }} chart={chart} label="People enrolled, with active consent and withdrawn" />
      )}
    </Panel>
  )
}
