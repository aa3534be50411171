import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { getsCountsOnly } from '../../api/roles.js'
import { useMe, useSession } from '../../api/SessionProvider.js'
import { Desk, type DeskState, type OpenNotebook } from './desk.js'
import { openJournal } from './journal.js'
import { openJournalStorage } from './journal-storage.js'
import { openKeptRuns } from './kept-runs.js'
import { saveByItself, type Saver } from './save.js'

interface DeskInHand {
  desk: Desk
  /** Until then what an earlier run of the program left is not seen. */
  ready: Promise<void>
  saveNow(id: string): Promise<void>
}

// crypto.randomUUID exists on secure origins only; a server reached by name over plain HTTP is none.
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')

const DeskContext = createContext<DeskInHand | null>(null)

export function DeskProvider({ children }: { children: ReactNode }) {
  const session = useSession()
  const me = useMe()
  const saver = useRef<Saver | null>(null)
  const [inHand] = useState<DeskInHand>(() => {
    const kept = openJournalStorage(globalThis.indexedDB, localStorage)
    const desk = new Desk({
      api: session.api,
      journal: openJournal(kept.texts, me.user),
      runs: openKeptRuns(kept.texts, me.user, kept.ready),
      isSignedIn: () => session.state().status === 'signed-in',
      purpose: () => session.state().purpose,
      countsOnly: () => getsCountsOnly(session.state().me ?? me),
      now: () => Date.now(),
      newId,
    })
    void kept.ready.then(() => desk.readJournalAgain())
    return { desk, ready: kept.ready, saveNow: async (id) => saver.current?.now(id) }
  })
  useEffect(() => {
    saver.current = saveByItself(inHand.desk)
    return () => saver.current?.stop()
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
