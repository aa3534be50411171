import './shell.css'
import './bottom.css'
import './shortcuts.css'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { Outlet, useLocation } from 'react-router'
import { isPerson } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { placesOf } from '../../paths.js'
import { DeskProvider } from '../notebook/DeskProvider.js'
import { PersonProvider } from '../person/PersonProvider.js'
import { bottomOf, useBottom } from './bottom.js'
import { CommandsProvider } from './commands.js'
import { Keyboard } from './Keyboard.js'
import { OfflineBar } from './OfflineBar.js'
import { ownKeysOf } from './own-keys.js'
import { Palette } from './Palette.js'
import { Rail } from './Rail.js'
import { StatusBar } from './StatusBar.js'
import { TitleBar } from './TitleBar.js'

const BottomPanel = lazy(() => import('./BottomPanel.js'))
const ShortcutsDialog = lazy(() => import('./ShortcutsDialog.js').then((module) => ({ default: module.ShortcutsDialog })))

export function Shell() {
  const [searching, search] = useState(false)
  const [listing, list] = useState(false)
  const open = useCallback(() => search(true), [])
  const openKeys = useCallback(() => {
    search(false)
    list(true)
  }, [])
  const me = useMe()
  useState(() => {
    bottomOf(me.user)
    ownKeysOf(me.user)
  })
  const { isOpen } = useBottom()
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
          <div className="middle">
            <OfflineBar />
            <main id="content" className="content" tabIndex={-1}>
              <PersonProvider>
                <Outlet />
              </PersonProvider>
            </main>
            {isOpen && !isPerson(me.role) && (
              <Suspense fallback={null}>
                <BottomPanel />
              </Suspense>
            )}
          </div>
          <StatusBar />
        </div>
        <Keyboard />
        <Palette isOpen={searching} onOpenChange={search} onKeys={openKeys} />
        {listing && (
          <Suspense fallback={null}>
            <ShortcutsDialog isOpen onOpenChange={list} />
          </Suspense>
        )}
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
  const me = useMe()
  const study = useStudy()
  const place = placesOf(me).find((item) => pathname.startsWith(item.path))
  useEffect(() => {
    document.title = [place?.name, isPerson(me.role) ? undefined : study?.name, 'Aquifer'].filter(Boolean).join(' · ')
  }, [place, study, me])
}
