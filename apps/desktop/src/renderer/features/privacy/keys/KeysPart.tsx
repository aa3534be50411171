import { KeyRound, LoaderCircle, RotateCcw, Users } from 'lucide-react'
import { useState } from 'react'
import type { MaskingKeyList, MaskingProgress, StudyView } from '@aquifer/core/contract'
import { useMaskingKeys } from '../../../api/masking-key-queries.js'
import { useMaskingProgress } from '../../../api/masking-queries.js'
import { mayChangeKeys } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Badge } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { count, day, moment } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { Fact, MaskingBar, Standing } from '../Standing.js'
import { EscrowDialog } from './EscrowDialog.js'
import { EscrowRow } from './EscrowRow.js'
import { groupsOf, holdingOf, inUse, isTurning, newestFirst, strengthOf } from './keys.js'
import { RotateDialog } from './RotateDialog.js'

/** The keys of the study's pseudonyms: which is in use, who can bring it back together, and another one. */
export function KeysPart({ study }: { study: StudyView }) {
  const keys = useMaskingKeys(study.id)
  return (
    <LoadedPanel of={keys} rows={6}>
      {(list) => <Keys list={list} />}
    </LoadedPanel>
  )
}

function Keys({ list }: { list: MaskingKeyList }) {
  const me = useMe()
  const now = useNow()
  const progress = useMaskingProgress(list.study).data ?? null
  const [asked, ask] = useState<'rotate' | 'escrow' | null>(null)
  const may = mayChangeKeys(me)
  const current = inUse(list)
  const turning = isTurning(progress)
  const isHeld = list.escrows.some((escrow) => escrow.key === current?.id && strengthOf(escrow, now) !== 'lost')
  const isMineWaiting = list.escrows.some((escrow) => holdingOf(escrow, me.user, now) === 'waits')
  return (
    <>
      <State list={list} progress={progress} isHeld={isHeld} />
      <Panel
        title="Keys"
        note={<span className="sub">compared by fingerprint; no key is ever shown</span>}
        actions={
          may && (
            <>
              <Button icon={RotateCcw} isDisabled={current === undefined || turning} onPress={() => ask('rotate')}>
                {turning ? 'Rotating now' : 'Rotate'}
              </Button>
              <Button
                icon={Users}
                look={isHeld || isMineWaiting ? 'default' : 'primary'}
                isDisabled={current === undefined}
                onPress={() => ask('escrow')}
              >
                Split into shares
              </Button>
            </>
          )
        }
      >
        {list.keys.length === 0 ? (
          <Empty icon={KeyRound} title="No key yet">
            The first is made when something of {list.study} is masked.
          </Empty>
        ) : (
          newestFirst(list).map((key) => <KeyRow key={key.id} of={key} shown={progress?.shown?.key === key.id} />)
        )}
      </Panel>
      <Panel title="Shares" note={<span className="sub">some together bring a lost key back, one alone never</span>}>
        {list.escrows.length === 0 ? (
          <Empty icon={Users} title="Nobody holds a share">
            Who loses the master key loses every pseudonym with it. Split the key in use among people who would not leave together.
          </Empty>
        ) : (
          list.escrows.map((escrow) => <EscrowRow key={escrow.id} escrow={escrow} current={current?.id === escrow.key} />)
        )}
      </Panel>
      {asked === 'rotate' && current !== undefined && (
        <RotateDialog list={list} current={current} versions={progress?.total ?? 0} onClose={() => ask(null)} />
      )}
      {asked === 'escrow' && current !== undefined && <EscrowDialog list={list} current={current} onClose={() => ask(null)} />}
    </>
  )
}

function State({ list, progress, isHeld }: { list: MaskingKeyList; progress: MaskingProgress | null; isHeld: boolean }) {
  const current = inUse(list)
  const turning = isTurning(progress)
  const seen = list.keys.find(({ id }) => id === progress?.shown?.key)
  if (current === undefined) return null
  return (
    <Standing
      label="Key in use"
      icon={turning ? LoaderCircle : KeyRound}
      busy={turning}
      tone={turning ? 'info' : isHeld ? 'ok' : 'warn'}
      what={
        turning && progress
          ? `Masking anew by another key, ${count(progress.done)} of ${count(progress.total)}`
          : isHeld
            ? `Pseudonyms of ${list.study} are made by one key, and it can be brought back`
            : `Pseudonyms of ${list.study} are made by one key, and nobody holds shares of it`
      }
      why={
        turning
          ? 'Beside what is shown: analysts see the pseudonyms they know until all of it is done, never both.'
          : 'Whoever has the key can tell who stands behind every pseudonym. It lies under the master key and leaves it in shares only.'
      }
      facts={
        <>
          <Fact name="In use since" value={current.since === null ? 'not recorded' : moment(current.since)} />
          <Fact name="Analysts see" value={seen === undefined ? 'nothing yet' : seen === current ? 'the key in use' : 'the one before'} />
        </>
      }
    >
      {turning && progress && <MaskingBar progress={progress} />}
    </Standing>
  )
}

function KeyRow({ of: { fingerprint, since, retiredAt }, shown }: { of: MaskingKeyList['keys'][number]; shown: boolean }) {
  return (
    <article className="version" aria-label={`Key ${fingerprint.slice(0, 8)}`}>
      <span className="version-number">
        <Icon of={KeyRound} size={16} className="ink-3" />
      </span>
      <div className="grow">
        <p className="row key-head">
          <span className="mono medium">{groupsOf(fingerprint)}</span>
          {retiredAt === null ? <Badge kind="active">In use</Badge> : <Badge kind="expired">Retired</Badge>}
          {shown && <Badge kind="masked">Analysts see it</Badge>}
        </p>
        <p className="sub num">
          {since === null ? 'since when is not recorded' : `in use since ${day(since)}`}
          {retiredAt !== null && `, retired ${day(retiredAt)}; until it is destroyed it tells who stands behind pseudonyms of then`}
        </p>
      </div>
    </article>
  )
}
