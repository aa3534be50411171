import { useId, useState, type FormEvent, type ReactNode } from 'react'
import type { SignInWays } from '@aquifer/core/contract'
import { useAcceptance } from '../../api/invitation-queries.js'
import { useSession } from '../../api/SessionProvider.js'
import { Button } from '../../ui/Button.js'
import { Select, TextField } from '../../ui/fields.js'
import { useNow } from '../../ui/use-now.js'
import { useSignInWays } from '../sign-in/OutsideSignIn.js'
import { AccountFields } from './AccountFields.js'
import { Consents } from './Consents.js'
import { DeclineButton } from './DeclineButton.js'
import { acceptanceOf, displayOf, emptyDraft, faultsOf, type Draft, type Faults } from './draft.js'
import type { AskedProps } from './InvitationPage.js'
import { FaultCount, faultOf, isOver, Refusal, useCorrelation } from './sending.js'

/** For a person, and for who decides for one or is close to him: who takes part, each consent, an account. */
export function Decision({ code, invitation, words, language, end, over }: AskedProps & { over(error: unknown): void }) {
  const ways = useSignInWays()
  const own = ways?.password !== false
  const [draft, setDraft] = useState(emptyDraft)
  const [sent, setSent] = useState(0)
  const decides = invitation.patientNeeded || invitation.required.length > 0
  const { acceptance, accept } = useDeciding({ code, words, end, over })
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const today = useNow().toISOString().slice(0, 10)
  const found = faultsOf(draft, invitation, { words, own, today })
  const refused = faultOf(acceptance.error, words)
  const faults: Faults = sent === 0 ? {} : { ...refused, ...found }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (acceptance.isPending) return
    setSent((count) => count + 1)
    if (Object.keys(found).length === 0) accept(acceptanceOf(code, draft, invitation, own), draft, own)
  }
  return (
    <form className="invitation-form" onSubmit={submit} noValidate>
      {invitation.patientNeeded && (
        <Part title={words.who} note={words.whoNote[invitation.kind === 'guardian' ? 'guardian' : 'patient']}>
          <PersonFields draft={draft} faults={faults} words={words} change={change} own={invitation.kind === 'patient'} />
        </Part>
      )}
      {invitation.required.length > 0 && (
        <Part title={words.consents} note={words.consentsNote}>
          <Consents
            invitation={invitation}
            words={words}
            language={language}
            agreed={draft.agreed}
            faults={faults}
            onChange={(agreed) => change({ agreed })}
          />
        </Part>
      )}
      <Part title={words.account} note={own ? words.accountNote : words.outside(hostOf(ways))}>
        {(own || invitation.kind !== 'patient') && (
          <AccountFields
            account={{ ...draft, display: displayOf(draft, invitation) }}
            faults={faults}
            words={words}
            own={own}
            onChange={(part) => {
              acceptance.reset()
              change(part)
            }}
          />
        )}
      </Part>
      <FaultCount faults={faults} sent={sent} words={words} />
      <Refusal error={acceptance.error} words={words} />
      <div className="invitation-actions">
        <Button type="submit" look="primary" size="large" isDisabled={acceptance.isPending}>
          {acceptance.isPending ? words.accepting : words.accept[decides ? (invitation.kind === 'patient' ? 'own' : 'ward') : 'plain']}
        </Button>
        <DeclineButton code={code} words={words} done={() => end({ how: 'declined' })} over={over} />
      </div>
    </form>
  )
}

const hostOf = (ways: SignInWays | null): string => (ways?.provider ? new URL(ways.provider.issuer).host : '')

/** Accepts, then signs in with what was just chosen; where that fails the account is there all the same. */
function useDeciding({ end, over }: Pick<AskedProps, 'code' | 'words' | 'end'> & { over(error: unknown): void }) {
  const session = useSession()
  const acceptance = useAcceptance()
  const correlationOf = useCorrelation()
  const accept = (body: Record<string, unknown>, { user, password }: Draft, own: boolean) => {
    const { account, ...rest } = body as { account?: { password?: string } }
    // A password that was mended does not make another decision of it.
    const { password: _password, ...named } = account ?? {}
    acceptance.mutate(
      { body, correlation: correlationOf({ ...rest, ...named }) },
      {
        onSuccess: () => {
          if (!own) return end({ how: 'accepted', user: null, signedIn: false })
          void session.signIn(user, password, 'own data').then(
            () => end({ how: 'accepted', user, signedIn: true }),
            () => end({ how: 'accepted', user, signedIn: false }),
          )
        },
        onError: (error) => {
          if (isOver(error)) over(error)
        },
      },
    )
  }
  return { acceptance, accept }
}

export function Part({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className="invitation-part" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p className="ink-2">{note}</p>
      {children}
    </section>
  )
}

interface PersonProps {
  draft: Draft
  faults: Faults
  words: AskedProps['words']
  change(part: Partial<Draft>): void
  /** whoever fills it in is the person */
  own: boolean
}

function PersonFields({ draft, faults, words, change, own }: PersonProps) {
  const genders = ['female', 'male', 'other', 'unknown'] as const
  return (
    <div className="invitation-two">
      <TextField
        large
        label={words.given}
        value={draft.given}
        onChange={(given) => change({ given })}
        autoComplete={own ? 'given-name' : 'off'}
        fault={faults['given']}
      />
      <TextField
        large
        label={words.family}
        value={draft.family}
        onChange={(family) => change({ family })}
        autoComplete={own ? 'family-name' : 'off'}
        fault={faults['family']}
      />
      <TextField
        large
        label={words.birthDate}
        type="date"
        value={draft.birthDate}
        onChange={(birthDate) => change({ birthDate })}
        autoComplete={own ? 'bday' : 'off'}
        fault={faults['birthDate']}
      />
      <div className="invitation-select">
        <Select
          label={words.gender}
          value={draft.gender}
          placeholder={words.genders.unknown}
          choices={genders.map((id) => ({ id, label: words.genders[id] }))}
          onChange={(gender: (typeof genders)[number]) => change({ gender })}
        />
      </div>
    </div>
  )
}
