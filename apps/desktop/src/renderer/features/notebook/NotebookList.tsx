import type { UseQueryResult } from '@tanstack/react-query'
import { FileInput, NotebookPen, Plus } from 'lucide-react'
import { FileTrigger } from 'react-aria-components'
import { toast } from 'sonner'
import type { NotebookList as List, NotebookSummary } from '@aquifer/core/contract'
import { useStudy } from '../../api/SessionProvider.js'
import { Button } from '../../ui/Button.js'
import { lately, plural } from '../../ui/format.js'
import { Icon } from '../../ui/Icon.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { useNow } from '../../ui/use-now.js'
import { RecoveryList } from './RecoveryList.js'
import { useCreateNotebook } from './useCreateNotebook.js'

interface Props {
  list: UseQueryResult<List>
  busy: boolean
  onNew(): void
  onExample(): void
  onTour(): void
  onOpen(id: string): void
}

export function NotebookList({ list, busy, onNew, onExample, onTour, onOpen }: Props) {
  const notebooks = (list.data?.notebooks ?? []).toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1))
  return (
    <div className="page">
      <header className="row">
        <div className="grow">
          <h1>Notebooks</h1>
          <p className="ink-2">{notebooks.length > 0 ? plural(notebooks.length, 'notebook') : 'SQL, charts and text on masked data'}</p>
        </div>
        <ImportButton />
        {notebooks.length > 0 && (
          <>
            <Button onPress={onExample} isDisabled={busy}>
              Open the example
            </Button>
            <Button look="primary" icon={Plus} onPress={onNew} isDisabled={busy}>
              New notebook
            </Button>
          </>
        )}
      </header>
      <RecoveryList />
      <section className="panel">
        {list.error ? (
          <Failure error={list.error} retry={() => void list.refetch()} />
        ) : list.data === undefined ? (
          <SkeletonRows />
        ) : notebooks.length === 0 ? (
          <Empty
            icon={NotebookPen}
            title="Start with a question"
            actions={
              <>
                <Button look="primary" icon={Plus} onPress={onNew} isDisabled={busy}>
                  New notebook
                </Button>
                <Button look="quiet" onPress={onExample} isDisabled={busy}>
                  Open the example
                </Button>
                <Button look="quiet" onPress={onTour} isDisabled={busy}>
                  Take the tour
                </Button>
              </>
            }
          >
            A notebook holds SQL, charts and text. Each result says how many people, from which snapshot, under which rules.
          </Empty>
        ) : (
          <Rows notebooks={notebooks} onOpen={onOpen} />
        )}
      </section>
    </div>
  )
}

const fileBytesMax = 30_000_000

function ImportButton() {
  const study = useStudy()
  const { create, busy } = useCreateNotebook(study?.id ?? '')
  const read = async (file: File) => {
    if (file.size > fileBytesMax) return void toast.error(`${file.name} was not read`, { description: 'It is larger than 30 MB.' })
    const { fromIpynb } = await import('./report/ipynb.js')
    const found = fromIpynb(await file.text(), file.name)
    if ('fault' in found) toast.error(`${file.name} was not read`, { description: found.fault })
    else create(found)
  }
  return (
    <FileTrigger
      acceptedFileTypes={['.ipynb', 'application/x-ipynb+json', 'application/json']}
      onSelect={(files) => files?.[0] && void read(files[0])}
    >
      <Button look="quiet" icon={FileInput} isDisabled={busy}>
        Import .ipynb
      </Button>
    </FileTrigger>
  )
}

function Rows({ notebooks, onOpen }: { notebooks: NotebookSummary[]; onOpen(id: string): void }) {
  const now = useNow()
  return (
    <table className="table notebook-table">
      <thead>
        <tr>
          <th scope="col">Notebook</th>
          <th scope="col" className="n">
            Version
          </th>
          <th scope="col" className="n">
            Last changed
          </th>
        </tr>
      </thead>
      <tbody>
        {notebooks.map((notebook) => (
          <tr key={notebook.id}>
            <td>
              <button type="button" className="row-link" onClick={() => onOpen(notebook.id)}>
                <Icon of={NotebookPen} className="ink-3" />
                {notebook.title}
              </button>
            </td>
            <td className="n ink-2">v{notebook.version}</td>
            <td className="n ink-2">{lately(notebook.updatedAt, now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
