import type { TableProfile } from '@aquifer/core/contract'
import { useTableProfile } from '../../../api/catalogue-queries.js'
import { TinyHistogram } from '../../catalogue/TinyHistogram.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import type { Lineage } from '../lineage.js'

interface Props {
  study: string
  tables: Lineage['tables']
  columns: Lineage['columns']
}

/** The columns that a result reads, as they lie in their tables. */
export function ProfilePart({ study, tables, columns }: Props) {
  if (tables.length === 0) return <p className="inspector-none sub">The statement names no table of the catalogue.</p>
  const used = new Set(columns.map((column) => column.name))
  return (
    <>
      {tables.map((table) => (
        <TablePart key={table.name} study={study} table={table.name} used={used} />
      ))}
    </>
  )
}

function TablePart({ study, table, used }: { study: string; table: string; used: ReadonlySet<string> }) {
  const profile = useTableProfile(study, table)
  return (
    <section aria-label={`Profile of ${table}`} className="inspector-profile">
      <h3 className="panel-title mono">{table}</h3>
      {profile.data ? (
        <Columns profile={profile.data} used={used} />
      ) : profile.error ? (
        <Failure error={profile.error} retry={() => void profile.refetch()} />
      ) : (
        <SkeletonRows />
      )}
    </section>
  )
}

function Columns({ profile, used }: { profile: TableProfile; used: ReadonlySet<string> }) {
  const columns = profile.columns.filter((column) => used.has(column.name))
  return (
    <dl>
      {columns.map((column) => (
        <div key={column.name}>
          <dt className="mono cut">{column.name}</dt>
          <dd className="num ink-2">{column.filled === null ? 'fill hidden' : `${Math.round(column.filled * 100)} % filled`}</dd>
          <dd className="end">
            <TinyHistogram column={column} unit={profile.unit} />
          </dd>
        </div>
      ))}
      {columns.length === 0 && <p className="sub">No column of it is named; all are read.</p>}
    </dl>
  )
}
