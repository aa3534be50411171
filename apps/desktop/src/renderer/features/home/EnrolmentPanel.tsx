import { Area, CartesianGrid, ComposedChart, Line, ReferenceDot, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { ConsentSummary, StudyView } from '@aquifer/core/contract'
import { useConsent } from '../../api/queries.js'
import { Badge } from '../../ui/Badge.js'
import { count, day, dayShort, plural } from '../../ui/format.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { UsersRound } from 'lucide-react'
import { axis } from '../notebook/chart/chart-data.js'

export function EnrolmentPanel({ study }: { study: StudyView }) {
  const consent = useConsent(study.id, null)
  if (consent.data === undefined) {
    return (
      <section className="panel">
        {consent.error ? <Failure error={consent.error} retry={() => void consent.refetch()} /> : <SkeletonRows rows={7} />}
      </section>
    )
  }
  const { total, overTime } = consent.data
  return (
    <section className="panel enrolment" aria-labelledby="enrolled-title">
      <header className="enrolment-head">
        <h2 id="enrolled-title" className="panel-title row" style={{ alignItems: 'baseline', gap: 10 }}>
          <span className="figure">{count(total.enrolled)}</span>
          <span className="enrolment-word">{total.enrolled === 1 ? 'person enrolled' : 'people enrolled'}</span>
        </h2>
        {total.enrolled > 0 && <Badge kind="active">{plural(total.byStatus.active, 'active consent')}</Badge>}
      </header>
      {overTime.length === 0 || total.enrolled === 0 ? (
        <Empty icon={UsersRound} title="Nobody is enrolled yet">
          People appear here with their first active consent.
        </Empty>
      ) : (
        <EnrolmentCurve overTime={overTime} />
      )}
    </section>
  )
}

/** A single day is a point on an empty ground: the day before, with nobody, is drawn as well. */
function padded(overTime: ConsentSummary['overTime']): ConsentSummary['overTime'] {
  if (overTime.length > 1 || overTime[0] === undefined) return overTime
  const before = new Date(Date.parse(overTime[0].date) - 86_400_000).toISOString().slice(0, 10)
  return [{ date: before, enrolled: 0, active: 0, withdrawn: 0 }, ...overTime]
}

function EnrolmentCurve({ overTime }: { overTime: ConsentSummary['overTime'] }) {
  const points = padded(overTime)
  const last = points.at(-1)!
  const { domain, ticks } = axis(
    points.map((point) => point.enrolled),
    true,
  )
  return (
    <figure
      className="enrolment-curve"
      role="img"
      aria-label={`People enrolled over time: ${count(last.enrolled)} on ${day(last.date)}, ${count(last.active)} of them with active consent.`}
    >
      <ResponsiveContainer width="100%" height="100%" minHeight={224}>
        <ComposedChart data={points} margin={{ top: 14, right: 28, bottom: 0, left: 0 }} accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
          <XAxis
            dataKey="date"
            tickFormatter={dayShort}
            height={26}
            tickLine={false}
            axisLine={{ stroke: 'var(--chart-axis)' }}
            tick={{ fill: 'var(--ink-3)', fontSize: 11 }}
            minTickGap={48}
            tickMargin={6}
            interval="preserveStartEnd"
          />
          <YAxis
            width={50}
            domain={domain}
            ticks={ticks}
            tickLine={false}
            axisLine={false}
            tick={{ fill: 'var(--ink-3)', fontSize: 11 }}
            tickFormatter={(tick: number) => count(tick)}
          />
          <Tooltip isAnimationActive={false} cursor={{ stroke: 'var(--line-2)' }} content={<DayTip />} />
          <Area dataKey="enrolled" type="linear" stroke="none" fill="var(--c-1)" fillOpacity={0.09} isAnimationActive={false} />
          <Line dataKey="enrolled" type="linear" stroke="var(--c-1)" strokeWidth={2.25} dot={false} isAnimationActive={false} />
          <ReferenceDot x={last.date} y={last.enrolled} r={4} fill="var(--c-1)" stroke="var(--bg-surface)" strokeWidth={2} />
        </ComposedChart>
      </ResponsiveContainer>
    </figure>
  )
}

/** Recharts hands the point under the pointer to the element it was given. */
function DayTip({ active, payload }: { active?: boolean; payload?: { payload?: ConsentSummary['overTime'][number] }[] }) {
  const point = payload?.[0]?.payload
  if (!active || point === undefined) return null
  return (
    <div className="tooltip">
      <b>{day(point.date)}</b>
      <br />
      {count(point.enrolled)} enrolled, {count(point.active)} active
    </div>
  )
}
