import { Users } from 'lucide-react'
import type { FunnelView, StudyView } from '@aquifer/core/contract'
import { useFunnel } from '../../api/consent-queries.js'
import { count, monthWords } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { ParticipantsPanel } from './ParticipantsPanel.js'

type Row = FunnelView['total']

/** How many came how far, against what each site planned. */
export function FunnelPanel({ study }: { study: StudyView }) {
  const funnel = useFunnel(study.id)
  const { data } = funnel
  return (
    <>
      <Panel title="Funnel by site" note={<span className="sub">people who came this far, whatever came after</span>}>
        {data === undefined ? (
          funnel.error ? (
            <Failure error={funnel.error} retry={() => void funnel.refetch()} />
          ) : (
            <SkeletonRows />
          )
        ) : data.total.reached.invited === 0 ? (
          <Empty icon={Users} title="Nobody is in the log yet">
            It begins with an invitation, a screening, or data of a person.
          </Empty>
        ) : (
          <FunnelTable funnel={data} />
        )}
      </Panel>
      {data && data.overTime.length > 0 && <Months funnel={data} />}
      <ParticipantsPanel study={study} />
    </>
  )
}

function FunnelTable({ funnel }: { funnel: FunnelView }) {
  const most = Math.max(1, ...funnel.bySite.map(({ reached, target }) => Math.max(reached.invited, target ?? 0)))
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Site</th>
          <th scope="col">
            <span className="visually-hidden">Share</span>
          </th>
          {['Invited', 'Screened', 'Enrolled', 'Completed', 'Discontinued', 'Lost', 'Plan', 'Of plan'].map((name) => (
            <th key={name} scope="col" className="n">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {funnel.bySite.map((row) => (
          <SiteRow key={row.site ?? ''} row={row} name={row.site ?? 'No site'} most={most} />
        ))}
      </tbody>
      <tfoot>
        <SiteRow row={funnel.total} name="All sites" most={null} />
      </tfoot>
    </table>
  )
}

function SiteRow({ row, name, most }: { row: Row; name: string; most: number | null }) {
  const { reached, standing, target } = row
  const share = (value: number) => ({ width: `${(100 * value) / (most ?? 1)}%` })
  return (
    <tr>
      <td>{name}</td>
      <td>
        {most !== null && (
          <div className="funnel-bar" aria-hidden>
            <i className="screened" style={share(reached.screened)} />
            <i className="enrolled" style={share(reached.enrolled)} />
            {target !== null && <i className="plan" style={{ left: share(target).width }} />}
          </div>
        )}
      </td>
      <td className="n">{count(reached.invited)}</td>
      <td className="n">{count(reached.screened)}</td>
      <td className="n strong">{count(reached.enrolled)}</td>
      <td className="n">{count(reached.completed)}</td>
      <td className="n">{count(standing.discontinued)}</td>
      <td className="n">{count(standing['lost-to-follow-up'])}</td>
      <td className="n">{target === null ? <span className="ink-3">none</span> : count(target)}</td>
      <td className="n">{target === null || target === 0 ? '' : `${Math.round((100 * reached.enrolled) / target)} %`}</td>
    </tr>
  )
}

function Months({ funnel }: { funnel: FunnelView }) {
  return (
    <Panel title="By month" note={<span className="sub">when people came this far</span>}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Month</th>
            {['Invited', 'Screened', 'Enrolled', 'Completed'].map((name) => (
              <th key={name} scope="col" className="n">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {funnel.overTime.toReversed().map(({ month, invited, screened, enrolled, completed }) => (
            <tr key={month}>
              <td className="num">{monthWords(month)}</td>
              <td className="n">{count(invited)}</td>
              <td className="n">{count(screened)}</td>
              <td className="n strong">{count(enrolled)}</td>
              <td className="n">{count(completed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
