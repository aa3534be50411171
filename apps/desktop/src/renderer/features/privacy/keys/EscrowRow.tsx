import { CircleCheck, CircleX, Hourglass, KeyRound, Users } from 'lucide-react'
import { useState } from 'react'
import type { KeyEscrowView } from '@aquifer/core/contract'
import { mayChangeKeys, mayHoldShares } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Badge } from '../../../ui/Badge.js'
import { Button } from '../../../ui/Button.js'
import { day, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { useNow } from '../../../ui/use-now.js'
import { holdingOf, strengthOf, type Holding } from './keys.js'
import { RestoreDialog } from './RestoreDialog.js'
import { ShareDialog } from './ShareDialog.js'

/** One splitting of a key: how many shares make it, who holds them, and whether they were fetched. */
export function EscrowRow({ escrow, current }: { escrow: KeyEscrowView; current: boolean }) {
  const me = useMe()
  const now = useNow()
  const [asked, ask] = useState<'share' | 'restore' | null>(null)
  const strength = strengthOf(escrow, now)
  const mine = mayHoldShares(me) ? holdingOf(escrow, me.user, now) : null
  return (
    <article className="version" aria-label={`Shares of key ${escrow.fingerprint.slice(0, 8)}`}>
      <span className="version-number">
        <Icon of={Users} size={16} className="ink-3" />
      </span>
      <div className="grow">
        <p className="row key-head">
          <span className="medium num">
            {escrow.needed} of {plural(escrow.shares.length, 'share')} make the key
          </span>
          {strength === 'whole' && <Badge kind="active">Can be brought back</Badge>}
          {strength === 'open' && <Badge kind="proposed">Waits for holders</Badge>}
          {strength === 'lost' && <Badge kind="failed">Too few were fetched</Badge>}
          {!current && <Badge kind="expired">Of a retired key</Badge>}
        </p>
        <ul className="signers">
          {escrow.shares.map(({ holder, collectedAt }) => (
            <Holder key={holder} name={holder} holding={holdingOf(escrow, holder, now)} at={collectedAt ?? escrow.expiresAt} />
          ))}
        </ul>
        <p className="sub">
          <span className="mono">{escrow.fingerprint.slice(0, 8)}</span>, split {day(escrow.at)} by {escrow.by}, because: {escrow.reason}
        </p>
      </div>
      {mayChangeKeys(me) && strength === 'whole' && (
        <Button look="quiet" icon={KeyRound} onPress={() => ask('restore')}>
          Bring it back
        </Button>
      )}
      {mine === 'waits' && (
        <Button look="primary" onPress={() => ask('share')}>
          Fetch your share
        </Button>
      )}
      {asked === 'share' && <ShareDialog escrow={escrow} onClose={() => ask(null)} />}
      {asked === 'restore' && <RestoreDialog escrow={escrow} current={current} onClose={() => ask(null)} />}
    </article>
  )
}

const holdings: Record<Holding, { icon: typeof CircleCheck; mark: string; words: (at: string) => string }> = {
  fetched: { icon: CircleCheck, mark: 'mark-ok', words: (at) => `fetched ${day(at)}` },
  waits: { icon: Hourglass, mark: 'ink-3', words: (at) => `not fetched yet, until ${day(at)}` },
  gone: { icon: CircleX, mark: 'mark-bad', words: (at) => `never fetched, gone since ${day(at)}` },
}

function Holder({ name, holding, at }: { name: string; holding: Holding | null; at: string }) {
  if (holding === null) return null
  const { icon, mark, words } = holdings[holding]
  return (
    <li className="row">
      <Icon of={icon} className={mark} />
      <span className="medium">{name}</span>
      <span className="sub num">{words(at)}</span>
    </li>
  )
}
