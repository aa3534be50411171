import { FileSignature } from 'lucide-react'
import type { ConsentSummary } from '@aquifer/core/contract'
import { Tag } from '../../ui/Badge.js'
import { count } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty } from '../../ui/states.js'

/** Which consent people gave: required ones first. */
export function TypesTable({ summary }: { summary: ConsentSummary }) {
  const required = new Set(summary.required)
  const rows = summary.byType.toSorted(
    (a, b) => Number(required.has(b.type)) - Number(required.has(a.type)) || a.type.localeCompare(b.type),
  )
  return (
    <Panel title="By consent type" note={<span className="sub">people</span>}>
      {rows.length === 0 ? (
        <Empty icon={FileSignature} title="No consent recorded yet">
          A type appears with its first decision.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Type</th>
              <th scope="col" className="n">
                Active
              </th>
              <th scope="col" className="n">
                Withdrawn
              </th>
              <th scope="col" className="n">
                Expired
              </th>
              <th scope="col" className="n">
                Missing
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.type}>
                <th scope="row" className="sites-row-head">
                  {row.type} {required.has(row.type) && <Tag>required</Tag>}
                </th>
                <td className="n strong">{count(row.active)}</td>
                <td className="n">{count(row.withdrawn)}</td>
                <td className="n">{count(row.expired)}</td>
                <td className="n">{count(row.missing)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
