import './sign-in.css'
import { Lock } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { Me } from '@aquifer/core/contract'
import { useSession, useSessionState } from '../../api/SessionProvider.js'
import { Button } from '../../ui/Button.js'
import { TextField } from '../../ui/fields.js'
import { initials } from '../../ui/format.js'
import { OutsideSignIn, useSignInWays } from './OutsideSignIn.js'
import { SignInFailure } from './SignInFailure.js'

/** Covers the work without throwing it away: the same person goes on where the screen was left. */
export function LockScreen({ me }: { me: Me }) {
  const session = useSession()
  const { purpose } = useSessionState()
  const [password, setPassword] = useState('')
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const ways = useSignInWays()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy || password === '') return
    setBusy(true)
    setError(null)
    try {
      await session.signIn(me.user, password, purpose)
    } catch (reason) {
      setError(reason)
      setPassword('')
    } finally {
      setBusy(false)
    }
  }
  if (ways?.password === false) {
    return (
      <main className="lock-screen">
        <section className="lock-box">
          <h1>Locked</h1>
          <OutsideSignIn provider={ways.provider} />
        </section>
      </main>
    )
  }
  return (
    <main className="lock-screen">
      <form className="lock-box" onSubmit={(event) => void submit(event)}>
        <span className="avatar lock-avatar">{initials(me.name)}</span>
        <h1>Locked</h1>
        <p className="ink-2">{me.name}, your work is as you left it.</p>
        <TextField
          large
          label="Password"
          icon={Lock}
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          autoFocus
        />
        {error !== null && <SignInFailure error={error} />}
        <Button type="submit" look="primary" size="large" className="wide" isDisabled={password === ''}>
          {busy ? 'Opening' : 'Go on'}
        </Button>
        <Button look="quiet" onPress={() => session.signOut()}>
          Sign in as somebody else
        </Button>
      </form>
    </main>
  )
}
