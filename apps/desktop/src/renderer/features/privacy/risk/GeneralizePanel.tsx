import { ArrowRight, LoaderCircle } from 'lucide-react'
import { useState } from 'react'
import type { RiskEffect, RiskFindings, RiskMeasures, RiskReport } from '@aquifer/core/contract'
import { useRiskPreview } from '../../../api/risk-queries.js'
import { Button } from '../../../ui/Button.js'
import { Several } from '../../../ui/fields.js'
import { Icon } from '../../../ui/Icon.js'
import { Panel } from '../../../ui/Panel.js'
import { Failure } from '../../../ui/states.js'
import { choose, countWords, generalizationWords, keyOf, shareWords, type Generalization } from './figures.js'
import { Cell, Share } from './cells.js'

/** What saying less would change: each step alone, and those chosen together. */
export function GeneralizePanel({ report, findings, mayPreview }: { report: RiskReport; findings: RiskFindings; mayPreview: boolean }) {
  const [chosen, setChosen] = useState<Generalization[]>([])
  const steps = findings.effects.flatMap(({ generalizations }) => generalizations)
  const found = findings.path.at(-1)?.generalizations ?? []
  return (
    <Panel
      title="If less were told"
      note={<span className="sub">nothing is stored, and no policy is changed</span>}
      actions={
        mayPreview &&
        found.length > 0 && <Button onPress={() => setChosen(found)}>Choose what leaves nobody below {report.threshold}</Button>
      }
    >
      {mayPreview && (
        <div className="preview">
          <Several
            label="Together"
            value={chosen.map(keyOf)}
            choices={steps.map((step) => ({ id: keyOf(step), label: generalizationWords(step) }))}
            onChange={(keys) =>
              setChosen(
                choose(
                  chosen,
                  steps.filter((step) => keys.includes(keyOf(step))),
                ),
              )
            }
            note={chosen.length === 0 ? 'Choose what would be told less exactly, and see what it changes.' : undefined}
          />
          {chosen.length > 0 && <Preview study={report.study} chosen={chosen} />}
        </div>
      )}
      <EffectsTable effects={findings.effects} threshold={report.threshold} />
    </Panel>
  )
}

function Preview({ study, chosen }: { study: string; chosen: Generalization[] }) {
  const preview = useRiskPreview({ study, generalizations: chosen })
  if (preview.data === undefined) {
    return preview.error ? (
      <Failure error={preview.error} retry={() => void preview.refetch()} />
    ) : (
      <p className="sub row" role="status">
        <Icon of={LoaderCircle} className="turning" />
        Counting
      </p>
    )
  }
  const { before, after, loss, threshold } = preview.data
  const told: { name: string; of(measures: RiskMeasures): string }[] = [
    { name: 'k', of: ({ minimum }) => countWords(minimum) },
    { name: 'alone', of: ({ unique }) => countWords(unique) },
    { name: `below ${threshold}`, of: ({ risk }) => shareWords(risk.above) },
    { name: 'mean risk', of: ({ risk }) => shareWords(risk.mean) },
  ]
  return (
    <dl className="preview-answer" aria-label="Effect" aria-busy={preview.isPlaceholderData}>
      {told.map(({ name, of }) => (
        <div key={name}>
          <dt className="sub">{name}</dt>
          <dd className="row num">
            <span className="ink-3">{of(before)}</span>
            <Icon of={ArrowRight} size={12} className="ink-3" />
            <span className="visually-hidden">then</span>
            <span className="strong">{of(after)}</span>
          </dd>
        </div>
      ))}
      <div>
        <dt className="sub">information lost</dt>
        <dd className="num strong">{shareWords(loss)}</dd>
      </div>
    </dl>
  )
}

function EffectsTable({ effects, threshold }: { effects: readonly RiskEffect[]; threshold: number }) {
  return (
    <div className="wide-table">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">One step alone</th>
            <th scope="col" className="n">
              k
            </th>
            <th scope="col" className="n">
              Alone
            </th>
            <th scope="col" className="n">
              Share below {threshold}
            </th>
            <th scope="col" className="n">
              Mean risk
            </th>
            <th scope="col" className="n">
              Information lost
            </th>
          </tr>
        </thead>
        <tbody>
          {effects.map(({ generalizations, measures, loss }) => (
            <tr key={generalizations.map(keyOf).join(' ')}>
              <td>{generalizations.map(generalizationWords).join(', ')}</td>
              <Cell value={measures.minimum} />
              <Cell value={measures.unique} />
              <Share value={measures.risk.above} />
              <Share value={measures.risk.mean} />
              <td className="n">{shareWords(loss)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
