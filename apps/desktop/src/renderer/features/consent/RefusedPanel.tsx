import { CircleCheck, X } from 'lucide-react'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { RefusedWrite, StudyView } from '@aquifer/core/contract'
import { useRefusals } from '../../api/queries.js'
import { Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { clockSeconds, count, day, moment, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { causeWords } from './refusals.js'

const pageRows = 50

/** What was kept out, why, and what would let it in. No payload and no identifier: the client that sent it has both. */
export function RefusedPanel({ study }: { study: StudyView }) {
  const [params, setParams] = useSearchParams()
  const cause = params.get('cause')
  const [trail, setTrail] = useState<string[]>([])
  const refusals = useRefusals(study.id, trail.at(-1) ?? null, pageRows)
  const { data } = refusals
  const rows = (data?.rows ?? []).filter((row) => cause === null || row.cause === cause)
  return (
    <Panel
      title="Refused writes"
      note={data && <Tag>{count(data.today)} today</Tag>}
      actions={
        <>
          {cause !== null && cause in causeWords && (
            <Button look="quiet" icon={X} onPress={() => setParams({})}>
              Only: {causeWords[cause as RefusedWrite['cause']].name}
            </Button>
          )}
          {data && <span className="sub">{count(data.total)} in all</span>}
        </>
      }
    >
      <div id="refused" />
      {data === undefined ? (
        refusals.error ? (
          <Failure error={refusals.error} retry={() => void refusals.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : rows.length === 0 ? (
        <Empty icon={CircleCheck} title={cause === null ? 'No write was refused' : 'None of these'}>
          A write without active consent is stored nowhere and listed here, with its cause and its remedy.
        </Empty>
      ) : (
        <RefusedTable rows={rows} />
      )}
      {data && (trail.length > 0 || data.next !== null) && (
        <footer className="refused-pages">
          <span className="sub">{plural(rows.length, 'refusal')} here</span>
          <Button isDisabled={trail.length === 0} onPress={() => setTrail(trail.slice(0, -1))}>
            Newer
          </Button>
          <Button isDisabled={data.next === null} onPress={() => data.next !== null && setTrail([...trail, data.next])}>
            Older
          </Button>
        </footer>
      )}
    </Panel>
  )
}

function RefusedTable({ rows }: { rows: RefusedWrite[] }) {
  return (
    <table className="table refused">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Cause</th>
          <th scope="col">What</th>
          <th scope="col">Site</th>
          <th scope="col">Person</th>
          <th scope="col" className="n">
            Resources
          </th>
          <th scope="col">Remedy</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ row }: { row: RefusedWrite }) {
  const words = causeWords[row.cause]
  return (
    <tr>
      <td className="num ink-2" title={`${day(row.at)} ${clockSeconds(row.at)}`}>
        {moment(row.at)}
      </td>
      <td>
        <span className="row medium" style={{ gap: 6 }}>
          <Icon of={words.icon} className={`mark-${words.tone}`} />
          {words.name}
          {row.missing.length > 0 && <span className="ink-2">{row.missing.join(', ')}</span>}
        </span>
      </td>
      <td>
        {row.resourceType} <span className="ink-3">from {row.client}</span>
      </td>
      <td>{row.site ?? <span className="ink-3">none</span>}</td>
      <td className="mono">{row.subject ?? <span className="ink-3">–</span>}</td>
      <td className="n strong">{count(row.count)}</td>
      <td className="refused-remedy">{row.remedy}</td>
    </tr>
  )
}
