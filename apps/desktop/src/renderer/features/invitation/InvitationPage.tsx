import './invitation.css'
import { CircleAlert, CircleCheck, CircleSlash } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { I18nProvider } from 'react-aria-components'
import type { OpenedInvitation } from '@aquifer/core/contract'
import { ApiFailure } from '../../api/failure.js'
import { useOpenedInvitation } from '../../api/invitation-queries.js'
import { paths } from '../../paths.js'
import { Button } from '../../ui/Button.js'
import { Select } from '../../ui/fields.js'
import { Icon, type LucideIcon } from '../../ui/Icon.js'
import { Logo } from '../../ui/Logo.js'
import { SkeletonRows } from '../../ui/states.js'
import { leaveTo } from './address.js'
import { Care } from './Care.js'
import { Decision } from './Decision.js'
import { dayIn, languageOf, languages, wordsIn, type Language, type Words } from './words.js'

/** How it ended for whoever came with the code. */
export type Outcome = { how: 'accepted'; user: string | null; signedIn: boolean } | { how: 'declined' }

/** Where the link of a letter leads: what it is about, and the person's own decision. Needs no session. */
export default function InvitationPage({ code }: { code: string }) {
  const invitation = useOpenedInvitation(code)
  const [chosen, choose] = useState<Language | null>(null)
  const [outcome, end] = useState<Outcome | null>(null)
  const language = chosen ?? languageOf(invitation.data?.language ?? navigator.language)
  const words = wordsIn[language]
  useEffect(() => {
    const before = [document.title, document.documentElement.lang] as const
    document.title = invitation.data === undefined ? 'Aquifer' : words.title(invitation.data.name)
    document.documentElement.lang = language
    return () => void ([document.title, document.documentElement.lang] = before)
  }, [invitation.data, language, words])
  return (
    <I18nProvider locale={language === 'de' ? 'de-DE' : 'en-GB'}>
      <div className="invitation">
        <header className="invitation-head">
          <Logo size={28} />
          <span className="sign-in-brand">Aquifer</span>
          <span className="end">
            <Select
              label={words.language}
              hidden
              value={language}
              choices={(['en', 'de'] as const).map((id) => ({ id, label: languages[id] }))}
              onChange={(next: Language) => choose(next)}
            />
          </span>
        </header>
        <main className="invitation-main">
          {outcome !== null && invitation.data !== undefined ? (
            <Ended outcome={outcome} kind={invitation.data.kind} words={words} />
          ) : invitation.data !== undefined ? (
            <Asked code={code} invitation={invitation.data} words={words} language={language} end={end} />
          ) : invitation.error === null ? (
            <div aria-label={words.loading}>
              <SkeletonRows rows={6} />
            </div>
          ) : (
            <Unusable error={invitation.error} words={words} retry={() => void invitation.refetch()} />
          )}
        </main>
      </div>
    </I18nProvider>
  )
}

export interface AskedProps {
  code: string
  invitation: OpenedInvitation
  words: Words
  language: Language
  end(outcome: Outcome): void
}

function Asked(props: AskedProps) {
  const { invitation, words, language } = props
  const [over, setOver] = useState<unknown>(null)
  const standsIn = invitation.kind === 'guardian' && !invitation.patientNeeded && invitation.required.length === 0
  if (over !== null) return <Unusable error={over} words={words} />
  return (
    <>
      <h1>{words.title(invitation.name)}</h1>
      <p className="invitation-lead">{words.lead[standsIn ? 'standing-in' : invitation.kind]}</p>
      <dl className="invitation-facts">
        <div>
          <dt>{words.invitedBy}</dt>
          <dd>{invitation.invitedBy ?? words.aProgram}</dd>
        </div>
        {invitation.site !== null && (
          <div>
            <dt>{words.site}</dt>
            <dd>{invitation.site}</dd>
          </div>
        )}
        <div>
          <dt>{words.until}</dt>
          <dd>{dayIn(language, invitation.expiresAt)}</dd>
        </div>
      </dl>
      {invitation.kind === 'care-manager' ? <Care {...props} over={setOver} /> : <Decision {...props} over={setOver} />}
    </>
  )
}

/** One sentence for a wrong code, a used one and one that ran out: whoever tries codes learns nothing. */
function Unusable({ error, words, retry }: { error: unknown; words: Words; retry?: () => void }) {
  const isRefused = error instanceof ApiFailure && error.kind === 'refused'
  const isLasting = isRefused && error.status !== 429 && error.status < 500
  const mayRetry = retry !== undefined && !isLasting
  const text = !isRefused || error.status >= 500 ? words.offline : error.status === 429 ? words.tooMany : words.overText
  return (
    <Told
      icon={CircleAlert}
      title={isLasting ? words.over : words.notNow}
      actions={
        mayRetry ? (
          <Button look="primary" size="large" onPress={retry}>
            {words.again}
          </Button>
        ) : (
          <Button size="large" onPress={() => leaveTo(paths.home)}>
            {words.toSignIn}
          </Button>
        )
      }
    >
      {text}
    </Told>
  )
}

function Ended({ outcome, kind, words }: { outcome: Outcome; kind: OpenedInvitation['kind']; words: Words }) {
  if (outcome.how === 'declined')
    return (
      <Told icon={CircleSlash} title={words.declined}>
        {words.declinedText}
      </Told>
    )
  const { user, signedIn } = outcome
  const text = user === null ? words.doneOutside : signedIn ? words.doneText(user) : words.doneUnsigned(user)
  const [path, label] =
    kind === 'care-manager'
      ? [paths.home, words.open.care]
      : ([paths.myData, kind === 'patient' ? words.open.own : words.open.ward] as const)
  return (
    <Told
      icon={CircleCheck}
      tone="ok"
      title={words.doneTitle[kind]}
      actions={
        <Button look="primary" size="large" onPress={() => leaveTo(signedIn ? path : paths.home)}>
          {signedIn ? label : words.toSignIn}
        </Button>
      }
    >
      {text}
    </Told>
  )
}

function Told(props: { icon: LucideIcon; tone?: 'ok'; title: string; actions?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  // What was on screen is gone: whoever reads by ear is told what came instead.
  useEffect(() => heading.current?.focus(), [])
  return (
    <section className="invitation-told">
      <span className={`state-icon ${props.tone ?? ''}`}>
        <Icon of={props.icon} size={18} />
      </span>
      <h1 ref={heading} tabIndex={-1}>
        {props.title}
      </h1>
      <p className="invitation-lead">{props.children}</p>
      {props.actions}
    </section>
  )
}
