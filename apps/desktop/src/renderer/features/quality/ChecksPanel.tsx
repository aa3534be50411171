import { ChevronRight, CircleCheck, TriangleAlert } from 'lucide-react'
import { useId, useState } from 'react'
import { Button } from 'react-aria-components'
import type { QualityFinding, QualityReport } from '@aquifer/core/contract'
import { Button as Action } from '../../ui/Button.js'
import { count, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Panel } from '../../ui/Panel.js'
import { senderName } from './words.js'

type Check = QualityReport['limits'][number]

/** Every check with how much it found; open, what it found by type and code, and what mends it. */
export function ChecksPanel({ report, site, onAll }: { report: QualityReport; site: string | null | undefined; onAll: () => void }) {
  const [open, setOpen] = useState<string | null>(null)
  const findings = report.findings.filter((each) => site === undefined || each.site === site)
  const most = Math.max(1, ...report.limits.map(({ id }) => sum(findings, id)))
  return (
    <Panel
      title="Checks"
      note={<span className="sub">{site === undefined ? 'all sites' : (site ?? 'no site')}</span>}
      actions={site !== undefined && <Action onPress={onAll}>All sites</Action>}
    >
      <ul>
        {report.limits.map((check) => (
          <CheckRow
            key={check.id}
            check={check}
            most={most}
            total={sum(findings, check.id)}
            findings={findings.filter((each) => each.check === check.id)}
            open={open === check.id}
            onToggle={() => setOpen(open === check.id ? null : check.id)}
          />
        ))}
      </ul>
    </Panel>
  )
}

const sum = (findings: readonly QualityFinding[], id: string): number =>
  findings.reduce((all, { check, count: each }) => all + (check === id ? each : 0), 0)

function CheckRow(props: {
  check: Check
  most: number
  total: number
  findings: readonly QualityFinding[]
  open: boolean
  onToggle: () => void
}) {
  const { check, most, total, findings, open, onToggle } = props
  const id = useId()
  return (
    <li className="quality-check">
      <Button className="quality-check-row" aria-expanded={open} aria-controls={id} onPress={onToggle}>
        <Icon of={ChevronRight} size={14} className="quality-turn" />
        <Icon of={total === 0 ? CircleCheck : TriangleAlert} className={total === 0 ? 'quality-good' : 'quality-bad'} />
        <span className="medium quality-check-name">{check.name}</span>
        <span className="sub cut grow">{check.what}</span>
        <span className="quality-bar" aria-hidden>
          <i style={{ width: `${(100 * total) / most}%` }} />
        </span>
        <span className={total === 0 ? 'num quality-total ink-3' : 'num quality-total strong'}>{total === 0 ? 'none' : count(total)}</span>
      </Button>
      {open && (
        <div id={id} className="quality-detail">
          <p className="small">
            Threshold: <span className="medium">{check.threshold}</span>. {check.remedy}
          </p>
          {findings.length > 0 && <Findings findings={findings} />}
        </div>
      )}
    </li>
  )
}

const shown = 50

function Findings({ findings }: { findings: readonly QualityFinding[] }) {
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col">Sender</th>
            <th scope="col">Type</th>
            <th scope="col">Code or element</th>
            <th scope="col" className="n">
              Found
            </th>
            <th scope="col" className="n">
              Of
            </th>
          </tr>
        </thead>
        <tbody>
          {findings.slice(0, shown).map((each) => (
            <tr key={JSON.stringify([each.site, each.sender, each.app, each.type, each.code])}>
              <td>{each.site ?? 'No site'}</td>
              <td>
                {senderName(each.sender)}
                {each.app !== null && <span className="sub"> {each.app}</span>}
              </td>
              <td>{each.type}</td>
              <td>
                <span className="mono">{each.code === '' ? '∅' : each.code}</span>
                {each.name !== null && <span className="sub"> {each.name}</span>}
              </td>
              <td className="n strong">{count(each.count)}</td>
              <td className="n ink-3">{each.of === null ? '∅' : count(each.of)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {findings.length > shown && <p className="sub">{plural(findings.length - shown, 'smaller one')} more; the command line has all.</p>}
    </>
  )
}
