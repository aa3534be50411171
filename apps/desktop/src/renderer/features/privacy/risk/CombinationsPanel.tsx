import { CircleCheck } from 'lucide-react'
import type { RiskFindings } from '@aquifer/core/contract'
import { Panel } from '../../../ui/Panel.js'
import { Empty } from '../../../ui/states.js'
import { attributeName, attributeNames, countWords } from './figures.js'
import { Cell } from './cells.js'

const most = 10

/** Which few attributes together give people away, and, for who may see it, by which values. */
export function CombinationsPanel({ findings: { combinations }, threshold }: { findings: RiskFindings; threshold: number }) {
  const { worst, patterns, upTo } = combinations
  return (
    <Panel title="Worst combinations" note={<span className="sub">of up to {upTo} attributes</span>}>
      {worst.length === 0 ? (
        <Empty icon={CircleCheck} title="None tells anybody apart">
          No combination of up to {upTo} attributes leaves a group of fewer than {threshold} people.
        </Empty>
      ) : (
        <div className={patterns === null ? undefined : 'risk-two'}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Attributes</th>
                <th scope="col" className="n">
                  People alone by them
                </th>
                <th scope="col" className="n">
                  and by no fewer
                </th>
              </tr>
            </thead>
            <tbody>
              {worst.slice(0, most).map(({ attributes, unique, minimal }) => (
                <tr key={attributes.join(' ')}>
                  <td>{attributeNames(attributes)}</td>
                  <Cell value={unique} />
                  <Cell value={minimal} />
                </tr>
              ))}
            </tbody>
          </table>
          {patterns !== null && (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Values that are easiest to find</th>
                  <th scope="col" className="n">
                    People
                  </th>
                </tr>
              </thead>
              <tbody>
                {patterns.slice(0, most).map(({ values, people }, at) => (
                  <tr key={at}>
                    <td>
                      {values.map(({ attribute, value }) => (
                        <span key={attribute} className="pattern">
                          {attributeName(attribute)} <span className="mono">{value ?? '∅'}</span>
                        </span>
                      ))}
                    </td>
                    <td className="n">{countWords(people)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
    </Panel>
  )
}
