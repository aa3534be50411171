import {
  CircleCheck,
  CircleDashed,
  ClockAlert,
  Database,
  Download,
  Droplet,
  Eye,
  HardDrive,
  Layers,
  OctagonX,
  ShieldCheck,
  SquareTerminal,
  Waypoints,
} from 'lucide-react'
import type { StageView, StudyView } from '@aquifer/core/contract'
import { usePipeline } from '../../api/queries.js'
import { Icon, type LucideIcon } from '../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../ui/states.js'
import { doneWords, freshness, lagWords, title } from './freshness.js'

const stages: Record<StageView['stage'], { name: string; icon: LucideIcon }> = {
  ingest: { name: 'Ingest', icon: Download },
  consent: { name: 'Consent', icon: ShieldCheck },
  repository: { name: 'Repository', icon: Database },
  replicator: { name: 'Replicator', icon: Waypoints },
  lake: { name: 'Lake', icon: HardDrive },
  masking: { name: 'Masking', icon: Droplet },
  reservoir: { name: 'Reservoir', icon: Layers },
  query: { name: 'Query', icon: SquareTerminal },
}
const states = {
  ok: { icon: CircleCheck, tone: 'mark-ok', word: 'up to date' },
  behind: { icon: ClockAlert, tone: 'mark-warn', word: 'behind' },
  failed: { icon: OctagonX, tone: 'mark-bad', word: 'failed' },
  idle: { icon: CircleDashed, tone: 'mark-idle', word: 'idle' },
} as const

/** One resource's way from the outside to a query, with the line between identified and masked data drawn where it is. */
export function FreshPanel({ study }: { study: StudyView }) {
  const pipeline = usePipeline(study.id)
  const { data } = pipeline
  if (data === undefined) {
    return (
      <section className="panel">
        {pipeline.error ? <Failure error={pipeline.error} retry={() => void pipeline.refetch()} /> : <SkeletonRows rows={2} />}
      </section>
    )
  }
  const open = data.stages.filter((stage) => stage.zone === 'identified')
  const deep = data.stages.filter((stage) => stage.zone === 'masked')
  return (
    <section className="panel fresh" aria-labelledby="fresh-title">
      <header className="panel-head">
        <h2 id="fresh-title" className="panel-title">
          {title(data.stages)}
        </h2>
        <span className="sub">{freshness(data.stages, study.publish)}</span>
      </header>
      <div className="fresh-line">
        <Zone kind="open" stages={open} share={open.length} />
        <Zone kind="deep" stages={deep} share={deep.length} />
      </div>
    </section>
  )
}

function Zone({ kind, stages: members, share }: { kind: 'open' | 'deep'; stages: StageView[]; share: number }) {
  if (members.length === 0) return null
  return (
    <div className={`fresh-zone ${kind}`} style={{ flexGrow: share }}>
      <p className={`fresh-word zone-${kind}`}>
        <Icon of={kind === 'open' ? Eye : Droplet} size={12} />
        {kind === 'open' ? 'Identified' : 'Masked'}
      </p>
      <ol>
        {members.map((stage) => (
          <Stage key={stage.stage} stage={stage} />
        ))}
      </ol>
    </div>
  )
}

function Stage({ stage }: { stage: StageView }) {
  const { name, icon } = stages[stage.stage]
  const state = states[stage.state]
  const done = doneWords(stage)
  return (
    <li className="fresh-stage" data-state={stage.state}>
      <p className="row" style={{ gap: 5 }}>
        <Icon of={icon} className={stage.zone === 'masked' ? 'zone-deep' : 'ink-3'} />
        <span className="medium cut">{name}</span>
        <Icon of={state.icon} size={12} className={state.tone} />
        <span className="visually-hidden">{state.word}</span>
        <span className="end num strong fresh-lag">{stage.lagMs === null || stage.lagMs < 1000 ? '' : lagWords(stage.lagMs)}</span>
      </p>
      <p className="sub num cut" title={done || undefined}>
        {done || state.word}
      </p>
    </li>
  )
}
