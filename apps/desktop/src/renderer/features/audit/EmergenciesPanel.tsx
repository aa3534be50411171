import { CircleCheck } from 'lucide-react'
import { useState } from 'react'
import type { BreakGlassView } from '@aquifer/core/contract'
import { useEmergencies, useReview } from '../../api/audit-queries.js'
import { Badge, Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { TextField } from '../../ui/fields.js'
import { clock, day } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { tellFailure } from '../../ui/tell.js'

/** Who opened a record in an emergency; each waits until somebody says whether it was one. */
export function EmergenciesPanel() {
  const emergencies = useEmergencies()
  const { data } = emergencies
  return (
    <Panel
      title="Access in emergencies"
      note={data !== undefined && data.unreviewed > 0 && <Tag tone="warn">{data.unreviewed} to review</Tag>}
    >
      {data === undefined ? (
        emergencies.error ? (
          <Failure error={emergencies.error} retry={() => void emergencies.refetch()} />
        ) : (
          <SkeletonRows rows={2} />
        )
      ) : data.cases.length === 0 ? (
        <Empty icon={CircleCheck} title="Nobody has opened a record in an emergency" />
      ) : (
        <ul>
          {data.cases.map((each) => (
            <Emergency key={each.id} emergency={each} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Emergency({ emergency }: { emergency: BreakGlassView }) {
  const { id, user, role, study, patient, reason, from, until, isOpen, review } = emergency
  return (
    <li className="emergency">
      <div className="grow">
        <p className="row">
          <span className="medium">{user}</span>
          <span className="ink-2">{role}</span>
          <Tag>{study}</Tag>
          {isOpen && <Badge kind="stale">open until {clock(until)}</Badge>}
          {review && <Badge kind={review.decision === 'justified' ? 'active' : 'refused'}>{review.decision}</Badge>}
        </p>
        <p>{reason}</p>
        <p className="sub">
          Patient <span className="mono">{patient}</span>, {day(from)} {clock(from)}
          {review && `, reviewed by ${review.by}${review.note === null ? '' : `: ${review.note}`}`}
        </p>
      </div>
      {review === null && <Review id={id} />}
    </li>
  )
}

function Review({ id }: { id: string }) {
  const review = useReview()
  const [note, setNote] = useState('')
  const decide = (decision: 'justified' | 'unjustified') =>
    review.mutate(
      { id, decision, ...(note.trim() === '' ? {} : { note: note.trim() }) },
      { onError: (error) => tellFailure('The review was not recorded', error) },
    )
  return (
    <div className="row">
      <TextField label="Note on the review" hidden placeholder="Note" value={note} onChange={setNote} />
      <Button isDisabled={review.isPending} onPress={() => decide('justified')}>
        Justified
      </Button>
      <Button look="danger" isDisabled={review.isPending} onPress={() => decide('unjustified')}>
        Not justified
      </Button>
    </div>
  )
}
