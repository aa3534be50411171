import { EyeOff, Layers } from 'lucide-react'
import { useState } from 'react'
import type { RiskFindings, RiskReport, StudyView } from '@aquifer/core/contract'
import { useRisk } from '../../../api/risk-queries.js'
import { mayPreviewRisk } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { Select } from '../../../ui/fields.js'
import { moment } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { Cell, Share } from './cells.js'
import { CombinationsPanel } from './CombinationsPanel.js'
import { attributeNames, countWords, isHidden, knownWords, shareWords } from './figures.js'
import { GeneralizePanel } from './GeneralizePanel.js'
import { SizesChart } from './SizesChart.js'

/** How easily somebody is found among the masked people of a snapshot, by what an attacker may know of him. */
export function RiskPart({ study }: { study: StudyView }) {
  const [snapshot, look] = useState<string | null>(null)
  const risk = useRisk(study.id, snapshot)
  return (
    <LoadedPanel of={risk} rows={10}>
      {(report) => <Report report={report} look={look} isStale={risk.isPlaceholderData} />}
    </LoadedPanel>
  )
}

function Report({ report, look, isStale }: { report: RiskReport; look(snapshot: string | null): void; isStale: boolean }) {
  const { findings, snapshot } = report
  const me = useMe()
  if (findings === null || snapshot === null) {
    return (
      <section className="panel">
        <Empty icon={Layers} title="Nothing is published yet">
          The figures are of a published snapshot. They stand here when the first one is.
        </Empty>
      </section>
    )
  }
  const newest = report.snapshots[0] ?? snapshot
  return (
    <div className="privacy-column" aria-busy={isStale}>
      {report.detail === 'summary' && (
        <p className="notice info" role="status">
          <Icon of={EyeOff} />A summary: numbers below {report.threshold} are marks, and values of single people are not told.
        </p>
      )}
      <Panel
        title="Risk of being found"
        note={
          report.snapshots.length > 1 ? (
            <Select
              label="Snapshot"
              value={snapshot}
              choices={report.snapshots.map((id) => ({ id, label: id === newest ? `${moment(id)}, newest` : moment(id) }))}
              onChange={(id) => look(id === newest ? null : id)}
            />
          ) : null
        }
      >
        <Figures findings={findings} threshold={report.threshold} />
        <p className="basis sub num">
          <span>{countWords(findings.measures.people)} people</span>
          <span>snapshot {moment(snapshot)}</span>
          <span>{report.maskingPolicy}</span>
          <span className="cut">by {attributeNames(findings.attributes)}</span>
        </p>
      </Panel>
      <Panel title="People by the size of the group they hide in" note={<span className="sub">by what an attacker knows of them</span>}>
        <SizesChart findings={findings} threshold={report.threshold} />
        <SetsTable findings={findings} threshold={report.threshold} />
      </Panel>
      <CombinationsPanel findings={findings} threshold={report.threshold} />
      <GeneralizePanel key={snapshot} report={report} findings={findings} mayPreview={mayPreviewRisk(me) && snapshot === newest} />
    </div>
  )
}

function Figures({ findings: { measures, sensitive }, threshold }: { findings: RiskFindings; threshold: number }) {
  const { risk } = measures
  const figures = [
    { name: 'k, smallest group', value: countWords(measures.minimum), hidden: isHidden(measures.minimum) },
    { name: `in groups below ${threshold}`, value: shareWords(risk.above), hidden: risk.above === null },
    { name: 'alone in their group', value: countWords(measures.unique), hidden: isHidden(measures.unique) },
    { name: 'highest risk, prosecutor', value: shareWords(risk.highest), hidden: risk.highest === null },
    { name: 'mean risk, prosecutor', value: shareWords(risk.mean), hidden: risk.mean === null },
    ...(sensitive === null
      ? []
      : [{ name: `l, fewest different ${sensitive.table}`, value: countWords(sensitive.distinct), hidden: isHidden(sensitive.distinct) }]),
  ]
  return (
    <dl className="risk-figures">
      {figures.map(({ name, value, hidden }) => (
        <div key={name}>
          <dd className={hidden ? 'figure ink-3' : 'figure'}>{value}</dd>
          <dt className="sub">{name}</dt>
        </div>
      ))}
    </dl>
  )
}

/** The table behind the chart. */
function SetsTable({ findings, threshold }: { findings: RiskFindings; threshold: number }) {
  const rows = [{ attributes: findings.attributes, generalizations: [], measures: findings.measures }, ...findings.sets]
  return (
    <div className="wide-table">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">An attacker knows</th>
            <th scope="col" className="n">
              k
            </th>
            <th scope="col" className="n">
              Alone
            </th>
            <th scope="col" className="n">
              Below {threshold}
            </th>
            <th scope="col" className="n">
              Share below {threshold}
            </th>
            <th scope="col" className="n">
              Mean risk
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ attributes, generalizations, measures }, at) => (
            <tr key={at}>
              <td>{at === 0 ? `all ${attributes.length} attributes` : knownWords(attributes, generalizations)}</td>
              <Cell value={measures.minimum} />
              <Cell value={measures.unique} />
              <Cell value={measures.below} />
              <Share value={measures.risk.above} />
              <Share value={measures.risk.mean} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
