import 'dockview-react/dist/styles/dockview.css'
import './dock.css'
import { DockviewReact, type DockviewTheme, type IDockviewHeaderActionsProps } from 'dockview-react'
import { Columns2, Plus, Rows2 } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useStudy } from '../../../api/SessionProvider.js'
import { IconButton } from '../../../ui/Button.js'
import { useCountsOnly } from '../CountsOnly.js'
import { blank, useCreateNotebook } from '../useCreateNotebook.js'
import { useBench } from './BenchProvider.js'
import { ListPanel, NotebookPanel, TablePanel, Tab } from './panels.js'

const components = { list: ListPanel, notebook: NotebookPanel, table: TablePanel }
const theme: DockviewTheme = { name: 'aquifer', className: 'dock-theme', dndTabIndicator: 'line' }

/**
 * Tabs and splits. Its own keys stay off: by default they take Ctrl+[ and Ctrl+], which indent in the editor, Ctrl+M and F6;
 * the commands of the page do the same under keys that nobody else has.
 */
export function Dock({ wanted }: { wanted: string }) {
  const bench = useBench()
  const first = useRef(wanted)
  useEffect(() => {
    first.current = wanted
    bench.arrive(wanted)
  }, [bench, wanted])
  useEffect(() => () => bench.detach(), [bench])
  return (
    <DockviewReact
      className="dock"
      theme={theme}
      components={components}
      defaultTabComponent={Tab}
      leftHeaderActionsComponent={NewTab}
      rightHeaderActionsComponent={Splits}
      disableFloatingGroups
      keyboardNavigation={false}
      onReady={({ api }) => bench.attach(api, first.current)}
    />
  )
}

function NewTab() {
  const { create, busy } = useCreateNotebook(useStudy()?.id ?? '')
  const counts = useCountsOnly()
  return <IconButton label="New notebook" icon={Plus} isDisabled={busy} onPress={() => create(blank(counts))} className="dock-new" />
}

/** Drag does the same. */
function Splits({ isGroupActive, panels }: IDockviewHeaderActionsProps) {
  const bench = useBench()
  if (!isGroupActive) return null
  const alone = panels.length < 2
  return (
    <span className="row dock-splits">
      <IconButton
        label={alone ? 'Show all notebooks on the right' : 'Split to the right'}
        icon={Columns2}
        onPress={() => bench.split('right')}
      />
      <IconButton label={alone ? 'Show all notebooks below' : 'Split downwards'} icon={Rows2} onPress={() => bench.split('below')} />
    </span>
  )
}
