import './sign-in.css'
import { IdCard, Lock, LockOpen, Monitor, Timer, User } from 'lucide-react'
import { useRef, useState, type FormEvent } from 'react'
import { useSession } from '../../api/SessionProvider.js'
import { Button } from '../../ui/Button.js'
import { TextField } from '../../ui/fields.js'
import { Icon } from '../../ui/Icon.js'
import { Logo } from '../../ui/Logo.js'
import { OutsideSignIn, useSignInWays } from './OutsideSignIn.js'
import { ServerAddress, useAppInfo, useServerAddress } from './server.js'
import { SignInFailure } from './SignInFailure.js'
import { StrataArt } from './StrataArt.js'

export function SignInPage() {
  const info = useAppInfo()
  const ways = useSignInWays()
  return (
    <div className="sign-in">
      <main className="sign-in-form">
        <header className="row" style={{ gap: 10 }}>
          <Logo size={28} />
          <span className="sign-in-brand">Aquifer</span>
        </header>
        {ways?.password === false ? (
          <section className="sign-in-box">
            <h1>Sign in</h1>
            <Where />
            <OutsideSignIn provider={ways.provider} />
          </section>
        ) : (
          <Form />
        )}
        <footer className="row sub">
          <Icon of={Timer} />
          Locks when you are away, your work stays
          {info && <span className="end">build {info.version}</span>}
        </footer>
      </main>
      <StrataArt />
    </div>
  )
}

function useSignIn() {
  const session = useSession()
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const signIn = async (user: string, password: string, purpose: string): Promise<boolean> => {
    setBusy(true)
    setError(null)
    try {
      await session.signIn(user.trim(), password, purpose.trim() || 'analysis')
      return true
    } catch (reason) {
      setError(reason)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { error, busy, signIn }
}

function Form() {
  const { error, busy, signIn } = useSignIn()
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const [purpose, setPurpose] = useState('analysis')
  const field = useRef<HTMLInputElement>(null)
  const ready = user.trim() !== '' && password !== ''
  const again = () => {
    setPassword('')
    field.current?.focus()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (ready && !busy) void signIn(user, password, purpose).then((done) => done || again())
  }
  const failed = error !== null
  return (
    <form className="sign-in-box" onSubmit={submit} noValidate>
      <h1>Sign in</h1>
      <Where />
      <TextField large label="User" icon={User} value={user} onChange={setUser} autoComplete="username" autoFocus isInvalid={failed} />
      <TextField
        large
        label="Password"
        icon={Lock}
        type="password"
        inputRef={field}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        isInvalid={failed}
      />
      <TextField
        large
        label="What brings you here"
        icon={IdCard}
        value={purpose}
        onChange={setPurpose}
        autoComplete="off"
        note="Kept in the audit trail beside every query of this session."
      />
      {failed && <SignInFailure error={error} />}
      <Button type="submit" look="primary" size="large" className="wide" isDisabled={!ready}>
        {busy ? 'Signing in' : 'Sign in'}
      </Button>
    </form>
  )
}

/** Which server, and whether others on the way can read along: said before the password is typed. */
function Where() {
  const { address, use } = useServerAddress()
  const { protocol, hostname, host } = new URL(address)
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  const [tone, icon, words] =
    protocol === 'https:'
      ? (['ok', Lock, 'Encrypted'] as const)
      : local
        ? (['ok', Monitor, 'On this machine'] as const)
        : (['warn', LockOpen, 'Not encrypted'] as const)
  return (
    <div className="sign-in-where">
      <span className="cut">{host}</span>
      <span className={`badge ${tone}`}>
        <Icon of={icon} size={12} />
        {words}
      </span>
      {use && <ServerAddress address={address} use={use} />}
    </div>
  )
}
