import './versions.css'
import { useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronRight, X } from 'lucide-react'
import { useState } from 'react'
import { notebookVersions, type NotebookVersion } from '@aquifer/core/contract'
import { useApi } from '../../../api/SessionProvider.js'
import { IconButton } from '../../../ui/Button.js'
import { clockSeconds, lately, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { useNow } from '../../../ui/use-now.js'
import { useNotebook } from '../useNotebook.js'
import { together, type Sitting } from './together.js'

interface Props {
  /** The version that is looked at; null: the newest. */
  shown: number | null
  onShow(version: number | null): void
  onClose(): void
}

/** Every save, newest first. Choosing one shows what it says beside the newest. */
export function VersionsPanel({ shown, onShow, onClose }: Props) {
  const { notebook } = useNotebook()
  const api = useApi()
  const asked = useQuery({
    queryKey: ['notebook-versions', notebook.id, notebook.version],
    queryFn: ({ signal }) => api.json(`/query/api/v1/notebooks/${encodeURIComponent(notebook.id)}/versions`, notebookVersions, { signal }),
    placeholderData: (old) => old,
  })
  return (
    <aside className="inspector" aria-label="Versions">
      <header className="inspector-head">
        <h2 className="panel-title">Versions</h2>
        <IconButton label="Close versions" icon={X} className="end" onPress={onClose} />
      </header>
      {asked.data ? (
        <ol className="versions">
          {together(asked.data.versions).map((sitting) => (
            <SittingRow key={sitting.last.version} sitting={sitting} shown={shown} newest={notebook.version} onShow={onShow} />
          ))}
        </ol>
      ) : asked.error ? (
        <Failure error={asked.error} retry={() => void asked.refetch()} />
      ) : (
        <SkeletonRows rows={6} />
      )}
    </aside>
  )
}

interface RowProps {
  shown: number | null
  newest: number
  onShow(version: number | null): void
}

function SittingRow({ sitting, ...row }: RowProps & { sitting: Sitting }) {
  const { last, earlier } = sitting
  const [open, setOpen] = useState(earlier.some((version) => version.version === row.shown))
  return (
    <li>
      <VersionRow version={last} {...row} />
      {earlier.length > 0 && (
        <button type="button" className="versions-more" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon of={open ? ChevronDown : ChevronRight} size={12} />
          {plural(earlier.length, 'save')} on the way
        </button>
      )}
      {open && (
        <ol>
          {earlier.map((version) => (
            <li key={version.version}>
              <VersionRow version={version} {...row} small />
            </li>
          ))}
        </ol>
      )}
    </li>
  )
}

function VersionRow({ version, shown, newest, onShow, small }: RowProps & { version: NotebookVersion; small?: boolean }) {
  const now = useNow()
  const current = version.version === newest
  const chosen = shown === version.version || (current && shown === null)
  return (
    <button
      type="button"
      className="version-row"
      data-small={small || undefined}
      aria-pressed={chosen}
      onClick={() => onShow(current ? null : version.version)}
    >
      <span className="row">
        <b className="num">v{version.version}</b>
        {!small && <span className="cut">{version.title}</span>}
        {current && <span className="end sub">now</span>}
      </span>
      <span className="sub">
        {small ? clockSeconds(version.at) : lately(version.at, now)}
        {!small && `, ${version.by}`}, {plural(version.cells, 'cell')}
      </span>
    </button>
  )
}
