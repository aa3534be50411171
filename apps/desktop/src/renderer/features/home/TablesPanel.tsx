import { Table2 } from 'lucide-react'
import { Link } from 'react-router'
import type { StudyView } from '@aquifer/core/contract'
import { useCatalogue } from '../../api/queries.js'
import { paths } from '../../paths.js'
import { Badge } from '../../ui/Badge.js'
import { count } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'

const most = 14
// Their rows are not counted: parts of a resource are rows, too, so that there are more than resources of the type.
const unfolded = new Set(['observations', 'questionnaire_answers'])

/** What there is to ask, by size. */
export function TablesPanel({ study }: { study: StudyView }) {
  const catalogue = useCatalogue(study.id)
  // What is made of these tables (measurements, a study's own views, code lists) is found in the catalogue.
  const tables = (catalogue.data?.tables ?? [])
    .filter((table) => table.kind === 'flat' && (table.rows !== null || unfolded.has(table.name)))
    .toSorted((a, b) => (b.rows ?? Number.MAX_VALUE) - (a.rows ?? Number.MAX_VALUE))
  const largest = tables.reduce((most, table) => Math.max(most, table.rows ?? 0), 1)
  return (
    <Panel
      title="What you can ask"
      actions={
        <>
          <Link to={paths.catalogue} className="small">
            Catalogue
          </Link>
          <Badge kind="masked">Masked</Badge>
        </>
      }
    >
      {catalogue.data === undefined ? (
        catalogue.error ? (
          <Failure error={catalogue.error} retry={() => void catalogue.refetch()} />
        ) : (
          <SkeletonRows />
        )
      ) : tables.length === 0 ? (
        <Empty icon={Table2} title="Nothing published yet">
          Tables appear as soon as the first data has come through masking.
        </Empty>
      ) : (
        <ul className="tables-list">
          {tables.slice(0, most).map((table) => (
            <li key={table.name} className="row">
              <Link to={paths.catalogueTable(table.name)} className="cut tables-name">
                {table.name}
              </Link>
              <span className="tables-bar" aria-hidden>
                <i style={{ width: `${table.rows === null ? 100 : Math.max(1, 100 * Math.sqrt(table.rows / largest))}%` }} />
              </span>
              <span className="num strong tables-count">
                {table.rows === null ? <span className="sub">largest</span> : count(table.rows)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
