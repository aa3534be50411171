import type { CutView } from '@aquifer/core/contract'
import { Badge } from '../../ui/Badge.js'

export function CutState({ cut }: { cut: CutView }) {
  if (!cut.genuine) return <Badge kind="failed">Changed from outside</Badge>
  return cut.state === 'retired' ? <Badge kind="expired">Retired</Badge> : <Badge kind="active">Standing</Badge>
}
