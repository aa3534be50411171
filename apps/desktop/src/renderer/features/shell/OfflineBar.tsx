import { WifiOff } from 'lucide-react'
import { useReachable } from '../../api/queries.js'
import { useApi } from '../../api/SessionProvider.js'
import { Button } from '../../ui/Button.js'
import { clock } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { me } from '@aquifer/core/contract'
import { useIsKept } from '../notebook/DeskProvider.js'

/** Work goes on without the server: what was typed is kept here and saved when it answers. */
export function OfflineBar() {
  const { reachable, since } = useReachable()
  const api = useApi()
  const isKept = useIsKept()
  if (reachable) return null
  // Whoever answers makes the page reachable again; a failure leaves it as it is.
  const retry = () => void api.json('/identity/api/v1/me', me).catch(() => undefined)
  return (
    <div className="offline-bar" role="status">
      <Icon of={WifiOff} />
      <span className="grow">
        No connection{since === null ? '' : ` since ${clock(new Date(since).toISOString())}`}. Edits are{' '}
        {isKept ? 'kept here' : 'in this tab only'}.
      </span>
      <Button onPress={retry}>Try now</Button>
    </div>
  )
}
