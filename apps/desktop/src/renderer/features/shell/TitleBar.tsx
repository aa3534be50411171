import { ChevronDown, Contrast, IdCard, LogOut, Monitor, Moon, Search, Sun, Lock, Rows3, Rows4 } from 'lucide-react'
import { Button as AriaButton } from 'react-aria-components'
import { useMe, useSession, useSessionState, useStudy } from '../../api/SessionProvider.js'
import { isPerson, roleNames } from '../../api/roles.js'
import { initials } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Logo } from '../../ui/Logo.js'
import { Keys, MenuButton } from '../../ui/menus.js'
import { useDensity, useTheme } from '../../ui/theme.js'
import { useChooseStudy } from './use-choose-study.js'

export function TitleBar({ onSearch }: { onSearch(): void }) {
  return (
    <header className="title-bar">
      <div className="title-brand">
        <Logo />
        <StudySwitcher />
      </div>
      <AriaButton className="title-search" onPress={onSearch} aria-keyshortcuts="Control+P Control+K">
        <Icon of={Search} />
        <span className="grow cut">Search or run a command</span>
        <Keys keys="Ctrl P" />
      </AriaButton>
      <div className="title-tools">
        <RoleChip />
        <AccountMenu />
      </div>
    </header>
  )
}

function StudySwitcher() {
  const choose = useChooseStudy()
  const current = useSessionState()
  const study = useStudy()
  const { role } = useMe()
  const studies = current.me?.studies ?? []
  if (study === undefined || isPerson(role)) return <span className="study-name">Aquifer</span>
  if (studies.length < 2) return <span className="study-name cut">{study.name}</span>
  return (
    <MenuButton
      label="Studies"
      placement="bottom start"
      trigger={
        <AriaButton className="study-switch" aria-label={`Study: ${study.name}. Switch study`}>
          <span className="cut">{study.name}</span>
          <Icon of={ChevronDown} />
        </AriaButton>
      }
      groups={[
        {
          title: 'Your studies',
          entries: studies.map((item) => ({
            id: item.id,
            label: item.name,
            note: `${item.id}, ${item.kind}, ${item.status}`,
            checked: item.id === study.id,
            run: () => choose(item.id),
          })),
        },
      ]}
    />
  )
}

function RoleChip() {
  const me = useMe()
  return (
    <span className="chip role-chip">
      <Icon of={IdCard} className="ink-3" />
      <span className="ink-3">as</span> {roleNames[me.role]}
    </span>
  )
}

export const looks = [
  { id: 'system', label: 'As the system', icon: Monitor },
  { id: 'light', label: 'Light', icon: Sun },
  { id: 'dark', label: 'Dark', icon: Moon },
  { id: 'contrast-light', label: 'High contrast, light', icon: Contrast },
  { id: 'contrast-dark', label: 'High contrast, dark', icon: Contrast },
] as const

function AccountMenu() {
  const session = useSession()
  const me = useMe()
  const { choice, choose } = useTheme()
  const { density, chooseDensity } = useDensity()
  return (
    <MenuButton
      label="Account"
      trigger={
        <AriaButton className="avatar" aria-label={`${me.name}: account, look, sign out`}>
          {initials(me.name)}
        </AriaButton>
      }
      groups={[
        { title: `${me.name}, ${me.user}`, entries: [{ id: 'lock', label: 'Lock the screen', icon: Lock, run: () => session.lock() }] },
        { title: 'Look', entries: looks.map((look) => ({ ...look, checked: look.id === choice, run: () => choose(look.id) })) },
        {
          title: 'Rows',
          entries: (['comfortable', 'compact'] as const).map((id) => ({
            id,
            label: id === 'compact' ? 'Compact' : 'Comfortable',
            icon: id === 'compact' ? Rows4 : Rows3,
            checked: id === density,
            run: () => chooseDensity(id),
          })),
        },
        { entries: [{ id: 'sign-out', label: 'Sign out', icon: LogOut, run: () => session.signOut() }] },
      ]}
    />
  )
}
