import { KeyRound, LogOut, PauseCircle, PencilLine, Play, Waypoints, X } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { Link } from 'react-router'
import { toast } from 'sonner'
import type { Invitation, PersonView } from '@aquifer/core/contract'
import { useEndSessions, usePersonStatus, useResetCode } from '../../../api/identity-queries.js'
import { mayManagePeople, roleWords } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { paths } from '../../../paths.js'
import { Badge, Tag } from '../../../ui/Badge.js'
import { Button, IconButton } from '../../../ui/Button.js'
import { clock, day, plural } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { Icon } from '../../../ui/Icon.js'
import { tellFailure } from '../../../ui/tell.js'
import { GrantDialog } from './GrantDialog.js'
import { standingBadge } from './standing.js'

type Asking = 'grant' | 'code' | 'sessions' | 'suspend' | null

export function PersonDetail({ person, told, onClose }: { person: PersonView; told(made: Invitation[]): void; onClose(): void }) {
  const me = useMe()
  const { kind, words } = standingBadge(person)
  const self = person.user === me.user
  return (
    <aside className="detail" aria-label={`About ${person.name}`} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <header className="row">
        <h3 className="cut">{person.name}</h3>
        <Badge kind={kind}>{words}</Badge>
        <IconButton label="Close" icon={X} className="end" onPress={onClose} />
      </header>
      <dl className="facts">
        <Fact name="User name">
          <span className="mono">{person.user}</span>
        </Fact>
        <Fact name="Email">{person.email}</Fact>
        <Fact name="Role">{roleWords(person.role)}</Fact>
        <Fact name="Studies">{person.studies.includes('*') ? 'all, later ones too' : listed(person.studies)}</Fact>
        <Fact name="Sites">{person.studies.length === 0 ? null : (listed(person.sites) ?? 'every site of the studies')}</Fact>
        <Fact name="Own record">{person.patient === null ? null : <span className="mono">Patient/{person.patient}</span>}</Fact>
        <Fact name="In FHIR">{person.actor === null ? null : <span className="mono">{person.actor}</span>}</Fact>
        <Fact name="Last sign-in">
          {person.signedInAt === null ? 'never' : `${day(person.signedInAt)}, ${clock(person.signedInAt)}`}
          {person.sessions > 0 && <Tag tone="info">{plural(person.sessions, 'session')} open</Tag>}
        </Fact>
      </dl>
      {mayManagePeople(me) &&
        (self ? (
          <p className="notice idle">This is you. Another administrator changes what you have.</p>
        ) : (
          <Acts person={person} told={told} />
        ))}
      <Link
        className="detail-link"
        to={`${paths.administration}?tab=relationships&search=${encodeURIComponent(person.actor ?? `User/${person.user}`)}`}
      >
        <Icon of={Waypoints} />
        Relationships of {person.name}
      </Link>
    </aside>
  )
}

const listed = (words: readonly string[]): string | null => (words.length === 0 ? null : words.join(', '))

function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === undefined || children === '') return null
  return (
    <div>
      <dt className="sub">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Acts({ person, told }: { person: PersonView; told(made: Invitation[]): void }) {
  const [asking, ask] = useState<Asking>(null)
  const status = usePersonStatus()
  const close = () => ask(null)
  const reinstate = () =>
    status.mutate(
      { name: person.user, status: 'active' },
      {
        onSuccess: () => toast.success(`${person.name} may come in again`),
        onError: (error) => tellFailure('The account was not reinstated', error),
      },
    )
  return (
    <div className="acts">
      <Button icon={PencilLine} onPress={() => ask('grant')}>
        Change role or reach
      </Button>
      <Button icon={KeyRound} isDisabled={person.status === 'disabled'} onPress={() => ask('code')}>
        {person.hasPassword ? 'Reset the password' : 'New code'}
      </Button>
      <Button icon={LogOut} isDisabled={person.sessions === 0} onPress={() => ask('sessions')}>
        {person.sessions === 0 ? 'No session is open' : 'End sessions'}
      </Button>
      {person.status === 'active' ? (
        <Button look="danger" icon={PauseCircle} onPress={() => ask('suspend')}>
          Suspend
        </Button>
      ) : (
        <Button icon={Play} isDisabled={status.isPending} onPress={reinstate}>
          Reinstate
        </Button>
      )}
      {asking === 'grant' && <GrantDialog person={person} onClose={close} />}
      {asking === 'code' && <ResetDialog person={person} told={told} onClose={close} />}
      {asking === 'sessions' && <SessionsDialog person={person} onClose={close} />}
      {asking === 'suspend' && <SuspendDialog person={person} onClose={close} />}
    </div>
  )
}

interface DialogProps {
  person: PersonView
  onClose(): void
}

function ResetDialog({ person, told, onClose }: DialogProps & { told(made: Invitation[]): void }) {
  const reset = useResetCode()
  return (
    <FormDialog
      title={person.hasPassword ? `Reset the password of ${person.name}` : `New code for ${person.name}`}
      lead="The present password and all sessions end at once. You get a code, once, that holds for 24 hours."
      submit="End it and make a code"
      ready
      busy={reset.isPending}
      error={reset.error}
      onSubmit={() =>
        reset.mutate(person.user, {
          onSuccess: (made) => {
            onClose()
            told([made])
          },
        })
      }
      onClose={onClose}
    />
  )
}

function SessionsDialog({ person, onClose }: DialogProps) {
  const end = useEndSessions()
  const submit = () =>
    end.mutate(person.user, {
      onSuccess: () => {
        onClose()
        toast.success(`${person.name} is signed out everywhere`)
      },
    })
  return (
    <FormDialog
      title={`End the sessions of ${person.name}`}
      lead="Every device is signed out at once, tokens included. The password stays, so the person can sign in again."
      submit={`End ${plural(person.sessions, 'session')}`}
      look="danger"
      ready
      busy={end.isPending}
      error={end.error}
      onSubmit={submit}
      onClose={onClose}
    />
  )
}

function SuspendDialog({ person, onClose }: DialogProps) {
  const status = usePersonStatus()
  return (
    <FormDialog
      title={`Suspend ${person.name}`}
      lead="Sessions and tokens end at once, and nobody signs in by this account until it is reinstated. What it did stays in the trail."
      submit="Suspend 1 person"
      look="danger"
      ready
      busy={status.isPending}
      error={status.error}
      onSubmit={() => status.mutate({ name: person.user, status: 'disabled' }, { onSuccess: onClose })}
      onClose={onClose}
    />
  )
}
