import './notebook.css'
import './cells/cells.css'
import './lineage.css'
import { useQuery } from '@tanstack/react-query'
import { Database } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { notebook as notebookSchema } from '@aquifer/core/contract'
import { useCatalogue, useNotebooks } from '../../api/queries.js'
import { useApi, useStudy } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Empty, Failure, SkeletonRows } from '../../ui/states.js'
import { CataloguePanel } from '../catalogue/CataloguePanel.js'
import { useDesk, useOpenNotebook } from './DeskProvider.js'
import { NotebookList } from './NotebookList.js'
import { NotebookTabs } from './NotebookTabs.js'
import { NotebookView } from './NotebookView.js'
import { blank, example, useCreateNotebook } from './useCreateNotebook.js'
import { NotebookInHand } from './useNotebook.js'

export default function NotebooksPage() {
  const study = useStudy()
  if (study === undefined) {
    return (
      <div className="page">
        <Empty icon={Database} title="You belong to no study yet">
          An administrator adds you to one; it appears here at your next sign-in.
        </Empty>
      </div>
    )
  }
  return <Notebooks key={study.id} study={study.id} />
}

function Notebooks({ study }: { study: string }) {
  const { id } = useParams()
  const list = useNotebooks(study)
  const catalogue = useCatalogue(study)
  const { create, busy } = useCreateNotebook(study)
  const navigate = useNavigate()
  const open = useOpenNotebook(id ?? '')
  // Where there is no room beside it the catalogue lies over the notebook, so it waits to be called.
  const [side, showSide] = useState(() => matchMedia('(min-width: 1101px)').matches)
  const body =
    id === undefined ? (
      <NotebookList
        list={list}
        busy={busy}
        onNew={() => create(blank)}
        onExample={() => create(example)}
        onOpen={(one) => void navigate(paths.notebook(one))}
      />
    ) : (
      <Opened id={id} />
    )
  const panel = <CataloguePanel catalogue={catalogue} isOpen={side} onToggle={() => showSide(!side)} />
  const inner = (
    <>
      {id !== undefined && open !== undefined && panel}
      <div className="desk">
        <NotebookTabs study={study} current={id} onNew={() => create(blank)} />
        {body}
      </div>
    </>
  )
  if (open === undefined) return <div className="notebooks">{inner}</div>
  return (
    <NotebookInHand key={open.id} notebook={open} catalogue={catalogue.data}>
      <div className="notebooks">{inner}</div>
    </NotebookInHand>
  )
}

/** Fetches a notebook once; from then on the desk holds it. */
function Opened({ id }: { id: string }) {
  const api = useApi()
  const { desk } = useDesk()
  const open = useOpenNotebook(id)
  const asked = useQuery({
    queryKey: ['notebook', id],
    queryFn: ({ signal }) => api.json(`/query/api/v1/notebooks/${encodeURIComponent(id)}`, notebookSchema, { signal }),
    enabled: open === undefined,
    staleTime: 0,
  })
  useEffect(() => {
    if (asked.data) desk.put(asked.data)
  }, [asked.data, desk])
  if (open !== undefined) return <NotebookView />
  if (asked.error) return <Failure error={asked.error} retry={() => void asked.refetch()} />
  return <SkeletonRows rows={8} />
}
