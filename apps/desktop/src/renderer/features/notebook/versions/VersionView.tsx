import './versions.css'
import { useQuery } from '@tanstack/react-query'
import { ClockFading, Copy, RotateCcw } from 'lucide-react'
import { useMemo } from 'react'
import { toast } from 'sonner'
import { notebook as notebookSchema, type Notebook } from '@aquifer/core/contract'
import { useApi } from '../../../api/SessionProvider.js'
import { Button } from '../../../ui/Button.js'
import { Tag } from '../../../ui/Badge.js'
import { clock, day, plural } from '../../../ui/format.js'
import { Icon } from '../../../ui/Icon.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { useDesk } from '../DeskProvider.js'
import { pageOf } from '../model.js'
import { useCreateNotebook } from '../useCreateNotebook.js'
import { useNotebook } from '../useNotebook.js'
import { changesBetween, type CellChange } from './changes.js'

/** A version as it was saved, beside the newest: read only, with two ways on. */
export function VersionView({ version, onNewest }: { version: number; onNewest(): void }) {
  const { notebook } = useNotebook()
  const api = useApi()
  const asked = useQuery({
    queryKey: ['notebook-version', notebook.id, version],
    queryFn: ({ signal }) =>
      api.json(`/query/api/v1/notebooks/${encodeURIComponent(notebook.id)}/versions/${version}`, notebookSchema, { signal }),
    staleTime: Infinity,
  })
  if (asked.error) return <Failure error={asked.error} retry={() => void asked.refetch()} />
  if (asked.data === undefined) return <SkeletonRows rows={8} />
  return <Shown saved={asked.data} onNewest={onNewest} />
}

function Shown({ saved, onNewest }: { saved: Notebook; onNewest(): void }) {
  const { notebook } = useNotebook()
  const { desk } = useDesk()
  const { create, busy } = useCreateNotebook(notebook.study)
  const changes = useMemo(() => changesBetween(pageOf(saved), notebook.page), [saved, notebook.page])
  const differing = changes.filter((change) => change.change !== 'same').length
  const restore = () => {
    desk.edit(notebook.id, () => pageOf(saved), 'structure')
    toast.success(`Version ${saved.version} is the newest again`, { action: { label: 'Undo', onClick: () => desk.undo(notebook.id) } })
    onNewest()
  }
  return (
    <>
      <div className="notice info" role="status">
        <Icon of={ClockFading} />
        <span className="grow">
          Version {saved.version} of {day(saved.updatedAt)} {clock(saved.updatedAt)}, read only.{' '}
          {differing === 0 ? 'The newest says the same.' : `${plural(differing, 'cell differs', 'cells differ')} from the newest.`}
        </span>
        <Button
          icon={RotateCcw}
          onPress={restore}
          isDisabled={differing === 0 && saved.title === notebook.page.title && saved.cut === notebook.page.cut}
        >
          Restore as new version
        </Button>
        <Button
          look="quiet"
          icon={Copy}
          isDisabled={busy}
          onPress={() => create({ title: `${saved.title} (v${saved.version})`.slice(0, 200), cut: saved.cut, cells: saved.cells })}
        >
          Copy as my notebook
        </Button>
        <Button look="quiet" onPress={onNewest}>
          Show the newest
        </Button>
      </div>
      <div className="cells version-cells" role="region" aria-label={`Version ${saved.version}`} tabIndex={0}>
        <p className="version-title">{saved.title}</p>
        {saved.cut !== notebook.page.cut && (
          <p className="sub">
            It reads {saved.cut === null ? 'the living data' : `cut ${saved.cut}`}, the newest{' '}
            {notebook.page.cut === null ? 'the living data' : `cut ${notebook.page.cut}`}.
          </p>
        )}
        <p className="sub version-key">
          <del>struck out: only in version {saved.version}</del> <ins>marked: only in the newest</ins>
        </p>
        {changes.map((change) => (
          <ChangedCell key={change.id} change={change} version={saved.version} />
        ))}
      </div>
    </>
  )
}

const kindWords = {
  sql: 'SQL',
  markdown: 'Text',
  chart: 'Chart',
  parameter: 'Parameter',
  statistics: 'Statistics',
  cohort: 'Cohort',
} as const

function ChangedCell({ change, version }: { change: CellChange; version: number }) {
  const told = { same: null, changed: 'changed since', added: 'added since', removed: `only in version ${version}`, moved: 'moved since' }[
    change.change
  ]
  return (
    <section className="cell-card version-cell" aria-label={`${kindWords[change.kind]} ${change.name}`} data-change={change.change}>
      <header className="cell-head">
        {change.name && <span className="cell-name mono">{change.name}</span>}
        <Tag>{kindWords[change.kind]}</Tag>
        {told && <Tag tone={change.change === 'removed' ? 'bad' : change.change === 'added' ? 'ok' : 'warn'}>{told}</Tag>}
      </header>
      <pre className="version-words" data-kind={change.kind}>
        {change.words.map((word, at) =>
          word.change === 'same' ? (
            <span key={at}>{word.text}</span>
          ) : word.change === 'added' ? (
            <ins key={at}>{word.text}</ins>
          ) : (
            <del key={at}>{word.text}</del>
          ),
        )}
      </pre>
    </section>
  )
}
