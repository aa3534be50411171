import { CircleCheck, CircleDashed, LoaderCircle, OctagonX, type LucideIcon } from 'lucide-react'
import type { MaskingPolicyList, MaskingProgress, StudyView } from '@aquifer/core/contract'
import { useMaskingProgress } from '../../../api/masking-queries.js'
import { count, moment, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'

/** The policy in force, and whether what analysts see was made by it. */
export function InForcePanel({ study, list }: { study: StudyView; list: MaskingPolicyList }) {
  const progress = useMaskingProgress(study.id)
  const label = list.inForce[0]?.label ?? null
  if (progress.data === undefined) {
    return (
      <section className="panel" aria-label="Policy in force">
        {progress.error ? <Failure error={progress.error} retry={() => void progress.refetch()} /> : <SkeletonRows rows={2} />}
      </section>
    )
  }
  const told = tell(progress.data, label)
  const shown = progress.data?.shown ?? null
  return (
    <section className="panel" aria-label="Policy in force">
      <div className="standing">
        <span className={`standing-icon ${told.tone}`}>
          <Icon of={told.icon} size={20} className={told.busy ? 'turning' : undefined} />
        </span>
        <div className="grow" role="status">
          <p className="panel-title">{told.what}</p>
          <p className="ink-2">{told.why}</p>
        </div>
        <dl className="standing-facts">
          <Fact name="In force" value={label ?? 'none to be trusted'} />
          <Fact name="Analysts see" value={shown?.policy ?? 'nothing yet'} />
          <Fact name="Made" value={shown?.at ? moment(shown.at) : '∅'} />
          <Fact name="Held back" value={count(progress.data?.held ?? 0)} />
        </dl>
      </div>
      {told.busy && progress.data && <Bar progress={progress.data} />}
    </section>
  )
}

function tell(
  progress: MaskingProgress | null,
  label: string | null,
): { icon: LucideIcon; tone: string; what: string; why: string; busy: boolean } {
  const say = (icon: LucideIcon, tone: string, what: string, why: string, busy = false) => ({ icon, tone, what, why, busy })
  if (label === null)
    return say(OctagonX, 'bad', 'Nothing is masked', 'The policy that the study names cannot be trusted. Have two people sign another.')
  if (progress === null || progress.state === 'empty')
    return say(CircleDashed, 'idle', `${label} is in force`, 'Nothing of this study has been masked yet.')
  if (progress.state === 'failed')
    return say(
      OctagonX,
      'bad',
      'Masking does not go on',
      `${progress.reason ?? 'The reason is in the server’s log'}. Analysts stay on the last good snapshot.`,
    )
  if (progress.state === 'masking-anew')
    return say(
      LoaderCircle,
      'info',
      `Masking anew under ${progress.next?.policy ?? label}, ${count(progress.done)} of ${count(progress.total)}`,
      `Beside what is shown: analysts see ${progress.shown?.policy ?? 'nothing'} until all of it is done, never a mixture.`,
      true,
    )
  return say(
    CircleCheck,
    'ok',
    `${label} is in force`,
    `All ${plural(progress.total, 'version')} of resources that analysts see were made by it.`,
  )
}

function Bar({ progress: { done, total } }: { progress: MaskingProgress }) {
  const share = total === 0 ? 0 : Math.min(1, done / total)
  return (
    <div
      className="standing-bar"
      role="progressbar"
      aria-label="Masking anew"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <i style={{ width: `${share * 100}%` }} />
    </div>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="sub">{name}</dt>
      <dd className="medium num">{value}</dd>
    </div>
  )
}
