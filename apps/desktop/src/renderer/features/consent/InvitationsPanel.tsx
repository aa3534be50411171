import { ListPlus, Mail, UserPlus } from 'lucide-react'
import { useState } from 'react'
import type { InvitationView, RevealedInvitation, StudyView } from '@aquifer/core/contract'
import { invitationFilters, type InvitationFilter } from '@aquifer/core/registration'
import { useInvitations, useRevoke, useSendAnew } from '../../api/invitation-queries.js'
import { mayInvite } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { Badge } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { Select } from '../../ui/fields.js'
import { count, day } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { tellFailure } from '../../ui/tell.js'
import { HandOverDialog } from './HandOver.js'
import { deliveryWords, filterWords, kindWords, stateBadges } from './invitation-words.js'
import { InviteDialog } from './InviteDialog.js'
import { InviteListDialog } from './InviteListDialog.js'
import { RevokeDialog } from './RevokeDialog.js'

type Open = { what: 'one' | 'list' } | { what: 'link'; sent: RevealedInvitation } | { what: 'revoke'; row: InvitationView } | null

/** Who was invited, how far each came, and whether the letter arrived. */
export function InvitationsPanel({ study }: { study: StudyView }) {
  const me = useMe()
  const may = mayInvite(me)
  const [filter, setFilter] = useState<InvitationFilter | 'all'>('all')
  const [open, setOpen] = useState<Open>(null)
  const list = useInvitations(study.id, filter === 'all' ? null : filter)
  const counts = list.data?.pages[0]?.counts
  const rows = list.data?.pages.flatMap((page) => page.invitations) ?? []
  const close = () => setOpen(null)
  return (
    <Panel
      title="Invitations"
      note={(counts?.undelivered ?? 0) > 0 && <Badge kind="failed">{count(counts?.undelivered ?? 0)} not delivered</Badge>}
      actions={
        <>
          <Filter counts={counts} value={filter} onChange={setFilter} />
          {may && (
            <>
              <Button icon={ListPlus} onPress={() => setOpen({ what: 'list' })}>
                Invite a list
              </Button>
              <Button icon={UserPlus} look="primary" onPress={() => setOpen({ what: 'one' })}>
                Invite one person
              </Button>
            </>
          )}
        </>
      }
    >
      {list.data === undefined ? (
        list.error ? (
          <Failure error={list.error} retry={() => void list.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : rows.length === 0 ? (
        <Empty icon={Mail} title={filter === 'all' ? 'Nobody has been invited yet' : 'None stands here'}>
          {filter === 'all' ? 'An invited person decides alone, by a link that works once.' : undefined}
        </Empty>
      ) : (
        <Table rows={rows} study={study} may={may} setOpen={setOpen} />
      )}
      {list.hasNextPage && (
        <div className="log-more">
          <Button isDisabled={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
            Show older
          </Button>
          <span className="sub">{count(rows.length)} shown</span>
        </div>
      )}
      {open?.what === 'one' && <InviteDialog study={study} onClose={close} />}
      {open?.what === 'list' && <InviteListDialog study={study} onClose={close} />}
      {open?.what === 'link' && <HandOverDialog sent={open.sent} onClose={close} />}
      {open?.what === 'revoke' && <Revoking study={study} row={open.row} onClose={close} />}
    </Panel>
  )
}

interface FilterProps {
  counts: Record<string, number> | undefined
  value: InvitationFilter | 'all'
  onChange(value: InvitationFilter | 'all'): void
}

function Filter({ counts, value, onChange }: FilterProps) {
  const states = invitationFilters.filter((each) => each !== 'undelivered')
  const all = states.reduce((sum, each) => sum + (counts?.[each] ?? 0), 0)
  const choices = [
    { id: 'all' as const, label: `All · ${count(all)}` },
    ...invitationFilters.map((id) => ({ id, label: `${filterWords[id]} · ${count(counts?.[id] ?? 0)}` })),
  ]
  return <Select label="Show" value={value} choices={choices} onChange={onChange} />
}

function Table({
  rows,
  study,
  may,
  setOpen,
}: {
  rows: readonly InvitationView[]
  study: StudyView
  may: boolean
  setOpen(open: Open): void
}) {
  return (
    <div className="invitations-scroll">
      <table className="table">
        <thead>
          <tr>
            <th>Invited</th>
            <th>Subject</th>
            <th>Who decides</th>
            <th>Site</th>
            <th>Stands at</th>
            <th>Letter</th>
            <th>Runs out</th>
            {may && <th>Next step</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td className="ink-2">{day(row.sentAt)}</td>
              <td className="mono medium">{row.subject ?? ''}</td>
              <td>{kindWords[row.kind]}</td>
              <td>{row.site ?? ''}</td>
              <td>
                <Badge kind={stateBadges[row.state].kind}>{stateBadges[row.state].word}</Badge>
              </td>
              <td>
                <Letter row={row} />
              </td>
              <td className="ink-2">{day(row.expiresAt)}</td>
              {may && (
                <td>
                  <NextStep row={row} study={study} setOpen={setOpen} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Letter({ row }: { row: InvitationView }) {
  const again = row.remindedAt === null ? '' : `, sent anew ${day(row.remindedAt)}`
  const reminded = row.reminders === 0 ? '' : row.reminders === 1 ? ', reminded once' : `, reminded ${row.reminders} times`
  if (row.delivery === 'failed') return <Badge kind="failed">Not delivered</Badge>
  return (
    <span className="ink-2">
      {deliveryWords[row.delivery]}
      {again}
      {reminded}
    </span>
  )
}

function NextStep({ row, study, setOpen }: { row: InvitationView; study: StudyView; setOpen(open: Open): void }) {
  const anew = useSendAnew(study.id)
  const isOpen = row.state === 'sent' || row.state === 'opened'
  if (!isOpen && row.state !== 'expired') return <span className="sub">none</span>
  const name = row.subject ?? row.id
  const send = () =>
    anew.mutate(row.id, {
      onSuccess: (sent) => setOpen({ what: 'link', sent }),
      onError: (error) => tellFailure('The invitation was not sent anew', error),
    })
  return (
    <span className="row">
      <Button aria-label={`Send the invitation of ${name} anew`} isDisabled={anew.isPending} onPress={send}>
        Send anew
      </Button>
      {isOpen && (
        <Button look="quiet" aria-label={`Revoke the invitation of ${name}`} onPress={() => setOpen({ what: 'revoke', row })}>
          Revoke
        </Button>
      )}
    </span>
  )
}

function Revoking({ study, row, onClose }: { study: StudyView; row: InvitationView; onClose(): void }) {
  const revoke = useRevoke(study.id)
  return (
    <RevokeDialog
      row={row}
      error={revoke.error}
      busy={revoke.isPending}
      onRevoke={() => revoke.mutate(row.id, { onSuccess: onClose })}
      onClose={onClose}
    />
  )
}
