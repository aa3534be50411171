import './catalogue.css'
import { Columns2, Database, Download, Table2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { toast } from 'sonner'
import type { Catalogue, CatalogueTable } from '@aquifer/core/contract'
import { codebookPath } from '../../api/catalogue-queries.js'
import { useCatalogue } from '../../api/queries.js'
import { useApi, useStudy } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Badge } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { SearchField } from '../../ui/fields.js'
import { plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { MenuButton } from '../../ui/menus.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { tellFailure } from '../../ui/tell.js'
import { CountsOnlyNote, useCountsOnly } from '../notebook/CountsOnly.js'
import { download } from '../notebook/csv.js'
import { searchTables } from './order.js'
import { isEmpty, sizeWord } from './sizes.js'
import { TableView } from './TableView.js'

export default function CataloguePage() {
  const study = useStudy()
  const { table } = useParams()
  const catalogue = useCatalogue(study?.id)
  if (study === undefined) {
    return (
      <div className="page">
        <Empty icon={Database} title="You belong to no study yet">
          An administrator adds you to one; it appears here at your next sign-in.
        </Empty>
      </div>
    )
  }
  return (
    <div className="catalogue-page">
      {catalogue.data ? (
        <Contents key={study.id} catalogue={catalogue.data} name={study.name} chosen={table} />
      ) : (
        <div className="page">
          <h1>Catalogue</h1>
          {catalogue.error ? <Failure error={catalogue.error} retry={() => void catalogue.refetch()} /> : <SkeletonRows rows={10} />}
        </div>
      )}
    </div>
  )
}

const groups: { kind: CatalogueTable['kind']; title: string }[] = [
  { kind: 'flat', title: 'Tables' },
  { kind: 'file', title: 'Files' },
  { kind: 'nested', title: 'FHIR types, nested' },
]

function Contents({ catalogue, name, chosen }: { catalogue: Catalogue; name: string; chosen: string | undefined }) {
  const [text, setText] = useState('')
  const counts = useCountsOnly()
  const navigate = useNavigate()
  const found = useMemo(() => searchTables(catalogue.tables, text.trim().toLowerCase()), [catalogue.tables, text])
  const shown = chosen ?? catalogue.tables.find((table) => table.name === 'patients')?.name ?? catalogue.tables[0]?.name
  return (
    <>
      <header className="row catalogue-head">
        <div className="grow">
          <h1>Catalogue</h1>
          <p className="ink-2">
            {name}: {counts && 'about '}
            {plural(catalogue.people, 'person', 'people')}, {plural(catalogue.resources, 'resource')} behind masking
          </p>
          <CountsOnlyNote />
        </div>
        <Badge kind="masked">{catalogue.maskingPolicy}</Badge>
        {!counts && <CodebookMenu study={catalogue.study} />}
      </header>
      <div className="catalogue-body">
        <nav className="catalogue-list" aria-label="Tables">
          <div className="side-search">
            <SearchField label="Find a table or column" value={text} onChange={setText} />
          </div>
          {found.length === 0 && <p className="side-none sub">Nothing is called {text.trim()}.</p>}
          {groups.map((group) => (
            <TableLinks
              key={group.kind}
              title={group.title}
              tables={found.filter((table) => table.kind === group.kind)}
              all={catalogue.tables}
              shown={shown}
            />
          ))}
        </nav>
        {shown === undefined ? (
          <Empty icon={Table2} title="Nothing published yet">
            Tables appear as soon as the first data has come through masking.
          </Empty>
        ) : (
          <TableView
            key={shown}
            catalogue={catalogue}
            name={shown}
            actions={
              <Button look="quiet" icon={Columns2} onPress={() => void navigate(paths.notebookTable(shown))}>
                Open as a tab
              </Button>
            }
          />
        )}
      </div>
    </>
  )
}

interface TableLinksProps {
  title: string
  tables: CatalogueTable[]
  all: CatalogueTable[]
  shown: string | undefined
}

function TableLinks({ title, tables, all, shown }: TableLinksProps) {
  if (tables.length === 0) return null
  return (
    <section aria-label={title}>
      <p className="side-group">{title}</p>
      <ul>
        {tables.map((table) => (
          <li key={table.name}>
            <Link
              to={paths.catalogueTable(table.name)}
              className="catalogue-link"
              data-empty={isEmpty(table, all) || undefined}
              aria-current={table.name === shown ? 'page' : undefined}
            >
              <Icon of={Table2} className="ink-3" />
              <span className="grow cut">{table.name}</span>
              <span className="tree-count num">{sizeWord(table, all)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

function CodebookMenu({ study }: { study: string }) {
  const api = useApi()
  const save = (format: 'csv' | 'json') =>
    void api
      .bytes(codebookPath(study, format))
      .then(({ bytes }) => {
        const name = `${study}-codebook.${format}`
        download(name, new TextDecoder().decode(bytes), format === 'csv' ? 'text/csv;charset=utf-8' : 'application/json')
        return toast.success(`Saved ${name}`)
      })
      .catch((error: unknown) => tellFailure('The codebook was not made', error))
  return (
    <MenuButton
      label="Codebook"
      trigger={<Button icon={Download}>Codebook</Button>}
      groups={[
        {
          entries: [
            { id: 'csv', label: 'For a spreadsheet, CSV', run: () => save('csv') },
            { id: 'json', label: 'For a program, JSON', run: () => save('json') },
          ],
        },
      ]}
    />
  )
}
