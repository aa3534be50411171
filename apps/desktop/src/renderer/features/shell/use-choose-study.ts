import { useCallback, useEffect, useRef } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { useSession } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'

/** Another study has other notebooks: one that is still in front would call its own study back, so it leaves first. */
export function useChooseStudy(): (study: string) => void {
  const session = useSession()
  const navigate = useNavigate()
  const isAtNotebook = useLocation().pathname.startsWith(`${paths.notebooks}/`)
  const waiting = useRef<string | null>(null)
  useEffect(() => {
    if (waiting.current === null || isAtNotebook) return
    session.chooseStudy(waiting.current)
    waiting.current = null
  }, [isAtNotebook, session])
  return useCallback(
    (study) => {
      if (!isAtNotebook) return session.chooseStudy(study)
      waiting.current = study
      void navigate(paths.notebooks)
    },
    [session, navigate, isAtNotebook],
  )
}
