import type { ConsentState, ConsentSummary } from '@aquifer/core/contract'
import { badgeIcon } from '../../ui/Badge.js'
import { count, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'

interface Look {
  name: string
  tone: string
  /** What it means for data that arrives. */
  means: string
}

export const statusLooks: Record<ConsentState, Look> = {
  active: { name: 'Active', tone: 'ok', means: 'data enters' },
  proposed: { name: 'Asked', tone: 'info', means: 'not signed yet' },
  suspended: { name: 'Suspended', tone: 'warn', means: 'nothing enters' },
  withdrawn: { name: 'Withdrawn', tone: 'bad', means: 'nothing enters' },
  expired: { name: 'Expired', tone: 'idle', means: 'to be renewed' },
  missing: { name: 'Missing', tone: 'idle', means: 'never asked' },
}
const order: ConsentState[] = ['active', 'proposed', 'suspended', 'withdrawn', 'expired', 'missing']

export function StatusPanel({ summary }: { summary: ConsentSummary }) {
  const { enrolled, byStatus } = summary.total
  return (
    <section className="panel status" aria-labelledby="status-title">
      <header className="status-head">
        <h2 id="status-title" className="panel-title row" style={{ alignItems: 'baseline', gap: 10 }}>
          <span className="figure">{count(byStatus.active)}</span>
          <span className="status-word">of {plural(enrolled, 'person', 'people')} with every required consent active</span>
        </h2>
        <span className="sub">
          {summary.required.length === 0 ? 'this study requires none' : `required: ${summary.required.join(', ')}`}
        </span>
      </header>
      <div className="status-track" aria-hidden>
        {order.map(
          (state) => byStatus[state] > 0 && <i key={state} className={statusLooks[state].tone} style={{ flexGrow: byStatus[state] }} />,
        )}
      </div>
      <ul className="status-list">
        {order.map((state) => {
          const look = statusLooks[state]
          return (
            <li key={state}>
              <p className="row" style={{ gap: 5 }}>
                <Icon of={badgeIcon(state)} className={`mark-${look.tone}`} />
                <span className="ink-2">{look.name}</span>
              </p>
              <p className="status-count num">{count(byStatus[state])}</p>
              <p className="sub">{look.means}</p>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
