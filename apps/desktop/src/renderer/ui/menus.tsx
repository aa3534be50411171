import type { ReactNode } from 'react'
import { Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from 'react-aria-components'
import { Check } from 'lucide-react'
import { Icon, type LucideIcon } from './Icon.js'

export interface MenuEntry {
  id: string
  label: string
  icon?: LucideIcon
  note?: string
  keys?: string
  checked?: boolean
  disabled?: boolean
  run(): void
}

export interface MenuGroup {
  title?: string
  entries: MenuEntry[]
}

/** `trigger` is the button; groups are divided by hairlines. */
export function MenuButton({
  trigger,
  label,
  groups,
  placement = 'bottom end',
}: {
  trigger: ReactNode
  label: string
  groups: MenuGroup[]
  placement?: 'bottom end' | 'bottom start' | 'top start'
}) {
  const entries = new Map(groups.flatMap((group) => group.entries).map((entry) => [entry.id, entry]))
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement={placement} offset={6}>
        <Menu
          className="menu"
          aria-label={label}
          onAction={(id) => entries.get(String(id))?.run()}
          disabledKeys={groups.flatMap((group) => group.entries.filter((entry) => entry.disabled).map((entry) => entry.id))}
        >
          {groups.flatMap((group, at) => [
            at > 0 && <Separator key={`line-${at}`} className="menu-separator" />,
            <MenuSection key={`group-${at}`} aria-label={group.title ?? label}>
              {group.title ? <Header className="menu-head">{group.title}</Header> : null}
              {group.entries.map((entry) => (
                <MenuItem key={entry.id} id={entry.id} textValue={entry.label} className="menu-item">
                  {entry.icon && <Icon of={entry.icon} />}
                  <span className="grow">
                    {entry.label}
                    {entry.note && (
                      <span className="sub cut" style={{ display: 'block' }}>
                        {entry.note}
                      </span>
                    )}
                  </span>
                  {entry.checked && <Icon of={Check} className="end" />}
                  {entry.keys && <Keys keys={entry.keys} />}
                </MenuItem>
              ))}
            </MenuSection>,
          ])}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}

const signs: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Delete: 'Del' }

export function Keys({ keys }: { keys: string }) {
  return (
    <span className="row end" style={{ gap: 4 }} aria-hidden>
      {keys.split(' ').map((key, at) => (
        <kbd key={at} className="kbd">
          {signs[key] ?? key}
        </kbd>
      ))}
    </span>
  )
}
