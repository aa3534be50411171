import { Lock, User } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import { ApiFailure } from '../../api/failure.js'
import { useCareAcceptance, useInvitedAccount } from '../../api/invitation-queries.js'
import { useSession, useSessionState } from '../../api/SessionProvider.js'
import { Button } from '../../ui/Button.js'
import { TextField } from '../../ui/fields.js'
import { OutsideSignIn, useSignInWays } from '../sign-in/OutsideSignIn.js'
import { AccountFields } from './AccountFields.js'
import { Part as FormPart } from './Decision.js'
import { accountFaults, type Faults } from './draft.js'
import type { AskedProps } from './InvitationPage.js'
import { FaultCount, faultOf, isOver, Refusal, useCorrelation } from './sending.js'

type CareProps = AskedProps & { over(error: unknown): void }
interface Taking {
  /** null: nothing was refused yet */
  error: unknown
  busy: boolean
  take(user: string): void
}

/** A care manager takes it on himself, signed in: with the account that he has, or with one that the code makes. */
export function Care(props: CareProps) {
  const { words } = props
  const { me, status } = useSessionState()
  const ways = useSignInWays()
  // Held here, since the form beneath gives way as soon as somebody is signed in.
  const taking = useTaking(props)
  const [way, setWay] = useState<'have' | 'fresh'>('fresh')
  const isSelf = me !== null && status === 'signed-in' && me.rights.includes('registration.accept')
  if (isSelf) return <AsSelf words={words} taking={taking} name={me.name} user={me.user} />
  if (ways?.password === false) return <OutsideSignIn provider={ways.provider} />
  return (
    <>
      <ToggleButtonGroup
        className="segments"
        aria-label={words.care.which}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[way]}
        onSelectionChange={(keys) => setWay(keys.has('have') ? 'have' : 'fresh')}
      >
        {(['fresh', 'have'] as const).map((id) => (
          <ToggleButton key={id} id={id} className="segment">
            {words.care[id]}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {way === 'have' ? <WithAccount words={words} taking={taking} /> : <NewAccount {...props} taking={taking} />}
    </>
  )
}

function useTaking({ code, end, over }: CareProps): Taking {
  const acceptance = useCareAcceptance()
  return {
    error: acceptance.error,
    busy: acceptance.isPending,
    take: (user) =>
      acceptance.mutate(code, {
        onSuccess: () => end({ how: 'accepted', user, signedIn: true }),
        onError: (error) => (isOver(error) ? over(error) : undefined),
      }),
  }
}

type Shown = Pick<CareProps, 'words'> & { taking: Taking }

function AsSelf({ words, taking, name, user }: Shown & { name: string; user: string }) {
  return (
    <div className="invitation-form">
      <Refusal error={taking.error} words={words} />
      <div className="invitation-actions">
        <Button look="primary" size="large" isDisabled={taking.busy} onPress={() => taking.take(user)}>
          {words.care.asSelf(name)}
        </Button>
      </div>
    </div>
  )
}

function WithAccount({ words, taking }: Shown) {
  const session = useSession()
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const [fault, setFault] = useState<string | null>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setFault(null)
    try {
      await session.signIn(user.trim(), password, 'care of a patient')
    } catch (error) {
      return setFault(error instanceof ApiFailure && error.status === 401 ? words.care.wrong : words.offline)
    }
    if (session.state().me?.rights.includes('registration.accept') !== true) setFault(words.care.role)
    else taking.take(user.trim())
  }
  return (
    <form className="invitation-form" onSubmit={(event) => void submit(event)} noValidate>
      <FormPart title={words.care.have} note={words.accountNote}>
        <TextField large label={words.user} icon={User} value={user} onChange={setUser} autoComplete="username" />
        <TextField
          large
          label={words.password}
          icon={Lock}
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          fault={fault ?? undefined}
        />
      </FormPart>
      <div className="invitation-actions">
        <Button type="submit" look="primary" size="large" isDisabled={user.trim() === '' || password === '' || taking.busy}>
          {words.care.signIn}
        </Button>
      </div>
    </form>
  )
}

function NewAccount({ code, words, over, taking }: CareProps & { taking: Taking }) {
  const session = useSession()
  const made = useInvitedAccount()
  const correlationOf = useCorrelation()
  const [account, setAccount] = useState({ display: '', user: '', password: '' })
  const [sent, setSent] = useState(0)
  const missing: Faults = account.display.trim() === '' ? { display: words.needed } : {}
  const found = { ...missing, ...accountFaults(account, words) }
  const faults: Faults = sent === 0 ? {} : { ...faultOf(made.error, words), ...found }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setSent((count) => count + 1)
    if (Object.keys(found).length > 0 || made.isPending) return
    const { password, ...named } = account
    made.mutate(
      { body: { code, account }, correlation: correlationOf({ code, ...named }) },
      {
        onSuccess: () => void session.signIn(account.user, password, 'care of a patient').then(() => taking.take(account.user), over),
        onError: (error) => (isOver(error) ? over(error) : undefined),
      },
    )
  }
  return (
    <form className="invitation-form" onSubmit={submit} noValidate>
      <FormPart title={words.account} note={words.accountNote}>
        <AccountFields
          account={account}
          faults={faults}
          words={words}
          own
          onChange={(part) => {
            made.reset()
            setAccount({ ...account, ...part })
          }}
        />
      </FormPart>
      <FaultCount faults={faults} sent={sent} words={words} />
      <Refusal error={made.error} words={words} />
      <div className="invitation-actions">
        <Button type="submit" look="primary" size="large" isDisabled={made.isPending || taking.busy}>
          {made.isPending ? words.accepting : words.care.make}
        </Button>
      </div>
    </form>
  )
}
