import { CircleCheck, Inbox, LoaderCircle, PackageOpen, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { HeldGroup, HeldGroups, StudyView } from '@aquifer/core/contract'
import { useHeld, useReleaseHeld } from '../../../api/held-queries.js'
import { mayActOnHeld } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Tag } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { count, lately, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { ReasonDialog } from '../ReasonDialog.js'
import { PreviewPanel } from './PreviewPanel.js'
import { reasonWords } from './reasons.js'

/** What cannot be masked safely and waits, by cause: what to do about it, what another policy would let pass, and release. */
export function HeldPart({ study }: { study: StudyView }) {
  const held = useHeld(study.id)
  return (
    <Loaded of={held} rows={6}>
      {(list) => <Queue study={study} list={list} />}
    </Loaded>
  )
}

function Queue({ study, list }: { study: StudyView; list: HeldGroups }) {
  const may = mayActOnHeld(useMe().role)
  const [releasing, release] = useState(false)
  const { rebuilding } = list
  return (
    <>
      <section className="panel" aria-label="State of the held queue">
        <div className="standing">
          <span className={`standing-icon ${rebuilding ? 'info' : list.held > 0 ? 'warn' : 'ok'}`}>
            <Icon
              of={rebuilding ? LoaderCircle : list.held > 0 ? Inbox : CircleCheck}
              size={20}
              className={rebuilding ? 'turning' : undefined}
            />
          </span>
          <div className="grow" role="status">
            <p className="panel-title">
              {rebuilding
                ? `Masking anew, ${count(rebuilding.rows)} of ${count(rebuilding.of)}`
                : list.held > 0
                  ? `${plural(list.held, 'resource')} of ${list.study} held back`
                  : `Nothing of ${list.study} is held back`}
            </p>
            <p className="ink-2">
              {list.held > 0
                ? 'They are kept on the identified side, never published and never dropped. Mend the cause, preview, then release.'
                : 'What cannot be masked safely waits here, by cause; it is never published and never dropped.'}
            </p>
          </div>
          {may && list.held > 0 && (
            <Button icon={RotateCcw} isDisabled={rebuilding !== null} onPress={() => release(true)}>
              {rebuilding ? 'Masking anew now' : 'Mask anew'}
            </Button>
          )}
        </div>
      </section>
      {list.groups.length > 0 && (
        <Panel title="Causes" note={<Tag>{list.groups.length}</Tag>}>
          {list.groups.map((group) => (
            <Group key={group.cause} group={group} />
          ))}
        </Panel>
      )}
      {list.groups.length === 0 && (
        <section className="panel">
          <Empty icon={PackageOpen} title="No cause to mend">
            Unknown modifier extensions and content that is no valid DSTU2 would be listed here, each with what to do about it.
          </Empty>
        </section>
      )}
      {may && list.groups.length > 0 && <PreviewPanel study={study} />}
      {releasing && <Release list={list} onClose={() => release(false)} />}
    </>
  )
}

function Group({ group }: { group: HeldGroup }) {
  const now = useNow()
  const { ids } = group
  return (
    <article className="version" aria-label={`${reasonWords(group.reason)}, ${group.type}`}>
      <span className="held-count num">{count(group.count)}</span>
      <div className="grow">
        <p className="row">
          <span className="medium">{reasonWords(group.reason)}</span>
          <Tag>{group.type}</Tag>
          {group.since !== null && <span className="sub num">since {lately(group.since, now)}</span>}
        </p>
        {group.detail !== null && <p className="mono small held-detail">{group.detail}</p>}
        <p className="ink-2">{group.remedy}</p>
        {ids !== null && ids.length > 0 && (
          <details className="held-ids">
            <summary>{ids.length < group.count ? `Masked ids of the first ${ids.length}` : plural(ids.length, 'masked id')}</summary>
            <ul>
              {ids.map((id) => (
                <li key={id} className="mono small">
                  {id}
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </article>
  )
}

function Release({ list, onClose }: { list: HeldGroups; onClose(): void }) {
  const release = useReleaseHeld(list.study)
  return (
    <ReasonDialog
      title={`Mask ${list.study} anew`}
      lead="Everything is masked anew from the lake under the active policy, beside what is shown until it is done. What passes now is no longer held."
      submit={`Mask ${list.study} anew`}
      least={1}
      busy={release.isPending}
      error={release.error}
      onClose={onClose}
      onSubmit={(reason) =>
        release.mutate(reason, {
          onSuccess: ({ rows }) => {
            onClose()
            toast.success(`${plural(rows, 'version')} of resources are masked anew`)
          },
        })
      }
    />
  )
}
