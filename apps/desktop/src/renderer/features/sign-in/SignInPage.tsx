import './sign-in.css'
import { IdCard, KeyRound, Lock, LockOpen, Monitor, Timer, User } from 'lucide-react'
import { useRef, useState, type FormEvent } from 'react'
import { passwordMin } from '@aquifer/core/identity'
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

interface Entered {
  user: string
  code: string
  password: string
  purpose: string
}

function useSignIn() {
  const session = useSession()
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const signIn = async ({ user, code, password, purpose }: Entered, withCode: boolean): Promise<boolean> => {
    setBusy(true)
    setError(null)
    const said = purpose.trim() || 'analysis'
    try {
      if (withCode) await session.exchangeCode(user.trim(), code.trim(), password, said)
      else await session.signIn(user.trim(), password, said)
      return true
    } catch (reason) {
      setError(reason)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { error, busy, signIn, forget: () => setError(null) }
}

function Form() {
  const { error, busy, signIn, forget } = useSignIn()
  const [entered, enter] = useState<Entered>({ user: '', code: '', password: '', purpose: 'analysis' })
  const [withCode, setWithCode] = useState(false)
  // What is missing is said to whoever tried, not to whoever is still typing.
  const [tried, setTried] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const put = (part: Partial<Entered>) => enter((before) => ({ ...before, ...part }))
  const lacks = {
    user: entered.user.trim() === '' ? 'Type the name that you sign in with.' : undefined,
    code: withCode && entered.code.trim() === '' ? 'Type the code that you were given.' : undefined,
    password: entered.password === '' ? 'Type the password.' : undefined,
  }
  const toField = (name: string) => form.current?.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.focus()
  const again = () => {
    put({ password: '' })
    toField('password')
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const lacking = (['user', 'code', 'password'] as const).find((name) => lacks[name] !== undefined)
    setTried(lacking !== undefined)
    if (lacking !== undefined) return toField(lacking)
    if (!busy) void signIn(entered, withCode).then((done) => done || again())
  }
  const turn = () => {
    forget()
    setTried(false)
    setWithCode(!withCode)
    toField('user')
  }
  const failed = error !== null
  return (
    <form ref={form} className="sign-in-box" onSubmit={submit} noValidate>
      <h1>Sign in</h1>
      <Where />
      <TextField
        large
        label="User"
        name="user"
        icon={User}
        value={entered.user}
        onChange={(user) => put({ user })}
        autoComplete="username"
        autoFocus
        isInvalid={failed}
        fault={tried ? lacks.user : undefined}
      />
      {withCode && (
        <TextField
          large
          label="One-time code"
          name="code"
          icon={KeyRound}
          value={entered.code}
          onChange={(code) => put({ code })}
          autoComplete="one-time-code"
          isInvalid={failed}
          fault={tried ? lacks.code : undefined}
        />
      )}
      <TextField
        large
        label={withCode ? 'New password' : 'Password'}
        name="password"
        icon={Lock}
        type="password"
        value={entered.password}
        onChange={(password) => put({ password })}
        autoComplete={withCode ? 'new-password' : 'current-password'}
        isInvalid={failed}
        note={withCode && `At least ${passwordMin} characters; several words in a row are easy to keep in mind.`}
        fault={tried ? lacks.password : undefined}
      />
      <TextField
        large
        label="What brings you here"
        icon={IdCard}
        value={entered.purpose}
        onChange={(purpose) => put({ purpose })}
        autoComplete="off"
        note="Kept in the audit trail beside every query of this session."
      />
      {failed && <SignInFailure error={error} withCode={withCode} />}
      <Button type="submit" look="primary" size="large" className="wide">
        {busy ? 'Signing in' : withCode ? 'Set the password and sign in' : 'Sign in'}
      </Button>
      <Button look="quiet" className="sign-in-turn" onPress={turn}>
        {withCode ? 'I have a password' : 'I was given a one-time code'}
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
