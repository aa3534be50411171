import { NotebookPen, Play, Table2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Catalogue, CatalogueTable, TableProfile } from '@aquifer/core/contract'
import { useTableProfile } from '../../api/catalogue-queries.js'
import { paths } from '../../paths.js'
import { Badge } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { count, moment, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Empty, Failure } from '../../ui/states.js'
import { useCountsOnly } from '../notebook/CountsOnly.js'
import { aboutTable } from '../notebook/example.js'
import { useCreateNotebook } from '../notebook/useCreateNotebook.js'
import { ColumnsTable } from './ColumnsTable.js'

/** One table: what each column is, how full, how spread, what masking left of it, and who asks for it. */
export function TableView({ catalogue, name, actions }: { catalogue: Catalogue; name: string; actions?: ReactNode }) {
  const table = catalogue.tables.find((each) => each.name === name)
  const { create, busy } = useCreateNotebook(catalogue.study)
  const counts = useCountsOnly()
  const isCounted = !counts && table !== undefined && table.kind !== 'file' && catalogue.snapshot !== null
  const profile = useTableProfile(catalogue.study, name, isCounted)
  if (table === undefined) {
    return (
      <Empty icon={Table2} title={`There is no table ${name} now`}>
        It may have been a file that was removed, or a view that ended. The catalogue lists what there is.
      </Empty>
    )
  }
  const source = aboutTable(table, counts)
  return (
    <article className="table-view" aria-label={`Table ${table.name}`}>
      <header className="row table-view-head">
        <div className="grow">
          <h2 className="mono">{table.name}</h2>
          <p className="ink-2">{sizeWords(table, profile.data, counts)}</p>
        </div>
        <Badge kind="masked">Masked</Badge>
        {actions}
        {source !== null && (
          <Button
            icon={Play}
            onPress={() => create({ title: `About ${table.name}`, cells: [{ kind: 'sql', name: 'result', source }] })}
            isDisabled={busy}
          >
            Query in a notebook
          </Button>
        )}
      </header>
      {profile.error && <Failure error={profile.error} retry={() => void profile.refetch()} />}
      {table.columns.length === 0 ? (
        <Empty icon={Table2} title="Its columns are known when it is read">
          A file keeps the columns it came with: a first statement on it shows them.
        </Empty>
      ) : (
        <ColumnsTable table={table} profile={profile.data} told={!counts} busy={isCounted && profile.isPending} />
      )}
      {profile.data && <Basis profile={profile.data} />}
      {profile.data && <UsedIn profile={profile.data} />}
    </article>
  )
}

function sizeWords(table: CatalogueTable, profile: TableProfile | undefined, rounded: boolean): string {
  const size = [
    table.rows === null ? null : `${rounded ? 'about ' : ''}${plural(table.rows, 'row')}`,
    profile === undefined || profile.unit === 'rows' ? null : `${told(profile.counted)} people`,
    plural(table.columns.length, 'column'),
  ]
  return [table.description, size.filter(Boolean).join(', ')].filter(Boolean).join(': ')
}

const told = (value: number | string): string => (typeof value === 'number' ? `about ${count(value)}` : value)

function Basis({ profile }: { profile: TableProfile }) {
  return (
    <footer className="table-view-basis sub num">
      <span>snapshot {moment(profile.snapshot)}</span>
      <span>{profile.maskingPolicy}</span>
      <span>
        counts of {profile.unit}, to the nearest {profile.rounding}
      </span>
      <span className="row">
        <i className="hatch-key" aria-hidden /> fewer than {profile.threshold}, or hidden beside one that is
      </span>
    </footer>
  )
}

function UsedIn({ profile }: { profile: TableProfile }) {
  return (
    <section aria-labelledby="used-in" className="table-view-used">
      <h3 id="used-in" className="panel-title">
        {profile.usedIn.length === 0 ? 'No notebook uses it yet' : `Used in ${plural(profile.usedIn.length, 'notebook')}`}
      </h3>
      <ul>
        {profile.usedIn.map((notebook) => (
          <li key={notebook.id} className="row">
            <a className="row" href={`#${paths.notebook(notebook.id)}`}>
              <Icon of={NotebookPen} className="ink-3" />
              <span className="cut">{notebook.title}</span>
            </a>
            <span className="sub mono cut">{notebook.columns.join(', ')}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
