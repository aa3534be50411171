import { ArrowDownAZ, ArrowUpAZ, ChartNoAxesColumn, ChevronDown, Copy, Pin, PinOff } from 'lucide-react'
import { Button as AriaButton } from 'react-aria-components'
import { toast } from 'sonner'
import { Icon } from '../../../ui/Icon.js'
import { MenuButton } from '../../../ui/menus.js'

export interface ColumnActs {
  sort(column: number, descending: boolean): void
  pin(column: number): void
  profile(column: number): void
  pinned(column: number): boolean
  canSort: boolean
}

/** What can be done with a column. Not a stop of its own: from the head, Alt and arrow down opens it. */
export function ColumnMenu({ id, name, at, acts }: { id: string; name: string; at: number; acts: ColumnActs }) {
  const pinned = acts.pinned(at)
  return (
    <MenuButton
      label={`Column ${name}`}
      placement="bottom start"
      trigger={
        <AriaButton id={id} excludeFromTabOrder className="grid-menu" aria-label={`Column ${name}`}>
          <Icon of={ChevronDown} size={12} />
        </AriaButton>
      }
      groups={[
        {
          entries: [
            { id: 'up', label: 'Sort upwards', icon: ArrowUpAZ, disabled: !acts.canSort, run: () => acts.sort(at, false) },
            { id: 'down', label: 'Sort downwards', icon: ArrowDownAZ, disabled: !acts.canSort, run: () => acts.sort(at, true) },
          ],
        },
        {
          entries: [
            { id: 'pin', label: pinned ? 'Let go' : 'Pin to the left', icon: pinned ? PinOff : Pin, run: () => acts.pin(at) },
            { id: 'profile', label: 'Profile', icon: ChartNoAxesColumn, keys: 'P', run: () => acts.profile(at) },
            {
              id: 'name',
              label: 'Copy the name',
              icon: Copy,
              run: () =>
                void navigator.clipboard.writeText(name).then(
                  () => toast.success(`Copied ${name}`),
                  () => toast.error('The clipboard is closed to this page'),
                ),
            },
          ],
        },
      ]}
    />
  )
}
