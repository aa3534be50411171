import { Cake, CalendarCheck, Hourglass, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import type { ConsentAhead, StudyView } from '@aquifer/core/contract'
import { useAhead } from '../../api/consent-queries.js'
import { Tag } from '../../ui/Badge.js'
import { count, day } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'

const kinds: Record<ConsentAhead['rows'][number]['kind'], { icon: typeof Cake; name: string; remedy: string }> = {
  'comes-of-age': { icon: Cake, name: 'Comes of age', remedy: 'Ask the person, whose guardian consented until now.' },
  expires: { icon: Hourglass, name: 'Expires', remedy: 'Ask again before the day, or data is refused from then on.' },
  'reconsent-due': { icon: RotateCcw, name: 'Consent anew', remedy: 'Have the new form signed by the day.' },
}
const spans = [30, 90, 365]

/** What will end by itself: seen in time, nobody's data is refused by surprise. */
export function AheadPanel({ study }: { study: StudyView }) {
  const [days, setDays] = useState(90)
  const ahead = useAhead(study.id, days)
  const { data } = ahead
  return (
    <Panel
      title="Ahead"
      note={data && <Tag>{count(data.rows.length)}</Tag>}
      actions={
        <ToggleButtonGroup
          className="segments"
          aria-label="How far ahead"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[String(days)]}
          onSelectionChange={(keys) => setDays(Number([...keys][0]))}
        >
          {spans.map((span) => (
            <ToggleButton key={span} id={String(span)} className="segment">
              {span} days
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      }
    >
      {data === undefined ? (
        ahead.error ? (
          <Failure error={ahead.error} retry={() => void ahead.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : data.rows.length === 0 ? (
        <Empty icon={CalendarCheck} title={`Nothing ends within ${days} days`}>
          Expiries, birthdays of majority and forms to sign anew appear here, soonest first.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col">Person</th>
              <th scope="col">Site</th>
              <th scope="col">Consent</th>
              <th scope="col">Next step</th>
            </tr>
          </thead>
          <tbody>
            {data.rows.map((row) => (
              <tr key={`${row.subject} ${row.type} ${row.kind}`}>
                <td className="num">{day(row.at)}</td>
                <td>
                  <span className="row medium" style={{ gap: 6 }}>
                    <Icon of={kinds[row.kind].icon} className="mark-warn" />
                    {kinds[row.kind].name}
                  </span>
                </td>
                <td className="mono">{row.subject}</td>
                <td>{row.site ?? <span className="ink-3">none</span>}</td>
                <td>{row.type}</td>
                <td className="ink-2">{kinds[row.kind].remedy}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
