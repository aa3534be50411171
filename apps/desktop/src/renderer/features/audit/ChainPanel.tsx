import { LoaderCircle, OctagonX, ShieldCheck, ShieldQuestion, type LucideIcon } from 'lucide-react'
import type { AuditVerification, JobView } from '@aquifer/core/contract'
import { useAuditHead, useVerification, useVerify, verificationOf } from '../../api/audit-queries.js'
import { Button } from '../../ui/Button.js'
import { count, lately, plural, span } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../ui/states.js'
import { tellFailure } from '../../ui/tell.js'
import { useNow } from '../../ui/use-now.js'

/** Whether the trail is whole, as it was last verified, and the newest signed block. */
export function ChainPanel() {
  const job = useVerification()
  const head = useAuditHead()
  const verify = useVerify()
  const now = useNow()
  if (job.data === undefined) {
    return (
      <section className="panel">
        {job.error ? <Failure error={job.error} retry={() => void job.refetch()} /> : <SkeletonRows rows={2} />}
      </section>
    )
  }
  const told = tell(job.data, now)
  const busy = job.data !== null && (job.data.state === 'queued' || job.data.state === 'running')
  const found = job.data?.state === 'done' ? verificationOf(job.data) : undefined
  return (
    <section className="panel" aria-label="State of the chain">
      <div className="chain">
        <span className={`chain-icon ${told.tone}`}>
          <Icon of={told.icon} size={20} className={busy ? 'turning' : undefined} />
        </span>
        <div className="grow" role="status">
          <p className="panel-title">{told.what}</p>
          <p className="ink-2">{told.why}</p>
        </div>
        {head.data && (
          <dl className="chain-facts">
            <Fact name="Newest signed block" value={count(head.data.block)} />
            <Fact name="Records under it" value={count(head.data.position)} />
            <Fact name="Signing key" value={head.data.kid.slice(0, 12)} />
          </dl>
        )}
        <Button
          look="primary"
          icon={ShieldCheck}
          isDisabled={busy || verify.isPending}
          onPress={() => verify.mutate(undefined, { onError: (error) => tellFailure('The trail was not verified', error) })}
        >
          Verify now
        </Button>
      </div>
      {busy && (
        <div
          className="chain-progress"
          role="progressbar"
          aria-label="Verifying"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round((job.data?.progress ?? 0) * 100)}
        >
          <i style={{ width: `${(job.data?.progress ?? 0) * 100}%` }} />
        </div>
      )}
      {found && !found.whole && <Findings found={found} />}
    </section>
  )
}

function tell(job: JobView | null, now: Date): { icon: LucideIcon; tone: string; what: string; why: string } {
  if (job === null)
    return {
      icon: ShieldQuestion,
      tone: 'idle',
      what: 'Not verified by you yet',
      why: 'Verifying reads every record and compares it with the signed chain.',
    }
  if (job.state === 'queued' || job.state === 'running') {
    const share = job.progress === null ? '' : `, ${Math.round(job.progress * 100)} %`
    return { icon: LoaderCircle, tone: 'info', what: `Verifying${share}`, why: 'It goes on when you leave this page.' }
  }
  const found = verificationOf(job)
  if (job.state !== 'done' || found === undefined)
    return { icon: OctagonX, tone: 'bad', what: 'The verification did not finish', why: job.problem ?? 'Start it once more.' }
  const when = job.finishedAt === null ? '' : `, ${lately(job.finishedAt, now)}`
  const read = `${plural(found.records, 'record')} in ${plural(found.blocks, 'block')}, read in ${span(found.elapsedMs)}`
  const unsealed = found.unsealed > 0 ? `, ${count(found.unsealed)} newer than the last block` : ''
  if (found.whole) return { icon: ShieldCheck, tone: 'ok', what: `The trail is whole${when}`, why: `${read}${unsealed}.` }
  return {
    icon: OctagonX,
    tone: 'bad',
    what: `The trail is not whole${when}`,
    why: `${plural(found.findings.length, 'finding')}. ${read}.`,
  }
}

function Findings({ found }: { found: AuditVerification }) {
  return (
    <ul className="chain-findings">
      {found.findings.slice(0, 50).map((finding, at) => (
        <li key={at} className="row">
          <Icon of={OctagonX} className="mark-bad" />
          <span className="medium">{finding.kind}</span>
          <span className="grow">{finding.says}</span>
          <span className="sub num">{finding.position === null ? '' : `position ${count(finding.position)}`}</span>
        </li>
      ))}
    </ul>
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
