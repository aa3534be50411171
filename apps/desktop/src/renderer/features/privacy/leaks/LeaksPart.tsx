import { FileUp, ShieldAlert, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { toast } from 'sonner'
import type { LeakList, LeakView, StudyView } from '@aquifer/core/contract'
import { useAcceptLeak, useLeaks, useMaskingProgress } from '../../../api/masking-queries.js'
import { mayAcceptLeaks, mayProposeMasking, mayReadMasking } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { paths } from '../../../paths.js'
import { Tag } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { lately, moment, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Panel } from '../../../ui/Panel.js'
import { useNow } from '../../../ui/use-now.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { ReasonDialog } from '../ReasonDialog.js'
import { Fact, Standing } from '../Standing.js'

const kinds: Record<LeakView['kind'], string> = {
  name: 'Name',
  identifier: 'Identifier',
  contact: 'Contact',
  address: 'Address line',
  id: 'Id of a resource',
  date: 'Date',
  canary: 'Seeded canary',
}

const remedies: Record<LeakView['kind'], string> = {
  name: 'A name where a code is due is the sender’s fault, or the policy trusts the element too far. A surname that is also a word may be accepted.',
  identifier: 'Let the policy remove the element, or the sender put a code there.',
  contact: 'Let the policy remove the element, or the sender put a code there.',
  address: 'Let the policy remove the element, or the sender put a code there.',
  id: 'Let the policy make a pseudonym of the element, or remove it.',
  date: 'The policy keeps years: let it make a year of the element.',
  canary: 'The policy lets through what is written here: let it remove the element.',
}

/** What the gate before publication stopped, and who answers for letting it go. */
export function LeaksPart({ study }: { study: StudyView }) {
  const leaks = useLeaks(study.id)
  return (
    <LoadedPanel of={leaks} rows={5}>
      {(list) => <Gate list={list} />}
    </LoadedPanel>
  )
}

function Gate({ list }: { list: LeakList }) {
  const me = useMe()
  const navigate = useNavigate()
  const [asked, ask] = useState<LeakView | null>(null)
  const { blocked, leaks } = list
  return (
    <>
      <Standing
        label="State of the leak gate"
        icon={blocked ? ShieldAlert : ShieldCheck}
        tone={blocked ? 'bad' : 'ok'}
        what={blocked ? `${list.study} is blocked: nothing further is published` : `Nothing stands against ${list.study}`}
        why={
          blocked
            ? 'Analysts stay on the last good snapshot, and what came since waits. Mend the policy or the data, or answer for it that a finding names nobody.'
            : 'Before each snapshot, words of the source people and seeded canaries are looked for in rows, statistics and file names. A finding is told by what it is and where it stood, never by its text.'
        }
        facts={mayReadMasking(me) && <Shown study={list.study} />}
        actions={
          blocked &&
          mayProposeMasking(me) && (
            <Button look="primary" icon={FileUp} onPress={() => void navigate(paths.privacy)}>
              Mend the policy
            </Button>
          )
        }
      />
      {leaks.length > 0 && (
        <Panel title="Findings" note={<Tag>{leaks.length}</Tag>}>
          {leaks.map((leak) => (
            <Finding key={leak.id} leak={leak} accept={mayAcceptLeaks(me) ? () => ask(leak) : undefined} />
          ))}
        </Panel>
      )}
      {asked !== null && <Accept study={list.study} leak={asked} rest={leaks.length - 1} onClose={() => ask(null)} />}
    </>
  )
}

/** What analysts see meanwhile, and how much waits behind the gate. */
function Shown({ study }: { study: string }) {
  const progress = useMaskingProgress(study).data
  if (!progress) return null
  const waiting = Math.max(0, progress.total - progress.done)
  return (
    <>
      <Fact name="Analysts see" value={progress.shown?.policy ?? 'nothing yet'} />
      <Fact name="Made" value={progress.shown?.at ? moment(progress.shown.at) : '∅'} />
      <Fact name="Waiting" value={plural(waiting, 'version')} />
    </>
  )
}

function Finding({ leak: { id, kind, place, late, since }, accept }: { leak: LeakView; accept: (() => void) | undefined }) {
  const now = useNow()
  return (
    <article className="version" aria-label={`${kinds[kind]} at ${place}`}>
      <span className="version-number">
        <Icon of={ShieldAlert} size={16} className="mark-bad" />
      </span>
      <div className="grow">
        <p className="row key-head">
          <span className="medium">{kinds[kind]}</span>
          <span className="mono">{place}</span>
          {late && <Tag tone="warn">published before its person came</Tag>}
          <span className="sub num">since {lately(since, now)}</span>
        </p>
        <p className="ink-2">{remedies[kind]}</p>
        <p className="sub">
          Finding <span className="mono">{id.slice(0, 12)}</span>
        </p>
      </div>
      {accept && <Button onPress={accept}>Accept the finding</Button>}
    </article>
  )
}

function Accept({ study, leak, rest, onClose }: { study: string; leak: LeakView; rest: number; onClose(): void }) {
  const accept = useAcceptLeak()
  return (
    <ReasonDialog
      title={`Accept a finding in ${study}`}
      lead="You answer for it that this names nobody. What was stopped is published, and what is published stays in its snapshot."
      submit="Accept 1 finding"
      look="danger"
      rule="accountable"
      busy={accept.isPending}
      error={accept.error}
      onClose={onClose}
      onSubmit={(reason) =>
        accept.mutate(
          { study, id: leak.id, reason },
          {
            onSuccess: ({ blocked }) => {
              onClose()
              toast.success(blocked ? '1 finding accepted, others still block' : `1 finding accepted, ${study} is published again`)
            },
          },
        )
      }
    >
      <dl className="facts sunken">
        <div>
          <dt className="sub">Finding</dt>
          <dd>
            {kinds[leak.kind]} <span className="mono">{leak.place}</span>
          </dd>
        </div>
        <div>
          <dt className="sub">Then</dt>
          <dd>
            {rest === 0 ? 'The study is published again.' : `${plural(rest, 'other finding')} still ${rest === 1 ? 'blocks' : 'block'} it.`}
          </dd>
        </div>
      </dl>
    </ReasonDialog>
  )
}
