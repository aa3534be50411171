import { Cpu, UserRound } from 'lucide-react'
import type { AccessHolder } from '@aquifer/core/contract'
import { Badge } from '../../../ui/Badge.js'
import { Icon } from '../../../ui/Icon.js'
import { sightNames, sightOf } from './words.js'

export function HolderName({ holder }: { holder: AccessHolder }) {
  return (
    <span className="row">
      <Icon of={holder.kind === 'person' ? UserRound : Cpu} className="ink-3" />
      <span className="medium">{holder.name}</span>
      <span className="mono ink-3">{holder.holder}</span>
    </span>
  )
}

/** The one difference that matters, in the code of every other surface. */
export function SightBadge({ holder }: { holder: AccessHolder }) {
  const sight = sightOf(holder)
  return sight === 'none' ? <span className="ink-3">{sightNames.none}</span> : <Badge kind={sight}>{sightNames[sight]}</Badge>
}
