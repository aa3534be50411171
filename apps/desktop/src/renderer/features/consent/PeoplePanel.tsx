import { Users } from 'lucide-react'
import { useState } from 'react'
import type { StudyView } from '@aquifer/core/contract'
import { useDecisions } from '../../api/consent-queries.js'
import { Badge, type BadgeKind } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { day } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'

const looks: Record<string, { kind: BadgeKind; word: string }> = {
  active: { kind: 'active', word: 'Active' },
  'reconsent-due': { kind: 'stale', word: 'Ask again' },
  proposed: { kind: 'proposed', word: 'Asked' },
  suspended: { kind: 'suspended', word: 'Suspended' },
  withdrawn: { kind: 'withdrawn', word: 'Withdrawn' },
  expired: { kind: 'expired', word: 'Expired' },
  missing: { kind: 'missing', word: 'Missing' },
}

/** What the server decides about each person's data, and why; people appear by subject number. */
export function PeoplePanel({ study }: { study: StudyView }) {
  const [trail, setTrail] = useState<string[]>([])
  const decisions = useDecisions(study.id, trail.at(-1) ?? null)
  const { data } = decisions
  return (
    <Panel
      title="Decisions"
      note={
        data && (
          <span className="sub">
            as of {day(data.asOf)}, study version {data.studyVersion}
          </span>
        )
      }
    >
      {data === undefined ? (
        decisions.error ? (
          <Failure error={decisions.error} retry={() => void decisions.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : data.people.length === 0 ? (
        <Empty icon={Users} title="Nobody is enrolled yet">
          A person appears with the first data that names him.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Person</th>
              <th scope="col">Site</th>
              <th scope="col">Data enters</th>
              <th scope="col">Consents</th>
              <th scope="col">Form</th>
              <th scope="col">Until</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {data.people.map(({ subject, site, given, reason, types }) => (
              <tr key={subject}>
                <td className="mono">{subject}</td>
                <td>{site ?? <span className="ink-3">none</span>}</td>
                <td>{given ? 'yes' : <strong>no</strong>}</td>
                <td>
                  <span className="row" style={{ gap: 6 }}>
                    {types.map(({ type, status }) => (
                      <Badge key={type} kind={looks[status]?.kind ?? 'missing'}>
                        {type}: {looks[status]?.word ?? status}
                      </Badge>
                    ))}
                  </span>
                </td>
                <td>{types.map(({ form }) => form ?? '–').join(', ')}</td>
                <td className="num">{types.flatMap(({ until }) => (until === null ? [] : [day(until)])).join(', ')}</td>
                <td className="ink-2">{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data && (trail.length > 0 || data.next !== null) && (
        <footer className="refused-pages">
          <Button isDisabled={trail.length === 0} onPress={() => setTrail(trail.slice(0, -1))}>
            Before
          </Button>
          <Button isDisabled={data.next === null} onPress={() => data.next !== null && setTrail([...trail, data.next])}>
            Next
          </Button>
        </footer>
      )}
    </Panel>
  )
}
