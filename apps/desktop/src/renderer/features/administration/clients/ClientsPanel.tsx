import { Cpu, KeyRound, PauseCircle, Play, Plus, Server, UsersRound, type LucideIcon } from 'lucide-react'
import { useMemo, useState } from 'react'
import { toast } from 'sonner'
import type { ClientView } from '@aquifer/core/contract'
import { useClients, useClientStatus } from '../../../api/identity-queries.js'
import { roleWords } from '../../../api/roles.js'
import { Badge, Tag, type BadgeKind } from '../../../ui/Badge.js'
import { Button, IconButton } from '../../../ui/Button.js'
import { count, day, lately } from '../../../ui/format.js'
import { FormDialog } from '../../../ui/FormDialog.js'
import { Icon } from '../../../ui/Icon.js'
import { Loaded } from '../../../ui/Loaded.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { tellFailure } from '../../../ui/tell.js'
import { useNow } from '../../../ui/use-now.js'
import { useCommands, type Command } from '../../shell/commands.js'
import { Places } from '../places.js'
import { KeysDialog } from './KeysDialog.js'
import { RegisterDialog } from './RegisterDialog.js'

/** Programs and devices: each comes in by a key of its own. */
export function ClientsPanel() {
  const clients = useClients()
  const [registering, register] = useState(false)
  const commands = useMemo<Command[]>(
    () => [{ id: 'add-client', group: 'Commands', name: 'Register a client', icon: Plus, run: () => register(true) }],
    [],
  )
  useCommands(commands)
  return (
    <Panel
      title="Clients"
      note={clients.data && <span className="sub num">{count(clients.data.length)}</span>}
      actions={
        <Button look="primary" icon={Plus} onPress={() => register(true)}>
          Register a client
        </Button>
      }
    >
      <Loaded of={clients}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={Server} title="No client is registered">
              A feed, a device or a program that signs people in is registered once, with the public half of its key. The private half never
              comes here.
            </Empty>
          ) : (
            <ClientsTable clients={list} />
          )
        }
      </Loaded>
      {registering && <RegisterDialog onClose={() => register(false)} />}
    </Panel>
  )
}

const kinds: Record<'feed' | 'device' | 'program', { icon: LucideIcon; words: string }> = {
  feed: { icon: Server, words: 'Headless' },
  device: { icon: Cpu, words: 'Device' },
  program: { icon: UsersRound, words: 'Signs people in' },
}
const kindOf = ({ kind, role }: ClientView) => kinds[kind === 'interactive' ? 'program' : role === 'device' ? 'device' : 'feed']

function standingOf({ status, expiresAt }: ClientView, now: Date): { kind: BadgeKind; words: string } {
  if (status === 'disabled') return { kind: 'suspended', words: 'Suspended' }
  if (expiresAt !== null && Date.parse(expiresAt) <= now.getTime()) return { kind: 'expired', words: 'Expired' }
  return { kind: 'active', words: 'Active' }
}

function ClientsTable({ clients }: { clients: ClientView[] }) {
  const now = useNow()
  return (
    <div className="wide-table">
      <table className="table">
        <thead>
          <tr>
            <th>Client</th>
            <th>Kind</th>
            <th>Role</th>
            <th>Reaches</th>
            <th>Keys</th>
            <th>Standing</th>
            <th>Last request</th>
            <th>Until</th>
            <th>
              <span className="visually-hidden">Acts</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {clients.map((client) => {
            const { icon, words } = kindOf(client)
            const standing = standingOf(client, now)
            return (
              <tr key={client.client}>
                <td>
                  <span className="medium">{client.name}</span> <span className="mono ink-3">{client.client.replace(/^client:/, '')}</span>
                </td>
                <td>
                  <span className="row ink-2">
                    <Icon of={icon} />
                    {words}
                  </span>
                </td>
                <td>{client.role === null ? '' : roleWords(client.role)}</td>
                <td>
                  {client.kind === 'interactive' ? (
                    <span className="ink-3">what its people reach</span>
                  ) : (
                    <span className="row" style={{ gap: 4 }}>
                      <Places studies={client.studies} sites={client.sites} />
                      {client.people.map((id) => (
                        <Tag key={id} tone="identified">
                          Patient/{id}
                        </Tag>
                      ))}
                    </span>
                  )}
                </td>
                <td className="ink-2">
                  <Keys client={client} />
                </td>
                <td>
                  <Badge kind={standing.kind}>{standing.words}</Badge>
                </td>
                <td className="ink-2 num">{client.usedAt === null ? 'never' : lately(client.usedAt, now)}</td>
                <td className="ink-2 num">{client.expiresAt === null ? 'no end' : day(client.expiresAt)}</td>
                <td>
                  <Acts client={client} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function Keys({ client }: { client: ClientView }) {
  if (client.jwksUrl !== null) return <span className="mono cut key-address">{client.jwksUrl}</span>
  if (client.kind === 'interactive') return <span className="mono cut key-address">{client.redirects.join(', ')}</span>
  return (
    <span className="row" style={{ gap: 4 }}>
      {client.keys.map(({ kid, kind }, at) => (
        <Tag key={kid ?? at}>
          <span className="mono">{kid === null ? kind : `${kind} ${kid.slice(0, 10)}`}</span>
        </Tag>
      ))}
    </span>
  )
}

function Acts({ client }: { client: ClientView }) {
  const [asking, ask] = useState<'keys' | 'suspend' | null>(null)
  const status = useClientStatus()
  const close = () => ask(null)
  const reinstate = () =>
    status.mutate(
      { id: client.client, status: 'active' },
      {
        onSuccess: () => toast.success(`${client.name} may come in again`),
        onError: (error) => tellFailure('The client was not reinstated', error),
      },
    )
  return (
    <span className="row row-acts">
      {client.kind === 'headless' && <IconButton label={`Other keys for ${client.name}`} icon={KeyRound} onPress={() => ask('keys')} />}
      {client.status === 'active' ? (
        <IconButton label={`Suspend ${client.name}`} icon={PauseCircle} onPress={() => ask('suspend')} />
      ) : (
        <IconButton label={`Reinstate ${client.name}`} icon={Play} onPress={reinstate} />
      )}
      {asking === 'keys' && <KeysDialog client={client} onClose={close} />}
      {asking === 'suspend' && (
        <FormDialog
          title={`Suspend ${client.name}`}
          lead="Its tokens end at once and it gets no new ones until it is reinstated. What it sends meanwhile is refused."
          submit="Suspend 1 client"
          look="danger"
          ready
          busy={status.isPending}
          error={status.error}
          onSubmit={() => status.mutate({ id: client.client, status: 'disabled' }, { onSuccess: close })}
          onClose={close}
        />
      )}
    </span>
  )
}
