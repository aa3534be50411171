import type { IDockviewPanelHeaderProps, IDockviewPanelProps } from 'dockview-react'
import { LayoutList, NotebookPen, Table2, X } from 'lucide-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { notebook as notebookSchema } from '@aquifer/core/contract'
import { useCatalogue, useNotebooks } from '../../../api/queries.js'
import { useApi, useMe, useSession, useStudy } from '../../../api/SessionProvider.js'
import { Button } from '../../../ui/Button.js'
import { Icon } from '../../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { TableView } from '../../catalogue/TableView.js'
import { useCountsOnly } from '../CountsOnly.js'
import { useDesk, useOpenNotebook } from '../DeskProvider.js'
import { NotebookList } from '../NotebookList.js'
import { NotebookView } from '../NotebookView.js'
import { resumeRuns } from '../run.js'
import { useTour } from '../tour/tour.js'
import { blank, example, useCreateNotebook } from '../useCreateNotebook.js'
import { NotebookInHand, useNotebook } from '../useNotebook.js'
import { listPanel, notebookOf, notebookPanel, tableOf } from './bench.js'
import { InFront, useBench } from './BenchProvider.js'

type Panel = IDockviewPanelProps<{ of: string }>

/** On screen, and of those that are, the one in front. */
function useStanding({ api, containerApi }: Panel): { visible: boolean; front: boolean } {
  const [standing, stand] = useState({ visible: api.isVisible, front: containerApi.activePanel?.id === api.id })
  useEffect(() => {
    const look = () => stand({ visible: api.isVisible, front: containerApi.activePanel?.id === api.id })
    const ends = [api.onDidVisibilityChange(look), api.onDidActiveChange(look), containerApi.onDidActivePanelChange(look)]
    look()
    return () => ends.forEach((end) => end.dispose())
  }, [api, containerApi])
  return standing
}

export function NotebookPanel(props: Panel) {
  const { of: id } = props.params
  const { visible, front } = useStanding(props)
  const open = useOpenNotebook(id)
  const catalogue = useCatalogue(open?.study ?? '', open !== undefined)
  useItsStudy(id, open?.study, front)
  // What is behind another tab holds no editors; its text and results are the desk's.
  if (!visible) return null
  if (open === undefined) return <Fetched id={id} />
  return (
    <NotebookInHand key={id} notebook={open} catalogue={catalogue.data}>
      <InFront value={front}>
        <Announced id={id} />
        <Scrolled id={id}>
          <NotebookView />
        </Scrolled>
      </InFront>
    </NotebookInHand>
  )
}

/** A notebook of another study, by a link or from an older layout: what stands around it has to be of its study. */
function useItsStudy(id: string, its: string | undefined, front: boolean): void {
  const session = useSession()
  const bench = useBench()
  const { studies } = useMe()
  const current = useStudy()?.id
  const isForeign = front && its !== undefined && its !== current && studies.some((study) => study.id === its)
  useEffect(() => {
    if (!isForeign) return
    bench.giveAway(id)
    session.chooseStudy(its)
  }, [isForeign, bench, id, session, its])
}

/** Fetches a notebook once; from then on the desk holds it. */
function Fetched({ id }: { id: string }) {
  const api = useApi()
  const { desk } = useDesk()
  const bench = useBench()
  const asked = useQuery({
    queryKey: ['notebook', id],
    queryFn: ({ signal }) => api.json(`/query/api/v1/notebooks/${encodeURIComponent(id)}`, notebookSchema, { signal }),
    staleTime: 0,
  })
  useEffect(() => {
    if (asked.data === undefined) return
    desk.put(asked.data)
    void resumeRuns(desk, asked.data.id)
  }, [asked.data, desk])
  if (!asked.error) return <SkeletonRows rows={8} />
  return (
    <div className="dock-failure">
      <Failure error={asked.error} retry={() => void asked.refetch()} />
      <Button look="quiet" onPress={() => void bench.close(notebookPanel(id))}>
        Close the tab
      </Button>
    </div>
  )
}

function Announced({ id }: { id: string }) {
  const bench = useBench()
  const hand = useNotebook()
  useEffect(() => bench.announce(id, hand), [bench, id, hand])
  useEffect(() => () => bench.announce(id, null), [bench, id])
  return null
}

const places = new Map<string, number>()

/** A tab is found where it was left. */
function Scrolled({ id, children }: { id: string; children: React.ReactNode }) {
  const host = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const cells = host.current?.querySelector('.cells')
    if (!cells) return undefined
    cells.scrollTop = places.get(id) ?? 0
    const keep = () => places.set(id, cells.scrollTop)
    cells.addEventListener('scroll', keep, { passive: true })
    return () => cells.removeEventListener('scroll', keep)
  }, [id])
  return (
    <div ref={host} className="dock-fill">
      {children}
    </div>
  )
}

export function TablePanel(props: Panel) {
  const { visible } = useStanding(props)
  const study = useStudy()
  const catalogue = useCatalogue(study?.id)
  if (!visible) return null
  if (catalogue.data) return <TableView catalogue={catalogue.data} name={props.params.of} />
  return catalogue.error ? <Failure error={catalogue.error} retry={() => void catalogue.refetch()} /> : <SkeletonRows rows={10} />
}

export function ListPanel(props: Panel) {
  const { visible } = useStanding(props)
  const bench = useBench()
  const study = useStudy()?.id ?? ''
  const list = useNotebooks(study)
  const { create, busy } = useCreateNotebook(study)
  const tour = useTour(study)
  const counts = useCountsOnly()
  if (!visible) return null
  return (
    <NotebookList
      list={list}
      busy={busy}
      onNew={() => create(blank(counts))}
      onExample={() => create(example(counts))}
      onTour={tour.begin}
      onOpen={(id) => bench.show(notebookPanel(id))}
    />
  )
}

/** The tab closes by Delete and by the middle button, too: a button within a tab is nothing that a screen reader could reach. */
export function Tab({ api }: IDockviewPanelHeaderProps) {
  const bench = useBench()
  const id = api.id
  const notebook = useOpenNotebook(notebookOf(id) ?? '')
  const list = useNotebooks(useStudy()?.id)
  const known = list.data?.notebooks.find((each) => each.id === notebookOf(id))
  const title = notebook?.page.title ?? known?.title ?? tableOf(id) ?? (id === listPanel ? 'All notebooks' : 'Notebook')
  // What the dock announces, and calls the panel by.
  useEffect(() => api.setTitle(title), [api, title])
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const tab = host.current?.closest<HTMLElement>('[role="tab"]')
    if (!tab) return undefined
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Delete') return
      // The dock would drop the tab with what is not saved yet.
      event.stopPropagation()
      if (id !== listPanel) void bench.close(id)
    }
    const onMiddle = (event: MouseEvent) => event.button === 1 && id !== listPanel && void bench.close(id)
    tab.addEventListener('keydown', onKey)
    tab.addEventListener('auxclick', onMiddle)
    return () => {
      tab.removeEventListener('keydown', onKey)
      tab.removeEventListener('auxclick', onMiddle)
    }
  }, [bench, id])
  if (id === listPanel) {
    return (
      <div ref={host} className="dock-tab dock-tab-list" title="All notebooks">
        <Icon of={LayoutList} />
        <span className="visually-hidden">All notebooks</span>
      </div>
    )
  }
  return (
    <div ref={host} className="dock-tab" title={title}>
      <Icon of={notebookOf(id) === null ? Table2 : NotebookPen} />
      <span className="cut">{title}</span>
      {notebook !== undefined && notebook.save !== 'saved' && <span className="unsaved-dot" role="img" aria-label="not saved yet" />}
      <span
        className="dock-tab-close"
        aria-hidden
        title={`Close ${title}`}
        onPointerDown={(event) => event.stopPropagation()}
        onClick={(event) => {
          event.stopPropagation()
          void bench.close(id)
        }}
      >
        <Icon of={X} size={14} />
      </span>
    </div>
  )
}
