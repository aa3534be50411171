import { QueryClientProvider, type QueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect } from 'react'
import { I18nProvider } from 'react-aria-components'
import { Toaster } from 'sonner'
import { SessionProvider, useSessionState } from './api/SessionProvider.js'
import type { Session } from './api/session.js'
import { useInvitationCode } from './features/invitation/address.js'
import { LockScreen } from './features/sign-in/LockScreen.js'
import { SignInPage } from './features/sign-in/SignInPage.js'
import { Routes } from './routes.js'
import { Logo } from './ui/Logo.js'
import { useTheme } from './ui/theme.js'

const InvitationPage = lazy(() => import('./features/invitation/InvitationPage.js'))

const toastLook = {
  '--normal-bg': 'var(--bg-raised)',
  '--normal-text': 'var(--ink-1)',
  '--normal-border': 'var(--line-2)',
  '--border-radius': 'var(--r-3)',
} as React.CSSProperties

export function App({ session, queries }: { session: Session; queries: QueryClient }) {
  const { theme } = useTheme()
  const invitation = useInvitationCode()
  return (
    <I18nProvider locale="en-GB">
      <QueryClientProvider client={queries}>
        <SessionProvider session={session}>
          {invitation === null ? (
            <Gate queries={queries} />
          ) : (
            <Suspense fallback={<Starting />}>
              <InvitationPage key={invitation} code={invitation} />
            </Suspense>
          )}
          <Toaster
            theme={theme.endsWith('dark') ? 'dark' : 'light'}
            position="bottom-right"
            offset={{ bottom: 'calc(38px + var(--bottom-panel, 0px))', right: 16 }}
            duration={6000}
            closeButton
            className="toaster"
            style={toastLook}
          />
        </SessionProvider>
      </QueryClientProvider>
    </I18nProvider>
  )
}

function Gate({ queries }: { queries: QueryClient }) {
  const current = useSessionState()
  const user = current.me?.user ?? null
  // Answers given to one person are never shown to the next.
  useEffect(() => () => queries.clear(), [user, queries])
  if (current.status === 'starting') return <Starting />
  if (current.me === null) return <SignInPage />
  const locked = current.status === 'locked'
  return (
    <>
      <div className="workbench" inert={locked} data-locked={locked || undefined}>
        <Routes key={current.me.user} />
      </div>
      {locked && <LockScreen me={current.me} />}
    </>
  )
}

function Starting() {
  return (
    <div className="starting" role="status" aria-label="Opening the workbench">
      <Logo size={40} />
    </div>
  )
}
