import { Ban, Clock, Hourglass, ShieldOff, type LucideIcon } from 'lucide-react'
import type { CohortCount } from '@aquifer/core/contract'
import { count } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'

type Told = CohortCount['people']
const told = (value: Told) => (typeof value === 'number' ? count(value) : value)
/** Nobody is no bar; a number that is not told is the least one. */
const width = (value: Told, of: Told) => {
  if (value === 0) return 0
  return typeof value === 'number' && typeof of === 'number' && of > 0 ? Math.max(1, (100 * value) / of) : 2
}

const causes: Record<CohortCount['governance'][number]['cause'], LucideIcon> = {
  'no-consent': ShieldOff,
  withdrawn: Ban,
  'under-age': Hourglass,
  held: Clock,
}

/** Rule by rule who is left, then, shaded, who is not among them whatever the rules say. */
export function Funnel({ answer }: { answer: CohortCount }) {
  return (
    <div className="funnel" data-report>
      <p>{answer.sentence}</p>
      {answer.notes.map((note) => (
        <p key={note} className="sub">
          {note}
        </p>
      ))}
      <table className="funnel-table">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col" className="n">
              Rule alone
            </th>
            <th scope="col" className="n">
              Left
            </th>
            <td />
          </tr>
        </thead>
        <tbody>
          <FunnelRow rule="everybody in the masked data" alone={null} after={answer.of} of={answer.of} />
          {answer.funnel.map((step, at) => (
            <FunnelRow key={at} rule={step.rule} alone={step.alone} after={step.after} of={answer.of} />
          ))}
        </tbody>
        <tbody className="funnel-governance">
          {answer.governance.map(({ cause, what, people }, at) => (
            <tr key={cause}>
              <th scope="row">
                <span className="row">
                  <Icon of={causes[cause]} size={12} />
                  {what}
                </span>
              </th>
              <td />
              <td className="n num">{people}</td>
              <td className="sub">{at === 0 && 'Not in the masked data, whatever the rules say'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function FunnelRow({ rule, alone, after, of }: { rule: string; alone: Told | null; after: Told; of: Told }) {
  return (
    <tr>
      <th scope="row">{rule}</th>
      <td className="n num" data-suppressed={typeof alone === 'string' || undefined}>
        {alone !== null && told(alone)}
      </td>
      <td className="n num" data-suppressed={typeof after === 'string' || undefined}>
        <b>{told(after)}</b>
      </td>
      <td className="funnel-bar" aria-hidden>
        <i style={{ width: `${width(after, of)}%` }} />
      </td>
    </tr>
  )
}
