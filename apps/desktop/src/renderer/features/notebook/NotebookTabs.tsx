import { LayoutList, NotebookPen, Plus, X } from 'lucide-react'
import { NavLink, useNavigate } from 'react-router'
import { paths } from '../../paths.js'
import { IconButton } from '../../ui/Button.js'
import { Icon } from '../../ui/Icon.js'
import { useDesk, useDeskState } from './DeskProvider.js'
import type { OpenNotebook } from './desk.js'

/** The notebooks that lie open. Links, not tabs: each is an address, and closing is a button of its own. */
export function NotebookTabs({ study, current, onNew }: { study: string; current: string | undefined; onNew(): void }) {
  const { desk, saveNow } = useDesk()
  const navigate = useNavigate()
  const open = [...useDeskState().values()].filter((notebook) => notebook.study === study)
  const close = async (notebook: OpenNotebook) => {
    const at = open.indexOf(notebook)
    const next = open[at + 1] ?? open[at - 1]
    await saveNow(notebook.id)
    // What could not be saved lies in the journal and is offered when the notebook is opened again.
    desk.close(notebook.id)
    if (notebook.id === current) void navigate(next ? paths.notebook(next.id) : paths.notebooks)
  }
  return (
    <nav className="desk-tabs" aria-label="Open notebooks">
      <NavLink end to={paths.notebooks} className="desk-tab" aria-label="All notebooks" title="All notebooks">
        <Icon of={LayoutList} />
      </NavLink>
      {open.map((notebook) => (
        <span key={notebook.id} className="desk-tab" data-current={notebook.id === current || undefined}>
          <NavLink to={paths.notebook(notebook.id)} className="desk-tab-link">
            <Icon of={NotebookPen} />
            <span className="cut">{notebook.page.title}</span>
            {notebook.save !== 'saved' && <span className="unsaved-dot" role="img" aria-label="not saved yet" />}
          </NavLink>
          <IconButton label={`Close ${notebook.page.title}`} icon={X} size={14} onPress={() => void close(notebook)} />
        </span>
      ))}
      <IconButton label="New notebook" icon={Plus} onPress={onNew} className="desk-new" />
    </nav>
  )
}
