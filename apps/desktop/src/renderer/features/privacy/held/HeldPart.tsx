import { CircleCheck, Inbox, LoaderCircle, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import type { HeldGroup, HeldGroups, StudyView } from '@aquifer/core/contract'
import { useHeld, useReleaseHeld } from '../../../api/held-queries.js'
import { mayActOnHeld } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Tag } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { count, lately, plural } from '../../../ui/format.js'
import { Panel } from '../../../ui/Panel.js'
import { useNow } from '../../../ui/use-now.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { ReasonDialog } from '../ReasonDialog.js'
import { MaskingBar, Standing } from '../Standing.js'
import { HeldIds } from './HeldIds.js'
import { PreviewPanel } from './PreviewPanel.js'
import { reasonWords } from './reasons.js'

/** What cannot be masked safely and waits, by cause: what to do about it, what another policy would let pass, and release. */
export function HeldPart({ study }: { study: StudyView }) {
  const held = useHeld(study.id)
  return (
    <LoadedPanel of={held} rows={6}>
      {(list) => <Queue study={study} list={list} />}
    </LoadedPanel>
  )
}

function Queue({ study, list }: { study: StudyView; list: HeldGroups }) {
  const may = mayActOnHeld(useMe())
  const [releasing, release] = useState(false)
  const { rebuilding } = list
  return (
    <>
      <Standing
        label="State of the held queue"
        icon={rebuilding ? LoaderCircle : list.held > 0 ? Inbox : CircleCheck}
        busy={rebuilding !== null}
        tone={rebuilding ? 'info' : list.held > 0 ? 'warn' : 'ok'}
        what={
          rebuilding
            ? `Masking anew, ${count(rebuilding.rows)} of ${count(rebuilding.of)}`
            : list.held > 0
              ? `${plural(list.held, 'resource')} of ${list.study} held back`
              : `Nothing of ${list.study} is held back`
        }
        why={
          rebuilding
            ? 'Beside what analysts see. What passes under the policy in force is no longer held when it is done.'
            : list.held > 0
              ? 'They are kept on the identified side, never published and never dropped. Mend the cause, preview, then release.'
              : 'What cannot be masked safely, such as an unknown modifier extension or invalid content, waits here by cause with what to do about it.'
        }
        actions={
          may &&
          list.held > 0 && (
            <Button icon={RotateCcw} isDisabled={rebuilding !== null} onPress={() => release(true)}>
              {rebuilding ? 'Released when it is done' : 'Release by masking anew'}
            </Button>
          )
        }
      >
        {rebuilding && <MaskingBar progress={{ done: rebuilding.rows, total: rebuilding.of }} />}
      </Standing>
      {list.groups.length > 0 && (
        <Panel title="Causes" note={<Tag>{list.groups.length}</Tag>}>
          {list.groups.map((group) => (
            <Group key={group.cause} study={list.study} group={group} />
          ))}
        </Panel>
      )}
      {may && list.groups.length > 0 && <PreviewPanel study={study} />}
      {releasing && <Release list={list} onClose={() => release(false)} />}
    </>
  )
}

function Group({ study, group }: { study: string; group: HeldGroup }) {
  const now = useNow()
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
        {group.ids !== null && <HeldIds study={study} cause={group.cause} count={group.count} />}
      </div>
    </article>
  )
}

function Release({ list, onClose }: { list: HeldGroups; onClose(): void }) {
  const release = useReleaseHeld(list.study)
  return (
    <ReasonDialog
      title={`Release what is held of ${list.study}`}
      lead="Everything is masked anew from the lake under the active policy, beside what is shown until it is done. What passes now is no longer held."
      submit={`Mask ${list.study} anew`}
      rule="short"
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
