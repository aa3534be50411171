import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { getsCountsOnly } from '../../api/roles.js'
import { useMe, useSession } from '../../api/SessionProvider.js'
import { Desk, type DeskState, type OpenNotebook } from './desk.js'
import { openJournal } from './journal.js'
import { openJournalStorage, type JournalStorage } from './journal-storage.js'
import { openKeptRuns } from './kept-runs.js'
import { openPresence } from './presence.js'
import { saveByItself, type Saver } from './save.js'

interface DeskInHand {
  desk: Desk
  kept: JournalStorage
  /** Until then what an earlier run of the program left is not seen. */
  ready: Promise<void>
  saveNow(id: string): Promise<void>
}

// crypto.randomUUID exists on secure origins only; a server reached by name over plain HTTP is none.
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')

const channel = (name: string) => (typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name))

const DeskContext = createContext<DeskInHand | null>(null)

export function DeskProvider({ children }: { children: ReactNode }) {
  const session = useSession()
  const me = useMe()
  const saver = useRef<Saver | null>(null)
  const [inHand] = useState<DeskInHand>(() => {
    const kept = openJournalStorage(globalThis.indexedDB, localStorage, channel('aquifer-journal'))
    const presence = openPresence(me.user, newId(), { locks: navigator.locks, channel: channel('aquifer-notebooks') })
    const ready = Promise.all([kept.ready, presence.ready]).then(() => undefined)
    const desk = new Desk({
      api: session.api,
      journal: openJournal(kept.texts, me.user, presence),
      runs: openKeptRuns(kept.texts, me.user, kept.ready),
      presence,
      isSignedIn: () => session.state().status === 'signed-in',
      purpose: () => session.state().purpose,
      countsOnly: () => getsCountsOnly(session.state().me ?? me),
      now: () => Date.now(),
      newId,
    })
    void ready.then(() => desk.readJournalAgain())
    return { desk, kept, ready, saveNow: async (id) => saver.current?.now(id) }
  })
  useEffect(() => {
    const { desk, kept } = inHand
    saver.current = saveByItself(desk)
    const deaf = [
      kept.subscribe(() => desk.readJournalAgain()),
      desk.parts.presence?.subscribe(() => desk.readJournalAgain()),
      desk.parts.presence?.onSaved((id, version) => void desk.follow(id, version)),
    ]
    return () => {
      saver.current?.stop()
      desk.parts.presence?.leaveAll()
      for (const stop of deaf) stop?.()
    }
  }, [inHand])
  return <DeskContext value={inHand}>{children}</DeskContext>
}

export function useDesk(): DeskInHand {
  const inHand = useContext(DeskContext)
  if (inHand === null) throw new Error('no desk around this part of the page')
  return inHand
}

export function useDeskState(): DeskState {
  const { desk } = useDesk()
  return useSyncExternalStore(desk.subscribe, desk.state)
}

export function useOpenNotebook(id: string): OpenNotebook | undefined {
  const { desk } = useDesk()
  return useSyncExternalStore(desk.subscribe, () => desk.notebook(id))
}

/** Whether this machine's disk takes what is typed. */
export function useIsKept(): boolean {
  const { kept } = useDesk()
  return useSyncExternalStore(kept.subscribe, kept.keeps)
}

/** Whether another tab of this browser has the notebook open. */
export function useIsOpenElsewhere(id: string): boolean {
  const { presence } = useDesk().desk.parts
  return useSyncExternalStore(
    (listener) => presence?.subscribe(listener) ?? (() => undefined),
    () => presence?.isOpenElsewhere(id) ?? false,
  )
}

export interface DeskStatus {
  unsaved: number
  failed: boolean
  savedAt: string | null
}

/** For the status bar: what of all open notebooks is not on the server. */
export function useDeskStatus(): DeskStatus {
  const open = [...useDeskState().values()]
  const unsaved = open.filter((notebook) => notebook.save !== 'saved')
  return {
    unsaved: unsaved.length,
    failed: unsaved.some((notebook) => notebook.save === 'failed' || notebook.save === 'conflict'),
    savedAt: open.reduce<string | null>(
      (newest, notebook) => (newest === null || (notebook.savedAt ?? '') > newest ? notebook.savedAt : newest),
      null,
    ),
  }
}
