import { Ban, CircleCheck, CircleDashed, LoaderCircle, OctagonX, Stamp, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import type { StudyView, WithdrawalView } from '@aquifer/core/contract'
import { useCertificate, useWithdrawals } from '../../api/consent-queries.js'
import { mayWithdraw } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { Badge, type BadgeKind } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { clockSeconds, count, day } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { download } from '../notebook/csv.js'
import { actWords } from './acts.js'
import { WithdrawDialog } from './WithdrawDialog.js'

type Step = WithdrawalView['steps'][number]
const stepIcons: Record<Step['state'], { icon: LucideIcon; tone: string }> = {
  open: { icon: CircleDashed, tone: 'idle' },
  running: { icon: LoaderCircle, tone: 'info' },
  done: { icon: CircleCheck, tone: 'ok' },
  failed: { icon: OctagonX, tone: 'bad' },
}
const states: Record<WithdrawalView['state'], { kind: BadgeKind; word: string }> = {
  requested: { kind: 'running', word: 'In force, stores follow' },
  running: { kind: 'running', word: 'In force, stores follow' },
  done: { kind: 'active', word: 'Done' },
  failed: { kind: 'failed', word: 'Failed' },
  cancelled: { kind: 'expired', word: 'Stopped' },
}
/** A withdrawal is seen to finish: one line per store, and a certificate when all are done. */
export function WithdrawalsPanel({ study }: { study: StudyView }) {
  const me = useMe()
  const [isOpen, setOpen] = useState(false)
  const withdrawals = useWithdrawals(study.id)
  const { data } = withdrawals
  return (
    <Panel
      title="Withdrawals"
      actions={
        mayWithdraw(me) && (
          <Button icon={Ban} onPress={() => setOpen(true)}>
            Record withdrawal
          </Button>
        )
      }
    >
      {data === undefined ? (
        withdrawals.error ? (
          <Failure error={withdrawals.error} retry={() => void withdrawals.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : data.withdrawals.length === 0 ? (
        <Empty icon={CircleCheck} title="No withdrawal recorded here">
          One recorded here is in force with its answer and is carried through every store. A Contract that was sent as withdrawn stops new
          data only: see Decisions.
        </Empty>
      ) : (
        data.withdrawals.map((each) => <Withdrawal key={each.id} study={study} withdrawal={each} />)
      )}
      {isOpen && <WithdrawDialog study={study} onClose={() => setOpen(false)} />}
    </Panel>
  )
}

function Withdrawal({ study, withdrawal }: { study: StudyView; withdrawal: WithdrawalView }) {
  const certificate = useCertificate(study.id)
  const { subject, act, state, steps, requestedAt, requestedBy, reason, problem } = withdrawal
  const done = steps.filter((step) => step.state === 'done').length
  const save = () =>
    certificate.mutate(withdrawal.id, {
      onSuccess: (signed) => download(`withdrawal-${subject}.json`, JSON.stringify(signed, null, 2), 'application/json'),
    })
  return (
    <article className="withdrawal" aria-label={`Withdrawal of ${subject}`}>
      <header className="row" style={{ gap: 10 }}>
        <span className="mono strong">{subject}</span>
        <Badge kind={states[state].kind}>{states[state].word}</Badge>
        <span className="sub">
          {day(requestedAt)}, {clockSeconds(requestedAt)}, by {requestedBy}
        </span>
        <Button icon={Stamp} className="end" isDisabled={!withdrawal.certificate || certificate.isPending} onPress={save}>
          {withdrawal.certificate ? 'Certificate' : `Certificate: ready when all ${steps.length} are done`}
        </Button>
      </header>
      <p>{actWords[act]}</p>
      <p className="sub">Reason: {reason}</p>
      {problem !== null && (
        <p role="alert" className="mark-bad">
          {problem}
        </p>
      )}
      <div className="withdrawal-segments" role="img" aria-label={`${done} of ${steps.length} stores done`}>
        {steps.map((step) => (
          <i key={step.store} className={step.state} />
        ))}
      </div>
      <ul className="withdrawal-steps">
        {steps.map((step) => (
          <li key={step.store} className="row" style={{ gap: 8 }}>
            <Icon of={stepIcons[step.state].icon} className={`mark-${stepIcons[step.state].tone}`} />
            <span className="medium">{step.store}</span>
            <span className="ink-2">{step.effect}</span>
            <span className="sub">{wordsOf(step)}</span>
          </li>
        ))}
      </ul>
    </article>
  )
}

const wordsOf = ({ counts, note }: Step): string =>
  [
    ...Object.entries(counts)
      .filter(([, number]) => number > 0)
      .map(([name, number]) => `${count(number)} ${name}`),
    ...(note === null ? [] : [note]),
  ].join(' · ')
