import { DoorClosed, ShieldAlert, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { LeakList, LeakView, StudyView } from '@aquifer/core/contract'
import { useAcceptLeak, useLeaks } from '../../../api/masking-queries.js'
import { mayAcceptLeaks } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Tag } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { lately, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { ReasonDialog } from '../ReasonDialog.js'

const kinds: Record<LeakView['kind'], string> = {
  name: 'Name',
  identifier: 'Identifier',
  contact: 'Contact',
  address: 'Address line',
  id: 'Id of a resource',
  date: 'Date',
  canary: 'Seeded canary',
}

/** What the gate before publication stopped, and who answers for letting it go. */
export function LeaksPart({ study }: { study: StudyView }) {
  const leaks = useLeaks(study.id)
  return (
    <Loaded of={leaks} rows={5}>
      {(list) => <Gate list={list} />}
    </Loaded>
  )
}

function Gate({ list }: { list: LeakList }) {
  const may = mayAcceptLeaks(useMe().role)
  const now = useNow()
  const [asked, ask] = useState<LeakView | null>(null)
  const { blocked, leaks } = list
  return (
    <>
      <section className="panel" aria-label="State of the leak gate">
        <div className="standing">
          <span className={`standing-icon ${blocked ? 'bad' : 'ok'}`}>
            <Icon of={blocked ? ShieldAlert : ShieldCheck} size={20} />
          </span>
          <div className="grow" role="status">
            <p className="panel-title">
              {blocked ? `${list.study} is blocked: nothing further is published` : `Nothing stands against ${list.study}`}
            </p>
            <p className="ink-2">
              {blocked
                ? 'Analysts stay on the last good snapshot. Change the policy so that the element goes, or answer for it that a finding names nobody.'
                : 'Before each snapshot, words of the source people and seeded canaries are looked for in rows, statistics and file names.'}
            </p>
          </div>
        </div>
      </section>
      <Panel title="Findings" note={<Tag>{leaks.length}</Tag>}>
        {leaks.length === 0 ? (
          <Empty icon={DoorClosed} title="No finding">
            A finding is listed here by what of a person it is and where it stood, never with its text.
          </Empty>
        ) : (
          <div className="wide-table">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">What it is</th>
                  <th scope="col">Where it stood</th>
                  <th scope="col">Since</th>
                  <th scope="col">Finding</th>
                  {may && (
                    <th scope="col">
                      <span className="visually-hidden">Act</span>
                    </th>
                  )}
                </tr>
              </thead>
              <tbody>
                {leaks.map((leak) => (
                  <tr key={leak.id}>
                    <td>
                      <span className="row">
                        <span className="medium">{kinds[leak.kind]}</span>
                        {leak.late && <Tag tone="warn">published before its person came</Tag>}
                      </span>
                    </td>
                    <td className="mono">{leak.place}</td>
                    <td className="num">{lately(leak.since, now)}</td>
                    <td className="mono ink-3">{leak.id.slice(0, 12)}</td>
                    {may && (
                      <td className="act-cell">
                        <Button look="quiet" onPress={() => ask(leak)}>
                          Accept
                        </Button>
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      {asked !== null && <Accept study={list.study} leak={asked} rest={leaks.length - 1} onClose={() => ask(null)} />}
    </>
  )
}

const reasonLeast = 10

function Accept({ study, leak, rest, onClose }: { study: string; leak: LeakView; rest: number; onClose(): void }) {
  const accept = useAcceptLeak()
  return (
    <ReasonDialog
      title={`Accept a finding in ${study}`}
      lead="You answer for it that this names nobody. What was stopped is published, and what is published stays in its snapshot."
      submit="Accept 1 finding"
      look="danger"
      least={reasonLeast}
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
