import { Building2 } from 'lucide-react'
import type { ConsentSummary } from '@aquifer/core/contract'
import { count } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty } from '../../ui/states.js'

export function SitesTable({ summary }: { summary: ConsentSummary }) {
  const rows = summary.bySite.toSorted((a, b) => b.enrolled - a.enrolled)
  const largest = rows.reduce((most, row) => Math.max(most, row.enrolled), 1)
  const { enrolled, byStatus } = summary.total
  return (
    <Panel
      title="Consent by site"
      actions={
        <span className="sites-key sub">
          <span className="row">
            <i className="sites-swatch enrolled" /> enrolled
          </span>
          <span className="row">
            <i className="sites-swatch active" /> active
          </span>
        </span>
      }
    >
      {rows.length === 0 ? (
        <Empty icon={Building2} title="Nobody is enrolled yet">
          A site appears with its first person.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Site</th>
              <th scope="col" className="sites-track-head">
                <span className="visually-hidden">Share</span>
              </th>
              {heads.map(({ name }) => (
                <th key={name} scope="col" className="n">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <SiteRow key={row.site ?? ''} row={row} largest={largest} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td>All {rows.length === 1 ? 'of 1 site' : `${rows.length} sites`}</td>
              <td />
              {heads.map(({ name, key }) => (
                <td key={name} className="n">
                  {count(key === 'enrolled' ? enrolled : byStatus[key])}
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      )}
    </Panel>
  )
}

function SiteRow({ row, largest }: { row: ConsentSummary['bySite'][number]; largest: number }) {
  return (
    <tr>
      <th scope="row" className="sites-row-head">
        {row.site ?? 'no site'}
      </th>
      <td>
        <span className="sites-track" aria-hidden>
          <i className="enrolled" style={{ width: `${(100 * row.enrolled) / largest}%` }} />
          <i className="active" style={{ width: `${(100 * row.active) / largest}%` }} />
        </span>
      </td>
      {heads.map(({ name, key, strong }) => (
        <td key={name} className={strong ? 'n strong' : row[key] === 0 ? 'n ink-3' : 'n'}>
          {count(row[key])}
        </td>
      ))}
    </tr>
  )
}

const heads = [
  { name: 'Enrolled', key: 'enrolled', strong: false },
  { name: 'Active', key: 'active', strong: true },
  { name: 'Asked', key: 'proposed', strong: false },
  { name: 'Suspended', key: 'suspended', strong: false },
  { name: 'Withdrawn', key: 'withdrawn', strong: false },
  { name: 'Expired', key: 'expired', strong: false },
  { name: 'Missing', key: 'missing', strong: false },
] as const
