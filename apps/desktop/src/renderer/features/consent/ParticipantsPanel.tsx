import { UserPlus, Users } from 'lucide-react'
import { useState } from 'react'
import { judgeMove, participantStates, type ParticipantState } from '@aquifer/core/consent'
import type { ParticipantView, StudyView } from '@aquifer/core/contract'
import { useLogStep, useParticipants } from '../../api/consent-queries.js'
import { mayLogParticipants } from '../../api/roles.js'
import { useMe } from '../../api/SessionProvider.js'
import { Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { Select, TextField, type Choice } from '../../ui/fields.js'
import { count, day } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { tellFailure } from '../../ui/tell.js'

/** The log by subject number: who stands where, and the next step of each. */
export function ParticipantsPanel({ study }: { study: StudyView }) {
  const me = useMe()
  const log = useParticipants(study.id)
  const rows = log.data?.pages.flatMap((page) => page.participants) ?? []
  const may = mayLogParticipants(me)
  return (
    <Panel title="Participant log" actions={may && <Invite study={study} />}>
      {log.data === undefined ? (
        log.error ? (
          <Failure error={log.error} retry={() => void log.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : rows.length === 0 ? (
        <Empty icon={Users} title="Nobody is in the log yet" />
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>Subject</th>
              <th>Site</th>
              <th>Stands at</th>
              <th>Since</th>
              {may && <th>Next step</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.subject}>
                <td className="mono medium">{row.subject}</td>
                <td>{row.site ?? ''}</td>
                <td>
                  <Tag tone={row.state === 'enrolled' ? 'ok' : 'idle'}>{wordsOf(row.state)}</Tag>
                </td>
                <td className="ink-2">{day(row.since)}</td>
                {may && (
                  <td>
                    <NextStep study={study} row={row} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {log.hasNextPage && (
        <div className="list-more">
          <Button isDisabled={log.isFetchingNextPage} onPress={() => void log.fetchNextPage()}>
            Show more
          </Button>
          <span className="sub">{count(rows.length)} shown</span>
        </div>
      )}
    </Panel>
  )
}

const wordsOf = (state: ParticipantState): string => state.replaceAll('-', ' ')

function Invite({ study }: { study: StudyView }) {
  const log = useLogStep(study.id)
  const [site, setSite] = useState(study.sites[0])
  const invite = () =>
    log.mutate(
      { subject: null, state: 'invited', ...(site === undefined ? {} : { site }) },
      { onError: (error) => tellFailure('The invitation was not logged', error) },
    )
  return (
    <>
      {study.sites.length > 1 && (
        <Select label="Site" value={site} choices={study.sites.map((id) => ({ id, label: id }))} onChange={setSite} />
      )}
      <Button icon={UserPlus} isDisabled={log.isPending} onPress={invite}>
        Log invitation
      </Button>
      <span role="status" className="sub">
        {log.data && `${log.data.subject} invited`}
      </span>
    </>
  )
}

/** Only steps that may follow; where the log asks why, so does the row. */
function NextStep({ study, row }: { study: StudyView; row: ParticipantView }) {
  const log = useLogStep(study.id)
  const [step, setStep] = useState<ParticipantState>()
  const [reason, setReason] = useState('')
  const mayFollow = (to: ParticipantState, why: string | null) =>
    judgeMove({ from: row.state, to, reason: why, at: 0, since: null, now: 0 }) === null
  const choices = participantStates
    .filter((state) => mayFollow(state, 'a reason'))
    .map((id): Choice<ParticipantState> => ({ id, label: wordsOf(id) }))
  if (choices.length === 0) return <span className="sub">none</span>
  const send = (state: ParticipantState) =>
    log.mutate(
      { subject: row.subject, state, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
      { onSuccess: () => setStep(undefined), onError: (error) => tellFailure('The step was not logged', error) },
    )
  return (
    <div className="row">
      <Select
        label={`Next step of ${row.subject}`}
        hidden
        value={step}
        choices={choices}
        onChange={(next: ParticipantState) => setStep(next)}
      />
      {step !== undefined && !mayFollow(step, null) && (
        <TextField label="Reason" hidden placeholder="Reason" value={reason} onChange={setReason} />
      )}
      {step !== undefined && (
        <Button look="primary" isDisabled={log.isPending || !mayFollow(step, reason)} onPress={() => send(step)}>
          Log
        </Button>
      )}
    </div>
  )
}
