import './ui/base.css'
import './ui/controls.css'
import './ui/overlays.css'
import './ui/panels.css'
import { QueryClient } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { z } from 'zod'
import { arrivalOf } from './api/outside-sign-in.js'
import { ApiFailure } from './api/failure.js'
import { Session } from './api/session.js'
import { App } from './App.js'

// The content security policy has no eval, which zod would otherwise try and report.
z.config({ jitless: true })

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Whether there is an internet says nothing of our server, which may be this machine: it is asked, and so found to be away.
      networkMode: 'always',
      staleTime: 2000,
      retry: (failures, error) => failures < 2 && error instanceof ApiFailure && (error.kind === 'offline' || error.status >= 500),
    },
  },
})
const arrival = arrivalOf(location.search, sessionStorage)
// A code in the address would stay in the browser's history.
if (arrival !== null) history.replaceState(null, '', location.pathname)
const session = new Session(sessionStorage, () => Date.now(), arrival)

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App session={session} queries={queries} />
  </StrictMode>,
)
