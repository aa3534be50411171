import { Building2 } from 'lucide-react'
import { Button } from 'react-aria-components'
import type { QualityReport, QualitySite } from '@aquifer/core/contract'
import { count, plural } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty } from '../../ui/states.js'
import { Share, Weeks } from './figures.js'
import { found, percent, spanWords } from './words.js'

/** A press on a site narrows the checks below to it. `site` undefined: all of them. */
export function SitesTable({
  report,
  site,
  onSite,
}: {
  report: QualityReport
  site: string | null | undefined
  onSite: (site: string | null | undefined) => void
}) {
  const rows = report.sites.toSorted((a, b) => b.resources - a.resources)
  return (
    <Panel title="By site" note={<span className="sub">{plural(rows.length, 'site')}; press one to see its findings alone</span>}>
      {rows.length === 0 ? (
        <Empty icon={Building2} title="No site is within your reach">
          An administrator adds you to one.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Site</th>
              <th scope="col">Arrivals, 12 weeks</th>
              {['Resources', 'People', 'Without data'].map((name) => (
                <th key={name} scope="col" className="n">
                  {name}
                </th>
              ))}
              <th scope="col">Complete</th>
              {['Half within', '95 % within', 'Findings', 'Per 1,000'].map((name) => (
                <th key={name} scope="col" className="n">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={row.site ?? ''}
                row={row}
                chosen={row.site === site}
                onPress={() => onSite(row.site === site ? undefined : row.site)}
              />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

function Row({ row, chosen, onPress }: { row: QualitySite; chosen: boolean; onPress: () => void }) {
  const findings = found(row)
  return (
    <tr data-chosen={chosen || undefined}>
      <th scope="row">
        <Button className="quality-site" aria-pressed={chosen} onPress={onPress}>
          <span className="medium">{row.site ?? 'No site'}</span>
          {row.site !== null && row.name !== row.site && <span className="sub cut">{row.name}</span>}
        </Button>
      </th>
      <td>
        <Weeks weeks={row.weeks} />
      </td>
      <td className="n">{count(row.resources)}</td>
      <td className="n">{count(row.people)}</td>
      <td className={row.withoutData === 0 ? 'n ink-3' : 'n'}>{count(row.withoutData)}</td>
      <td>
        <Share value={row.completeness} />
      </td>
      <td className="n">{spanWords(row.delay.half)}</td>
      <td className="n">{spanWords(row.delay.most)}</td>
      <td className={findings === 0 ? 'n ink-3' : 'n strong'}>{count(findings)}</td>
      <td className="n ink-3">{row.resources === 0 ? '∅' : percent((1000 * findings) / row.resources)}</td>
    </tr>
  )
}
