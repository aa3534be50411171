import type { AccessHolder } from '@aquifer/core/contract'
import { mayQuery } from '../../../api/roles.js'
import { isRole } from '@aquifer/core/access'
import { Badge } from '../../../ui/Badge.js'

export type Sight = 'identified' | 'masked' | 'none'

export const sightOf = ({ identified, role, reaches }: AccessHolder): Sight =>
  reaches === 'nobody' ? 'none' : identified ? 'identified' : isRole(role) && mayQuery(role) ? 'masked' : 'none'

const words: Record<Sight, string> = { identified: 'Identified', masked: 'Masked', none: 'No clinical data' }
export const sightWords = (holder: AccessHolder): string => words[sightOf(holder)]

/** The one difference that matters, in the code of every other surface. */
export function SightBadge({ holder }: { holder: AccessHolder }) {
  const sight = sightOf(holder)
  return sight === 'none' ? <span className="ink-3">{words.none}</span> : <Badge kind={sight}>{words[sight]}</Badge>
}
