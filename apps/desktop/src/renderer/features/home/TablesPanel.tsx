import { Table2 } from 'lucide-react'
import { Link } from 'react-router'
import type { StudyView } from '@aquifer/core/contract'
import { useCatalogue } from '../../api/queries.js'
import { paths } from '../../paths.js'
import { Badge } from '../../ui/Badge.js'
import { Panel } from '../../ui/Panel.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { sizeOf, sizeText } from '../catalogue/sizes.js'

const most = 14

/** What there is to ask, by size. */
export function TablesPanel({ study }: { study: StudyView }) {
  const catalogue = useCatalogue(study.id)
  // What is made of these tables (measurements, a study's own views, code lists) is found in the catalogue.
  const all = catalogue.data?.tables ?? []
  const tables = all
    .flatMap((table) => {
      const size = table.kind === 'flat' ? sizeOf(table, all) : null
      return size === null ? [] : [{ name: table.name, size }]
    })
    .toSorted((a, b) => b.size.rows - a.size.rows)
  const largest = tables[0]?.size.rows ?? 1
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
                <i style={{ width: `${barOf(table.size.rows, largest)}%` }} />
              </span>
              <span className="num strong tables-count">{sizeText(table.size)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

// A length is read as an amount: half the rows, half the bar. An empty table has none.
const barOf = (rows: number, largest: number): number => (rows === 0 ? 0 : Math.max(2, (100 * rows) / largest))
