import './notebook.css'
import './cells/cells.css'
import './lineage.css'
import { Database } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { useCatalogue } from '../../api/queries.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { paths } from '../../paths.js'
import { Empty } from '../../ui/states.js'
import { CataloguePanel } from '../catalogue/CataloguePanel.js'
import { useDesk } from './DeskProvider.js'
import { Bench, listPanel, notebookOf, notebookPanel, tableOf, tablePanel } from './dock/bench.js'
import { BenchContext, useBench, useHand } from './dock/BenchProvider.js'
import { Dock } from './dock/Dock.js'
import { openLayouts, type LayoutStore } from './dock/layout-store.js'
import { useBenchCommands } from './dock/useBenchCommands.js'
import { Tour } from './tour/Tour.js'

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

/** Each panel is an address: `/notebooks`, `/notebooks/ID`, `/notebooks/table/NAME`. */
function panelAt(rest: string): string {
  const [head = '', name] = rest.split('/').filter(Boolean)
  if (head === 'table' && name !== undefined) return tablePanel(decoded(name))
  return head === '' ? listPanel : notebookPanel(decoded(head))
}
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
function pathOf(panel: string): string {
  const [notebook, table] = [notebookOf(panel), tableOf(panel)]
  if (notebook !== null) return paths.notebook(notebook)
  return table === null ? paths.notebooks : paths.notebookTable(table)
}

function Notebooks({ study }: { study: string }) {
  const wanted = panelAt(useParams()['*'] ?? '')
  const navigate = useNavigate()
  const { user } = useMe()
  const { desk, saveNow } = useDesk()
  const [{ bench, layouts }] = useState(() => {
    const store = openLayouts(localStorage, user, study)
    return { layouts: store, bench: new Bench({ desk, saveNow, layouts: store }) }
  })
  useEffect(() => {
    bench.follow((panel) => void navigate(pathOf(panel)))
  }, [bench, navigate])
  const [side, toggleSide] = useSide(layouts)
  useBenchCommands(bench, { toggleSide })
  return (
    <BenchContext value={bench}>
      <div className="notebooks">
        <SideBar study={study} isOpen={side} onToggle={toggleSide} />
        <Dock wanted={wanted} />
        <InspectorPlace />
        <Tour />
      </div>
    </BenchContext>
  )
}

/** Where there is no room beside it the catalogue lies over the notebook, so it waits to be called. */
function useSide(layouts: LayoutStore): [boolean, () => void] {
  const [open, setOpen] = useState(() => matchMedia('(min-width: 1101px)').matches && layouts.read().side !== false)
  return [
    open,
    () => {
      layouts.write({ side: !open })
      setOpen(!open)
    },
  ]
}

/** The inspector of the notebook in front is drawn into it. */
function InspectorPlace() {
  const { placeInspector } = useBench()
  return <div className="inspector-place" ref={placeInspector} />
}

function SideBar({ study, isOpen, onToggle }: { study: string; isOpen: boolean; onToggle(): void }) {
  const catalogue = useCatalogue(study)
  const hand = useHand()
  const navigate = useNavigate()
  return (
    <CataloguePanel
      catalogue={catalogue}
      hand={hand}
      isOpen={isOpen}
      onToggle={onToggle}
      onOpenTable={(table) => void navigate(paths.notebookTable(table))}
    />
  )
}
