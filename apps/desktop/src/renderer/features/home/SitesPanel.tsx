import { Link } from 'react-router'
import type { StudyView } from '@aquifer/core/contract'
import { useConsent } from '../../api/queries.js'
import { paths } from '../../paths.js'
import { count } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'

const most = 9

export function SitesPanel({ study }: { study: StudyView }) {
  const sites = useConsent(study.id, null).data?.bySite.filter((row) => row.enrolled > 0) ?? []
  if (sites.length === 0) return null
  return (
    <Panel
      title="Active consent by site"
      note={<span className="sub">of the people enrolled there</span>}
      actions={
        <Link to={paths.consent} className="small">
          All sites
        </Link>
      }
    >
      <ul className="sites-list">
        {sites
          .toSorted((a, b) => b.enrolled - a.enrolled)
          .slice(0, most)
          .map((row) => (
            <li key={row.site ?? ''} className="row">
              <span className="cut sites-name">{row.site ?? 'no site'}</span>
              <span className="sites-bar" aria-hidden>
                <i style={{ width: `${(100 * row.active) / row.enrolled}%` }} />
              </span>
              <span className="num">
                <b className="strong">{count(row.active)}</b> <span className="ink-2">of {count(row.enrolled)}</span>
              </span>
            </li>
          ))}
      </ul>
    </Panel>
  )
}
