import './shell.css'
import { useCallback, useEffect, useState } from 'react'
import { Outlet, useLocation, useNavigate } from 'react-router'
import { isPerson } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { placesOf } from '../../paths.js'
import { DeskProvider } from '../notebook/DeskProvider.js'
import { PersonProvider } from '../person/PersonProvider.js'
import { CommandsProvider } from './commands.js'
import { Palette } from './Palette.js'
import { Rail } from './Rail.js'
import { StatusBar } from './StatusBar.js'
import { TitleBar } from './TitleBar.js'

export function Shell() {
  const [searching, search] = useState(false)
  const open = useCallback(() => search(true), [])
  useGlobalKeys(open)
  useTitle()
  return (
    <CommandsProvider openPalette={open}>
      <DeskProvider>
        <div className="shell">
          <a className="skip" href="#content" onClick={focusContent}>
            Skip to the content
          </a>
          <TitleBar onSearch={open} />
          <Rail />
          <main id="content" className="content" tabIndex={-1}>
            <PersonProvider>
              <Outlet />
            </PersonProvider>
          </main>
          <StatusBar />
        </div>
        <Palette isOpen={searching} onOpenChange={search} />
      </DeskProvider>
    </CommandsProvider>
  )
}

function focusContent(event: React.MouseEvent) {
  // The address belongs to the router; an anchor would be read as a page.
  event.preventDefault()
  document.getElementById('content')?.focus()
}

/** The window says where it is: the page, then the study. */
function useTitle() {
  const { pathname } = useLocation()
  const { role } = useMe()
  const study = useStudy()
  const place = placesOf(role).find((item) => pathname.startsWith(item.path))
  useEffect(() => {
    document.title = [place?.name, isPerson(role) ? undefined : study?.name, 'Aquifer'].filter(Boolean).join(' · ')
  }, [place, study, role])
}

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('.monaco-editor') !== null)

/** Ctrl+P or Ctrl+K searches; G and a letter goes to a page. Captured, because the editor knows both as its own. */
function useGlobalKeys(open: () => void) {
  const navigate = useNavigate()
  const { role } = useMe()
  useEffect(() => {
    let going = 0
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase()
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && (key === 'p' || key === 'k')) {
        event.preventDefault()
        event.stopPropagation()
        open()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return
      if (key === 'g') going = Date.now()
      else if (Date.now() - going < 1200) {
        going = 0
        const place = placesOf(role).find((item) => item.key.toLowerCase() === key)
        if (place) void navigate(place.path)
      }
    }
    addEventListener('keydown', onKey, { capture: true })
    return () => removeEventListener('keydown', onKey, { capture: true })
  }, [navigate, open, role])
}
