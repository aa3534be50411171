import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from 'react'
import type { Me, StudyView } from '@aquifer/core/contract'
import type { Api } from './client.js'
import type { Session, SessionState } from './session.js'

const SessionContext = createContext<Session | null>(null)

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  useEffect(() => {
    void session.start()
    const touched = () => session.touched()
    const timer = setInterval(() => session.tick(), 5000)
    for (const event of ['keydown', 'pointerdown', 'wheel'] as const) addEventListener(event, touched, { passive: true, capture: true })
    return () => {
      clearInterval(timer)
      for (const event of ['keydown', 'pointerdown', 'wheel'] as const) removeEventListener(event, touched, { capture: true })
    }
  }, [session])
  return <SessionContext value={session}>{children}</SessionContext>
}

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('no session around this part of the page')
  return session
}

export function useSessionState(): SessionState {
  const session = useSession()
  return useSyncExternalStore(session.subscribe, session.state)
}

export function useApi(): Api {
  return useSession().api
}

export function useMe(): Me {
  const current = useSessionState()
  if (current.me === null) throw new Error('nobody is signed in here')
  return current.me
}

/** The study in hand; undefined when the person belongs to none. */
export function useStudy(): StudyView | undefined {
  const current = useSessionState()
  return current.me?.studies.find((study) => study.id === current.study)
}
